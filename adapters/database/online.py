"""What a revision may do to a large table that is in use: in steps, each of which keeps nobody waiting.

All of it runs outside of the revision's transaction and may run twice, because a revision that was cut off is run again.
"""

from alembic import op

AT_ONCE = 1000

# An index whose making was cut off is there and serves nobody.
UNFINISHED = "SELECT count(*) FROM pg_index WHERE indexrelid = to_regclass('{name}') AND NOT indisvalid"


def build_index(name: str, definition: str, *, unique: bool = False) -> None:
    """Build it while the table is read and written. `definition` is what follows ON: `bookings (city, starts)`."""
    with op.get_context().autocommit_block():
        _take_your_time()
        if op.get_bind().exec_driver_sql(UNFINISHED.format(name=name)).scalar_one():
            op.execute(f"DROP INDEX CONCURRENTLY {name}")
        op.execute(f"CREATE {'UNIQUE ' if unique else ''}INDEX CONCURRENTLY IF NOT EXISTS {name} ON {definition}")
        _hurry_again()


def drop_index(name: str) -> None:
    """Take an index away while the table is read and written."""
    with op.get_context().autocommit_block():
        _take_your_time()
        op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        _hurry_again()


def validate(table: str, constraint: str) -> None:
    """Look whether the old rows keep a constraint that was added as NOT VALID by an earlier revision."""
    with op.get_context().autocommit_block():
        _take_your_time()
        op.execute(f"ALTER TABLE {table} VALIDATE CONSTRAINT {constraint}")
        _hurry_again()


def fill(update: str) -> int:
    """Run an UPDATE until it finds nothing more; how many rows it changed.

    It has to change a limited number of rows and not to find them again: `UPDATE t SET x = ... WHERE ctid = ANY (ARRAY(
    SELECT ctid FROM t WHERE x IS NULL LIMIT {at_once}))`. Each run is a transaction.
    """
    total = 0
    with op.get_context().autocommit_block():
        while changed := op.get_bind().exec_driver_sql(update.format(at_once=AT_ONCE)).rowcount:
            total += changed
    return total


def _take_your_time() -> None:
    """These steps wait for transactions that are under way without holding up those that come."""
    op.execute("SET statement_timeout = 0")
    op.execute("SET lock_timeout = 0")


def _hurry_again() -> None:
    op.execute("RESET statement_timeout")
    op.execute("RESET lock_timeout")
