"""Orders and connections of stations in one statement each, and which orders somebody waits for."""

from typing import Any

from alembic import op

revision = "0109"
down_revision = "0108"

# Whether somebody waits for it: then it goes before what nobody does, also in the central system's line. What was placed before has
# somebody wait.
AWAITED = """
ALTER TABLE station_orders ADD COLUMN awaited boolean NOT NULL DEFAULT true;

CREATE OR REPLACE FUNCTION station_is_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('kommobil_orders', CASE WHEN NEW.awaited THEN '' ELSE '~' END || NEW.city || '/' || NEW.charging_station_id);
  RETURN NULL;
END $$;
"""
# Each sets the city for its own statement, before its first look: in one SQL statement a planner may look before it is set.
FUNCTIONS = """
CREATE FUNCTION station_is_to_be_told(in_city text, station uuid, connection uuid, at timestamptz, told_once text[]) RETURNS boolean
LANGUAGE sql STABLE AS $$
  SELECT bool_or(o.awaited) FROM station_orders o WHERE o.city = in_city AND o.charging_station_id = station AND o.answered_at IS NULL
    AND o.expires_at > at AND o.told_over IS DISTINCT FROM connection AND (o.sent_at IS NULL OR o.kind <> ALL (told_once))
$$;

CREATE FUNCTION take_station_order(in_city text, station uuid, connection uuid, at timestamptz, told_once text[], never text[])
RETURNS text LANGUAGE plpgsql AS $$
DECLARE taken jsonb;
BEGIN
  PERFORM set_config('kommobil.city', in_city, true);
  IF NOT EXISTS (SELECT FROM charging_stations s WHERE s.city = in_city AND s.id = station AND s.held_over = connection) THEN
    RETURN NULL;
  END IF;
  UPDATE station_orders o SET told_over = connection, sent_at = at, times = o.times + 1
  WHERE o.city = in_city AND o.id = (
    SELECT w.id FROM station_orders w WHERE w.city = in_city AND w.charging_station_id = station AND w.answered_at IS NULL
      AND w.expires_at > at AND w.told_over IS DISTINCT FROM connection AND (w.sent_at IS NULL OR w.kind <> ALL (told_once))
      AND w.kind <> ALL (never)
    ORDER BY w.awaited DESC, w.made_at, w.id LIMIT 1 FOR UPDATE)
  RETURNING jsonb_build_object('awaited', o.awaited, 'order', jsonb_build_object('id', o.id, 'station_id', o.charging_station_id,
    'order', o.wanted, 'made_at', o.made_at, 'expires_at', o.expires_at, 'subject', o.subject)) INTO taken;
  IF taken IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN taken || jsonb_build_object('further', station_is_to_be_told(in_city, station, connection, at, told_once));
END $$;

-- To the outbox in the same statement: an answer that nobody is told of is none.
CREATE FUNCTION answer_station_order(in_city text, order_id uuid, at timestamptz, told text, said jsonb, outbox_id uuid, outbox_kind text)
RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('kommobil.city', in_city, true);
  UPDATE station_orders SET answered_at = at, answered = told, answer = said
  WHERE city = in_city AND id = order_id AND answered_at IS NULL;
  IF NOT FOUND THEN
    RETURN false;
  END IF;
  INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at) VALUES (in_city, outbox_id, outbox_kind, order_id, at, at);
  RETURN true;
END $$;

-- Who shows the next key has it, and the former one is forgotten.
CREATE FUNCTION hold_station(in_city text, station uuid, process uuid, connection uuid, until timestamptz, at timestamptz, speaks text,
  shown_profile text, shown_digest text, told_once text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE held charging_stations;
BEGIN
  PERFORM set_config('kommobil.city', in_city, true);
  UPDATE charging_stations s SET held_by = process, held_over = connection, held_until = until, seen_at = at, version = speaks,
    security_profile = shown_profile, key_digest = CASE WHEN s.next_key_digest = shown_digest THEN s.next_key_digest ELSE s.key_digest END,
    next_key_digest = CASE WHEN s.next_key_digest = shown_digest THEN NULL ELSE s.next_key_digest END
  WHERE s.city = in_city AND s.id = station RETURNING s.* INTO held;
  RETURN CASE WHEN held.id IS NOT NULL THEN jsonb_build_object('admission', held.admission, 'heartbeat_s', held.heartbeat_s,
    'to_be_told', station_is_to_be_told(in_city, station, connection, at, told_once)) END;
END $$;

-- It may have forgotten the profiles that it was told. Whoever steers its group is told so and not waited for, as planning takes a while
-- in which nobody else writes the group's row.
CREATE FUNCTION station_booted(in_city text, station uuid, at timestamptz, of_vendor text, of_model text, of_serial text, of_firmware text,
  told_once text[], outbox_id uuid, outbox_kind text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE booted charging_stations;
BEGIN
  PERFORM set_config('kommobil.city', in_city, true);
  UPDATE charging_stations s SET vendor = of_vendor, model = of_model, serial = of_serial, firmware = of_firmware, booted_at = at, seen_at = at
  WHERE s.city = in_city AND s.id = station RETURNING s.* INTO booted;
  INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)
  SELECT in_city, outbox_id, outbox_kind, booted.id, at, at WHERE EXISTS (SELECT FROM evses e
    JOIN charge_points x ON x.city = e.city AND x.id = e.resource_id
    WHERE e.city = in_city AND e.charging_station_id = booted.id AND x.power_group IS NOT NULL);
  RETURN CASE WHEN booted.id IS NOT NULL THEN jsonb_build_object('admission', booted.admission, 'heartbeat_s', booted.heartbeat_s,
    'to_be_told', station_is_to_be_told(in_city, station, booted.held_over, at, told_once)) END;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (AWAITED, FUNCTIONS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
