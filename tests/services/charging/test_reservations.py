"""Whoever reserves a charge point keeps nobody else waiting."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal

from domain.charging.power.facts import PowerFacts
from domain.charging.power.groups import Member, PowerGroup, PowerGroupId, PowerType
from domain.charging.reservations import ChargePoint, ChargePointReserved, ChargingOptions, ReserveChargePoint
from domain.identity import Role
from services.charging.ports import Offered, ReservationDesk, Reserved
from services.charging.reservations import reserve_charge_point
from tests.examples import NOON, a_resource, an_actor, an_offer, an_order, hours

POINT = a_resource()
DEPOT = PowerGroup(PowerGroupId("depot"), 11_000, (Member(POINT.id, 22_000, PowerType.AC_3_PHASE),))


class OneDesk:
    """Satisfies services.charging.ports.ChargingStore, in memory; it never waits."""

    def __init__(self, power: PowerFacts) -> None:
        self._point = ChargePoint(an_offer(POINT), (), Decimal(22), power=power)
        self.recorded: Reserved | None = None

    async def desk(self, _command: ReserveChargePoint, full: Sequence[PowerGroupId] = ()) -> ReservationDesk:
        return ReservationDesk(None if full else self._point)

    async def offer(self, outcome: Offered) -> None:
        raise NotImplementedError

    async def record(self, outcome: Reserved) -> None:
        self.recorded = outcome


async def test_while_the_power_of_a_group_is_looked_at_others_are_served() -> None:
    store = OneDesk(PowerFacts(DEPOT, (), (), 1, NOON + hours(24)))
    command = ReserveChargePoint(an_order(POINT), ChargingOptions(energy_kwh=Decimal(10)))
    driver = an_actor("ada", Role.DRIVER)
    deciding = asyncio.create_task(reserve_charge_point(command, store=store, actor=driver, now=NOON - hours(48)))
    await asyncio.sleep(0)
    assert not deciding.done()
    await deciding
    assert isinstance(store.recorded, ChargePointReserved)
