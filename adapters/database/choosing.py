"""Choosing a resource for a request by class, inside the statement that reads the desk.

Of those that fit, the tightest: what is free before what is not, the one named by the quote before others, the least of
what nobody asked for (seats, kilowatts), then the one with the least free time around the period, so that long gaps stay
whole for whoever needs one. Among equals chance decides: rivals who all took the first would meet again at the second.
Whoever was too late chooses again on fresh facts.
"""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from adapters.database.availability import open_to, pools_of
from domain.booking.classes import ClassRequest
from domain.booking.holds import Agreed
from domain.identity import Actor

# $5 the resource named by a quote; $6, $7 the period; $9 and $10 as for `open_to`; $11 station, $12 pool, $13 tariff; what
# the service asks for begins at $14.
FIRST_WANTED = 14
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
  WHERE r.city = $1::text AND {where} AND r.bookable AND r.in_service AND {open}
    AND ($13::text IS NULL OR r.tariff_id = $13::text) AND {matches}
  ORDER BY coalesce(earlier.claimed_until <= p.since, true) DESC, coalesce(r.id = $5::uuid, false) DESC, {surplus},
    least(coalesce(p.since - earlier.claimed_until, interval '30 days'), interval '30 days')
      + least(coalesce(later.claimed_from - p.until, interval '30 days'), interval '30 days'),
    random()
  LIMIT 1)"""


class Desks(Struct, frozen=True):
    """A service's desk statement for a resource that is named, and for one that is chosen; `wanted` gives the values of
    what is asked for by class."""

    named: str
    at_a_station: str
    of_a_pool: str
    wanted: Callable[[Any], tuple[object, ...]]


def desks(statement: str, table: str, matches: str, surplus: str, wanted: Callable[[Any], tuple[object, ...]]) -> Desks:
    """`statement` looks at resource $5; `matches` and `surplus` speak of `x`, a row of the service's `table`."""

    def choosing(where: str) -> str:
        chosen = CHOSEN.format(
            table=table, where=where, open=open_to("$9::bool", "$10::text[]"), matches=matches, surplus=surplus
        )
        return statement.replace("r.id = $5::uuid", f"r.id = {chosen}").replace(
            "c.resource_id = $5::uuid", "c.resource_id = r.id"
        )

    return Desks(statement, choosing(AT_A_STATION), choosing(OF_A_POOL), wanted)


def chosen_for(request: ClassRequest, agreed: Agreed | None, actor: Actor) -> tuple[object, ...]:
    """$9 to $13: a price that was frozen counts for resources at its tariff only."""
    return (*pools_of(actor), request.station_id, request.pool_id, agreed.tariff_id if agreed else None)
