"""Bookings that the plug itself honours: what its station is told of them, and what follows from its answers."""
