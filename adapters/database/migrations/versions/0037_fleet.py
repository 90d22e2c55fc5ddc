"""A fleet's books: what a vehicle is, its number and its papers.

What says nothing of persons stands with the other published columns; plates and numbers lead to people, so they do not.
"""

from typing import Any

from alembic import op

revision = "0037"
down_revision = "0036"

SCRIPT = """
ALTER TABLE vehicles ADD COLUMN kind text NOT NULL DEFAULT 'car', ADD COLUMN life text NOT NULL DEFAULT 'in_service',
  ADD COLUMN battery_kwh numeric, ADD COLUMN consumption numeric, ADD COLUMN charging_kw numeric, ADD COLUMN load_kg int,
  ADD COLUMN equipment text[] NOT NULL DEFAULT '{}', ADD COLUMN version int NOT NULL DEFAULT 1;
ALTER TABLE vehicles ADD CONSTRAINT a_known_kind CHECK (kind IN ('car', 'van', 'pedelec', 'cargo_bike')) NOT VALID;
ALTER TABLE vehicles ADD CONSTRAINT a_known_life CHECK (life IN ('ordered', 'in_service', 'retired')) NOT VALID;

CREATE TABLE vehicle_files (
  city text, id uuid, plate text, season text, vin text, frame_number text, retired bool NOT NULL DEFAULT false,
  PRIMARY KEY (city, id), FOREIGN KEY (city, id) REFERENCES vehicles ON DELETE CASCADE);
-- A plate goes on to the next vehicle; a vehicle's own number never does.
CREATE UNIQUE INDEX one_vehicle_has_the_plate ON vehicle_files (city, plate) WHERE NOT retired;
CREATE UNIQUE INDEX one_vehicle_has_the_vin ON vehicle_files (city, vin);

CREATE TABLE vehicle_papers (
  city text, vehicle_id uuid, number int, kind text NOT NULL CHECK (kind IN ('hu', 'uvv', 'insurance', 'registration')),
  done_on date, valid_until date, rental bool NOT NULL, reference text, entered_by uuid NOT NULL, entered_at timestamptz NOT NULL,
  remind_on date, PRIMARY KEY (city, vehicle_id, number), FOREIGN KEY (city, vehicle_id) REFERENCES vehicles ON DELETE CASCADE);
CREATE INDEX papers_to_remind_of ON vehicle_papers (remind_on) WHERE remind_on IS NOT NULL;

ALTER TABLE vehicle_files ENABLE ROW LEVEL SECURITY;
ALTER TABLE vehicle_files FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON vehicle_files TO kommobil_app USING (city = current_setting('kommobil.city', true));
ALTER TABLE vehicle_papers ENABLE ROW LEVEL SECURITY;
ALTER TABLE vehicle_papers FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON vehicle_papers TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE ON vehicle_files, vehicle_papers TO kommobil_app;
-- The relay sees where a reminder is due.
GRANT SELECT (city, vehicle_id, remind_on) ON vehicle_papers TO kommobil_relay;
CREATE POLICY every_city_seen ON vehicle_papers FOR SELECT TO kommobil_relay USING (true);
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
