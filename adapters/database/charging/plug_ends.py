"""What stations say of reservations that they do not hold any more (2.0.1: ReservationStatusUpdate)."""

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.charging.reports import ReservationEnded
from domain.charging.stations import StationAt

# Whoever looks after the plug does so now.
TAKEN_BACK = text("""
UPDATE plug_reservations SET taken_back_at = :now, look_at = :now
WHERE city = :city AND charging_station_id = :station_id AND number = :number AND state IN ('ordered', 'honoured', 'guarded')
""")


async def take_back(connection: AsyncConnection, at: StationAt, report: ReservationEnded, now: datetime) -> None:
    """What is over by our books changes nothing, nor does a number that is none of ours."""
    values = {"city": at.city, "station_id": at.id, "number": report.number, "now": now}
    await connection.execute(TAKEN_BACK, values)
