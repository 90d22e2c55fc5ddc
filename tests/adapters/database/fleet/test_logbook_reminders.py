"""Trips that a logbook does not say all of, day by day: first their driver is written to, then whoever runs the pool."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.fleet.logbook_reminders import SqlTripReminders, due_trips
from adapters.mail.fleet_letters import fleet_composer
from domain.booking.bookings import BookingId, Payer, Readings, State
from domain.fleet.logbook import EnterTrip, TripKind
from domain.identity import Role
from domain.periods import Period
from infra.fleet.logbook import logbooks
from infra.ids import new_id
from services.calls import Answer, Call
from services.fleet.logbook_reminding import tell_of_trip
from services.notices.ports import Message
from tests.adapters.database.lives import World
from tests.adapters.http.settled import settled
from tests.database import Databases
from tests.examples import NOON, TOWN_HALL, a_booking, an_order, hours

pytestmark = pytest.mark.database
PEOPLE = text("""
INSERT INTO persons (city, id, email, name, made_at)
VALUES (:city, :kim, 'kim@example.org', 'Kim', now()), (:city, :gerd, 'gerd@example.org', 'Gerd', now())
""")
RUNS = text("""
INSERT INTO role_grants (city, person_id, role, pool_id, granted_at) VALUES (:city, :gerd, 'fleet_manager', :pool, now())
""")


class Road:
    """The town hall's car, which Kim drove, and a worker whose clock is moved by hand."""

    def __init__(self, world: World) -> None:
        self.world, self.city = world, world.city.city
        self.now = NOON
        self.kim, self.gerd = (
            world.actor("kim", Role.DRIVER, pools=(TOWN_HALL,)),
            world.actor("gerd", Role.FLEET_MANAGER),
        )
        self.books = logbooks(world.database.app.transactions, lambda: self.now, new_id)
        self.reminders = SqlTripReminders(world.database.app.transactions, lambda: self.now, new_id, lambda: None)
        self.letters: list[Message] = []

    async def drove(self, payer: Payer = Payer.COST_CENTRE, odometer_km: int | None = 18_279) -> BookingId:
        """From noon until two."""
        car = self.world.city.cars[1]
        done = a_booking(
            State.COMPLETED, car, order=an_order(car, period=Period(NOON, NOON + hours(2))), started_at=NOON,
            finished_at=NOON + hours(2), start_readings=Readings(odometer_km=18_234), finish_readings=Readings(odometer_km=odometer_km),
        )  # fmt: skip
        booking = replace(done, id=BookingId(new_id()), holder_id=self.kim.id, payer=payer)
        await self.world.place(booking, car)
        await self.books.open(self.city, booking.id)
        return booking.id

    async def completes(self, trip: BookingId) -> None:
        call: Call[object] = Call(self.city, self.kim, "enterTrip", "", "", "", "", lambda _: Answer(200, "", ""))
        await self.books.enter(call, EnterTrip(trip, TripKind.COMMUTE))  # type: ignore[arg-type]  # any outcome will do

    async def send(self, message: Message) -> None:
        self.letters.append(message)

    async def day(self, later: int) -> list[tuple[str, str]]:
        """What the worker sends so many days later at noon, asking twice: to whom, and what about."""
        self.now = NOON + timedelta(days=later)
        for _ in range(2):
            for city, trip in await due_trips(self.world.database.relay.transactions, self.now, 1000):
                if city == self.city:
                    await self.reminders.trip_is_due(city, BookingId(trip))
        for entry, trip in await self.told():
            await tell_of_trip(
                self.city, trip, entry, self.now, trips=self.reminders, compose=fleet_composer(), mailer=self
            )
        sent, self.letters = [(letter.to, letter.text) for letter in self.letters], []
        return sent

    async def told(self) -> list[tuple[UUID, BookingId]]:
        rows = await self.world.rows(
            "SELECT id, subject_id FROM outbox WHERE city = :city AND kind LIKE 'fleet.trip_%' AND written_at = :at",
            at=self.now,
        )
        return [(row[0], BookingId(row[1])) for row in rows]


@pytest.fixture
async def road(database: Databases) -> Road:
    found = Road(World(database, await database.new_city()))
    await settled(database, found.city)
    values = {"city": found.city, "kim": found.kim.id, "gerd": found.gerd.id, "pool": TOWN_HALL}
    async with database.app.transactions.city(found.city) as connection:
        for statement in (PEOPLE, RUNS):
            await connection.execute(statement, values)
    return found


async def test_the_driver_is_reminded_two_days_before_and_the_manager_told_once_it_is_flagged(road: Road) -> None:
    trip, still_open = await road.drove(), "SELECT remind_on FROM trips_to_complete WHERE city = :city"
    assert [len(await road.day(later)) for later in range(5)] == [0] * 5
    ((to, said),) = await road.day(5)
    assert (to, "Art der Fahrt" in said, "Gerd" in said) == ("kim@example.org", True, False)
    assert [len(await road.day(later)) for later in (6, 7)] == [0, 0]
    ((to, said),) = await road.day(8)
    assert (to, "die Fahrt von Kim" in said) == ("gerd@example.org", True)
    assert await road.day(30) == []
    assert await road.world.rows(still_open) == [(None,)], "nobody is reminded any more, and it is not complete"
    await road.completes(trip)
    assert await road.world.rows(still_open) == []


async def test_nobody_is_reminded_of_what_was_completed_and_no_resident_of_the_citys_logbook(road: Road) -> None:
    trip = await road.drove()
    await road.completes(trip)
    assert await road.day(5) == []
    await road.world.rows("DELETE FROM claims WHERE city = :city RETURNING kind")
    await road.drove(Payer.SELF, odometer_km=None)
    road.now = NOON
    assert [len(await road.day(later)) for later in (5, 8)] == [0, 1]


async def test_what_is_completed_between_the_day_and_the_letter_is_not_written_about(road: Road) -> None:
    trip = await road.drove()
    road.now = NOON + timedelta(days=5)
    await road.reminders.trip_is_due(road.city, trip)
    await road.completes(trip)
    ((entry, _),) = await road.told()
    compose = fleet_composer()
    assert await tell_of_trip(road.city, trip, entry, road.now, trips=road.reminders, compose=compose, mailer=road) == 0
