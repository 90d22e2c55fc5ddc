"""Bookings with their payments, for whoever keeps the books, in PostgreSQL."""

import msgspec

from adapters.database.booking.reading import BOOKING, IN_CITY, PAYMENTS
from adapters.database.connections import Statements
from adapters.database.reading import read
from domain.booking.bookings import BookingId
from domain.identity import City
from services.accounting.uses import Use

USE = IN_CITY.format(
    query=f"""SELECT json_build_object('booking', {BOOKING}, 'payments', {PAYMENTS}, 'thing', r.name, 'place', s.name,
  'time_zone', y.time_zone) FROM bookings b JOIN cities y ON y.city = b.city
  JOIN resources r ON r.city = b.city AND r.id = b.resource_id JOIN stations s ON s.city = r.city AND s.id = r.station_id
  WHERE b.city = $1::text AND b.id = $2::uuid"""
)
_use = msgspec.json.Decoder(Use)


class SqlUses:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def use(self, city: City, booking_id: BookingId) -> Use | None:
        found = await read(self._statements, USE, city, booking_id)
        return _use.decode(found) if found else None
