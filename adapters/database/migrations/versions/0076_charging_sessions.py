"""Charging sessions: what stations told of transactions, point by point, what the meter signed, and whose right it was."""

from typing import Any

from alembic import op

revision = "0076"
down_revision = "0075"

# A session without a booking was nobody's: `strange_since` is when it was heard of last, and it goes some time after that.
TABLES = """
CREATE SEQUENCE charging_numbers AS int MINVALUE 1 CYCLE;
CREATE TABLE charging_sessions (
  city text, id uuid, charging_station_id uuid NOT NULL, evse int NOT NULL CHECK (evse BETWEEN 0 AND 999), ref text NOT NULL,
  number int NOT NULL, start_key text, state text NOT NULL CHECK (state IN ('pending', 'active', 'ending', 'completed', 'invalid')),
  heard_at timestamptz NOT NULL, resource_id uuid, token text, told jsonb, booking_id uuid, holder_id uuid, began_at timestamptz,
  over_at timestamptz, reason text, energy_wh bigint NOT NULL CHECK (energy_wh >= 0), parked_s bigint NOT NULL CHECK (parked_s >= 0),
  doing text, power_w numeric, soc_percent numeric, flags text[] NOT NULL, stops_at jsonb NOT NULL, due_at timestamptz,
  stop_asked_at timestamptz, idle_told_at timestamptz, bill_at timestamptz, billed_at timestamptz, version int NOT NULL,
  strange_since timestamptz GENERATED ALWAYS AS (CASE WHEN booking_id IS NULL THEN heard_at END) STORED,
  PRIMARY KEY (city, id), UNIQUE (city, charging_station_id, ref), UNIQUE (city, number), UNIQUE (city, charging_station_id, start_key),
  FOREIGN KEY (city, charging_station_id) REFERENCES charging_stations,
  CONSTRAINT somebodys_by_a_booking CHECK ((booking_id IS NULL) = (holder_id IS NULL)),
  CONSTRAINT looked_at_until_it_is_over CHECK ((state IN ('completed', 'invalid')) = (due_at IS NULL)),
  CONSTRAINT billed_when_it_is_over CHECK (state = 'completed' OR (bill_at IS NULL AND billed_at IS NULL)),
  CONSTRAINT over_after_it_began CHECK (over_at >= began_at));
CREATE UNIQUE INDEX one_session_at_an_evse ON charging_sessions (city, charging_station_id, evse) WHERE state = 'active' AND evse > 0;
CREATE INDEX charging_sessions_there ON charging_sessions (city, charging_station_id, evse, began_at);
CREATE INDEX charging_sessions_of_booking ON charging_sessions (city, booking_id) WHERE booking_id IS NOT NULL;
CREATE INDEX charging_sessions_of_holder ON charging_sessions (city, holder_id, began_at DESC, id) WHERE holder_id IS NOT NULL;
CREATE INDEX charging_sessions_in_order ON charging_sessions (city, began_at DESC, id);
CREATE INDEX charging_sessions_due ON charging_sessions (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX charging_sessions_to_bill ON charging_sessions (bill_at) WHERE bill_at IS NOT NULL AND billed_at IS NULL;
CREATE INDEX charging_sessions_strange ON charging_sessions (strange_since) WHERE strange_since IS NOT NULL;

-- A set: what is told again is there already.
CREATE TABLE charging_readings (
  city text, session_id uuid, at timestamptz, digest text, point jsonb NOT NULL, PRIMARY KEY (city, session_id, at, digest),
  FOREIGN KEY (city, session_id) REFERENCES charging_sessions ON DELETE CASCADE);
-- Byte for byte as it came, for whoever doubts the bill.
CREATE TABLE charging_signed_values (
  city text, session_id uuid, digest text, at timestamptz NOT NULL, context text NOT NULL, data bytea NOT NULL, encoding text,
  public_key text, PRIMARY KEY (city, session_id, digest), CONSTRAINT named_by_its_content CHECK (digest = encode(sha256(data), 'hex')),
  FOREIGN KEY (city, session_id) REFERENCES charging_sessions ON DELETE CASCADE);
ALTER TABLE charging_signed_values ALTER COLUMN data SET STORAGE EXTERNAL;

-- Tokens are the same in any case, and kept in capitals. Each booking has one of its own; persons have cards.
CREATE TABLE charging_tokens (
  city text, token text CHECK (token = upper(token) AND length(token) BETWEEN 1 AND 20), booking_id uuid NOT NULL, group_token text,
  valid_from timestamptz NOT NULL, valid_until timestamptz NOT NULL, made_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (city, token), UNIQUE (city, booking_id), FOREIGN KEY (city, booking_id) REFERENCES bookings);
CREATE TABLE person_tokens (
  city text, token text CHECK (token = upper(token) AND length(token) BETWEEN 1 AND 20), person_id uuid NOT NULL, group_token text,
  label text, blocked bool NOT NULL DEFAULT false, made_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (city, token),
  FOREIGN KEY (city, person_id) REFERENCES persons);
CREATE INDEX person_tokens_of_person ON person_tokens (city, person_id);
"""
# What was told stays told, and a session that is over stays as it was; only that it was billed, or told of late, is written down, and
# the card forgotten with whoever had it.
GUARDS = """
CREATE FUNCTION what_is_over_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - ARRAY['flags', 'heard_at', 'strange_since', 'version', 'bill_at', 'billed_at', 'token']
     IS DISTINCT FROM to_jsonb(OLD) - ARRAY['flags', 'heard_at', 'strange_since', 'version', 'bill_at', 'billed_at', 'token']
     OR (NEW.token IS NOT NULL AND NEW.token IS DISTINCT FROM OLD.token)
     OR (OLD.billed_at IS NOT NULL AND NEW.billed_at IS DISTINCT FROM OLD.billed_at) THEN
    RAISE EXCEPTION 'the session is over' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER what_is_over_stays BEFORE UPDATE ON charging_sessions FOR EACH ROW WHEN (OLD.state IN ('completed', 'invalid'))
  EXECUTE FUNCTION what_is_over_stays();
CREATE TRIGGER charging_sessions_kept_until_due BEFORE DELETE ON charging_sessions
  FOR EACH ROW WHEN (OLD.booking_id IS NOT NULL) EXECUTE FUNCTION kept_until_due('heard_at');
CREATE TRIGGER charging_sessions_gone_with_proof AFTER DELETE ON charging_sessions REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion('id');
"""
WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['charging_sessions', 'charging_readings', 'charging_signed_values', 'charging_tokens', 'person_tokens'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
  END LOOP;
END $$;
GRANT USAGE ON SEQUENCE charging_numbers TO kommobil_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON charging_sessions, charging_tokens, person_tokens TO kommobil_app;
GRANT SELECT, INSERT ON charging_readings, charging_signed_values TO kommobil_app;
GRANT SELECT (city, id, booking_id, due_at, bill_at, billed_at, strange_since), DELETE ON charging_sessions TO kommobil_relay;
CREATE POLICY every_city ON charging_sessions TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, GUARDS, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
