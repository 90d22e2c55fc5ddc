"""Background work: what PostgreSQL's outbox says is still to do, and who is woken for it."""
