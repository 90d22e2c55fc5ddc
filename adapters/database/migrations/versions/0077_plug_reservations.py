"""Plugs that stations keep for bookings: what each was asked for, what it said, and when the booking is looked after again."""

from typing import Any

from alembic import op

revision = "0077"
down_revision = "0076"

# One for each booking and EVSE, and never two that are live at an EVSE, nor for a booking: that two holders were told of the same
# plug could not be mended by anything that follows.
TABLES = """
CREATE TABLE plug_reservations (
  city text, id uuid, booking_id uuid NOT NULL, charging_station_id uuid NOT NULL, evse int NOT NULL, resource_id uuid NOT NULL,
  number int NOT NULL CHECK (number > 0), token text NOT NULL, group_token text, until timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('ordered', 'honoured', 'guarded', 'refused', 'used', 'released', 'ended')),
  order_id uuid NOT NULL, orders int NOT NULL CHECK (orders > 0), first_at timestamptz NOT NULL, ordered_at timestamptz NOT NULL,
  answered_at timestamptz, refusal text, honoured bool NOT NULL, stands bool NOT NULL, stopped text, stopped_at timestamptz,
  taken_back_at timestamptz, look_at timestamptz, PRIMARY KEY (city, id), UNIQUE (city, booking_id, charging_station_id, evse),
  UNIQUE (city, charging_station_id, number), FOREIGN KEY (city, booking_id) REFERENCES bookings,
  FOREIGN KEY (city, charging_station_id) REFERENCES charging_stations,
  CONSTRAINT refused_for_a_reason CHECK (state <> 'refused' OR refusal IS NOT NULL),
  CONSTRAINT stopped_at_some_time CHECK ((stopped IS NULL) = (stopped_at IS NULL))) WITH (fillfactor = 70);
CREATE UNIQUE INDEX one_plug_for_one ON plug_reservations (city, charging_station_id, evse)
  WHERE state IN ('ordered', 'honoured', 'guarded');
CREATE UNIQUE INDEX one_plug_at_a_time ON plug_reservations (city, booking_id) WHERE state IN ('ordered', 'honoured', 'guarded');
CREATE INDEX plug_reservations_due ON plug_reservations (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX plug_reservations_there ON plug_reservations (city, charging_station_id, until DESC, id);
CREATE INDEX bookings_to_plug_in ON bookings (starts) WHERE service = 'charging' AND state = 'confirmed';
"""
WALLS = """
ALTER TABLE plug_reservations ENABLE ROW LEVEL SECURITY;
ALTER TABLE plug_reservations FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON plug_reservations TO kommobil_app USING (city = current_setting('kommobil.city', true));
CREATE POLICY every_city ON plug_reservations TO kommobil_relay USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON plug_reservations TO kommobil_app;
GRANT SELECT (city, booking_id, resource_id, state, look_at) ON plug_reservations TO kommobil_relay;
GRANT SELECT (city, resource_id) ON evses TO kommobil_relay;
GRANT SELECT (service, resource_id) ON bookings TO kommobil_relay;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
