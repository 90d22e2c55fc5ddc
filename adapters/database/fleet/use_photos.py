"""Photos of uses in PostgreSQL, of which each content is kept once in a city, as of damages."""

import msgspec

from adapters.database.booking.reading import BOOKING
from adapters.database.fleet.damages import LOCK_BOOKING
from adapters.database.photos import keep_photo
from adapters.database.sheets import Sheet
from domain.booking.bookings import BookingId
from domain.fleet.use_photos import Phase, PhotographedUse
from domain.photos import Developed, Digest

USE = f"""
SELECT json_build_object('booking', {BOOKING}, 'pool_id', r.pool_id, 'photos', (SELECT coalesce(json_agg(json_build_object(
    'phase', l.phase, 'photo', json_build_object('digest', f.digest, 'media_type', f.media_type, 'width', f.width, 'height', f.height,
      'size', f.size, 'added_by', l.added_by, 'added_at', l.added_at)) ORDER BY l.added_at, l.id), '[]'::json)
  FROM use_photos l JOIN photos f ON f.city = l.city AND f.digest = l.digest WHERE l.city = b.city AND l.booking_id = b.id))::text
FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id WHERE b.city = :city AND b.id = :id
"""
SHOW_IT = """
INSERT INTO use_photos (city, id, booking_id, phase, digest, added_by, added_at)
VALUES (:city, :id, :booking_id, :phase, :digest, :added_by, :now) ON CONFLICT DO NOTHING
"""
PHOTO = """
SELECT f.content, f.media_type, f.width, f.height FROM use_photos l JOIN photos f ON f.city = l.city AND f.digest = l.digest
WHERE l.city = :city AND l.booking_id = :booking_id AND l.digest = :digest LIMIT 1
"""
_use = msgspec.json.Decoder(PhotographedUse)


class SqlUsePhotoBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def find(self, booking_id: BookingId, *, locked: bool = False) -> PhotographedUse | None:
        if locked:
            await self._sheet.rows(LOCK_BOOKING, id=booking_id)
        rows = await self._sheet.rows(USE, id=booking_id)
        return _use.decode(rows[0][0]) if rows else None

    async def keep(self, booking_id: BookingId, phase: Phase, photo: Developed) -> None:
        await keep_photo(self._sheet, photo)
        of = {"id": self._sheet.new_id(), "booking_id": booking_id, "phase": phase.value, "digest": photo.digest}
        if await self._sheet.write(SHOW_IT, added_by=self._sheet.actor_id, **of):
            await self._sheet.note("fleet.use_photo_added", booking_id)

    async def show(self, booking_id: BookingId, digest: Digest) -> Developed | None:
        rows = await self._sheet.rows(PHOTO, booking_id=booking_id, digest=digest)
        return Developed(*rows[0]) if rows else None
