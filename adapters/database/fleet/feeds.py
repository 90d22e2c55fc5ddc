"""Calendar feeds in PostgreSQL: whose they are, and what stands in one, in one statement."""

from datetime import datetime

import msgspec

from adapters.database.fleet.vehicles import SqlVehicleBooks
from adapters.database.sheets import Sheet
from domain.booking.resources import ResourceId
from domain.fleet.feeds import AFTER, BEFORE, Feed, FeedId
from domain.fleet.keeping import Vehicle
from domain.grants import Grant
from domain.identity import Actor, PersonId
from services.fleet.feeds import Fed

KEEP = """
INSERT INTO calendar_feeds (city, id, person_id, vehicle_id, made_at)
SELECT city, :id, id, cast(:vehicle_id AS uuid), :now FROM persons WHERE city = :city AND id = :person_id AND erased_at IS NULL
ON CONFLICT (city, person_id, vehicle_id) DO UPDATE SET id = excluded.id, made_at = excluded.made_at
"""
END = """
DELETE FROM calendar_feeds WHERE city = :city AND person_id = :person_id AND vehicle_id IS NOT DISTINCT FROM cast(:vehicle_id AS uuid)
"""
# The columns of a booking as a feed shows it: the times of its use once it is over.
ENTRY = """b.id, b.version, b.updated_at, b.state, b.final_at IS NULL OR b.state NOT IN ('held', 'confirmed') AS final, b.resource_id,
  CASE WHEN b.state = 'completed' THEN coalesce(b.started_at, b.starts) ELSE b.starts END AS start,
  CASE WHEN b.state = 'completed' THEN greatest(b.finished_at, b.started_at + interval '1 second', b.starts) ELSE b.ends END AS end"""
STANDS = """b.service = 'fleet' AND b.starts > :since AND b.starts < :until
  AND (b.state IN ('confirmed', 'in_use', 'completed') OR b.state = 'held' AND b.hold_expires_at > :now)"""
GRANTS = """SELECT coalesce(json_agg(json_build_object('role', g.role, 'pool', nullif(g.pool_id, ''))), '[]')
    FROM role_grants g WHERE g.city = p.city AND g.person_id = p.id"""
GRANTED = f"SELECT ({GRANTS})::text AS found FROM persons p WHERE p.city = :city AND p.id = :id AND p.erased_at IS NULL"
FED = f"""
SELECT json_build_object('city', y.city, 'city_name', y.name, 'language', p.language, 'vehicle', v.name, 'pool_id', v.pool_id,
  'feed', json_build_object('id', f.id, 'person_id', f.person_id, 'vehicle_id', f.vehicle_id, 'made_at', f.made_at),
  'grants', ({GRANTS}),
  'bookings', (SELECT coalesce(json_agg(json_build_object('id', e.id, 'version', e.version, 'start', e.start, 'end', e.end,
      'changed_at', e.updated_at, 'state', e.state, 'final', e.final, 'vehicle', r.name, 'station', s.name, 'address', s.address,
      'location', json_build_object('lat', s.lat, 'lon', s.lon)) ORDER BY e.start, e.id), '[]')
    FROM (SELECT {ENTRY} FROM bookings b WHERE f.vehicle_id IS NULL AND b.city = :city AND b.holder_id = f.person_id AND {STANDS}
      UNION ALL
      SELECT {ENTRY} FROM bookings b WHERE b.city = :city AND b.resource_id = f.vehicle_id AND {STANDS}) e
    JOIN resources r ON r.city = :city AND r.id = e.resource_id JOIN stations s ON s.city = :city AND s.id = r.station_id),
  'blocks', (SELECT coalesce(json_agg(json_build_object('id', k.id, 'start', k.starts, 'end', least(k.ends, k.lifted_at),
      'changed_at', coalesce(k.lifted_at, k.made_at)) ORDER BY k.starts, k.id), '[]')
    FROM blocks k WHERE k.city = :city AND k.resource_id = f.vehicle_id AND k.ends > :since AND k.starts < :until
      AND least(k.ends, k.lifted_at) > k.starts))::text AS found
FROM calendar_feeds f JOIN cities y ON y.city = f.city JOIN persons p ON p.city = f.city AND p.id = f.person_id
LEFT JOIN resources v ON v.city = f.city AND v.id = f.vehicle_id
WHERE f.city = :city AND f.id = :id AND p.erased_at IS NULL
"""
_grants = msgspec.json.Decoder(tuple[Grant, ...])
_fed = msgspec.json.Decoder(Fed)


class SqlFeedBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def vehicle(self, vehicle_id: ResourceId) -> Vehicle | None:
        return await SqlVehicleBooks(self._sheet).find(vehicle_id)

    async def grants(self, person_id: PersonId) -> tuple[Grant, ...] | None:
        rows = await self._sheet.rows(GRANTED, id=person_id)
        return _grants.decode(rows[0].found) if rows else None

    async def keep(self, feed: Feed) -> bool:
        written = await self._sheet.write(KEEP, id=feed.id, person_id=feed.person_id, vehicle_id=feed.vehicle_id)
        if written:
            await self._sheet.note("fleet.feed_made", feed.id)
        return bool(written)

    async def end(self, actor: Actor, vehicle_id: ResourceId | None) -> None:
        if await self._sheet.write(END, person_id=actor.id, vehicle_id=vehicle_id):
            await self._sheet.note("fleet.feed_ended", vehicle_id or actor.id)

    async def fed(self, feed_id: FeedId, now: datetime) -> Fed | None:
        rows = await self._sheet.rows(FED, id=feed_id, since=now - BEFORE, until=now + AFTER)
        return _fed.decode(rows[0].found) if rows else None
