"""Moving bookings by class to equal resources, one by one, to free a resource."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace, through
from adapters.database.bike_leasing import BIKE
from adapters.database.booking_sheets import BOOKING, RESOURCE
from adapters.database.changes import write_change, write_note
from adapters.database.charging import CHARGE_POINT
from adapters.database.choosing import equal_to
from adapters.database.connections import Transactions
from adapters.database.fleet import VEHICLE
from adapters.database.reservations import kind_of
from domain.booking.bookings import Booking, BookingId
from domain.booking.events import BookingMoved
from domain.booking.moving import move
from domain.booking.resources import Resource, Service
from domain.identity import SYSTEM, Actor, City, Role
from services.calls import Answer, Call

DESKS = {Service.CHARGING: CHARGE_POINT, Service.FLEET: VEHICLE, Service.BIKE_LEASING: BIKE}
# The booking's row is locked, so that nobody moves, ends or assigns it meanwhile.
STANDS = text(f"""
SELECT json_build_object('booking', {BOOKING}, 'resource', {RESOURCE})::text
FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
JOIN stations s ON s.city = r.city AND s.id = r.station_id
WHERE b.city = :city AND b.id = :id FOR UPDATE OF b
""")
OF_WITHDRAWN = text("""
SELECT b.id FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
WHERE b.city = :city AND NOT r.in_service AND b.resource_id = (SELECT x.resource_id FROM bookings x WHERE x.city = :city AND x.id = :id)
  AND b.final_at IS NOT NULL AND b.state IN ('held', 'confirmed') ORDER BY b.id
""")


class _Stands(Struct, frozen=True):
    booking: Booking
    resource: Resource


_stands = msgspec.json.Decoder(_Stands)
_resource = msgspec.json.Decoder(Resource)


async def moved(
    connection: AsyncConnection, call: Call[Any], booking_id: UUID, new_id: Callable[[], UUID], now: datetime
) -> bool:
    """Move the booking if it can be, inside the caller's transaction; False, and nothing has changed, where it cannot.

    Raises LostRace where the other resource was taken in the same moment.
    """
    found = (await connection.execute(STANDS, {"city": call.city, "id": booking_id})).scalar_one_or_none()
    if found is None:
        return False
    stands = _stands.decode(found)
    if not stands.booking.is_provisional:
        return False
    sql, values = equal_to(DESKS[stands.booking.service], call.city, stands.booking, stands.resource)
    equal = (await connection.exec_driver_sql(sql, values)).scalar_one_or_none()
    event = move(stands.booking, _resource.decode(equal), now) if equal else None
    if not isinstance(event, BookingMoved) or not await _is_free(connection, call.city, event):
        return False
    if not await write_change(connection, call.city, event):
        raise LostRace
    await write_note(connection, call, kind_of(event), booking_id, tell=True, new_id=new_id, now=now)
    return True


# Where nothing is free, the best of what is taken was found.
FREE = text("""
SELECT NOT EXISTS (SELECT FROM claims WHERE city = :city AND resource_id = :id
  AND claimed_from < CAST(:until AS timestamptz) AND claimed_until > CAST(:since AS timestamptz))
""")


async def _is_free(connection: AsyncConnection, city: City, event: BookingMoved) -> bool:
    claimed = event.claimed
    scope = {"city": city, "id": event.booking.resource_id, "since": claimed.start, "until": claimed.end}
    return bool((await connection.execute(FREE, scope)).scalar_one())


class SqlMover:
    """Moves for nobody in particular: each booking in a transaction of its own, tried again where it lost a race."""

    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def leave_withdrawn(self, city: City, booking_id: BookingId) -> None:
        """Move whatever is provisional away from the booking's resource, if that is out of service. Raises Unavailable where
        the database cannot do it now."""
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(OF_WITHDRAWN, {"city": city, "id": booking_id})).scalars().all()
        for each in sorted(found):

            async def once(each: UUID = each) -> bool:
                async with self._transactions.city(city) as connection:
                    return await moved(connection, unasked(city), each, self._new_id, self._clock())

            await through(once)


def unasked(city: City) -> Call[Any]:
    """The call under which a booking is moved that nobody asked to be."""
    return Call(city, Actor(SYSTEM, city, frozenset({Role.OPERATOR})), "move", "", "", "move", "", _nothing_to_say)


def _nothing_to_say(_outcome: object) -> Answer:
    return Answer(204, "", "")
