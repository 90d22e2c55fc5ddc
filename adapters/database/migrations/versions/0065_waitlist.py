"""Who waits for what, since when, and what was offered to her. What is offered is claimed, by a claim of the kind `offer`."""

from typing import Any

from alembic import op

revision = "0065"
down_revision = "0064"

TABLES = """
CREATE TABLE waitlist_entries (
  city text, id uuid, holder_id uuid NOT NULL, service text NOT NULL, resource_id uuid, request json, station_id uuid, pool_id text,
  starts timestamptz NOT NULL, ends timestamptz NOT NULL, payer text NOT NULL, options json NOT NULL, early_start bool NOT NULL,
  roles text[] NOT NULL, pools text[] NOT NULL, joined_at timestamptz NOT NULL, state text NOT NULL, due_at timestamptz,
  offer json, booking_id uuid, settled_at timestamptz,
  PRIMARY KEY (city, id), FOREIGN KEY (city, resource_id) REFERENCES resources,
  CONSTRAINT a_period CHECK (starts < ends),
  CONSTRAINT a_resource_or_a_request CHECK ((resource_id IS NULL) = (request IS NOT NULL)),
  CONSTRAINT a_known_state CHECK (state IN ('waiting', 'offered', 'accepted', 'declined', 'lapsed', 'withdrawn', 'ended')),
  CONSTRAINT due_until_settled CHECK ((due_at IS NULL) = (settled_at IS NOT NULL)),
  CONSTRAINT settled_in_the_end CHECK ((state IN ('waiting', 'offered')) = (settled_at IS NULL)),
  CONSTRAINT nothing_offered_while_waiting CHECK (state <> 'waiting' OR offer IS NULL),
  CONSTRAINT something_offered CHECK (state NOT IN ('offered', 'accepted', 'declined', 'lapsed') OR offer IS NOT NULL),
  CONSTRAINT booked_once_accepted CHECK ((state = 'accepted') = (booking_id IS NOT NULL)),
  CONSTRAINT one_wish_at_a_time EXCLUDE USING gist
    (city WITH =, holder_id WITH =, service WITH =, tstzrange(starts, ends) WITH &&) WHERE (settled_at IS NULL));
CREATE INDEX waitlist_entries_due ON waitlist_entries (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX waitlist_entries_in_line ON waitlist_entries (city, service, joined_at, id) WHERE settled_at IS NULL;
CREATE INDEX waitlist_entries_of_holder ON waitlist_entries (city, holder_id, joined_at DESC, id DESC);
CREATE INDEX waitlist_entries_by_age ON waitlist_entries (settled_at) WHERE settled_at IS NOT NULL;
"""
WALLS = """
ALTER TABLE waitlist_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE waitlist_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON waitlist_entries TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, DELETE, UPDATE (state, due_at, offer, booking_id, settled_at) ON waitlist_entries TO kommobil_app;
-- The relay sees where one is due, and deletes what has grown old.
GRANT SELECT (city, due_at, settled_at), DELETE ON waitlist_entries TO kommobil_relay;
CREATE POLICY every_city ON waitlist_entries TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
