"""What falls due, from the wire to the tables."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.identity import Role
from tests.adapters.http.fleet.test_drivers import VALID, employed
from tests.adapters.http.garage import AT, HU, INSURANCE, REGISTRATION, UVV, Garage, day, problem
from tests.database import Databases
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database


@pytest.fixture
async def garage(at_noon: httpx.AsyncClient, database: Databases) -> Garage:
    """The seeded car of the town hall's pool has its papers."""
    garage = Garage(at_noon, database, await database.new_city(), AT)
    for paper in (REGISTRATION, INSURANCE, HU, UVV):
        entered = await garage.ask("POST", f"fleet/vehicles/{garage.seeded.cars[1].id}/documents", paper)
        assert entered.status_code == 201, entered.text
    return garage


async def listed(garage: Garage, **query: Any) -> dict[str, Any]:
    answer = await garage.ask("GET", "fleet/maintenance", **{"limit": 100} | query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def told(found: dict[str, Any]) -> list[tuple[str, str, str | None, str]]:
    return [
        (each["kind"], each["state"], each["due_on"], (each["vehicle"] or each["driver"])["name"])
        for each in found["items"]
    ]


async def test_vehicles_and_drivers_stand_in_one_list_by_the_day(garage: Garage) -> None:
    soon = INSURANCE | {"valid_until": day(12)}
    car = await garage.added(documents=[REGISTRATION, soon, HU, UVV])
    over = await garage.ask("POST", f"fleet/vehicles/{car}/documents", UVV | {"done_on": day(-400)})
    assert over.status_code == 201
    kim = await employed(garage, "kim", "driver", TOWN_HALL)
    await garage.ask("POST", f"fleet/drivers/{kim}/licence-checks", VALID | {"licence_until": day(30)})

    found = await listed(garage)

    assert (found["on"], found["before"], found["next_cursor"]) == (day(0), day(60), None)
    assert told(found) == [
        ("briefing", "missing", None, "Kim"),
        ("uvv", "overdue", found["items"][1]["due_on"], "ID.3"),
        ("insurance", "due", day(12), "ID.3"),
        ("licence", "due", day(30), "Kim"),
    ]
    assert found["items"][1]["due_on"] < day(0)
    assert found["items"][2]["vehicle"] == {
        "vehicle_id": str(car),
        "name": "ID.3",
        "plate": "BS-KM 7E",
        "pool_id": TOWN_HALL,
    }
    assert found["items"][3]["driver"] == {"person_id": str(kim), "name": "Kim", "email": "kim@example.org"}
    assert told(await listed(garage, before=day(12))) == told(found)[:2]
    assert told(await listed(garage, kind=["insurance", "licence"])) == told(found)[2:]
    assert len((await listed(garage, before="2099-12-31"))["items"]) > len(found["items"])


async def test_what_is_planned_in_the_workshop_is_told_with_its_reason(garage: Garage) -> None:
    car = garage.seeded.cars[1].id
    times = [(AT + timedelta(days=days)).isoformat() for days in (10, 12, 20, 21)]
    for start, end, reason in ((*times[:2], "Inspektion"), (*times[2:], "Reifen")):
        made = await garage.ask("POST", f"resources/{car}/blocks", {"start": start, "end": end, "reason": reason})
        assert made.status_code == 201, made.text
    lifted = await garage.ask("DELETE", f"resources/{car}/blocks/{made.json()['id']}")
    assert lifted.status_code == 204, lifted.text

    (found,) = (await listed(garage))["items"]

    assert (found["kind"], found["due_on"], found["reason"]) == ("workshop", day(10), "Inspektion")
    assert found["vehicle"]["vehicle_id"] == str(car)
    assert (await listed(garage, token=garage.stranger))["items"] == []


async def test_a_list_goes_on_where_it_ended(garage: Garage) -> None:
    for name in ("Ada", "Kim", "Lea"):
        await employed(garage, name.lower(), "driver", TOWN_HALL)
    whole = await listed(garage)
    assert len(whole["items"]) == 6

    pages: list[dict[str, Any]] = []
    query: dict[str, Any] = {"limit": 4}
    while True:
        page = await listed(garage, **query)
        pages += page["items"]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]

    assert pages == whole["items"]


async def test_a_list_goes_on_within_a_day_on_which_one_car_is_in_several_workshops(garage: Garage) -> None:
    morning = AT + timedelta(days=10)
    for hour, reason in ((0, "Reifen"), (2, "Glas"), (4, "Lack")):
        start, end = (morning + timedelta(minutes=10 * each) for each in (hour, hour + 1))
        body = {"start": start.isoformat(), "end": end.isoformat(), "reason": reason}
        made = await garage.ask("POST", f"resources/{garage.seeded.cars[1].id}/blocks", body)
        assert made.status_code == 201, made.text
    pages = [await listed(garage, limit=1, before=day(13))]
    while (cursor := pages[-1]["next_cursor"]) is not None:
        pages.append(await listed(garage, limit=1, before=day(13), cursor=cursor))
    assert sorted(each["reason"] for page in pages for each in page["items"]) == ["Glas", "Lack", "Reifen"]


async def test_nothing_of_another_pool_is_told(garage: Garage) -> None:
    await employed(garage, "kim", "driver", TOWN_HALL)
    await garage.added(documents=[REGISTRATION, INSURANCE | {"valid_until": day(12)}, HU, UVV])
    boat = await employed(garage, "bea", "driver", "harbour")

    assert {each["driver"]["person_id"] for each in (await listed(garage, token=garage.stranger))["items"]} == {
        str(boat)
    }
    of_all = await listed(garage, token=garage.operator, pool=TOWN_HALL)
    assert told(of_all) == told(await listed(garage))
    assert told(await listed(garage, pool="harbour")) == []
    for role in (Role.DRIVER, Role.RESIDENT, Role.FINANCE):
        refused = await garage.ask("GET", "fleet/maintenance", token=garage.token(role))
        assert problem(refused) == (403, "forbidden")


@pytest.mark.parametrize("query", [{"before": "0001-01-01"}, {"kind": "oil"}, {"cursor": "nothing"}, {"limit": "101"}])
async def test_what_makes_no_sense_is_refused(garage: Garage, query: dict[str, str]) -> None:
    assert problem(await garage.ask("GET", "fleet/maintenance", **query)) == (422, "invalid_input")
