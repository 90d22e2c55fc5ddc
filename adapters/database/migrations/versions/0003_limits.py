"""How many bookings a person may have open, and how long a booking waits for its holder."""

from typing import Any

from alembic import op

revision = "0003"
down_revision = "0002"

# The count sees what was committed before it got the lock: each statement of a volatile function looks anew. The lock is
# given back when the booking is written, so no two bookings of one holder are counted without each other.
SCRIPT = """
CREATE FUNCTION open_bookings(of_city text, of_holder uuid, of_service text) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(concat_ws('/', 'open bookings', of_city, of_holder, of_service), 0));
  RETURN (SELECT count(*) FROM bookings WHERE city = of_city AND holder_id = of_holder AND service = of_service
          AND payer = 'self' AND state IN ('held', 'confirmed', 'in_use'));
END $$;

ALTER TABLE bookings ADD COLUMN no_show_from timestamptz;
CREATE INDEX bookings_by_no_show ON bookings (no_show_from) WHERE state = 'confirmed' AND no_show_from IS NOT NULL;
GRANT SELECT (no_show_from) ON bookings TO kommobil_relay;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
