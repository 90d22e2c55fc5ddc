"""How a change of a booking's time moves its claims: they grow by adjacent ones and are never updated."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.blocked_time import fill, give_back
from domain.booking.bookings import Booking, Payer
from domain.booking.events import BookingFinished, BookingMoved, BookingReassigned, BookingWithdrawn, Changed
from domain.booking.extensions import (
    BookingExtended,
    BookingOverdue,
    BookingRolled,
    BookingShortened,
    ExtensionAsked,
    ExtensionLapsed,
    ExtensionRejected,
    NoticeGiven,
)
from domain.identity import City
from domain.periods import Period

# From where the booking's claims end now, so that there is never a gap between them.
GROW = text("""
INSERT INTO claims (city, resource_id, booking_id, claimed_from, claimed_until, kind)
SELECT b.city, b.resource_id, b.id, mine.claimed_until, :until, 'booking'
FROM bookings b CROSS JOIN LATERAL (
  SELECT max(c.claimed_until) AS claimed_until FROM claims c WHERE c.city = b.city AND c.booking_id = b.id) mine
WHERE b.city = :city AND b.id = :id AND mine.claimed_until < :until ON CONFLICT DO NOTHING
""")
UNBLOCK = text("""
DELETE FROM claims WHERE city = :city AND resource_id = :resource_id AND kind = 'maintenance' AND claimed_from < :until
  AND claimed_until > (SELECT max(c.claimed_until) FROM claims c WHERE c.city = :city AND c.booking_id = :id)
""")
REACHES = text(
    "SELECT coalesce(max(claimed_until) >= :until, false) FROM claims WHERE city = :city AND booking_id = :id"
)
FREE = text("DELETE FROM claims WHERE city = :city AND booking_id = :id AND claimed_from >= :since")
CUT = text("""
DELETE FROM claims WHERE city = :city AND booking_id = :id AND claimed_until > :until RETURNING resource_id, claimed_from
""")
# Where a booking gave time back in this transaction, nobody else can have taken it. A resident is moved only to what is still
# open to residents.
CLAIM = text("""
INSERT INTO claims (city, resource_id, booking_id, claimed_from, claimed_until, kind)
SELECT CAST(:city AS text), CAST(:resource_id AS uuid), CAST(:id AS uuid), CAST(:claimed_from AS timestamptz),
  CAST(:until AS timestamptz), 'booking'
WHERE CASE WHEN :for_resident THEN still_open(CAST(:city AS text), CAST(:resource_id AS uuid)) ELSE true END
ON CONFLICT DO NOTHING
""")
# Late for the next claim, the turnaround has to give way to it.
TURN_AROUND = text("""
INSERT INTO claims (city, resource_id, claimed_from, claimed_until, kind)
VALUES (:city, :resource_id, :claimed_from, :claimed_until, 'buffer') ON CONFLICT DO NOTHING
""")


async def write_claims(connection: AsyncConnection, city: City, event: Changed) -> bool:
    """What the event claims and frees; False, and nothing is written, where the time is somebody else's by now."""
    booking = event.booking
    if not booking.is_live:
        await give_back(connection, city, booking.id, booking.updated_at)
    match event:
        case BookingExtended(claimed_until=until) | ExtensionAsked(claimed_until=until):
            return await _grown(connection, city, booking.id, until)
        case BookingOverdue(claimed_until=until) if until is not None:
            return await _grown(connection, city, booking.id, until)
        case BookingMoved(claimed=claimed) | BookingReassigned(claimed=claimed):
            await give_back(connection, city, booking.id, booking.updated_at)
            return await _claimed(connection, city, booking, claimed)
        case ExtensionLapsed(frees_from=since) | ExtensionRejected(frees_from=since):
            await connection.execute(FREE, {"city": city, "id": booking.id, "since": since})
        case BookingShortened(claimed_until=until) | NoticeGiven(claimed_until=until):
            await _cut(connection, city, booking.id, until)
        case BookingRolled(claimed_until=until):
            return await _rolled(connection, city, booking, until)
        case BookingFinished(turnaround=turnaround) | BookingWithdrawn(turnaround=turnaround) if turnaround is not None:
            await connection.execute(
                TURN_AROUND,
                {
                    "city": city,
                    "resource_id": booking.resource_id,
                    "claimed_from": turnaround.start,
                    "claimed_until": turnaround.end,
                },
            )
    return True


async def _claimed(connection: AsyncConnection, city: City, booking: Booking, claimed: Period) -> bool:
    row = {
        "city": city,
        "resource_id": booking.resource_id,
        "id": booking.id,
        "claimed_from": claimed.start,
        "until": claimed.end,
        "for_resident": booking.payer is Payer.SELF,
    }
    return (await connection.execute(CLAIM, row)).rowcount == 1


async def _grown(connection: AsyncConnection, city: City, booking_id: UUID, until: datetime) -> bool:
    scope = {"city": city, "id": booking_id, "until": until}
    if (await connection.execute(GROW, scope)).rowcount == 1:
        return True
    return bool((await connection.execute(REACHES, scope)).scalar_one())


async def _rolled(connection: AsyncConnection, city: City, booking: Booking, until: datetime) -> bool:
    """Over what is blocked for a repair, which has the rest of its time afterwards: the bike is with its holder."""
    scope = {"city": city, "id": booking.id, "resource_id": booking.resource_id, "until": until}
    blocked = (await connection.execute(UNBLOCK, scope)).rowcount
    grown = await _grown(connection, city, booking.id, until)
    if blocked:
        await fill(connection, city, booking.resource_id, booking.updated_at)
    return grown


async def _cut(connection: AsyncConnection, city: City, booking_id: UUID, until: datetime) -> None:
    scope = {"city": city, "id": booking_id, "until": until}
    for resource_id, claimed_from in (await connection.execute(CUT, scope)).all():
        if claimed_from < until:
            rest = {**scope, "resource_id": resource_id, "claimed_from": claimed_from, "for_resident": False}
            await connection.execute(CLAIM, rest)
