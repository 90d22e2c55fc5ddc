"""Whoever asks for the plan of a power group keeps nobody else waiting."""

import asyncio
from collections.abc import Mapping, Sequence, Set
from datetime import datetime

from domain.booking.resources import ResourceId
from domain.charging.power.facts import PowerFacts, PowerNow
from domain.charging.power.groups import Member, PowerGroup, PowerGroupId, PowerType
from domain.charging.power.setting import GroupSet, KnownPoint, LimitId, LimitTold
from domain.charging.power.steering import Steering
from services.charging.power import KnownGroup, plan_power
from tests.examples import NOON, a_resource, hours

DEPOT = PowerGroup(PowerGroupId("depot"), 11_000, (Member(a_resource().id, 22_000, PowerType.AC_3_PHASE),))


class OneGroup:
    """Satisfies services.charging.power.PowerBooks, in memory, as far as plans ask; it never waits."""

    async def facts(self, _group_id: PowerGroupId, _until: datetime) -> tuple[PowerFacts, PowerNow] | None:
        return PowerFacts(DEPOT, (), (), 1, NOON + hours(24)), PowerNow((), ())

    async def page(self, since: PowerGroupId, limit: int) -> Sequence[KnownGroup]:
        raise NotImplementedError

    async def points(self, ids: Sequence[ResourceId]) -> tuple[Mapping[ResourceId, KnownPoint], Set[ResourceId]]:
        raise NotImplementedError

    async def set(self, wanted: GroupSet) -> bool:
        raise NotImplementedError

    async def tell(self, told: LimitTold) -> None:
        raise NotImplementedError

    async def lift(self, group_id: PowerGroupId, limit_id: LimitId) -> bool:
        raise NotImplementedError


async def test_while_a_group_is_planned_others_are_served() -> None:
    planning = asyncio.create_task(plan_power(DEPOT.id, books=OneGroup(), now=NOON))
    await asyncio.sleep(0)
    assert not planning.done()
    assert isinstance(await planning, Steering)
