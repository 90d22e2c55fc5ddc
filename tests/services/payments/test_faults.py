"""Whatever fails, and wherever, the money ends where it ends when nothing fails: every point, every story."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.booking.bookings import Booking, State
from domain.booking.resources import Service
from services.calls import Unavailable
from tests.fakes.gateway import FakeGateway
from tests.services.payments.faults import Crash, Fault, Fuse
from tests.services.payments.stories import AT_A_PAGE, BY_DEBIT, STORIES, Story, ends, told
from tests.services.payments.world import ASKS, DECLINES, FAILS_LATER, VISA, World, memory_world

TOLD = STORIES | BY_DEBIT | AT_A_PAGE


async def end_of(world: World, booking: Booking) -> tuple[State, list[tuple[str, str, int, int, int]]]:
    return await world.state(booking), await world.money(booking)


def provider_knows(gateway: FakeGateway) -> list[tuple[str, int, int]]:
    """Every intent there is, by what became of it; each payment has one."""
    assert len(gateway.made) == len(set(gateway.made))
    return sorted((i.state.value, i.captured, i.refunded) for i in gateway.intents.values())


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("name", list(TOLD))
async def test_a_fault_at_any_point_changes_nothing_in_the_end(name: str, fault: Fault) -> None:
    story, clean = TOLD[name], memory_world()
    provider = clean.gateway
    assert isinstance(provider, FakeGateway)
    fuse = Fuse()
    expected = await end_of(clean, await told(clean, story, fuse))
    for at in range(1, len(fuse.passed) + 1):
        world, blown = memory_world(), Fuse(lambda point, at=at: fault if point == at else None)  # type: ignore[misc]
        gateway = world.gateway
        assert isinstance(gateway, FakeGateway)
        booking = await told(world, story, blown)
        where = f"{fault} {fuse.passed[at - 1]} ({at})"
        assert await end_of(world, booking) == expected, where
        assert provider_knows(gateway) == provider_knows(provider), where


@pytest.mark.parametrize(
    ("name", "ended", "captured"),
    [
        ("ad hoc, used for less", "captured", 300),
        ("ad hoc, used for all", "captured", 480),
        ("ad hoc, never began", "released", 0),
        ("ad hoc, page left", "released", 0),
        ("ad hoc, paid while it was left", "released", 0),
    ],
)
async def test_what_is_held_of_whoever_has_no_account_is_taken_to_the_cent_or_let_go(
    name: str, ended: str, captured: int
) -> None:
    world = memory_world()
    booking = await told(world, TOLD[name], Fuse())
    assert await world.money(booking) == [("ad_hoc", ended, 480, captured, 0)]


@settings(max_examples=150, deadline=None)
@given(name=st.sampled_from(sorted(TOLD)), seed=st.integers(0, 2**32), workers=st.integers(1, 3))
async def test_many_faults_and_several_workers_change_nothing_in_the_end(name: str, seed: int, workers: int) -> None:
    dice = random.Random(seed)
    clean, world = memory_world(), memory_world()
    gateway, expected_gateway = world.gateway, clean.gateway
    assert isinstance(gateway, FakeGateway)
    assert isinstance(expected_gateway, FakeGateway)
    expected = await end_of(clean, await told(clean, TOLD[name], Fuse()))
    fuse = Fuse(lambda _point: dice.choice(list(Fault)) if dice.random() < 0.1 else None)
    booking = await told(world, TOLD[name], fuse, workers=workers)
    assert await end_of(world, booking) == expected
    assert provider_knows(gateway) == provider_knows(expected_gateway)


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("method", [None, VISA, ASKS, FAILS_LATER])
@pytest.mark.parametrize("service", [Service.CHARGING, Service.BIKE_LEASING])
async def test_a_holder_who_gives_up_at_the_first_fault_pays_nothing(
    service: Service, method: str | None, fault: Fault
) -> None:
    """She never asks again; whatever was made of her payment goes back, and nothing is opened for it any more."""

    cancels = ends(State.CANCELLED, "0.00")

    async def gives_up(world: World, booking: Booking) -> None:
        with suppress(Crash, Unavailable):
            await world.pay(booking, method)
        await cancels(world, booking)

    story = Story(gives_up, service=service, lasts=timedelta(days=90))
    clean, counted = memory_world(), Fuse()
    await told(clean, story, counted)
    for at in range(1, len(counted.passed) + 1):
        world, blown = memory_world(), Fuse(lambda point, at=at: fault if point == at else None)  # type: ignore[misc]
        gateway = world.gateway
        assert isinstance(gateway, FakeGateway)
        booking = await told(world, story, blown)
        where = f"{fault} {counted.passed[at - 1]} ({at})"
        state, money = await end_of(world, booking)
        assert state is State.CANCELLED, where
        assert {(captured - refunded) for *_, captured, refunded in money} <= {0}, where
        assert {payment_state for _, payment_state, *_ in money} <= {"released", "refunded", "saved", "failed"}, where
        assert {known for known, *_ in provider_knows(gateway)} <= {"released", "refunded", "saved", "failed"}, where


@settings(max_examples=150, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    method=st.sampled_from([None, VISA, ASKS, DECLINES]),
    service=st.sampled_from([Service.CHARGING, Service.BIKE_LEASING, Service.FLEET]),
)
async def test_paying_and_cancelling_at_the_same_time_leaves_nothing_behind(
    seed: int, method: str | None, service: Service
) -> None:
    """The holder pays in one window and cancels in another, while workers are at it and calls are lost."""
    dice = random.Random(seed)
    world = memory_world()
    gateway = world.gateway
    assert isinstance(gateway, FakeGateway)
    cancels = ends(State.CANCELLED, "0.00")

    async def both(world: World, booking: Booking) -> None:
        async def later(line: Callable[[], Awaitable[object]]) -> None:
            for _ in range(dice.randrange(40)):
                await asyncio.sleep(0)
            with suppress(Crash, Unavailable):
                await line()

        await asyncio.gather(
            later(lambda: world.pay(booking, method)),
            later(lambda: world.pay(booking, method)),
            later(lambda: cancels(world, booking)),
            later(world.work),
        )
        await cancels(world, booking)

    fuse = Fuse(lambda _point: dice.choice(list(Fault)) if dice.random() < 0.05 else None)
    story = Story(both, service=service, starts_in=timedelta(days=3), lasts=timedelta(days=2))
    booking = await told(world, story, fuse, workers=2)
    assert await world.state(booking) is State.CANCELLED
    assert {captured - refunded for *_, captured, refunded in await world.money(booking)} <= {0}
    assert {known for known, *_ in provider_knows(gateway)} <= {"released", "refunded", "saved"}
