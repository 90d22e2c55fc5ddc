"""What a message about a booking says, read in one statement as the app's role."""

import msgspec

from adapters.database.booking_sheets import BOOKING, IN_CITY, PAYMENTS, WHERE_IT_STANDS
from adapters.database.connections import Statements
from domain.booking.bookings import BookingId
from domain.identity import City
from services.notices.ports import BookingNotice

NOTICE = IN_CITY.format(
    query=f"""SELECT json_build_object(
    'city', b.city, 'settings', y.settings, 'holder', json_build_object('email', h.email, 'language', h.language),
    'place', json_build_object('resource', r.name, 'station', s.name, 'address', s.address,
      'location', json_build_object('lat', s.lat, 'lon', s.lon)),
    'booking', {BOOKING}, 'payments', {PAYMENTS})
  FROM bookings b {WHERE_IT_STANDS} JOIN persons h ON h.city = b.city AND h.id = b.holder_id
  WHERE b.city = $1::text AND b.id = $2::uuid"""
)

_notice = msgspec.json.Decoder(BookingNotice)


class SqlNotices:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def notice(self, city: City, booking_id: BookingId) -> BookingNotice | None:
        async with self._statements.session() as session:
            found = await session.one(NOTICE, city, booking_id)
        return _notice.decode(found) if found else None
