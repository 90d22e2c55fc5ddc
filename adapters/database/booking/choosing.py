"""Choosing a resource for a request by class, inside the statement that reads the desk.

Of those that fit, the tightest: what residents may have then, for whoever pays herself, what is free before what is not,
the one named by the quote before others, the least of what nobody asked for (seats, kilowatts), then the one with the least
free time around the period, so that long gaps stay whole for whoever needs one. Among equals chance decides: rivals who all
took the first would meet again at the second. Whoever was too late chooses again on fresh facts.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from adapters.database.booking.availability import open_to, pools_of
from adapters.database.booking.sharing import shared
from domain.booking.bookings import Booking, Payer
from domain.booking.classes import ClassRequest
from domain.booking.holds import Agreed
from domain.booking.resources import Resource, ResourceId, Service
from domain.identity import Actor, City, PoolId
from domain.periods import Period

# $5 the resource named by a quote; $6, $7 the period; $9 and $10 as for `open_to`; $11 station, $12 pool, $13 tariff; $14 the
# pools that are closed to residents, null where the city's work pays; what the service asks for begins at $15.
AT_A_STATION = "r.station_id = $11::uuid AND ($12::text IS NULL OR r.pool_id = $12::text)"
OF_A_POOL = "r.pool_id = $12::text AND $11::uuid IS NULL"

CHOSEN = """(
  SELECT r.id FROM resources r JOIN {table} x ON x.city = r.city AND x.id = r.id
  CROSS JOIN LATERAL (SELECT $6::timestamptz - r.buffer_before_s * interval '1 second' AS since,
                             $7::timestamptz + r.buffer_after_s * interval '1 second' AS until) p
  LEFT JOIN LATERAL (SELECT c.claimed_until FROM claims c WHERE c.city = $1::text AND c.resource_id = r.id AND c.claimed_from < p.until
                     ORDER BY c.claimed_from DESC LIMIT 1) earlier ON true
  LEFT JOIN LATERAL (SELECT c.claimed_from FROM claims c WHERE c.city = $1::text AND c.resource_id = r.id AND c.claimed_from >= p.until
                     ORDER BY c.claimed_from LIMIT 1) later ON true
  WHERE r.city = $1::text AND {where} AND r.bookable AND r.in_service
    AND (r.usable_until IS NULL OR r.usable_until >= $7::timestamptz) AND {open}
    AND ($13::text IS NULL OR r.tariff_id = $13::text) AND {matches}
  ORDER BY CASE WHEN $14::text[] IS NULL THEN true ELSE {shared} END DESC,
    coalesce(earlier.claimed_until <= p.since, true) DESC, coalesce(r.id = $5::uuid, false) DESC, {surplus},
    least(coalesce(p.since - earlier.claimed_until, interval '30 days'), interval '30 days')
      + least(coalesce(later.claimed_from - p.until, interval '30 days'), interval '30 days'),
    random()
  LIMIT 1)"""


Query: TypeAlias = tuple[str, tuple[object, ...]]
Wanted: TypeAlias = Callable[[ClassRequest, Any], tuple[object, ...]]
"""The values of what is asked for, by the request itself and by the service's options."""


# All that would do at some time, with what they claim around a use and until when they may be used; where $2, of the pool $3 only.
FITTING = """SELECT coalesce(json_agg(json_build_object('id', r.id, 'before_s', r.buffer_before_s, 'after_s', r.buffer_after_s,
  'usable_until', r.usable_until)), '[]')::text
FROM resources r JOIN {table} x ON x.city = r.city AND x.id = r.id
WHERE r.city = $1::text AND {where} AND r.bookable AND r.in_service
  AND {open} AND ($13::text IS NULL OR r.tariff_id = $13::text) AND {matches}
  AND (NOT $2::bool OR r.pool_id IS NOT DISTINCT FROM $3::text) AND CASE WHEN $14::text[] IS NULL THEN true ELSE {shared} END
  AND coalesce($4::text, $5::text, $6::text, $7::text, $8::text) IS NULL"""


