"""A city, and what it says itself about how it is run."""
