"""Whoever waits for somebody else's change of a vehicle, a driver or a booking goes on from what that left, not from before."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from datetime import timedelta
from typing import Any, TypeVar

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.booking.claiming import write_claims
from adapters.database.fleet.assigning import SqlAssignmentBooks
from adapters.database.fleet.drivers import SqlDriverBooks
from adapters.database.fleet.vehicles import SqlVehicleBooks
from adapters.database.sheets import Sheet
from domain.booking.bookings import BookingId, State
from domain.booking.events import BookingReassigned
from domain.booking.resources import ResourceId
from domain.fleet.documents import Document, DocumentKind
from domain.fleet.drivers import BriefDriver
from domain.fleet.keeping import AddVehicle, ChangeVehicle, Placement, StillRented, Vehicle
from domain.fleet.reservations import FleetOptions, ReserveVehicle
from domain.fleet.vehicles import Draft, Drive, VehicleKind
from domain.identity import PersonId, PoolId, Role
from domain.pricing.tariffs import TariffId
from infra.clock import now
from infra.ids import new_id
from services.calls import Answer, Call
from services.fleet.assigning import Assignment, assign_vehicle
from services.fleet.driving import brief_driver
from services.fleet.keeping import Kept, add_vehicle, change_vehicle, enter_paper
from tests.adapters.database.fleet.test_assigning import TIME, chosen, facts, given, now_at, provisional
from tests.adapters.database.lives import World
from tests.adapters.database.offices import add_car, open_for_business
from tests.adapters.http.fleet.test_drivers import employed
from tests.adapters.http.garage import Garage
from tests.examples import NOON, TOWN_HALL, a_booking, a_call, an_order, hours

pytestmark = pytest.mark.database
T = TypeVar("T")
BEHIND = """SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
  AND CAST(:pid AS int) = ANY (pg_blocking_pids(pid)))"""


async def one_behind_the_other(
    world: World, first: Callable[[Any], Awaitable[object]], second: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """The second comes while the first is not yet through, and waits for it."""
    async with world.database.app.transactions.city(world.city.city) as connection:
        await first(connection)
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        waiting = asyncio.create_task(second())
        while not (await world.rows(BEHIND, pid=pid))[0][0]:
            assert not waiting.done(), "the second waits for nobody"
    return await waiting


def sheet(world: World, connection: Any) -> Sheet:
    return Sheet(connection, world.city.city, world.actor("olga").id, "", now(), new_id)


async def in_turn(world: World, work: Callable[[Sheet], Awaitable[T]]) -> T:
    async with world.database.app.transactions.city(world.city.city) as connection:
        return await work(sheet(world, connection))


PEDELEC = Draft("Stadtrad 1", VehicleKind.PEDELEC, 1, Drive.ELECTRIC_ASSIST, range_km=60)


@pytest.fixture
async def place(world: World) -> Placement:
    return Placement(world.city.station.id, PoolId(TOWN_HALL), TariffId("fleet-standard"))


@pytest.fixture
async def vehicle_id(world: World, place: Placement) -> ResourceId:
    wish, olga = AddVehicle(ResourceId(new_id()), PEDELEC, place), world.actor("olga", Role.OPERATOR)
    assert isinstance(
        await in_turn(world, lambda each: add_vehicle(wish, books=SqlVehicleBooks(each), actor=olga)), Kept
    )
    return wish.id


def entered(world: World, vehicle_id: ResourceId, document: Document) -> Callable[[Sheet], Awaitable[object]]:
    olga = world.actor("olga", Role.OPERATOR)
    return lambda each: enter_paper(vehicle_id, document, books=SqlVehicleBooks(each), actor=olga)


async def kept(world: World, vehicle_id: ResourceId) -> Vehicle:
    found = await in_turn(world, lambda each: SqlVehicleBooks(each).find(vehicle_id))
    assert isinstance(found, Vehicle)
    return found


UVV = Document(DocumentKind.UVV, now().date() - timedelta(days=9))
INSURED = Document(DocumentKind.INSURANCE, valid_until=now().date() + timedelta(days=9))


async def test_a_paper_that_is_entered_while_a_vehicle_is_changed_undoes_no_change(
    world: World, place: Placement, vehicle_id: ResourceId
) -> None:
    command = ChangeVehicle(vehicle_id, replace(PEDELEC, name="Stadtrad 2"), replace(place, buffer_after_s=600))
    olga = world.actor("olga", Role.OPERATOR)

    await one_behind_the_other(
        world,
        lambda connection: change_vehicle(command, books=SqlVehicleBooks(sheet(world, connection)), actor=olga),
        lambda: in_turn(world, entered(world, vehicle_id, UVV)),
    )

    found = await kept(world, vehicle_id)
    assert (found.description.name, found.placement.buffer_after_s, found.version) == ("Stadtrad 2", 600, 3)
    assert [paper.kind for paper in found.papers] == [DocumentKind.UVV]


async def test_of_two_papers_that_are_entered_at_once_both_are_kept(world: World, vehicle_id: ResourceId) -> None:
    await one_behind_the_other(
        world,
        lambda connection: entered(world, vehicle_id, UVV)(sheet(world, connection)),
        lambda: in_turn(world, entered(world, vehicle_id, INSURED)),
    )

    assert [paper.kind for paper in (await kept(world, vehicle_id)).papers] == [
        DocumentKind.UVV,
        DocumentKind.INSURANCE,
    ]


async def test_of_two_who_brief_a_driver_at_once_both_are_kept(world: World) -> None:
    olga = world.actor("olga", Role.OPERATOR)
    kim = PersonId(await employed(Garage(None, world.database, world.city), "kim", "driver", TOWN_HALL))  # type: ignore[arg-type]

    def told(topic: str) -> Callable[[Sheet], Awaitable[object]]:
        command = BriefDriver(kim, now().date() - timedelta(days=2), topic)
        return lambda each: brief_driver(command, books=SqlDriverBooks(each), actor=olga)

    await one_behind_the_other(
        world,
        lambda connection: told("Sicher fahren")(sheet(world, connection)),
        lambda: in_turn(world, told("Ladung sichern")),
    )

    driver = await in_turn(world, lambda each: SqlDriverBooks(each).find(kim))
    assert driver is not None
    assert [each.topic for each in driver.briefings] == ["Sicher fahren", "Ladung sichern"]


async def test_who_reassigns_a_booking_that_is_just_being_settled_finds_it_where_it_went(world: World) -> None:
    petrol, electric = world.city.cars[0], await add_car(world, "electric")
    van = await add_car(world, "van", seats=2)
    await facts(world, petrol, drive="combustion")
    booking = await provisional(world, petrol)
    call: Call[Any] = Call(world.city.city, world.actor("olga"), "", "", "", "", "", lambda _: Answer(204, "", ""))

    async def first(connection: Any) -> None:
        books = SqlAssignmentBooks(connection, call, new_id, locked=True)
        await assign_vehicle(booking.id, books=books, now=TIME)

    found = await one_behind_the_other(
        world, first, lambda: given(world, world.actor("olga", Role.OPERATOR), chosen(booking, van))
    )

    assert isinstance(found, Assignment), found
    assert await now_at(world, booking) == van.id
    assert await world.claims(electric) == []


# -- closed to residents while one of them books


async def shared(world: World, place: Placement) -> tuple[ChangeVehicle, ReserveVehicle]:
    """To close a bicycle of the pool to residents, and Ada's wish to have it at noon."""
    wish, olga = (
        AddVehicle(ResourceId(new_id()), PEDELEC, replace(place, shared=True)),
        world.actor("olga", Role.OPERATOR),
    )
    await in_turn(world, lambda each: add_vehicle(wish, books=SqlVehicleBooks(each), actor=olga))
    bicycle = replace(world.city.cars[0], id=wish.id)
    order = replace(an_order(bicycle), booking_id=BookingId(new_id()))
    return ChangeVehicle(wish.id, PEDELEC, place), ReserveVehicle(order, FleetOptions())