class Fitting(Struct, frozen=True):
    """A resource that would do, for uses that end by `usable_until`."""

    id: ResourceId
    before_s: int
    after_s: int
    usable_until: datetime | None = None

    def may_be_used(self, period: Period) -> bool:
        return self.usable_until is None or self.usable_until >= period.end

    def claim(self, period: Period) -> Period:
        return period.widened(timedelta(seconds=self.before_s), timedelta(seconds=self.after_s))


class Wish(Struct, frozen=True):
    """What somebody wants at a desk: the one that is `named`, or any by the `request`; `more` are the values of that."""

    service: Service
    period: Period
    named: Resource | None
    request: ClassRequest | None
    more: tuple[object, ...] = ()


class NeedsRoom(Exception):
    """Bookings that might be elsewhere lie in the way; whoever meets them has that tried, once, and decides again."""

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish.service)
        self.wish = wish


class Desks(Struct, frozen=True):
    """A service's desk statement for a resource that is named, and for one that is chosen; and the two that look for all that
    would do. `options` is the shape of what its orders say besides;
    `pooled` says that there are pools of what it books."""

    named: str
    at_a_station: str
    of_a_pool: str
    fitting_at_a_station: str
    fitting_of_a_pool: str
    options: type[Struct]
    wanted: Wanted
    pooled: bool


def desks(
    statement: str,
    table: str,
    *,
    matches: str,
    surplus: str,
    options: type[Struct],
    wanted: Wanted,
    pooled: bool = False,
) -> Desks:
    """`statement` looks at resource $5; `matches` and `surplus` speak of `x`, a row of the service's `table`."""

    def choosing(where: str) -> str:
        chosen = CHOSEN.format(
            table=table,
            where=where,
            open=open_to("$9::bool", "$10::text[]"),
            shared=shared("$14"),
            matches=matches,
            surplus=surplus,
        )
        return statement.replace("r.id = $5::uuid", f"r.id = {chosen}").replace(
            "c.resource_id = $5::uuid", "c.resource_id = r.id"
        )

    def fitting(where: str) -> str:
        return FITTING.format(
            table=table, where=where, open=open_to("$9::bool", "$10::text[]"), shared=shared("$14"), matches=matches
        )

    return Desks(
        statement,
        choosing(AT_A_STATION),
        choosing(OF_A_POOL),
        fitting(AT_A_STATION),
        fitting(OF_A_POOL),
        options,
        wanted,
        pooled,
    )


def all_equal_to(desks: Desks, city: City, booking: Booking, resource: Resource) -> Query:
    """The statement that finds all that a booking like this could have instead, taken or not, its own included where that could be
    booked now. It is the same for all who asked for the same, whenever that was for."""
    request = booking.request
    if request is None:
        raise ValueError("a booking of a certain resource has no equals")
    options = msgspec.json.decode(booking.options, type=desks.options)
    at_work = booking.payer is not Payer.SELF
    return _fitting(desks, request), (
        *(city, True, resource.pool_id, None, None, None, None, None, at_work, []),
        *(request.station_id, request.pool_id, booking.tariff_id, None, *desks.wanted(request, options)),
    )


def all_for(desks: Desks, city: City, wish: Wish, request: ClassRequest) -> Query:
    """The statement that finds all that could be booked instead of each other, taken or not."""
    return _fitting(desks, request), (
        *(city, False, None, None, None, None, None, None),
        *wish.more,
    )


def _fitting(desks: Desks, request: ClassRequest) -> str:
    return desks.fitting_at_a_station if request.station_id is not None else desks.fitting_of_a_pool


def chosen_for(
    request: ClassRequest, agreed: Agreed | None, actor: Actor, closed: Sequence[PoolId] | None
) -> tuple[object, ...]:
    """$9 to $14: a price that was frozen counts for resources at its tariff only."""
    return (*pools_of(actor), request.station_id, request.pool_id, agreed.tariff_id if agreed else None, closed)
