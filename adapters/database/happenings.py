"""What happened to a city's bookings, read from its audit trail in the order in which transactions came into sight.

Ids are made before the commit, so a later id may be seen earlier. What is shown therefore ends before the oldest
transaction that is still under way (`pg_snapshot_xmin`): whatever it writes comes after all that was shown.
"""

from datetime import datetime
from uuid import UUID

import msgspec
from msgspec import Struct

from adapters.database.booking_sheets import IN_CITY
from adapters.database.connections import Statements
from domain.identity import City
from services.live.ports import BookingSeen, Happening, Mark, Stretch

NOTHING = UUID(int=0)

HERE = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text"

HOLDS = IN_CITY.format(
    query="SELECT to_json(EXISTS (SELECT FROM audit WHERE city = $1::text AND id = $2::uuid AND xid = $3::text::xid8))"
)

AFTER = IN_CITY.format(
    query="""SELECT json_build_object('looked_at', count(*),
    'passed', (array_agg(json_build_array(a.xid::text, a.id) ORDER BY a.xid DESC, a.id DESC))[1],
    'found', coalesce(json_agg(json_build_object('transaction', a.xid::text, 'entry', a.id, 'at', a.at, 'kind', a.action,
      'booking', json_build_object('id', b.id, 'service', b.service, 'state', b.state, 'version', b.version,
        'start', b.starts, 'end', b.ends, 'holder_id', b.holder_id, 'pool_id', r.pool_id))
      ORDER BY a.xid, a.id) FILTER (WHERE b.id IS NOT NULL), '[]'::json))
  FROM (SELECT xid, id, at, action, subject_id FROM audit
        WHERE city = $1::text AND (xid, id) > ($2::text::xid8, $3::uuid) AND xid < pg_snapshot_xmin(pg_current_snapshot())
        ORDER BY xid, id LIMIT $4::int) a
  LEFT JOIN bookings b ON b.city = $1::text AND b.id = a.subject_id AND a.action NOT LIKE 'refused:%'
  LEFT JOIN resources r ON r.city = b.city AND r.id = b.resource_id"""
)


class _Found(Struct, frozen=True):
    transaction: str
    entry: UUID
    at: datetime
    kind: str
    booking: BookingSeen


class _Stretch(Struct, frozen=True):
    looked_at: int
    passed: tuple[str, UUID] | None
    found: tuple[_Found, ...]


_stretch = msgspec.json.Decoder(_Stretch)


class SqlLog:
    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    async def here(self, city: City) -> Mark:  # noqa: ARG002 - transactions are counted for all cities together
        async with self._statements.session() as session:
            return Mark(int(await session.one(HERE)), NOTHING)

    async def holds(self, city: City, mark: Mark) -> bool:
        if mark.entry == NOTHING:
            return True
        async with self._statements.session() as session:
            return bool(msgspec.json.decode(await session.one(HOLDS, city, mark.entry, str(mark.transaction))))

    async def after(self, city: City, mark: Mark, limit: int) -> Stretch:
        async with self._statements.session() as session:
            found = _stretch.decode(await session.one(AFTER, city, str(mark.transaction), mark.entry, limit))
        return Stretch(
            happenings=tuple(
                Happening(Mark(int(each.transaction), each.entry), each.at, each.kind, each.booking)
                for each in found.found
            ),
            passed=Mark(int(found.passed[0]), found.passed[1]) if found.passed else mark,
            more=found.looked_at == limit,
        )
