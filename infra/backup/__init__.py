"""A copy of an installation in one file, and an installation from such a copy. Decision 0020 says what is in it.

manifest.json     what the database held, in figures, and the digest of every other member
database.dump     pg_dump's custom format
files/...         secrets from the data folder
"""
