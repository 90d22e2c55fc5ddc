"""Power groups, wired."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.charging.power_groups import SqlPowerBooks
from adapters.database.connections import Transactions
from adapters.database.sheets import Sheet
from adapters.database.transacting import answered_in_city, in_city
from domain.charging.power.groups import GroupFault, PowerGroupId
from domain.charging.power.setting import GroupSet, LimitId, NoGroup, SignalLimit
from domain.identity import SYSTEM, City
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.charging.power import (
    GroupStands,
    KnownGroup,
    Planned,
    PowerGroups,
    lift_limit,
    plan_power,
    set_power_group,
    signal_limit,
)

LOOKING = "power"  # the request of what leaves no trace


def power_groups(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> PowerGroups:
    def books(connection: AsyncConnection, call: Call[Any]) -> SqlPowerBooks:
        return SqlPowerBooks(Sheet(connection, call.city, call.actor.id, call.request_id, clock(), new_id))

    def looking(connection: AsyncConnection, city: City) -> SqlPowerBooks:
        return SqlPowerBooks(Sheet(connection, city, SYSTEM, LOOKING, clock(), new_id))

    async def page(city: City, since: PowerGroupId, limit: int) -> Sequence[KnownGroup]:
        return await in_city(transactions, city, lambda c: looking(c, city).page(since, limit))

    async def set_group(call: Call[Any], wanted: GroupSet) -> GroupStands | Refusal[GroupFault]:
        return await in_city(
            transactions, call.city, lambda c: set_power_group(wanted, books=books(c, call), now=clock())
        )

    async def signal(call: Call[Any], command: SignalLimit) -> Answer:
        return await answered_in_city(
            transactions, call, lambda c, now: signal_limit(command, books=books(c, call), now=now), clock
        )

    async def lift(call: Call[Any], group_id: PowerGroupId, limit_id: LimitId) -> Refusal[NoGroup] | None:
        return await in_city(transactions, call.city, lambda c: lift_limit(group_id, limit_id, books=books(c, call)))

    async def plan(city: City, group_id: PowerGroupId) -> Planned:
        return await in_city(transactions, city, lambda c: plan_power(group_id, books=looking(c, city), now=clock()))

    return PowerGroups(page, set_group, signal, lift, plan)
