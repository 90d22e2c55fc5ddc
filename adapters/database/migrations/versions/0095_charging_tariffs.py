"""By which tariff charge points are sold: the city's, their station's or their own; and tariffs that nothing is sold by any more."""

from typing import Any

from alembic import op

revision = "0095"
down_revision = "0094"

SCRIPT = """
CREATE TABLE charging_tariff_assignments (
  city text REFERENCES cities, scope text CHECK (scope IN ('city', 'station', 'point')), subject_id uuid, tariff_id text NOT NULL,
  assigned_at timestamptz NOT NULL, PRIMARY KEY (city, scope, subject_id));
CREATE INDEX charging_tariff_assignments_of_tariffs ON charging_tariff_assignments (city, tariff_id);
CREATE TABLE retired_tariffs (
  city text REFERENCES cities, tariff_id text, retired_at timestamptz NOT NULL, PRIMARY KEY (city, tariff_id));
GRANT SELECT, INSERT, UPDATE ON charging_tariff_assignments TO kommobil_app;
GRANT SELECT, INSERT ON retired_tariffs TO kommobil_app;

CREATE FUNCTION charging_tariff_of(of_city text, of_point uuid, of_station uuid) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT a.tariff_id FROM charging_tariff_assignments a
  WHERE a.city = of_city AND (a.scope, a.subject_id) IN
    (('point', of_point), ('station', of_station), ('city', '00000000-0000-0000-0000-000000000000'))
  ORDER BY array_position(ARRAY['point', 'station', 'city'], a.scope) LIMIT 1
$$;
CREATE FUNCTION sell_by_assigned_tariff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.tariff_id := coalesce(charging_tariff_of(NEW.city, NEW.id, NEW.station_id), NEW.tariff_id);
  RETURN NEW;
END $$;
CREATE TRIGGER sold_by_assigned_tariff BEFORE INSERT OR UPDATE OF tariff_id, station_id, bookable ON resources
  FOR EACH ROW WHEN (NEW.service = 'charging' AND NEW.bookable) EXECUTE FUNCTION sell_by_assigned_tariff();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
