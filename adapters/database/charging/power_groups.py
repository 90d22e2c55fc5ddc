"""Power groups in PostgreSQL. Their members are columns of the charge points, so that a booking's desk knows without a look
whether there is anything to look at."""

from collections.abc import Mapping, Sequence, Set
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.charging.station_orders import place_order
from adapters.database.sheets import Sheet, as_json
from domain.booking.resources import ResourceId, StationId
from domain.charging.orders import ClearProfile, OrderId, ProfilePurpose, StationOrder
from domain.charging.power.facts import PowerFacts, PowerNow
from domain.charging.power.groups import GridLimit, LimitKind, PowerGroup, PowerGroupId
from domain.charging.power.setting import GroupSet, KnownPoint, LimitId, LimitTold, SignalLimit
from domain.identity import City
from domain.periods import Period
from services.charging.power import KnownGroup, KnownLimit

PAGE = """
SELECT g.id, g.name, (power_of(g.city, g.id, :now, :now) -> 'group')::text AS group,
  (SELECT coalesce(json_agg(json_build_object('id', l.id, 'starts', l.starts, 'ends', l.ends, 'limit_w', l.limit_w, 'kind', l.kind,
      'told_by', l.told_by, 'told_at', l.told_at) ORDER BY l.starts, l.id), '[]')
   FROM grid_limits l WHERE l.city = g.city AND l.group_id = g.id AND l.ends > :now AND l.lifted_at IS NULL)::text AS limits
FROM power_groups g WHERE g.city = :city AND g.id >= :since ORDER BY g.id LIMIT :limit
"""
POINTS = """
SELECT r.id, r.station_id, x.power_group FROM resources r JOIN charge_points x ON x.city = r.city AND x.id = r.id
WHERE r.city = :city AND r.station_id IN (SELECT n.station_id FROM resources n WHERE n.city = :city AND n.id = ANY (:ids))
ORDER BY r.id FOR NO KEY UPDATE OF x
"""
SET = """
INSERT INTO power_groups (city, id, name, nominal_w, policy, default_need_wh, set_at, look_at)
VALUES (:city, :id, :name, :nominal_w, :policy, :default_need_wh, :now, :now)
ON CONFLICT (city, id) DO UPDATE SET name = excluded.name, nominal_w = excluded.nominal_w, policy = excluded.policy,
  default_need_wh = excluded.default_need_wh, set_at = excluded.set_at, look_at = excluded.look_at,
  version = power_groups.version + 1
RETURNING version = 1 AS new
"""
LEAVE = """
UPDATE charge_points SET power_group = NULL, group_max_w = NULL, power_type = NULL, safe_w = NULL, least_w = NULL
WHERE city = :city AND power_group = :id RETURNING id
"""
JOIN = """
UPDATE charge_points x SET power_group = :id, group_max_w = m.max_w, power_type = m.power_type, safe_w = m.safe_w, least_w = m.least_w
FROM json_to_recordset(cast(:members AS json)) m (evse_id uuid, max_w int, power_type text, safe_w int, least_w int)
WHERE x.city = :city AND x.id = m.evse_id
"""
TELL = """
INSERT INTO grid_limits (city, id, group_id, starts, ends, limit_w, kind, told_by, told_at)
VALUES (:city, :id, :group_id, :starts, :ends, :limit_w, :kind, :told_by, :now)
"""
# Whoever books reads the limits with the group: a booking that was decided before this is decided again. And it is planned anew.
TURN = "UPDATE power_groups SET version = version + 1, look_at = :now WHERE city = :city AND id = :id"
LIFT = "UPDATE grid_limits SET lifted_at = coalesce(lifted_at, :now) WHERE city = :city AND group_id = :group_id AND id = :id"
FACTS = """
SELECT power_of(:city, :id, :now, :until)::text AS facts, power_there(:city, :id, :now)::text AS there
"""
# Of points that are in the group no more: what their stations were told of it counts for nobody.
LEFT = """
SELECT e.charging_station_id AS station_id, e.number FROM evses e
WHERE e.city = :city AND e.resource_id = ANY (CAST(:ids AS uuid[])) ORDER BY e.charging_station_id, e.number
"""
CLEARED_WITHIN = timedelta(days=7)
IDS = bindparam("ids", type_=ARRAY(postgresql.UUID))


class _Limit(Struct, frozen=True):
    id: LimitId
    starts: datetime
    ends: datetime
    limit_w: int
    kind: LimitKind
    told_by: str
    told_at: datetime


