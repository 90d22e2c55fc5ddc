"""The charge points' books in PostgreSQL."""

import msgspec

from adapters.database.reservations import DESK, OFFER, OFFERED, SqlReservations
from domain.booking.holds import Offer
from domain.charging.reservations import ReserveChargePoint
from services.charging.ports import Offered, ReservationDesk, Reserved

CHARGE_POINT = DESK.format(
    facts=f"""
  'point', (SELECT json_build_object('offer', {OFFER}, 'connectors', x.connectors, 'power_kw', x.power_kw::text)
    FROM {OFFERED} JOIN charge_points x ON x.city = r.city AND x.id = r.id
    WHERE r.city = $1::text AND r.id = $5::uuid)"""
)
_facts = msgspec.json.Decoder(ReservationDesk)


def _offer(desk: ReservationDesk) -> Offer | None:
    return desk.point.offer if desk.point else None


class SqlChargingStore:
    def __init__(self, books: SqlReservations) -> None:
        self._books = books

    async def desk(self, command: ReserveChargePoint) -> ReservationDesk:
        return await self._books.desk(CHARGE_POINT, _facts, _offer, command.order)

    async def offer(self, outcome: Offered) -> None:
        await self._books.offer(outcome)

    async def record(self, outcome: Reserved) -> None:
        await self._books.record(outcome)
