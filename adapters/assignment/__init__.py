"""Assigning many trips at once by a solver of integer programmes, where one is installed."""
