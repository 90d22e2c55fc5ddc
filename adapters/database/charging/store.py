"""The charge points' books in PostgreSQL."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from adapters.database.answering import LapsedHolds
from adapters.database.booking.choosing import Desks, desks
from adapters.database.booking.reservations import DESK, OFFER, OFFERED, SqlReservations
from domain.booking.classes import ClassRequest
from domain.booking.holds import Offer
from domain.booking.resources import SOON
from domain.charging.power.groups import PowerGroupId
from domain.charging.reservations import ChargePointWanted, ChargingOptions, ReserveChargePoint
from services.charging.ports import Offered, ReservationDesk, Reserved

OUT_OF_ORDER = """EXISTS (SELECT FROM evses e WHERE e.city = r.city AND e.resource_id = r.id
  AND e.status IN ('OUTOFORDER', 'INOPERATIVE'))"""
"""Of a resource `r`: what its station says of it (domain.charging.plugs.reservations.OUT)."""
# How far around a booking the energy promised to others is looked at: whoever is there then, and whoever a refused one could follow.
EARLIER, LATER = "interval '12 hours'", "interval '1 day'"
# Behind a function, and only for a point in a group: the others' desks do not pay for it.
POWER = f"""CASE WHEN x.power_group IS NOT NULL
        THEN power_of(x.city, x.power_group, $6::timestamptz - {EARLIER}, $7::timestamptz + {LATER}) END"""
CHARGE_POINT_NAMED = DESK.format(
    facts=f"""
  'point', (SELECT json_build_object('offer', {OFFER}, 'connectors', x.connectors, 'power_kw', x.power_kw::text,
      'out_of_order', {OUT_OF_ORDER}, 'power', {POWER})
    FROM {OFFERED} JOIN charge_points x ON x.city = r.city AND x.id = r.id
    WHERE r.city = $1::text AND r.id = $5::uuid)"""
)


def _wanted(request: ClassRequest, options: ChargingOptions) -> tuple[object, ...]:
    """The plug of the options fits, too. Behind which connections it shall not be is said by whoever found them full."""
    wanted = request.read(ChargePointWanted)
    plugs = {plug for plug in (wanted.connector, options.connector) if plug is not None}
    return sorted(plugs), str(wanted.min_power_kw or 0), []


CHARGE_POINT = desks(
    CHARGE_POINT_NAMED,
    "charge_points",
    matches=f"""x.connectors @> $15::text[] AND x.power_kw >= $16::text::numeric
      AND (x.power_group IS NULL OR x.power_group <> ALL ($17::text[]))
      AND CASE WHEN $6::timestamptz < now() + interval '{SOON.total_seconds()} seconds' THEN NOT {OUT_OF_ORDER} ELSE true END""",
    surplus="x.power_kw",
    options=ChargingOptions,
    wanted=_wanted,
    pooled=True,
)
_facts = msgspec.json.Decoder(ReservationDesk)


def _but_behind(full: Sequence[PowerGroupId]) -> Desks:
    def wanted(request: ClassRequest, options: ChargingOptions) -> tuple[object, ...]:
        return (*_wanted(request, options)[:-1], list(full))

    return replace(CHARGE_POINT, wanted=wanted) if full else CHARGE_POINT


def _offer(desk: ReservationDesk) -> Offer | None:
    return desk.point.offer if desk.point else None


class SqlChargingStore:
    def __init__(self, books: SqlReservations) -> None:
        self._books = books

    async def desk(self, command: ReserveChargePoint, full: Sequence[PowerGroupId] = ()) -> ReservationDesk:
        """Raises LapsedHolds also where holds that expired have a promise of the group's power."""
        found = await self._books.desk(_but_behind(full), _facts, _offer, command)
        power = found.point.power if found.point else None
        if power is not None and (lapsed := [use.booking_id for use in power.uses if use.has_lapsed(self._books.now)]):
            raise LapsedHolds(lapsed)
        return found

    async def offer(self, outcome: Offered) -> None:
        await self._books.offer(outcome)

    async def record(self, outcome: Reserved) -> None:
        await self._books.record(outcome)