async def test_whoever_books_what_is_just_closed_to_residents_does_not_get_it(world: World, place: Placement) -> None:
    closing, wish = await shared(world, place)
    olga, office = world.actor("olga", Role.OPERATOR), open_for_business(world, NOON - hours(30))

    async def booked() -> Answer:
        return await office.fleet.reserve(a_call(world.actor()), wish)

    answer = await one_behind_the_other(
        world,
        lambda connection: change_vehicle(closing, books=SqlVehicleBooks(sheet(world, connection)), actor=olga),
        booked,
    )

    assert answer.body == "unknown_resource"
    assert await world.rows("SELECT id FROM bookings WHERE city = :city") == []


async def test_whoever_closes_what_a_resident_just_books_hears_of_it(world: World, place: Placement) -> None:
    closing, wish = await shared(world, place)
    bicycle, olga = replace(world.city.cars[0], id=closing.id), world.actor("olga", Role.OPERATOR)

    async def booked(connection: Any) -> None:
        asked = text("SELECT still_open(CAST(:city AS text), CAST(:id AS uuid))")
        assert (await connection.execute(asked, {"city": world.city.city, "id": closing.id})).scalar_one()
        await world.place(a_booking(State.CONFIRMED, bicycle, order=wish.order), bicycle)

    closed = await one_behind_the_other(
        world,
        booked,
        lambda: in_turn(world, lambda each: change_vehicle(closing, books=SqlVehicleBooks(each), actor=olga)),
    )

    assert isinstance(closed, StillRented)


async def test_nor_is_a_resident_moved_to_what_is_just_closed(world: World, place: Placement) -> None:
    closing, wish = await shared(world, place)
    booking = a_booking(State.CONFIRMED, world.city.cars[0], order=wish.order)
    moved = BookingReassigned(replace(booking, resource_id=closing.id), booking.period)
    olga = world.actor("olga", Role.OPERATOR)
    await in_turn(world, lambda each: change_vehicle(closing, books=SqlVehicleBooks(each), actor=olga))
    async with world.database.app.transactions.city(world.city.city) as connection:
        assert not await write_claims(connection, world.city.city, moved)
