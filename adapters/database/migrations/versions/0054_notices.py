"""The log of notices to holders: what was planned, for when, and what became of it. One of an occasion about one thing."""

from typing import Any

from alembic import op

revision = "0054"
down_revision = "0053"

SCRIPT = """
CREATE TABLE notices (
  city text, id uuid, booking_id uuid NOT NULL, person_id uuid NOT NULL, occasion text NOT NULL, about text NOT NULL,
  happened_at timestamptz NOT NULL, dated timestamptz NOT NULL, planned_for timestamptz NOT NULL, state text NOT NULL,
  unsent text, attempts int NOT NULL DEFAULT 0, due_at timestamptz, failure text, settled_at timestamptz,
  PRIMARY KEY (city, id), FOREIGN KEY (city, booking_id) REFERENCES bookings,
  CONSTRAINT once UNIQUE (city, booking_id, occasion, about),
  CONSTRAINT a_known_state CHECK (state IN ('planned', 'sent', 'failed', 'skipped')),
  CONSTRAINT due_while_planned CHECK ((state = 'planned') = (due_at IS NOT NULL)),
  CONSTRAINT settled_afterwards CHECK ((state = 'planned') = (settled_at IS NULL)),
  CONSTRAINT skipped_for_a_reason CHECK ((state = 'skipped') = (unsent IS NOT NULL)));
CREATE INDEX notices_due ON notices (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX notices_by_age ON notices (planned_for);
CREATE INDEX notices_by_time ON notices (city, planned_for DESC, id DESC);
CREATE INDEX notices_of_person ON notices (city, person_id, planned_for DESC, id DESC);

ALTER TABLE notices ENABLE ROW LEVEL SECURITY;
ALTER TABLE notices FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON notices TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON notices TO kommobil_app;
-- The relay sees which are due, and deletes what has grown old.
GRANT SELECT (city, id, due_at, planned_for), DELETE ON notices TO kommobil_relay;
CREATE POLICY every_city ON notices TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
