"""The cities' own identity providers (OpenID Connect): their access tokens, verified by the keys that they publish."""
