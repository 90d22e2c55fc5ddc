"""Reports over trips that were booked, begun and finished over HTTP, day by day."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest
from msgspec import Struct

from domain.identity import PersonId, Role
from infra.bootstrap import Outside, api
from infra.ids import new_id
from tests.adapters.http.fleet.test_drivers import employed
from tests.adapters.http.garage import MANAGER, Garage
from tests.adapters.jobs.desk import Clock
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database

MONDAY = datetime(2026, 3, 16, 8, tzinfo=UTC)
MARCH = {"from": "2026-03-01", "to": "2026-04-01"}
FACTS = (34, 62, 118, 240, 12, 75, 310, 55, 41, 98)
PAPERS = [
    {"kind": "registration", "done_on": "2025-06-02"},
    {"kind": "insurance", "valid_until": "2026-12-31"},
    {"kind": "hu", "valid_until": "2027-12-31"},
    {"kind": "uvv", "done_on": "2026-02-02"},
]


class Fleet(Struct, frozen=True):
    """The town hall's pool, by a clock of the test's own."""

    http: httpx.AsyncClient
    city: SeededCity
    clock: Clock
    driver: PersonId

    async def ask(self, role: Role, method: str, path: str, body: Any = None, **query: str) -> Any:
        now = self.clock()
        person = self.driver if role is Role.DRIVER else MANAGER
        times = {"iat": now, "exp": now + timedelta(minutes=10)}
        token = a_token(self.city.city, role, person=person, pools=(TOWN_HALL,), **times)
        answer = await self.http.request(
            method, f"/v1/{self.city.city}/{path}", json=body, headers=bearer(token), params=query or None
        )
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def vehicle(self, name: str, **more: Any) -> str:
        described = {"name": name, "kind": "car", "seats": 5, "station_id": str(self.city.station.id)}
        described |= {"pool_id": TOWN_HALL, "tariff_id": "fleet-standard", "range_km": 400, "documents": PAPERS}
        made = await self.ask(Role.FLEET_MANAGER, "POST", "fleet/vehicles", described | more)
        return str(made["id"])

    async def drive(self, vehicle: str, ways: Sequence[int]) -> None:
        """Two hours each morning from that Monday on, by the odometer."""
        odometer = 1000
        for n, km in enumerate(ways):
            start = MONDAY + timedelta(days=n)
            wish = {"service": "fleet", "resource_id": vehicle, "options": {"cost_centre": "5100"}}
            times = {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
            self.clock.now = start - timedelta(hours=1)
            booking = await self.ask(Role.DRIVER, "POST", "bookings", wish | times)
            self.clock.now = start
            await self.ask(Role.DRIVER, "POST", f"bookings/{booking['id']}/start", {"odometer_km": odometer})
            self.clock.now = start + timedelta(hours=2)
            odometer += km
            await self.ask(Role.DRIVER, "POST", f"bookings/{booking['id']}/finish", {"odometer_km": odometer})

    async def report(self, name: str, **query: str) -> dict[str, Any]:
        """By the vehicles' names; what is of all of them under an empty one."""
        found = await self.ask(Role.FLEET_MANAGER, "GET", f"fleet/reports/{name}", **MARCH | query)
        return {each["name"]: each for each in found.pop("items")} | {"": found}


@pytest.fixture
async def fleet(database: Databases) -> AsyncIterator[Fleet]:
    clock = Clock(MONDAY - timedelta(days=1))
    app = api(database.app, Outside(clock, new_id, lambda secret: secret), {KEY_ID: KEY.public_key()})
    async with client(app) as http:
        city = await database.new_city()
        kim = await employed(Garage(http, database, city), "kim", "driver", TOWN_HALL)
        found = Fleet(http, city, clock, PersonId(kim))
        seen = {"result": "valid", "method": "at the counter", "classes": ["B"]}
        await found.ask(Role.FLEET_MANAGER, "POST", f"fleet/drivers/{kim}/licence-checks", seen)
        yield found


async def test_eight_of_ten_days_and_less_than_half_of_the_way_could_have_been_electric(fleet: Fleet) -> None:
    fleet.clock.now = MONDAY - timedelta(days=25)  # in the fleet all through March
    diesel = await fleet.vehicle("Diesel", drive="combustion_diesel", plate="BS-KM 7")
    await fleet.drive(diesel, FACTS)

    found = await fleet.report("electrification", battery_kwh="58", consumption="18")

    expected = {"days": 10, "days_possible": 8, "days_percent": "80.0"}
    expected |= {"km": "1045", "km_possible": "495", "km_percent": "47.4"}
    assert found["Diesel"] == {"vehicle_id": diesel, "name": "Diesel"} | expected
    assert found[""]["pool"] == {"vehicle_id": None, "name": None} | expected
    assert found[""]["reach_km"] == "214.8"
    used = (await fleet.report("utilisation"))["Diesel"]
    # March has an hour less than 31 days have.
    assert (used["hours"], used["hours_used"], used["time_percent"]) == ("743.00", "20.00", "2.7")
    assert (used["days"], used["days_used"], used["days_percent"], used["km"]) == (31, 10, "32.3", 1045)


async def test_what_is_saved_is_what_the_worked_cases_say(fleet: Fleet) -> None:
    told: dict[str, dict[str, Any]] = {
        "ID.3": {"drive": "electric", "consumption": "18", "plate": "BS-KM 7E"},
        "eVito": {"kind": "van", "drive": "electric", "consumption": "25", "plate": "BS-KM 8E"},
        "e-up!": {"drive": "electric", "consumption": "14", "plate": "BS-KM 9E"},
        "Pedelec": {"kind": "pedelec", "drive": "electric_assist", "consumption": "0.8", "documents": []},
    }
    ways = {"ID.3": [1200] * 10, "eVito": [1500] * 10, "e-up!": [25, 15], "Pedelec": [20, 32]}
    for name, vehicle in told.items():
        await fleet.drive(await fleet.vehicle(name, **vehicle), ways[name])

    petrol = await fleet.report("co2", reference="petrol", reference_consumption="6.5")
    diesel = await fleet.report("co2", reference="diesel", reference_consumption="8.5")
    green = await fleet.report("co2", reference="diesel", reference_consumption="5.8", green="true")

    shown = [petrol["ID.3"][name] for name in ("km", "reference_kg", "emitted_kg", "saved_kg")]
    assert shown == [12_000, "1814.280", "784.080", "1030.200"]
    assert diesel["eVito"]["saved_kg"] == "2011.125"
    assert (green["e-up!"]["emitted_kg"], green["e-up!"]["saved_kg"]) == ("0.000", "6.136")
    # An odometer shows whole kilometres: ten times the 5.2 km of the case.
    assert petrol["Pedelec"]["saved_kg"] == "7.711"
    assert petrol[""]["saved_kg"] == str(sum(Decimal(petrol[name]["saved_kg"]) for name in told))
    potential = await fleet.report("electrification")
    assert ("Pedelec" in potential, potential[""]["pool"]["km"]) == (False, "27040"), "a bicycle's way is no car's"
