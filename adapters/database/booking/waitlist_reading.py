"""Reading who waits, with the place in line."""

import msgspec
from sqlalchemy import text

from adapters.database.connections import Transactions
from domain.booking.reach import Reach
from domain.booking.waiting import WaitlistEntryId
from domain.identity import City, PersonId
from services.waitlist.ports import InLine
from services.waitlist.reading import EntriesWanted, InPools

ENTRY = """json_build_object('id', e.id, 'holder_id', e.holder_id, 'service', e.service, 'resource_id', e.resource_id,
  'request', e.request, 'start', e.starts, 'end', e.ends, 'payer', e.payer, 'options', e.options, 'early_start', e.early_start,
  'roles', e.roles, 'pools', e.pools, 'joined_at', e.joined_at, 'state', e.state, 'offer', e.offer, 'booking_id', e.booking_id,
  'looked_at_again', CASE WHEN e.state = 'waiting' THEN e.due_at END, 'settled_at', e.settled_at)"""
# Whoever wants the same time of the same resource, or of a class at the same place, and came before: `o` before `e`.
BEFORE = """o.city = e.city AND o.service = e.service AND (o.joined_at, o.id) < (e.joined_at, e.id)
    AND o.starts < e.ends AND o.ends > e.starts AND coalesce(o.resource_id = e.resource_id, true)
    AND coalesce(o.station_id = e.station_id, true) AND coalesce(o.pool_id = e.pool_id, true)"""
AHEAD = f"""CASE WHEN e.state = 'waiting' THEN (SELECT count(*) FROM waitlist_entries o
  WHERE {BEFORE} AND o.settled_at IS NULL) END"""
SHOWN = f"""json_build_object('entry', {ENTRY}, 'time_zone', y.time_zone, 'ahead', {AHEAD}, 'resource', r.name, 'station', s.name)"""
WHERE_IT_WAITS = """JOIN cities y ON y.city = e.city
  LEFT JOIN resources r ON r.city = e.city AND r.id = coalesce((e.offer ->> 'resource_id')::uuid, e.resource_id)
  LEFT JOIN stations s ON s.city = e.city AND s.id = coalesce(r.station_id, e.station_id)"""
IN_LINE = text(f"SELECT {SHOWN}::text FROM waitlist_entries e {WHERE_IT_WAITS} WHERE e.city = :city AND e.id = :id")
ONE = text(f"""
SELECT {SHOWN}::text FROM waitlist_entries e {WHERE_IT_WAITS}
WHERE e.city = :city AND e.id = :id AND e.holder_id = :person
""")
OWN = text(f"""
SELECT {SHOWN}::text FROM waitlist_entries e {WHERE_IT_WAITS}
WHERE e.city = :city AND e.holder_id = :person AND (NOT :open OR e.settled_at IS NULL)
  AND (e.joined_at, e.id) < (coalesce(CAST(:at AS timestamptz), 'infinity'),
    coalesce(CAST(:after AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
ORDER BY e.joined_at DESC, e.id DESC LIMIT :limit
""")
# Of a station alone every vehicle there would do that somebody runs.
WITHIN = """(:everything OR EXISTS (SELECT FROM resources v WHERE v.city = e.city AND v.service = 'fleet'
    AND v.pool_id IS NOT NULL AND (cardinality(CAST(:pools AS text[])) = 0 OR v.pool_id = ANY (CAST(:pools AS text[])))
    AND (v.id = e.resource_id OR (e.resource_id IS NULL AND coalesce(v.pool_id = e.pool_id, true)
      AND coalesce(v.station_id = e.station_id, true)))))"""
IN_POOLS = text(f"""
SELECT {SHOWN}::text FROM waitlist_entries e {WHERE_IT_WAITS}
WHERE e.city = :city AND e.service = 'fleet' AND e.settled_at IS NULL AND {WITHIN}
  AND (CAST(:pool_id AS text) IS NULL OR coalesce(r.pool_id, e.pool_id) = :pool_id)
  AND (e.joined_at, e.id) > (coalesce(CAST(:at AS timestamptz), '-infinity'),
    coalesce(CAST(:after AS uuid), '00000000-0000-0000-0000-000000000000'))
ORDER BY e.joined_at, e.id LIMIT :limit
""")

_in_line = msgspec.json.Decoder(InLine)


def in_line(found: str) -> InLine:
    return _in_line.decode(found)


class SqlWaitlistReader:
    def __init__(self, transactions: Transactions, city: City) -> None:
        self._transactions = transactions
        self._city = city

    async def own(self, person_id: PersonId, wanted: EntriesWanted) -> tuple[InLine, ...]:
        return await self._found(OWN, person=person_id, open=wanted.open, limit=wanted.limit, **_after(wanted))

    async def one(self, person_id: PersonId, entry_id: WaitlistEntryId) -> InLine | None:
        return next(iter(await self._found(ONE, person=person_id, id=entry_id)), None)

    async def in_pools(self, within: Reach, wanted: InPools) -> tuple[InLine, ...]:
        if not (within.whole_city or within.runs_pools):
            return ()
        scope = {"everything": within.whole_city, "pools": sorted(within.pools), "pool_id": wanted.pool_id}
        return await self._found(IN_POOLS, limit=wanted.limit, **scope, **_after(wanted))

    async def _found(self, statement: object, **values: object) -> tuple[InLine, ...]:
        async with self._transactions.city(self._city) as connection:
            rows = await connection.execute(statement, {"city": self._city} | values)  # type: ignore[call-overload]  # a text
            return tuple(in_line(row) for row in rows.scalars())


def _after(wanted: EntriesWanted | InPools) -> dict[str, object]:
    after = wanted.after
    return {"at": after.joined_at if after is not None else None, "after": after.id if after is not None else None}
