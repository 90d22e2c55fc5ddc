"""The ledger: what is posted, sealed, verified, closed and read."""
