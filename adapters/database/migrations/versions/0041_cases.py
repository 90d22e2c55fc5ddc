"""A booking may have several dunning cases, one of them open: each has an id, what it asks for and the fees of its reminders.

Programs of the version before know one case for each booking: they do not work any more.
"""

from typing import Any

from alembic import op

revision = "0041"
down_revision = "0040"
works_since = "0041"

SCRIPT = """
ALTER TABLE dunning_cases ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(), ADD COLUMN claims json NOT NULL DEFAULT '[]',
  ADD COLUMN charges json NOT NULL DEFAULT '[]', ADD COLUMN transferred bigint NOT NULL DEFAULT 0,
  ADD COLUMN reference text NOT NULL DEFAULT '';
ALTER TABLE dunning_cases DROP CONSTRAINT dunning_cases_pkey;
ALTER TABLE dunning_cases ADD PRIMARY KEY (city, id);
CREATE UNIQUE INDEX one_open_case ON dunning_cases (city, booking_id) WHERE state = 'open';
CREATE INDEX dunning_cases_of_booking ON dunning_cases (city, booking_id, opened_at);
DROP INDEX dunning_cases_by_time;
CREATE INDEX dunning_cases_by_time ON dunning_cases (city, opened_at DESC, id DESC);
ALTER TABLE bookings ADD COLUMN debt_due_at timestamptz;
CREATE INDEX bookings_with_debt_due ON bookings (debt_due_at) WHERE debt_due_at IS NOT NULL;
GRANT SELECT (debt_due_at) ON bookings TO kommobil_relay;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
