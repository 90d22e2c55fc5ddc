"""What DATEV reads."""
