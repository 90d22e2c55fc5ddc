"""Faults of charging stations, and the tickets by which somebody sees to them."""

from typing import Any

from alembic import op

revision = "0093"
down_revision = "0092"

# A fault that lasts is one row, whoever finds it; `look_at` is when it is looked at again. A ticket takes its faults along when it is
# forgotten. What a ticket has withdrawn cannot be booked as long as it says so.
TABLES = """
CREATE TABLE charging_tickets (
  city text, id uuid, charging_station_id uuid NOT NULL, evse int NOT NULL CHECK (evse BETWEEN 0 AND 999),
  kind text NOT NULL CHECK (kind IN ('out_of_order', 'warning', 'event', 'silent', 'order_failed', 'meter')),
  why text NOT NULL CHECK (why IN ('lasted', 'repeated', 'at_once')),
  state text NOT NULL CHECK (state IN ('open', 'in_work', 'solved', 'closed')), opened_at timestamptz NOT NULL, changed_at timestamptz NOT NULL,
  assignee uuid, out_since timestamptz, withdrawn uuid[] NOT NULL DEFAULT '{}', closed_at timestamptz, reason text, version int NOT NULL,
  PRIMARY KEY (city, id), FOREIGN KEY (city, charging_station_id) REFERENCES charging_stations,
  CONSTRAINT closed_with_a_reason CHECK ((state = 'closed') = (closed_at IS NOT NULL) AND (closed_at IS NULL OR coalesce(reason, '') <> '')),
  CONSTRAINT back_before_it_is_closed CHECK (out_since IS NULL OR closed_at IS NULL),
  CONSTRAINT withdrawn_while_out CHECK (out_since IS NOT NULL OR withdrawn = '{}')) WITH (fillfactor = 70);
CREATE UNIQUE INDEX one_ticket_of_a_kind ON charging_tickets (city, charging_station_id, evse, kind) WHERE closed_at IS NULL;
CREATE INDEX charging_tickets_in_order ON charging_tickets (city, opened_at DESC, id DESC);
CREATE INDEX charging_tickets_out ON charging_tickets (city, charging_station_id) WHERE out_since IS NOT NULL;
CREATE INDEX charging_tickets_old ON charging_tickets (closed_at) WHERE closed_at IS NOT NULL;

CREATE TABLE charging_ticket_notes (
  city text, ticket_id uuid, number int, at timestamptz NOT NULL, noted_by uuid, state text, words text, PRIMARY KEY (city, ticket_id, number),
  FOREIGN KEY (city, ticket_id) REFERENCES charging_tickets ON DELETE CASCADE, CHECK (state IS NOT NULL OR words IS NOT NULL));

CREATE TABLE charging_faults (
  city text, id uuid, charging_station_id uuid NOT NULL, evse int NOT NULL CHECK (evse BETWEEN 0 AND 999),
  kind text NOT NULL CHECK (kind IN ('out_of_order', 'warning', 'event', 'silent', 'order_failed', 'meter')), what text NOT NULL,
  says text NOT NULL, began_at timestamptz NOT NULL, ended_at timestamptz, ticket_id uuid, look_at timestamptz, PRIMARY KEY (city, id),
  FOREIGN KEY (city, charging_station_id) REFERENCES charging_stations,
  FOREIGN KEY (city, ticket_id) REFERENCES charging_tickets ON DELETE CASCADE,
  CONSTRAINT ends_after_it_begins CHECK (ended_at >= began_at),
  CONSTRAINT looked_at_while_it_lasts CHECK (ended_at IS NULL OR look_at IS NULL)) WITH (fillfactor = 70);
CREATE UNIQUE INDEX one_fault_at_a_time ON charging_faults (city, charging_station_id, evse, kind, what) WHERE ended_at IS NULL;
CREATE INDEX charging_faults_there ON charging_faults (city, charging_station_id, began_at DESC, id DESC);
CREATE INDEX charging_faults_in_order ON charging_faults (city, began_at DESC, id DESC);
CREATE INDEX charging_faults_of_ticket ON charging_faults (city, ticket_id, began_at DESC) WHERE ticket_id IS NOT NULL;
CREATE INDEX charging_faults_due ON charging_faults (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX charging_faults_old ON charging_faults (ended_at) WHERE ended_at IS NOT NULL;

DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['charging_tickets', 'charging_ticket_notes', 'charging_faults'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE (state, changed_at, assignee, out_since, withdrawn, closed_at, reason, version) ON charging_tickets TO kommobil_app;
GRANT SELECT, INSERT ON charging_ticket_notes TO kommobil_app;
GRANT SELECT, INSERT, UPDATE (ended_at, ticket_id, look_at) ON charging_faults TO kommobil_app;
GRANT SELECT (city, charging_station_id, kind, ended_at, look_at), DELETE ON charging_faults TO kommobil_relay;
GRANT SELECT (closed_at), DELETE ON charging_tickets TO kommobil_relay;
GRANT SELECT (city, id, admission, held_until, seen_at, heartbeat_s) ON charging_stations TO kommobil_relay;
CREATE POLICY every_city ON charging_faults TO kommobil_relay USING (true);
CREATE POLICY every_city ON charging_tickets TO kommobil_relay USING (true);
CREATE POLICY every_city ON charging_stations FOR SELECT TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(TABLES))
