"""Drivers and their licences, from the wire to the key."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import Struct
from sqlalchemy import text

from domain.identity import Role
from infra.ids import new_id
from tests.adapters.http.garage import AT, MANAGER, Garage, day, problem
from tests.database import Databases
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database
VALID = {"result": "valid", "method": "at the counter", "classes": ["B", "L"]}
BRIEFED = {"given_on": day(-1), "topic": "Sicher fahren"}
BIKE = {"kind": "pedelec", "drive": "electric_assist", "range_km": 60, "plate": None, "documents": []}


class Yard(Struct, frozen=True):
    """A garage, and Kim, who drives for the town hall."""

    garage: Garage
    kim: UUID

    async def employ(self, name: str, role: str = "driver", pool: str = TOWN_HALL) -> UUID:
        return await employed(self.garage, name, role, pool)

    async def key(self, vehicle: UUID) -> httpx.Response:
        """Kim books it for right now, and asks for the key."""
        token = self.garage.token(Role.DRIVER, person=self.kim, pools=(TOWN_HALL,))
        start = AT + timedelta(seconds=5)
        wish = {
            "service": "fleet",
            "resource_id": str(vehicle),
            "options": {"cost_centre": "5100"},
            "start": start.isoformat(),
            "end": (start + timedelta(hours=1)).isoformat(),
        }
        booked = await self.garage.ask("POST", "bookings", wish, token=token)
        if booked.status_code != 201:
            return booked
        return await self.garage.ask("POST", f"bookings/{booked.json()['id']}/start", {}, token=token, key="start")

    async def again(self) -> httpx.Response:
        """The booking that she has, asked for with the same key."""
        token = self.garage.token(Role.DRIVER, person=self.kim, pools=(TOWN_HALL,))
        booked = (await self.garage.ask("GET", "bookings", token=token)).json()["items"][0]
        return await self.garage.ask("POST", f"bookings/{booked['id']}/start", {}, token=token, key="start")

    async def enter(self, what: str, body: dict[str, Any], driver: UUID | None = None, **more: Any) -> httpx.Response:
        return await self.garage.ask("POST", f"fleet/drivers/{driver or self.kim}/{what}", body, **more)


async def employed(garage: Garage, name: str, role: str, pool: str, person: UUID | None = None) -> UUID:
    person = person or new_id()
    async with garage.database.app.transactions.city(garage.seeded.city) as connection:
        values = {"city": garage.seeded.city, "id": person}
        await connection.execute(
            text("INSERT INTO persons (city, id, email, name, made_at) VALUES (:city, :id, :email, :name, now())"),
            values | {"email": f"{name}@example.org", "name": name.title()},
        )
        await connection.execute(
            text(
                "INSERT INTO role_grants (city, person_id, role, pool_id, granted_at)"
                " VALUES (:city, :id, :role, :pool, now())"
            ),
            values | {"role": role, "pool": pool},
        )
    return person


@pytest.fixture
async def yard(at_noon: httpx.AsyncClient, database: Databases) -> Yard:
    garage = Garage(at_noon, database, await database.new_city(), AT)
    return Yard(garage, await employed(garage, "kim", "driver", TOWN_HALL))


async def wants(yard: Yard, *kinds: str) -> None:
    """The city wants to have seen these before somebody books."""
    async with yard.garage.database.app.transactions.city(yard.garage.seeded.city) as connection:
        listed = ", ".join(f'"{kind}"' for kind in kinds)
        await connection.execute(
            text("UPDATE cities SET settings = settings || CAST(:wanted AS jsonb) WHERE city = :city"),
            {"city": yard.garage.seeded.city, "wanted": f'{{"terms": {{}}, "requires": {{"fleet": [{listed}]}}}}'},
        )


async def test_no_look_at_the_licence_no_key(yard: Yard) -> None:
    car = await yard.garage.added()
    refused = await yard.key(car)
    assert (problem(refused), refused.json()["missing"]) == ((403, "licence_not_valid"), ["licence"])

    seen = await yard.enter("licence-checks", VALID)
    assert seen.status_code == 201, seen.text
    assert seen.json()["missing"] == ["briefing"]
    given = await yard.again()
    assert (given.status_code, given.json()["state"]) == (200, "in_use"), "a refusal is not the last word on its key"


@pytest.mark.parametrize("ends_in", [1, 4])
async def test_a_licence_that_ends_before_the_car_is_back_opens_nothing(yard: Yard, ends_in: int) -> None:
    """Nor is a use of three days prolonged beyond its end; that another look is due on the way is no matter."""
    garage, car = yard.garage, await yard.garage.added()
    token = garage.token(Role.DRIVER, person=yard.kim, pools=(TOWN_HALL,))
    start = AT + timedelta(seconds=5)
    wish = {"service": "fleet", "resource_id": str(car), "options": {"cost_centre": "5100"}}
    times = {"start": start.isoformat(), "end": (start + timedelta(days=3)).isoformat()}
    booked = (await garage.ask("POST", "bookings", wish | times, token=token)).json()
    path = f"bookings/{booked['id']}"

    async def asked(what: str, body: dict[str, Any]) -> httpx.Response:
        return await garage.ask("POST", f"{path}/{what}", body, token=token)

    await yard.enter("licence-checks", VALID | {"licence_until": day(ends_in)})
    if ends_in < 3:
        assert problem(await asked("start", {})) == (403, "licence_not_valid")
        return
    async with garage.database.app.transactions.city(garage.seeded.city) as connection:
        due = "UPDATE proofs SET valid_until = CAST(:day AS date) WHERE city = :city"
        await connection.execute(text(due), {"city": garage.seeded.city, "day": AT.date() + timedelta(days=1)})
    assert (await asked("start", {})).json()["state"] == "in_use"
    for what in ("extend?dry_run=true", "extend"):
        longer = {"end": (start + timedelta(days=6)).isoformat()}
        assert problem(await asked(what, longer)) == (403, "licence_not_valid")
    longer = {"end": (start + timedelta(days=3, minutes=1)).isoformat()}
    assert (await asked("extend", longer)).status_code == 200


async def test_what_was_seen_before_opens_nothing_once_it_is_not_valid(yard: Yard) -> None:
    car = await yard.garage.added()
    await yard.enter("licence-checks", VALID)
    lost = await yard.enter("licence-checks", {"result": "not_valid", "method": "police", "classes": []})
    assert [each["result"] for each in lost.json()["licence_checks"]] == ["not_valid", "valid"]
    assert problem(await yard.key(car)) == (403, "licence_not_valid")


async def test_a_licence_for_mopeds_opens_no_car_but_anybody_rides_a_pedelec(yard: Yard) -> None:
    await yard.enter("licence-checks", VALID | {"classes": ["AM"]})
    bike = await yard.garage.added(**BIKE)
    assert (await yard.key(bike)).status_code == 200
    await yard.enter("licence-checks", VALID | {"classes": ["AM"]})
    car = await yard.garage.added()
    token = yard.garage.token(Role.DRIVER, person=yard.kim, pools=(TOWN_HALL,))
    start = AT + timedelta(hours=2)
    times = {"start": (AT + timedelta(seconds=5)).isoformat(), "end": start.isoformat()}
    wish = {"service": "fleet", "resource_id": str(car), "options": {"cost_centre": "1"}} | times
    booked = (await yard.garage.ask("POST", "bookings", wish, token=token)).json()
    refused = await yard.garage.ask("POST", f"bookings/{booked['id']}/start", {}, token=token)
    assert problem(refused) == (403, "licence_class_missing")


async def test_a_city_that_wants_it_first_refuses_the_booking(yard: Yard) -> None:
    await wants(yard, "licence", "briefing")
    car, bike = await yard.garage.added(), await yard.garage.added(**BIKE)
    refused = await yard.key(car)
    assert (problem(refused), refused.json()["missing"]) == ((403, "not_eligible"), ["licence", "briefing"])
    assert (await yard.key(bike)).json()["missing"] == ["briefing"]
    await yard.enter("licence-checks", VALID)
    fit = await yard.enter("briefings", BRIEFED)
    assert (fit.status_code, fit.json()["missing"]) == (201, [])
    assert (await yard.key(car)).status_code == 200


@pytest.mark.parametrize(
    ("what", "body", "status", "code"),
    [
        ("licence-checks", VALID | {"classes": []}, 422, "classes_missing"),
        ("licence-checks", VALID | {"licence_until": day(-2)}, 422, "not_valid_any_more"),
        ("licence-checks", VALID | {"licence_until": "2100-01-01"}, 422, "invalid_input"),
        ("licence-checks", VALID | {"image": "..."}, 422, "invalid_input"),
        ("briefings", BRIEFED | {"given_on": day(2)}, 422, "date_in_the_future"),
        ("briefings", BRIEFED | {"topic": ""}, 422, "invalid_input"),
    ],
)
async def test_what_proves_nothing_is_refused(
    yard: Yard, what: str, body: dict[str, Any], status: int, code: str
) -> None:
    assert problem(await yard.enter(what, body)) == (status, code)
    kept = (await yard.garage.ask("GET", f"fleet/drivers/{yard.kim}")).json()
    assert (kept["licence_checks"], kept["briefings"]) == ([], [])


async def test_managers_see_the_drivers_of_their_pools_and_nobody_checks_herself(yard: Yard) -> None:
    garage = yard.garage
    harry = await yard.employ("harry", pool="harbour")
    anna = await yard.employ("anna", pool="")
    await employed(garage, "grace", "fleet_manager", TOWN_HALL, MANAGER)
    listed = (await garage.ask("GET", "fleet/drivers")).json()["items"]
    assert [each["email"] for each in listed] == ["anna@example.org", "grace@example.org", "kim@example.org"]
    theirs = (await garage.ask("GET", "fleet/drivers", token=garage.stranger)).json()["items"]
    assert [each["email"] for each in theirs] == ["anna@example.org", "harry@example.org"]
    assert len((await garage.ask("GET", "fleet/drivers", token=garage.operator)).json()["items"]) == 4
    for answer in (
        await garage.ask("GET", f"fleet/drivers/{harry}"),
        await yard.enter("licence-checks", VALID, harry),
        await yard.enter("briefings", BRIEFED, harry),
        await garage.ask("GET", f"fleet/drivers/{new_id()}"),
    ):
        assert problem(answer) == (404, "unknown_driver")
    assert problem(await yard.enter("licence-checks", VALID, MANAGER)) == (403, "own_licence")
    assert (await yard.enter("licence-checks", VALID, anna)).status_code == 201


async def test_whose_licence_is_due_is_found(yard: Yard) -> None:
    await yard.employ("lee")
    await yard.enter("licence-checks", VALID)

    async def due(before: int) -> list[str]:
        found = await yard.garage.ask("GET", "fleet/drivers", due_before=day(before))
        return [each["name"] for each in found.json()["items"]]

    assert [await due(0), await due(190)] == [["Lee"], ["Kim", "Lee"]]
    first = (await yard.garage.ask("GET", "fleet/drivers", limit=1)).json()
    second = (await yard.garage.ask("GET", "fleet/drivers", limit=1, cursor=first["next_cursor"])).json()
    assert [page["items"][0]["name"] for page in (first, second)] == ["Kim", "Lee"]
    assert second["next_cursor"] is None


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.DRIVER, Role.FINANCE])
async def test_nobody_else_sees_a_drivers_name(yard: Yard, role: Role) -> None:
    token = yard.garage.token(role, pools=(TOWN_HALL,))
    for path in ("fleet/drivers", f"fleet/drivers/{yard.kim}"):
        assert problem(await yard.garage.ask("GET", path, token=token)) == (403, "forbidden")


async def test_nobody_goes_round_the_half_yearly_look_at_a_drivers_licence(yard: Yard) -> None:
    garage, said = yard.garage, {"kind": "licence", "valid_until": "2099-01-01", "method": "seen", "classes": ["B"]}
    briefed = {"kind": "briefing", "valid_until": "2099-01-01", "method": "told"}
    assert (await yard.enter("licence-checks", VALID)).status_code == 201
    for token in (garage.manager, garage.stranger, garage.operator):
        for whose in ({"person_id": str(yard.kim)}, {"email": "kim@example.org"}):
            for wish in (said, briefed):
                entered = await garage.ask("POST", "proofs", wish | whose, token=token)
                assert problem(entered) == (409, "checked_as_driver")
        gone = await garage.ask("DELETE", "proofs", token=token, kind="licence", person_id=str(yard.kim))
        assert problem(gone) == (409, "checked_as_driver")
    assert (await yard.key(await garage.added())).status_code == 200


async def test_what_a_driver_has_shown_is_seen_with_her_by_whoever_runs_her_pool(yard: Yard) -> None:
    garage = yard.garage
    await yard.enter("licence-checks", VALID)
    for token in (garage.manager, garage.stranger):
        seen = await garage.ask("GET", "proofs", token=token, person_id=str(yard.kim))
        assert problem(seen) == (409, "checked_as_driver")
    seen = await garage.ask("GET", "proofs", token=garage.operator, person_id=str(yard.kim))
    assert [each["kind"] for each in seen.json()["items"]] == ["licence"]


async def test_who_somebody_is_is_entered_for_drivers_as_for_everybody(yard: Yard) -> None:
    known = {"kind": "verification", "method": "identity card", "person_id": str(yard.kim)}
    entered = await yard.garage.ask("POST", "proofs", known, token=yard.garage.operator)
    assert entered.status_code == 200, entered.text


async def test_whoever_comes_to_drive_for_the_city_brings_along_what_was_seen_before(yard: Yard) -> None:
    """And no more than half a year of it."""
    garage, ada = yard.garage, await yard.employ("ada", "finance", pool="")
    said = {"kind": "licence", "valid_until": "2099-01-01", "method": "seen", "classes": ["B"]}
    await garage.ask("POST", "proofs", said | {"person_id": str(ada)}, token=garage.operator)
    async with garage.database.app.transactions.city(garage.seeded.city) as connection:
        grant = "UPDATE role_grants SET role = 'driver' WHERE city = :city AND person_id = :id"
        await connection.execute(text(grant), {"city": garage.seeded.city, "id": ada})
    (look,) = (await garage.ask("GET", f"fleet/drivers/{ada}")).json()["licence_checks"]
    assert (look["result"], look["licence_until"]) == ("valid", "2099-01-01")
    assert day(150) < look["counts_until"] < day(190)


async def by_class(yard: Yard, **attributes: str) -> httpx.Response:
    """Kim asks for anything of the pool's that answers to it, of which there is a pedelec and a car."""
    token = yard.garage.token(Role.DRIVER, person=yard.kim, pools=(TOWN_HALL,))
    start = AT + timedelta(days=2)
    wish = {
        "service": "fleet",
        "request": {"pool_id": TOWN_HALL, "attributes": attributes},
        "options": {"cost_centre": "5100"},
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
    }
    return await yard.garage.ask("POST", "bookings", wish, token=token)


async def test_what_may_become_a_car_is_booked_with_a_licence_and_what_can_only_be_a_bicycle_without(
    yard: Yard,
) -> None:
    """Of a class the tightest comes first, which is the pedelec; until the start it may become the car."""
    await wants(yard, "licence")
    bikes = [await yard.garage.added(**BIKE | {"name": name, "seats": 1}) for name in ("Rad 1", "Rad 2", "Rad 3")]
    bikes.append(await yard.garage.added(name="Lastenrad", **BIKE | {"class": "mixed", "seats": 1}))
    await yard.garage.added(**{"class": "mixed"})

    for attributes in ({}, {"class": "mixed"}):
        refused = await by_class(yard, **attributes)
        assert (problem(refused), refused.json()["missing"]) == ((403, "not_eligible"), ["licence"])
    for attributes in ({"class": "pedelec"}, {"drive": "electric_assist"}):
        taken = await by_class(yard, **attributes)
        assert taken.status_code == 201, taken.text

    await yard.enter("licence-checks", VALID)
    anything = await by_class(yard)
    assert anything.status_code == 201
    assert UUID(anything.json()["resource_id"]) in bikes
