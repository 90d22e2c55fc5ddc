"""What a booking costs under a tariff of OCPI, while somebody charges and in the end; and no version of a tariff is ever changed."""

from typing import Any

from alembic import op

revision = "0090"
down_revision = "0089"

# A calculation is made once, for a booking is billed once, and is not made otherwise later; it goes with the booking's sessions.
SCRIPT = """
ALTER TABLE charging_sessions ADD COLUMN spent jsonb;
CREATE TABLE charging_calculations (
  city text, booking_id uuid, session_id uuid NOT NULL, made_at timestamptz NOT NULL, calculation json NOT NULL,
  PRIMARY KEY (city, booking_id), FOREIGN KEY (city, session_id) REFERENCES charging_sessions ON DELETE CASCADE);
CREATE INDEX charging_calculations_of_sessions ON charging_calculations (city, session_id);
ALTER TABLE charging_calculations ENABLE ROW LEVEL SECURITY;
ALTER TABLE charging_calculations FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON charging_calculations TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT ON charging_calculations TO kommobil_app;
REVOKE UPDATE, DELETE ON tariffs FROM kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