_group = msgspec.json.Decoder(PowerGroup)
_limits = msgspec.json.Decoder(tuple[_Limit, ...])
_facts = msgspec.json.Decoder(PowerFacts)
_there = msgspec.json.Decoder(PowerNow)


class SqlPowerBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def page(self, since: PowerGroupId, limit: int) -> Sequence[KnownGroup]:
        return [_known(row) for row in await self._sheet.rows(PAGE, since=since, limit=limit)]

    async def points(self, ids: Sequence[ResourceId]) -> tuple[Mapping[ResourceId, KnownPoint], Set[ResourceId]]:
        values = {"city": self._sheet.city, "ids": list(ids)}
        rows = (await self._sheet.connection.execute(text(POINTS).bindparams(IDS), values)).all()
        named = set(ids)
        points = {
            ResourceId(row.id): KnownPoint(StationId(row.station_id), row.power_group)
            for row in rows
            if row.id in named
        }
        return points, {ResourceId(row.id) for row in rows}

    async def set(self, wanted: GroupSet) -> bool:
        group = wanted.group
        rows = await self._sheet.rows(
            SET,
            id=group.id,
            name=wanted.name,
            nominal_w=group.nominal_w,
            policy=group.policy.value,
            default_need_wh=group.default_need_wh,
        )
        before = await self._sheet.rows(LEAVE, id=group.id)
        await self._sheet.write(JOIN, id=group.id, members=as_json(group.members))
        await self._let_go({row.id for row in before} - {member.evse_id for member in group.members})
        await self._sheet.note("charging.power_group_set", self._sheet.named("power-groups", group.id))
        return bool(rows[0].new)

    async def tell(self, told: LimitTold) -> None:
        signal, limit = told.signal, told.signal.limit
        await self._sheet.write(
            TELL,
            id=signal.id,
            group_id=signal.group_id,
            starts=limit.period.start,
            ends=limit.period.end,
            limit_w=limit.limit_w,
            kind=limit.kind.value,
            told_by=signal.told_by,
        )
        await self._sheet.write(TURN, id=signal.group_id)
        await self._sheet.note("charging.limit_told", signal.id)

    async def lift(self, group_id: PowerGroupId, limit_id: LimitId) -> bool:
        lifted = await self._sheet.write(LIFT, group_id=group_id, id=limit_id)
        if lifted:
            await self._sheet.write(TURN, id=group_id)
            await self._sheet.note("charging.limit_lifted", limit_id)
        return bool(lifted)

    async def facts(self, group_id: PowerGroupId, until: datetime) -> tuple[PowerFacts, PowerNow] | None:
        return await read_power(self._sheet.connection, self._sheet.city, group_id, self._sheet.now, until)

    async def _let_go(self, points: Set[UUID]) -> None:
        """Whoever charges at a point that left the group has all the power there is."""
        sheet = self._sheet
        for row in await sheet.rows(LEFT, ids=sorted(points)) if points else ():
            for purpose in (ProfilePurpose.DEFAULT, ProfilePurpose.TRANSACTION):
                cleared = ClearProfile(row.number, None, purpose)
                order = StationOrder(
                    OrderId(sheet.new_id()), row.station_id, cleared, sheet.now, sheet.now + CLEARED_WITHIN
                )
                await place_order(sheet.connection, sheet.city, order)


async def read_power(
    connection: AsyncConnection, city: City, group_id: PowerGroupId, now: datetime, until: datetime
) -> tuple[PowerFacts, PowerNow] | None:
    """What a plan is made from; None where there is no such group."""
    values = {"city": city, "id": group_id, "now": now, "until": until}
    row = (await connection.execute(text(FACTS), values)).one()
    return (_facts.decode(row.facts), _there.decode(row.there)) if row.facts else None


def _known(row: Any) -> KnownGroup:
    group = _group.decode(row.group)
    told = [
        KnownLimit(_told(each, group), each.told_at)
        for each in _limits.decode(row.limits)
    ]  # fmt: skip
    return KnownGroup(group, row.name, tuple(told))


def _told(each: _Limit, group: PowerGroup) -> LimitTold:
    limit = GridLimit(Period(each.starts, each.ends), each.limit_w, each.kind)
    return LimitTold(SignalLimit(each.id, group.id, limit, each.told_by), group.allowed_w(limit))
