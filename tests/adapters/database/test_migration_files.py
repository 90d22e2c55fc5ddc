"""Every revision keeps to what decision 0013 allows, so that old and new programs work on one schema."""

import pytest
from alembic.script import ScriptDirectory

from adapters.database.migrating import SCRIPTS
from tests.adapters.database.migration_rules import faults, revisions

FOUNDATION = "0001_kernel.py"
LAST_OF_THE_FIRST_RELEASE: str | None = None
"""The name of its file. As long as 0.1.0 is not out, a revision comes to empty tables, where nothing takes long."""


def test_every_revision_leaves_room_for_the_programs_of_the_version_before() -> None:
    wrong = {}
    for name, source in revisions(SCRIPTS).items():
        before_release = LAST_OF_THE_FIRST_RELEASE is None or name <= LAST_OF_THE_FIRST_RELEASE
        if name != FOUNDATION and (found := faults(source, tables_are_empty=before_release)):
            wrong[name] = found
    assert wrong == {}


def test_the_revisions_are_one_chain_and_their_files_count_up() -> None:
    chain = [script.revision for script in ScriptDirectory(str(SCRIPTS)).walk_revisions()]
    assert [name[:4] for name in revisions(SCRIPTS)] == list(reversed(chain))


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("ALTER TABLE bookings ADD COLUMN colour text NOT NULL", "a new column needs a default"),
        ("ALTER TABLE bookings ADD note text, ADD colour text NOT NULL", "a new column needs a default"),
        ("ALTER TABLE bookings ADD COLUMN token uuid DEFAULT gen_random_uuid()", "a stored generated column"),
        ("ALTER TABLE bookings RENAME COLUMN ends TO until", "what is renamed is gone"),
        ("ALTER TABLE bookings ALTER COLUMN version TYPE bigint", "another type writes the whole table"),
        ("ALTER TABLE bookings ALTER COLUMN reason SET NOT NULL", "may still leave it empty"),
        ("ALTER TABLE bookings DROP COLUMN reason", "still use it"),
        ("DROP TABLE quotes", "still use it"),
        ("CREATE INDEX by_state ON bookings (city, state)", "online.build_index"),
        ("DROP INDEX bookings_by_end", "online.drop_index"),
        ("ALTER TABLE bookings ADD CONSTRAINT sane CHECK (version > 0)", "comes as NOT VALID"),
        ("ALTER TABLE claims ADD FOREIGN KEY (city, x) REFERENCES y", "comes as NOT VALID"),
        ("ALTER TABLE bookings ADD COLUMN x int DEFAULT 1 CHECK (x > 0)", "comes as NOT VALID"),
        ("ALTER TABLE bookings ADD CONSTRAINT once UNIQUE (city, reason)", "USING INDEX"),
        ("ALTER TABLE bookings VALIDATE CONSTRAINT sane", "online.validate"),
        ("VACUUM FULL bookings", "lock everybody out"),
        ("UPDATE bookings SET reason = ''", "online.fill"),
        ("LOCK TABLE bookings", "holds the product up"),
    ],
)  # fmt: skip
def test_a_revision_that_gets_in_the_way_is_found(statement: str, why: str) -> None:
    (fault,) = faults(f'def upgrade():\n    op.execute("""-- a word\n{statement};""")\n')
    assert why in fault
    assert fault.endswith(f": {statement}")


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE bookings ADD COLUMN colour text",
        "ALTER TABLE bookings ADD COLUMN colour text NOT NULL DEFAULT 'red'",
        "ALTER TABLE bookings ADD CONSTRAINT sane CHECK (version > 0) NOT VALID",
        "ALTER TABLE bookings ADD CONSTRAINT once UNIQUE USING INDEX once_built",
        "ALTER TABLE bookings DROP CONSTRAINT bookings_check",
        "ALTER TABLE bookings ALTER COLUMN reason DROP NOT NULL",
        "CREATE TABLE a (city text, id uuid NOT NULL CHECK (id IS NOT NULL)); CREATE INDEX on_a ON a (id); UPDATE a SET id = id",
        "GRANT SELECT ON bookings TO kommobil_relay",
        "DROP POLICY one_city ON bookings",
    ],
)  # fmt: skip
def test_what_gets_in_nobodys_way_is_let_pass(statement: str) -> None:
    assert faults(f'"""Drop table the docstring."""\ndef upgrade():\n    op.execute("{statement}")\n') == []


def test_only_a_contracting_revision_takes_away() -> None:
    taking = 'def upgrade():\n    op.execute("ALTER TABLE bookings DROP COLUMN reason")\n'
    assert faults(f'works_since = "0001"\n{taking}') == []
    assert len(faults(taking)) == 1
