"""Whatever stations, cars, holders and networks do, in whatever order: everybody gets a plug, or hears that there is none."""

import asyncio
import os

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, State
from domain.charging.plugs.reservations import PlugState, kept_until
from domain.charging.stations import ChargingStationId, EvseStatus
from domain.periods import Period
from tests.domain.charging.plugs.world import AnEvse, World
from tests.examples import NOON, a_booking, a_resource, an_id, an_order, hours, minutes

FULL = bool(os.environ.get("KOMMOBIL_FULL"))
KINDS = ("strict", "takes everybody", "knows none")
WHAT = (
    *("pass", "tick", "tick", "tick", "sleep", "look", "deliver", "deliver twice", "deliver unheard", "fault", "mend"),
    *("forget", "go offline", "come back", "stranger", "leave", "charge", "cancel", "extend"),
)
DEEDS = st.tuples(st.sampled_from(WHAT), st.integers(0, 3), st.integers(1, 12))


def a_world(kinds: tuple[str, str]) -> World:
    """Two stations of two EVSEs each; two bookings follow each other at the first, which waits for Ada to her end, a third is at the second."""
    cabinets = [ChargingStationId(an_id("left")), ChargingStationId(an_id("right"))]
    evses = [AnEvse(at, number, kind) for at, kind in zip(cabinets, kinds, strict=True) for number in (1, 2)]
    ada, bob, eve = _booked(evses[0], "ada", 0), _booked(evses[0], "bob", 1), _booked(evses[1], "eve", 0)
    return World(evses, [replace(ada, terms=replace(ada.terms, no_show_from=None)), bob, eve])


def _booked(evse: AnEvse, who: str, hour: int) -> Booking:
    start = NOON + hours(hour)
    order = an_order(a_resource(), holder=who, period=Period(start, start + hours(1)))
    booking = a_booking(State.CONFIRMED, order=order, resource_id=evse.resource_id)
    return replace(booking, terms=replace(booking.terms, no_show_from=start + minutes(20)))


async def do(world: World, deed: tuple[str, int, int]) -> None:
    what, which, many = deed
    booking = list(world.bookings.values())[which % len(world.bookings)]
    match what:
        case "pass":
            world.now += minutes(many)
        case "sleep":
            world.now += minutes(5 * many)
        case "tick":
            await tick(world, many)
        case "look":
            await world.look(booking.id)
        case "charge":
            _comes(world, booking)
        case "cancel" if booking.state is State.CONFIRMED:
            world.bookings[booking.id] = replace(booking, state=State.CANCELLED)
        case "extend" if booking.is_live and _is_free(world, booking, many):
            later = booking.terms.no_show_from and booking.terms.no_show_from + minutes(many)
            terms = replace(booking.terms, no_show_from=later)
            world.bookings[booking.id] = replace(booking, end=booking.end + minutes(many), terms=terms)
        case _:
            _happens(world, what, list(world.evses.values())[which])


def _happens(world: World, what: str, evse: AnEvse) -> None:
    match what:
        case "deliver" | "deliver twice" | "deliver unheard":
            world.deliver(evse.station, twice=what == "deliver twice", answered=what != "deliver unheard")
        case "fault":
            evse.status, evse.status_at, evse.reserved = EvseStatus.OUTOFORDER, world.now, {}
        case "mend" | "forget":
            evse.status, evse.status_at, evse.reserved = EvseStatus.AVAILABLE, world.now, {}
        case "go offline":
            evse.silent_since = evse.silent_since or world.now
        case "come back":
            evse.silent_since = None
        case "stranger":
            world.charge(evse, None)
        case "leave":
            evse.running = None


def _comes(world: World, booking: Booking) -> None:
    if booking.state is State.CONFIRMED and booking.terms.earliest_start <= world.now < booking.end:
        world.charge(world.evses[booking.resource_id], booking)


def _is_free(world: World, booking: Booking, more: int) -> bool:
    longer = Period(booking.start, booking.end + minutes(more))
    others = [each for each in world.bookings.values() if each.id != booking.id and each.is_live]
    return not any(each.resource_id == booking.resource_id and each.period.overlaps(longer) for each in others)


async def tick(world: World, many: int) -> None:
    """With everybody looked after and all orders on their way; who comes late is not waited for."""
    world.now += minutes(many)
    deliver_all(world)
    for booking_id in list(world.bookings):
        await world.look(booking_id)
        _closed(world, booking_id)


def deliver_all(world: World) -> None:
    for station, queue in world.queues.items():
        for _ in range(len(queue)):
            world.deliver(station)


def _closed(world: World, booking_id: BookingId) -> None:
    booking = world.bookings[booking_id]
    if booking.state is State.CONFIRMED and world.now > (booking.terms.no_show_from or booking.end):
        silent_since = world.evses[booking.resource_id].silent_since
        assert silent_since is None or silent_since + minutes(3) > kept_until(booking), "nobody could have begun there"
        world.bookings[booking_id] = replace(booking, state=State.NO_SHOW)
    if booking.state is State.IN_USE and world.now >= booking.end:
        world.bookings[booking_id] = replace(booking, state=State.COMPLETED)
        evse = world.evses[booking.resource_id]
        if evse.running is not None and evse.running.booking_id == booking_id:
            evse.running = None


@settings(max_examples=1_000 if FULL else 30, deadline=None)
@given(st.sampled_from(KINDS), st.sampled_from(KINDS), st.lists(DEEDS, max_size=40))
def test_everybody_gets_a_plug_or_hears_that_there_is_none(
    left: str, right: str, deeds: list[tuple[str, int, int]]
) -> None:
    async def history() -> World:
        world = a_world((left, right))
        for deed in deeds:
            await do(world, deed)
        while world.now < NOON + hours(3):
            await tick(world, 3)
        return world

    world = asyncio.run(history())
    for row in world.rows.values():
        assert not row.is_live
        assert not row.stands
        assert row.orders <= 12
    for evse in world.evses.values():
        assert all(each.until <= world.now for each in evse.reserved.values())
    for booking in world.bookings.values():
        if booking.state is State.NO_SHOW:
            assert booking.id in world.was_kept


def test_a_quiet_day_is_one_order_for_each_booking() -> None:
    async def history() -> World:
        world = a_world(("strict", "strict"))
        while world.now < NOON + hours(3):
            for booking in list(world.bookings.values()):
                await do(world, ("look", list(world.bookings).index(booking.id), 1))
                if world.now >= booking.start:
                    _comes(world, booking)
                _closed(world, booking.id)
            deliver_all(world)
            world.now += minutes(1)
        return world

    world = asyncio.run(history())
    assert [(row.state, row.orders) for row in world.rows.values()] == [(PlugState.USED, 1)] * 3
    assert {booking.state for booking in world.bookings.values()} == {State.COMPLETED}
