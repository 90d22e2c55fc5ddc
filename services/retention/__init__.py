"""Retention: what the law keeps no longer goes, with proof; what somebody may have to prove is held."""
