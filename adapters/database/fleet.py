"""The pool vehicles' books in PostgreSQL."""

import msgspec

from adapters.database.reservations import DESK, OFFER, OFFERED, SqlReservations
from domain.booking.holds import Offer
from domain.fleet.reservations import ReserveVehicle
from services.fleet.ports import Offered, ReservationDesk, Reserved

VEHICLE = DESK.format(
    facts=f"""
  'vehicle', (SELECT json_build_object('offer', {OFFER}, 'seats', x.seats)
    FROM {OFFERED} JOIN vehicles x ON x.city = r.city AND x.id = r.id
    WHERE r.city = $1::text AND r.id = $5::uuid)"""
)
_facts = msgspec.json.Decoder(ReservationDesk)


def _offer(desk: ReservationDesk) -> Offer | None:
    return desk.vehicle.offer if desk.vehicle else None


class SqlFleetStore:
    def __init__(self, books: SqlReservations) -> None:
        self._books = books

    async def desk(self, command: ReserveVehicle) -> ReservationDesk:
        return await self._books.desk(VEHICLE, _facts, _offer, command.order)

    async def offer(self, outcome: Offered) -> None:
        await self._books.offer(outcome)

    async def record(self, outcome: Reserved) -> None:
        await self._books.record(outcome)
