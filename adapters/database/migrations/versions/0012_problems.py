"""Problems that holders report and staff resolve: both are only added to."""

from typing import Any

from alembic import op

revision = "0012"
down_revision = "0011"

SCRIPT = """
CREATE TABLE problems (
  city text, id uuid, booking_id uuid NOT NULL, resource_id uuid NOT NULL, reporter_id uuid NOT NULL, kind text NOT NULL,
  note text, reported_at timestamptz NOT NULL, withdraws bool NOT NULL, PRIMARY KEY (city, id),
  FOREIGN KEY (city, booking_id) REFERENCES bookings, FOREIGN KEY (city, resource_id) REFERENCES resources);
CREATE INDEX problems_of_booking ON problems (city, booking_id);
CREATE INDEX problems_of_resource ON problems (city, resource_id) WHERE withdraws;
CREATE TABLE problem_resolutions (
  city text, problem_id uuid, resolver_id uuid NOT NULL, note text, resolved_at timestamptz NOT NULL,
  PRIMARY KEY (city, problem_id), FOREIGN KEY (city, problem_id) REFERENCES problems);
ALTER TABLE problems ENABLE ROW LEVEL SECURITY;
ALTER TABLE problems FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON problems TO kommobil_app USING (city = current_setting('kommobil.city', true));
ALTER TABLE problem_resolutions ENABLE ROW LEVEL SECURITY;
ALTER TABLE problem_resolutions FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON problem_resolutions TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT ON problems, problem_resolutions TO kommobil_app;
ALTER TABLE bookings ADD COLUMN problem_open bool NOT NULL DEFAULT false;
ALTER TABLE resources ADD COLUMN withdrawn_by_problem bool NOT NULL DEFAULT false;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
