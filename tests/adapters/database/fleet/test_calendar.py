"""A fleet's calendar beside a reading of the same bookings that goes through all of them, one by one."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import asyncpg
import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import insert, text

from adapters.database import tables
from adapters.database.connections import HOT, LIMITS
from adapters.database.fleet.calendar import LANES, SqlCalendarBooks
from domain.booking.blocks import Block, BlockId
from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.resources import Resource
from domain.identity import Role
from domain.periods import Period
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from services.fleet.calendar import Calendar, CalendarAsked, LaneBlock, LaneBooking, Stop
from services.fleet.keeping import reach
from tests.database import Databases, SeededCity
from tests.examples import NOON, a_booking, an_actor, an_order, minutes, person_id

pytestmark = pytest.mark.database

QUARTER = timedelta(minutes=15)
STATES = (State.HELD, State.CONFIRMED, State.IN_USE, State.COMPLETED, State.CANCELLED, State.NO_SHOW, State.EXPIRED)
KEEP = text("""INSERT INTO blocks (city, id, resource_id, starts, ends, reason, made_by, made_at, lifted_at)
VALUES (:city, :id, :resource_id, :start, :end, :reason, :made_by, :made_at, :lifted_at)""")
_calendar = msgspec.json.Decoder(Calendar)


class Past(Struct, frozen=True):
    """What is written of one vehicle: its bookings, each with its claims, and its blocks."""

    car: Resource
    bookings: tuple[tuple[Booking, tuple[Period, ...]], ...]
    blocks: tuple[Block, ...]


def made_up(car: Resource, dice: random.Random) -> Past:
    """A few days around noon, in quarters of an hour, so that much begins where other things end."""
    bookings: list[tuple[Booking, tuple[Period, ...]]] = []
    blocks: list[Block] = []
    free_from = NOON - 200 * QUARTER
    for n in range(40):
        start = free_from + dice.randrange(6) * QUARTER
        end = start + dice.randrange(1, 16) * QUARTER
        if dice.random() < 0.15:
            lifted = start + dice.randrange(3) * QUARTER if dice.random() < 0.5 else None
            blocks.append(Block(BlockId(new_id()), car.id, start, end, f"Grund {n}", person_id("mary"), start, lifted))
            free_from = end
            continue
        booking = a_booking_of(car, Period(start, end), dice)
        if booking.state is State.IN_USE and any(other.state is State.IN_USE for other, _ in bookings):
            continue  # nobody has a car that somebody else has
        claims = claims_of(car, booking, dice)
        bookings.append((booking, claims))
        free_from = max([end, *(claim.end for claim in claims)])
    return Past(car, tuple(bookings), tuple(blocks))


def a_booking_of(car: Resource, period: Period, dice: random.Random) -> Booking:
    state, payer = dice.choice(STATES), dice.choice(tuple(Payer))
    order = replace(an_order(car, period=period, payer=payer), booking_id=BookingId(new_id()))
    booking = a_booking(state, car, order=order)
    match state:
        case State.HELD:
            booking = replace(booking, hold_expires_at=NOON + dice.choice((-1, 0, 1)) * minutes(1))
        case State.COMPLETED:
            began = period.start + dice.randrange(-1, 2) * minutes(5) + a_moment(dice)
            ended = period.end + dice.randrange(-10, 40) * minutes(1) + a_moment(dice)
            booking = replace(booking, started_at=min(began, ended - minutes(1)), finished_at=ended)
    return replace(booking, final_at=period.start - minutes(30)) if dice.random() < 0.3 else booking  # fmt: skip


def a_moment(dice: random.Random) -> timedelta:
    """Of less than a second."""
    return timedelta(microseconds=dice.randrange(10**6))


def claims_of(car: Resource, booking: Booking, dice: random.Random) -> tuple[Period, ...]:
    """Adjacent ones, where it was extended or is late."""
    if not booking.is_live:
        return ()
    first = car.claim(booking.period)
    if dice.random() < 0.3:
        return first, Period(first.end, first.end + dice.randrange(1, 8) * QUARTER)
    return (first,)


async def write(database: Databases, city: SeededCity, past: Past) -> None:
    for booking, claims in past.bookings:
        await database.place(city.city, booking, past.car)
        async with database.app.transactions.city(city.city) as connection:
            for more in claims[1:]:
                row = {"city": city.city, "resource_id": past.car.id, "booking_id": booking.id, "kind": "booking"}
                times = {"claimed_from": more.start, "claimed_until": more.end}
                await connection.execute(insert(tables.claims).values(row | times))
    async with database.app.transactions.city(city.city) as connection:
        for block in past.blocks:
            await connection.execute(KEEP, msgspec.structs.asdict(block) | {"city": city.city})


def rounded(instant: datetime) -> datetime:
    """To the nearest second; half of one to the next, as PostgreSQL does."""
    return (instant + timedelta(milliseconds=500)).replace(microsecond=0)


def bookings_read(past: Past, window: Period, now: datetime) -> Iterator[LaneBooking]:
    for booking, claims in past.bookings:
        said = (booking.id, booking.start, booking.end, booking.state, booking.payer, not booking.is_provisional)
        if booking.state is State.COMPLETED and booking.started_at is not None and booking.finished_at is not None:
            if Period(booking.started_at, booking.finished_at).overlaps(window):
                times = rounded(booking.started_at), rounded(booking.finished_at)
                yield LaneBooking(booking.id, *times, booking.state, booking.payer, final=True)
        elif booking.is_live and not (booking.hold_expires_at is not None and booking.hold_expires_at <= now):
            whole, usual = Period(claims[0].start, claims[-1].end), past.car.claim(booking.period)
            if whole.overlaps(window):
                yield LaneBooking(
                    *said,
                    claimed_from=whole.start if whole.start != usual.start else None,
                    claimed_until=whole.end if whole.end != usual.end else None,
                )


def blocks_read(past: Past, window: Period) -> Iterator[LaneBlock]:
    for block in past.blocks:
        end = min(block.end, block.lifted_at or block.end)
        if end > block.start and Period(block.start, end).overlaps(window):
            yield LaneBlock(block.id, Stop.BLOCK, block.start, end, block.reason)


def windows(past: Past, dice: random.Random) -> Iterator[Period]:
    """Between edges of what is there, which is where something is in by a hair or out."""
    edges = [booking.start for booking, _ in past.bookings] + [
        claim.end for _, claims in past.bookings for claim in claims
    ]
    edges += [booking.finished_at for booking, _ in past.bookings if booking.finished_at is not None]
    edges += [block.lifted_at or block.end for block in past.blocks]
    for _ in range(25):
        start, end = dice.choice(edges), dice.choice(edges)
        if start < end:
            yield Period(start, end)
    yield Period(datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_every_lane_is_what_somebody_finds_who_reads_all_that_is_written(database: Databases, seed: int) -> None:
    dice = random.Random(seed)
    city = await database.new_city()
    pasts = [made_up(car, dice) for car in city.cars]
    for past in pasts:
        await write(database, city, past)
    books = SqlCalendarBooks(database.app.statements)
    operator = reach(an_actor("otto", Role.OPERATOR, city=city.city))

    for window in windows(pasts[0], dice):
        found = _calendar.decode(await books.lanes(city.city, operator, CalendarAsked(window), NOON))
        assert [lane.vehicle_id for lane in found.items] == [past.car.id for past in pasts]
        for lane, past in zip(found.items, pasts, strict=True):
            expected = sorted(bookings_read(past, window, NOON), key=lambda each: (each.start, each.id))
            assert lane.bookings == tuple(expected), window
            assert lane.blocks == tuple(blocks_read(past, window)), window


async def test_nothing_is_read_of_a_booking_but_what_the_indices_hold(
    database: Databases, postgres: DatabaseUrls
) -> None:
    city = await database.new_city()
    connection = await asyncpg.connect(postgres.app, server_settings=LIMITS | HOT)
    try:
        await connection.execute(f"PREPARE asked AS {LANES}")
        values = f"'{city.city}', '{NOON}', '{NOON + QUARTER}', true, false, '{{}}', NULL, '{NOON}'"
        steps = [row[0].strip() for row in await connection.fetch(f"EXPLAIN EXECUTE asked({values})")]
    finally:
        await connection.close()

    ways = sorted(step.removeprefix("->").split("  (")[0].strip() for step in steps if " Scan" in step)
    # Of the few blocks that tests make any index will do.
    assert [way for way in ways if "bookings" in way or "Seq" in way] == [
        "Index Only Scan using standing_of_vehicle on bookings b",
        "Index Only Scan using uses_of_vehicle on bookings b_1",
    ]
