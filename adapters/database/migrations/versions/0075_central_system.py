"""Charging stations as the central system knows them, their EVSEs, what they are told, and every frame that went to and fro."""

from typing import Any

from alembic import op

revision = "0075"
down_revision = "0074"

# Who holds a station is a row with a lease: `held_by` is a process, `held_over` one connection of it. What was `told_over` another
# connection, and not answered, is told again. A key is never kept, only its digest; `next_key` is one that the station has not
# shown yet. A station's status of its own is what it said of the whole of it.
TABLES = """
CREATE TABLE charging_stations (
  city text, id uuid, station_id uuid NOT NULL, identity text NOT NULL CHECK (length(identity) BETWEEN 1 AND 48),
  security_profile text NOT NULL CHECK (security_profile IN ('basic', 'tls', 'certificate')), key_digest text, next_key_digest text,
  certificate_name text, admission text NOT NULL DEFAULT 'accepted' CHECK (admission IN ('pending', 'accepted', 'rejected')),
  heartbeat_s int NOT NULL DEFAULT 900 CHECK (heartbeat_s BETWEEN 10 AND 86400), version text, vendor text, model text, serial text,
  firmware text, booted_at timestamptz, seen_at timestamptz, status text NOT NULL DEFAULT 'UNKNOWN', said text, error text,
  status_at timestamptz, held_by uuid, held_over uuid, held_until timestamptz, made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (city, id), UNIQUE (city, identity), FOREIGN KEY (city, station_id) REFERENCES stations,
  CONSTRAINT known_by_key_or_certificate CHECK (security_profile = 'certificate' OR key_digest IS NOT NULL),
  CONSTRAINT held_by_somebody_for_a_while CHECK ((held_by IS NULL) = (held_over IS NULL) AND (held_by IS NULL) = (held_until IS NULL)))
  WITH (fillfactor = 70);
CREATE INDEX charging_stations_at ON charging_stations (city, station_id);
CREATE INDEX charging_stations_held ON charging_stations (city, held_by) WHERE held_by IS NOT NULL;

CREATE TABLE evses (
  city text, charging_station_id uuid, number int CHECK (number BETWEEN 1 AND 999), resource_id uuid, status text NOT NULL DEFAULT 'UNKNOWN'
    CHECK (status IN ('AVAILABLE', 'BLOCKED', 'CHARGING', 'INOPERATIVE', 'OUTOFORDER', 'RESERVED', 'UNKNOWN')),
  said text, error text, status_at timestamptz, connectors jsonb NOT NULL DEFAULT '{}', PRIMARY KEY (city, charging_station_id, number),
  UNIQUE (city, resource_id), FOREIGN KEY (city, charging_station_id) REFERENCES charging_stations,
  FOREIGN KEY (city, resource_id) REFERENCES resources) WITH (fillfactor = 70);

-- `subject` is what it is for, a booking say; the row says nothing else of persons.
CREATE TABLE station_orders (
  city text, id uuid, charging_station_id uuid NOT NULL, kind text NOT NULL, wanted jsonb NOT NULL, subject uuid,
  made_at timestamptz NOT NULL, expires_at timestamptz NOT NULL, sent_at timestamptz, told_over uuid, times int NOT NULL DEFAULT 0,
  answered_at timestamptz, answered text, answer jsonb, PRIMARY KEY (city, id),
  FOREIGN KEY (city, charging_station_id) REFERENCES charging_stations,
  CONSTRAINT answered_at_once CHECK ((answered_at IS NULL) = (answered IS NULL) AND (answered_at IS NULL) = (answer IS NULL)));
CREATE INDEX station_orders_open ON station_orders (city, charging_station_id, made_at, id) WHERE answered_at IS NULL;
CREATE INDEX station_orders_due ON station_orders (expires_at) WHERE answered_at IS NULL;
CREATE INDEX station_orders_for ON station_orders (city, subject) WHERE subject IS NOT NULL;
CREATE INDEX station_orders_in_order ON station_orders (city, charging_station_id, made_at, id);
CREATE INDEX station_orders_old ON station_orders (answered_at) WHERE answered_at IS NOT NULL;

-- A log, written a moment later and in handfuls. `payload` is a frame's own; `frame` the beginning of what is none.
CREATE TABLE station_messages (
  city text, id uuid, charging_station_id uuid NOT NULL, at timestamptz NOT NULL, direction text NOT NULL CHECK (direction IN ('in', 'out')),
  kind text NOT NULL CHECK (kind IN ('call', 'result', 'error', 'malformed')), message_id text, action text, payload jsonb, fault text,
  frame text, PRIMARY KEY (city, id));
CREATE INDEX station_messages_in_order ON station_messages (city, charging_station_id, at, id);
CREATE INDEX station_messages_old ON station_messages (at);

-- Whoever holds the station is woken when the order is committed.
CREATE FUNCTION station_is_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('kommobil_orders', NEW.city || '/' || NEW.charging_station_id);
  RETURN NULL;
END $$;
CREATE TRIGGER station_is_told AFTER INSERT ON station_orders FOR EACH ROW EXECUTE FUNCTION station_is_told();

-- An answer is given once.
CREATE FUNCTION answered_orders_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the order was answered' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER answered_orders_stay BEFORE UPDATE ON station_orders FOR EACH ROW WHEN (OLD.answered_at IS NOT NULL)
  EXECUTE FUNCTION answered_orders_stay();
"""
WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['charging_stations', 'station_orders', 'station_messages'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE ON charging_stations, evses TO kommobil_app;
GRANT DELETE ON evses TO kommobil_app;
GRANT SELECT, INSERT, UPDATE (sent_at, told_over, times, answered_at, answered, answer) ON station_orders TO kommobil_app;
GRANT SELECT, INSERT ON station_messages TO kommobil_app;
GRANT SELECT (city, id, expires_at, answered_at), DELETE ON station_orders TO kommobil_relay;
GRANT SELECT (at), DELETE ON station_messages TO kommobil_relay;
CREATE POLICY every_city ON station_orders TO kommobil_relay USING (true);
CREATE POLICY every_city ON station_messages TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
