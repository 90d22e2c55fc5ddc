"""Background work: PostgreSQL's outbox says what is to do, Redis only rings (infra/decisions/0007-jobs-and-outbox.md)."""
