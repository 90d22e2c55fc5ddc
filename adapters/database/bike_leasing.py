"""The pool bikes' books in PostgreSQL."""

import msgspec

from adapters.database.choosing import desks
from adapters.database.reservations import DESK, OFFER, OFFERED, SqlReservations
from domain.bike_leasing.reservations import BikeWanted, LeaseBike, LeaseOptions
from domain.booking.classes import ClassRequest
from domain.booking.holds import Offer
from services.bike_leasing.ports import Offered, ReservationDesk, Reserved

BIKE_NAMED = DESK.format(
    facts=f"""
  'bike', (SELECT json_build_object('offer', {OFFER}, 'plans', x.plans)
    FROM {OFFERED} JOIN bikes x ON x.city = r.city AND x.id = r.id
    WHERE r.city = $1::text AND r.id = $5::uuid)"""
)


def _wanted(request: ClassRequest, options: LeaseOptions) -> tuple[object, ...]:
    """The plan of the options is offered, too."""
    wanted = request.read(BikeWanted)
    plans = {plan for plan in (wanted.plan, options.plan) if plan is not None}
    return wanted.bike_type, sorted(plans)


BIKE = desks(
    BIKE_NAMED,
    "bikes",
    matches="($15::text IS NULL OR x.bike_type = $15::text) AND x.plans @> $16::text[]",
    surplus="cardinality(x.plans)",
    options=LeaseOptions,
    wanted=_wanted,
)
_facts = msgspec.json.Decoder(ReservationDesk)


def _offer(desk: ReservationDesk) -> Offer | None:
    return desk.bike.offer if desk.bike else None


class SqlBikeLeasingStore:
    def __init__(self, books: SqlReservations) -> None:
        self._books = books

    async def desk(self, command: LeaseBike) -> ReservationDesk:
        return await self._books.desk(BIKE, _facts, _offer, command)

    async def offer(self, outcome: Offered) -> None:
        await self._books.offer(outcome)

    async def record(self, outcome: Reserved) -> None:
        await self._books.record(outcome)
