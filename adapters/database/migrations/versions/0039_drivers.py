"""Drivers: every look at their licence with its result, never a copy; their briefings."""

from typing import Any

from alembic import op

revision = "0039"
down_revision = "0038"

SCRIPT = """
ALTER TABLE proofs DROP CONSTRAINT proofs_kind_check;
ALTER TABLE proofs ADD CONSTRAINT a_known_kind CHECK (kind IN ('licence', 'verification', 'briefing')) NOT VALID;

CREATE TABLE licence_checks (
  city text, person_id uuid, number int, result text NOT NULL CHECK (result IN ('valid', 'not_valid')), method text NOT NULL,
  classes text[] NOT NULL, licence_until date, checked_by uuid NOT NULL, checked_at timestamptz NOT NULL, counts_until date,
  remind_on date, PRIMARY KEY (city, person_id, number), FOREIGN KEY (city, person_id) REFERENCES persons,
  CONSTRAINT what_is_valid_counts CHECK ((result = 'valid') = (counts_until IS NOT NULL)));
CREATE INDEX licences_to_remind_of ON licence_checks (remind_on) WHERE remind_on IS NOT NULL;
CREATE TABLE briefings (
  city text, person_id uuid, number int, given_on date NOT NULL, topic text NOT NULL, given_by uuid NOT NULL,
  entered_at timestamptz NOT NULL, counts_until date NOT NULL, PRIMARY KEY (city, person_id, number),
  FOREIGN KEY (city, person_id) REFERENCES persons);

ALTER TABLE licence_checks ENABLE ROW LEVEL SECURITY;
ALTER TABLE licence_checks FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON licence_checks TO kommobil_app USING (city = current_setting('kommobil.city', true));
ALTER TABLE briefings ENABLE ROW LEVEL SECURITY;
ALTER TABLE briefings FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON briefings TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON licence_checks, briefings TO kommobil_app;
-- The relay sees where a reminder is due.
GRANT SELECT (city, person_id, remind_on) ON licence_checks TO kommobil_relay;
CREATE POLICY every_city_seen ON licence_checks FOR SELECT TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
