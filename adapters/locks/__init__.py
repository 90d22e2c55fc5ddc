"""Locks of vehicles."""
