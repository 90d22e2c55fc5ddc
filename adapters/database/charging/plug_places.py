"""Where a booking could charge instead: the plugs of the same site that do what was asked for, at the same price."""

from datetime import datetime

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.booking.choosing import Fitting, all_equal_to
from adapters.database.booking.looking import claims_of, fitting
from adapters.database.charging.power_moves import powered
from adapters.database.charging.store import CHARGE_POINT
from domain.booking.bookings import Payer
from domain.booking.resources import Resource, ResourceId
from domain.charging.plugs.reservations import Facts
from domain.charging.reservations import ChargingOptions
from domain.identity import City
from domain.periods import Period

# Whoever named a charge point and no plug may need any that it has. Who plugs in at another one has no less power.
LIKE_IT = text("""
SELECT coalesce(json_agg(json_build_object('id', r.id, 'before_s', r.buffer_before_s, 'after_s', r.buffer_after_s)), '[]')::text
FROM resources o JOIN charge_points k ON k.city = o.city AND k.id = o.id
JOIN resources r ON r.city = o.city AND r.station_id = o.station_id AND r.service = o.service AND r.id <> o.id
JOIN charge_points x ON x.city = r.city AND x.id = r.id
WHERE o.city = :city AND o.id = :id AND r.tariff_id = :tariff_id AND r.pool_id IS NOT DISTINCT FROM o.pool_id
  AND r.bookable AND r.in_service AND coalesce(r.usable_until >= :ends, true) AND x.power_kw >= k.power_kw
  AND (r.pool_id IS NULL OR r.shared OR NOT :pays) AND CASE WHEN CAST(:connector AS text) IS NULL THEN x.connectors @> k.connectors
    ELSE CAST(:connector AS text) = ANY (x.connectors) END
""")
# Those that nobody is plugged in at come first.
WORKING = text("""
SELECT e.resource_id FROM evses e JOIN charging_stations c ON c.city = e.city AND c.id = e.charging_station_id
WHERE e.city = :city AND e.resource_id = ANY (:ids) AND c.held_until > :now AND c.status NOT IN ('OUTOFORDER', 'INOPERATIVE')
  AND e.status NOT IN ('OUTOFORDER', 'INOPERATIVE') ORDER BY e.status <> 'AVAILABLE', e.charging_station_id, e.number
""")

_like_it = msgspec.json.Decoder(tuple[Fitting, ...])


async def places(
    connection: AsyncConnection, city: City, facts: Facts, resource: Resource | None, now: datetime
) -> dict[ResourceId, Period]:
    """What the booking would claim of each, without those that refused it already."""
    if resource is None:
        return {}
    tried = {each.resource_id for each in facts.reservations if each.refusal is not None} | {resource.id}
    fits = await powered(connection, city, resource.id, await _fitting(connection, city, facts, resource))
    ids = sorted(fits.keys() - tried)
    found = await connection.execute(WORKING, {"city": city, "ids": ids, "now": now})
    return {ResourceId(at): fits[ResourceId(at)] for at in found.scalars()}


async def _fitting(
    connection: AsyncConnection, city: City, facts: Facts, resource: Resource
) -> dict[ResourceId, Period]:
    booking = facts.booking
    if booking.request is not None:
        return claims_of(await fitting(connection, all_equal_to(CHARGE_POINT, city, booking, resource)), booking.period)
    options = msgspec.json.decode(booking.options, type=ChargingOptions)
    scope = {
        "city": city,
        "id": resource.id,
        "tariff_id": booking.tariff_id,
        "ends": booking.end,
        "pays": booking.payer is Payer.SELF,
        "connector": options.connector,
    }
    found = (await connection.execute(LIKE_IT, scope)).scalar_one()
    return {each.id: each.claim(booking.period) for each in _like_it.decode(found)}
