"""When somebody is reminded of a trip that its logbook does not say all of yet; gone once nobody is any more."""

from typing import Any

from alembic import op

revision = "0064"
down_revision = "0063"

SCRIPT = """
CREATE TABLE trips_to_complete (
  city text, trip_id uuid, remind_on date NOT NULL, PRIMARY KEY (city, trip_id),
  FOREIGN KEY (city, trip_id) REFERENCES trips ON DELETE CASCADE);
CREATE INDEX trips_to_complete_by_day ON trips_to_complete (remind_on);
ALTER TABLE trips_to_complete ENABLE ROW LEVEL SECURITY;
ALTER TABLE trips_to_complete FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON trips_to_complete TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON trips_to_complete TO kommobil_app;
GRANT SELECT ON trips_to_complete TO kommobil_relay;
CREATE POLICY every_city ON trips_to_complete FOR SELECT TO kommobil_relay USING (true);
INSERT INTO trips_to_complete SELECT t.city, t.id, (t.ended_at AT TIME ZONE c.time_zone)::date + 5
FROM trips t JOIN cities c ON c.city = t.city WHERE t.ended_at > now() - interval '7 days';
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
