"""Reports over a fleet, from the wire to the tables."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from domain.booking.bookings import BookingId, Readings, State
from domain.booking.resources import Resource
from domain.identity import Role
from domain.periods import Period
from infra.ids import new_id
from tests.adapters.http.garage import Garage
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL, a_booking, an_order, hours, person_id

pytestmark = pytest.mark.database

FIRST = datetime(2026, 3, 1, 9, tzinfo=UTC)
FACTS = (34, 62, 118, 240, 12, 75, 310, 55, 41, 98)
MARCH = {"from": "2026-03-01", "to": "2026-03-11"}


async def drove(database: Databases, city: SeededCity, car: Resource, ways: Sequence[int | None]) -> None:
    """Two hours each morning, so many kilometres; None where nobody read the odometer."""
    for n, km in enumerate(ways):
        start = FIRST + timedelta(days=n)
        order = replace(an_order(car, period=Period(start, start + hours(2))), booking_id=BookingId(new_id()))
        readings = (Readings(odometer_km=1000), Readings(odometer_km=1000 + km) if km is not None else None)
        done = a_booking(
            State.COMPLETED, car, order=order, started_at=start, finished_at=start + hours(2),
            start_readings=readings[0], finish_readings=readings[1],
        )  # fmt: skip
        await database.place(city.city, done, car)


async def used(
    database: Databases, city: SeededCity, car: Resource, start: datetime, length: timedelta, km: int
) -> None:
    order = replace(an_order(car, period=Period(start, start + length)), booking_id=BookingId(new_id()))
    done = a_booking(
        State.COMPLETED, car, order=order, started_at=start, finished_at=start + length,
        start_readings=Readings(odometer_km=1000), finish_readings=Readings(odometer_km=1000 + km),
    )  # fmt: skip
    await database.place(city.city, done, car)


async def write(database: Databases, city: SeededCity, sql: str, **values: Any) -> None:
    async with database.app.transactions.city(city.city) as connection:
        await connection.execute(text(sql), {"city": city.city} | values)


async def report(http: httpx.AsyncClient, city: SeededCity, name: str, **query: Any) -> Any:
    token = query.pop("token", a_token(city.city, Role.FLEET_MANAGER, pools=(TOWN_HALL,)))
    url = f"/v1/{city.city}/fleet/reports/{name}"
    return await http.get(url, params=MARCH | query, headers=bearer(token))


async def shown(http: httpx.AsyncClient, city: SeededCity, name: str, **query: Any) -> dict[str, Any]:
    found = await report(http, city, name, **query)
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


async def test_an_electric_car_could_have_driven_most_days_and_less_than_half_of_the_way(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    car = city.cars[1]
    await drove(database, city, car, FACTS)

    found = await shown(http, city, "electrification")

    assert found["reach_km"] == "214.8"
    expected = {"days": 10, "days_possible": 8, "days_percent": "80.0"}
    expected |= {"km": "1045", "km_possible": "495", "km_percent": "47.4"}
    assert found["pool"] == {"vehicle_id": None, "name": None} | expected
    assert found["items"] == [{"vehicle_id": str(car.id), "name": car.name} | expected]
    assert found["trips_without_km"] == 0
    further = await shown(http, city, "electrification", battery_kwh="100")
    assert further["pool"]["days_percent"] == "100.0"


async def test_a_vehicle_is_used_for_its_share_of_the_time_besides_the_workshop(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    car = city.cars[1]
    await drove(database, city, car, [30, None])
    block = "INSERT INTO blocks (city, id, resource_id, starts, ends, made_by, made_at) "
    block += "VALUES (:city, :id, :car, :starts, :ends, :by, :starts)"
    times = {"starts": FIRST + timedelta(days=3), "ends": FIRST + timedelta(days=5)}
    await write(database, city, block, id=new_id(), car=car.id, by=person_id("mary"), **times)

    (found,) = (await shown(http, city, "utilisation"))["items"]

    assert found == {
        "vehicle_id": str(car.id),
        "name": car.name,
        "hours": "192.00",
        "hours_used": "4.00",
        "time_percent": "2.1",
        "days": 10,
        "days_used": 2,
        "days_percent": "20.0",
        "km": 30,
        "trips_without_km": 1,
    }


async def test_what_was_driven_saves_against_a_reference(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    car = city.cars[1]
    await drove(database, city, car, [12000, None])
    nothing = await shown(http, city, "co2")
    taking = "UPDATE vehicles SET drive = 'electric', consumption = 18 WHERE city = :city AND id = :id"
    await write(database, city, taking, id=car.id)

    known, green = await shown(http, city, "co2"), await shown(http, city, "co2", green="true")
    early = await shown(http, city, "co2", **{"from": "2023-12-01", "to": "2024-12-01"})

    assert (known["items"][0]["km"], known["items"][0]["trips_without_km"]) == (12000, 1)
    assert (nothing["saved_kg"], nothing["km_left_out"], nothing["items"][0]["saved_kg"]) == ("0.000", 12000, None)
    assert (known["km_left_out"], known["items"][0]["missing"], nothing["items"][0]["missing"]) == (
        0,
        None,
        "consumption",
    )
    assert (early["km_left_out"], early["items"][0]["missing"]) == (0, "emission_factor")
    assert known["saved_kg"] == "1030.200"
    assert known["items"][0]["emitted_kg"] == "784.080"
    assert green["saved_kg"] == "1814.280"
    assert early["items"][0]["saved_kg"] is None, "no factor of electricity is known for those days"


async def test_a_way_over_the_edge_of_a_month_counts_in_one_of_them(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    car = city.cars[1]
    await used(database, city, car, datetime(2026, 2, 28, 20, tzinfo=UTC), hours(8), 120)
    months = [{"from": "2026-02-01", "to": "2026-03-01"}, {"from": "2026-03-01", "to": "2026-04-01"}]

    utilised = [(await shown(http, city, "utilisation", **month))["items"][0]["km"] for month in months]
    electric = [(await shown(http, city, "electrification", **month))["pool"]["km"] for month in months]
    driven = [(await shown(http, city, "co2", **month))["items"][0]["km"] for month in months]

    assert (utilised, electric, driven) == ([120, 0], ["120", "0"], [120, 0])


async def test_a_use_that_began_long_before_is_counted(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    await used(database, city, city.cars[1], FIRST - timedelta(days=900), timedelta(days=905), 7)

    (found,) = (await shown(http, city, "utilisation"))["items"]

    assert (found["days_used"], found["km"]) == (6, 0)


async def test_only_the_time_in_the_fleet_is_counted(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    car, came, went = (
        city.cars[1],
        FIRST.replace(hour=11) + timedelta(days=2),
        FIRST.replace(hour=11) + timedelta(days=4),
    )
    living = "UPDATE vehicles SET in_service_since = :came, retired_at = :went WHERE city = :city AND id = :id"
    await write(database, city, living, id=car.id, came=came, went=went)

    (found,) = (await shown(http, city, "utilisation"))["items"]
    later = await shown(http, city, "utilisation", **{"from": "2026-03-06", "to": "2026-03-11"})

    assert (found["hours"], found["days"]) == ("48.00", 3)
    assert later["items"] == []


async def test_when_a_vehicle_comes_into_the_fleet_and_leaves_it_is_noted(
    http: httpx.AsyncClient, database: Databases
) -> None:
    garage = Garage(http, database, await database.new_city())
    ordered, car = await garage.added(state="ordered", plate="BS-KM 8E"), await garage.added()
    noted = "SELECT in_service_since IS NOT NULL, retired_at IS NOT NULL FROM vehicles WHERE city = :city AND id = :id"

    async def stands(vehicle: UUID) -> tuple[bool, bool]:
        ((came, went),) = await database.rows(garage.seeded.city, noted, id=vehicle)
        return came, went

    assert (await stands(ordered), await stands(car)) == ((False, False), (True, False))
    await garage.ask("POST", f"fleet/vehicles/{ordered}/state", {"state": "in_service"}, key="a")
    await garage.ask("POST", f"fleet/vehicles/{car}/state", {"state": "retired"}, key="b")
    assert (await stands(ordered), await stands(car)) == ((True, False), (True, True))


async def test_a_manager_sees_the_vehicles_of_their_own_pools_only(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    harbour = a_token(city.city, Role.FLEET_MANAGER, pools=("harbour",))
    operator = a_token(city.city, Role.OPERATOR)

    async def seen(token: str, **query: Any) -> set[str]:
        return {each["name"] for each in (await shown(http, city, "utilisation", token=token, **query))["items"]}

    assert await seen(harbour) == set()
    assert await seen(operator) == {car.name for car in city.cars}
    assert await seen(operator, pool=TOWN_HALL) == {city.cars[1].name}
    for role in (Role.DRIVER, Role.RESIDENT):
        refused = await report(http, city, "utilisation", token=a_token(city.city, role))
        assert refused.status_code == 403


@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("utilisation", {"to": "2026-03-01"}),
        ("utilisation", {"to": "2027-03-03"}),
        ("electrification", {"from": "2019-01-01", "to": "2019-02-01"}),
        ("utilisation", {"from": "0001-01-01", "to": "0001-02-01"}),
        ("electrification", {"battery_kwh": "0"}),
        ("electrification", {"consumption": "NaN"}),
        ("electrification", {"battery_kwh": "Infinity"}),
        ("co2", {"reference": "coal"}),
        ("co2", {"reference_consumption": "0"}),
        ("co2", {"reference_consumption": "0.00"}),
        ("co2", {"reference_consumption": "-6.5"}),
        ("co2", {"reference_consumption": "NaN"}),
        ("co2", {"reference_consumption": "1e999999"}),
        ("utilisation", {"from": "9999-12-01", "to": "9999-12-31"}),
        ("electrification", {"from": "9999-12-01", "to": "9999-12-31"}),
        ("co2", {"from": "9999-12-01", "to": "9999-12-31"}),
    ],
)
async def test_what_makes_no_sense_is_refused(
    http: httpx.AsyncClient, database: Databases, name: str, query: dict[str, str]
) -> None:
    city = await database.new_city()
    refused = await report(http, city, name, **query)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
