"""How long a person may have a service within a week."""

from typing import Any

from alembic import op

revision = "0081"
down_revision = "0080"

# Counted as open bookings are (0003): once where it is decided, and again where it is written, one writer of a person after the other.
# What was cancelled or expired took nothing from anybody.
SCRIPT = """
CREATE FUNCTION booked_in_week(of_city text, of_holder uuid, of_service text, at timestamptz, zone text) RETURNS bigint
LANGUAGE plpgsql STABLE AS $$
DECLARE monday timestamp := date_trunc('week', at AT TIME ZONE zone);
BEGIN
  RETURN (SELECT coalesce(sum(extract(epoch FROM ends - starts)), 0)::bigint FROM bookings
    WHERE city = of_city AND holder_id = of_holder AND service = of_service AND payer = 'self'
      AND starts >= monday AT TIME ZONE zone AND starts < (monday + interval '7 days') AT TIME ZONE zone
      AND CASE WHEN state = 'held' THEN hold_expires_at > now() ELSE state IN ('confirmed', 'in_use', 'completed', 'no_show') END);
END $$;

CREATE FUNCTION booked_by_now(of_city text, of_holder uuid, of_service text, at timestamptz, zone text) RETURNS bigint
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'open bookings', of_city, of_holder, of_service), 0));
  RETURN booked_in_week(of_city, of_holder, of_service, at, zone);
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
