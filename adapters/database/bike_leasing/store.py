"""The pool bikes' books in PostgreSQL."""

from datetime import datetime

import msgspec
from msgspec import Struct

from adapters.database.booking.choosing import desks
from adapters.database.booking.reservations import DESK, OFFER, OFFERED, SqlReservations
from domain.bike_leasing.reservations import BikeWanted, LeaseBike, LeaseOptions
from domain.booking.classes import ClassRequest
from domain.booking.holds import Offer
from domain.booking.open_ended import Subscription
from domain.booking.resources import ResourceId
from domain.booking.subscribing import without_set_end
from domain.booking.terms import TermsPolicy
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
# By the version that the desk will find for the same start.
WITHOUT_END = DESK.format(
    facts=f"""
  'policy', (SELECT t.policy FROM {OFFERED} JOIN bikes x ON x.city = r.city AND x.id = r.id
    WHERE r.city = $1::text AND r.id = $5::uuid),
  'time_zone', (SELECT time_zone FROM cities WHERE city = $1::text)"""
)


class _WithoutEnd(Struct, frozen=True):
    policy: TermsPolicy | None
    time_zone: str | None


_without_end = msgspec.json.Decoder(_WithoutEnd)
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

    async def subscription(self, bike: ResourceId, start: datetime) -> Subscription | None:
        found = await self._books.known(WITHOUT_END, _without_end, bike, start)
        if found.policy is None or found.time_zone is None:
            return None
        return without_set_end(found.policy, found.time_zone)
