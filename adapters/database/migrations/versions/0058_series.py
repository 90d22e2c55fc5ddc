"""Which bookings were made as a series, in which order, and by which rule."""

from typing import Any

from alembic import op

revision = "0058"
down_revision = "0057"

TABLES = """
CREATE TABLE series_bookings (
  city text REFERENCES cities, series_id uuid, number int CHECK (number > 0), booking_id uuid NOT NULL, rule text NOT NULL,
  made_at timestamptz NOT NULL, PRIMARY KEY (city, series_id, number),
  FOREIGN KEY (city, booking_id) REFERENCES bookings);
CREATE UNIQUE INDEX series_of_booking ON series_bookings (city, booking_id);
ALTER TABLE series_bookings ENABLE ROW LEVEL SECURITY;
ALTER TABLE series_bookings FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON series_bookings TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, DELETE ON series_bookings TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(TABLES))
