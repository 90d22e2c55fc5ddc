"""Signing in: codes by mail, sessions whose refresh tokens count once each, the cities' own identity providers."""
