"""What an operator says of grid connections, and what follows for whoever books."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from domain.identity import PersonId, Role
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.test_pools import Office, problem
from tests.api import a_token, bearer
from tests.database import Databases

pytestmark = pytest.mark.database
OLGA = PersonId(new_id())


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    return Office(http, database, await database.new_city())


async def ask(office: Office, method: str, path: str, json: Any = None, key: str | None = None) -> httpx.Response:
    said = bearer(a_token(office.seeded.city, Role.OPERATOR, person=OLGA), key)
    place = f"/v1/{office.seeded.city}/charging/power-groups{path}"
    return await office.http.request(method, place, json=json, headers=said)


def depot(office: Office, nominal_w: int = 22_000, **more: Any) -> dict[str, Any]:
    members = [{"evse_id": str(each.id), "max_w": 22_000} for each in office.seeded.charge_points]
    return {"name": "Betriebshof", "nominal_w": nominal_w, "members": members} | more


async def book(office: Office, number: int, kwh: int, start: datetime, hours: int = 1) -> httpx.Response:
    body = {
        "service": "charging",
        "resource_id": str(office.seeded.charge_points[number].id),
        "start": start.isoformat(),
        "end": (start + timedelta(hours=hours)).isoformat(),
        "options": {"energy_kwh": kwh},
    }
    said = bearer(a_token(office.seeded.city, Role.RESIDENT, person=new_id()))
    return await office.http.post(f"/v1/{office.seeded.city}/bookings", json=body, headers=said)


def in_hours(hours: int) -> datetime:
    return now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hours)


async def test_a_group_is_made_and_changed_and_listed(office: Office) -> None:
    made = await ask(office, "PUT", "/depot", depot(office))
    changed = await ask(office, "PUT", "/depot", depot(office, nominal_w=30_000, policy="by_deadline"))
    listed = (await ask(office, "GET", "")).json()

    assert (made.status_code, changed.status_code) == (201, 200)
    view = changed.json()
    assert listed == {"items": [view], "next_cursor": None}
    assert (view["floor_w"], view["policy"], view["default_need_wh"], view["limits"]) == (
        7560,
        "by_deadline",
        15_000,
        [],
    )
    assert [(each["safe_w"], each["least_w"]) for each in view["members"]] == [(0, None), (0, None)]


async def test_a_point_has_a_least_of_its_own_until_it_is_set_without(office: Office) -> None:
    first, second = ({**each, "power_type": "DC"} for each in depot(office)["members"])

    async def least(*members: dict[str, Any]) -> dict[str, Any]:
        view = (await ask(office, "PUT", "/depot", depot(office, members=members))).json()
        assert (await ask(office, "GET", "")).json()["items"] == [view]
        return {each["evse_id"]: each["least_w"] for each in view["members"]}

    assert await least(first | {"least_w": 5000}, second) == {first["evse_id"]: 5000, second["evse_id"]: None}
    assert set((await least(first, second)).values()) == {None}


async def test_a_group_that_would_not_be_safe_is_told_why(office: Office) -> None:
    good = depot(office)
    first, second = good["members"]
    stranger = {"evse_id": str(new_id()), "max_w": 11_000}

    async def refused(*members: dict[str, Any]) -> tuple[int, str, str]:
        answer = await ask(office, "PUT", "/depot", good | {"members": members})
        return *problem(answer), answer.json()["errors"][0]["pointer"]

    assert await refused(first, stranger) == (422, "unknown_charge_point", "/members/1/evse_id")
    assert await refused(first) == (422, "station_divided", "/members")
    assert await refused(first, second, first) == (422, "charge_point_twice", "/members/2/evse_id")
    assert await refused(first, second | {"max_w": 4000}) == (422, "less_than_least", "/members/1/max_w")
    assert await refused(first, second | {"least_w": 22_001}) == (422, "less_than_least", "/members/1/max_w")
    assert await refused(first | {"safe_w": 4140}, second | {"safe_w": 4140}) == (
        422,
        "safe_defaults_too_high",
        "/members",
    )
    assert (await ask(office, "PUT", "/depot", good)).status_code == 201
    elsewhere = await ask(office, "PUT", "/harbour", good)
    assert problem(elsewhere) == (409, "charge_point_elsewhere")


async def test_a_booking_beyond_the_connection_is_told_what_there_is_and_when_it_would_fit(office: Office) -> None:
    await ask(office, "PUT", "/depot", depot(office))
    start = in_hours(5)
    assert (await book(office, 0, 16, start)).status_code == 201

    refused = await book(office, 1, 20, start)

    assert problem(refused) == (409, "not_enough_power")
    told = refused.json()
    assert told["power"] == {"energy_wh": 6000, "average_w": 6000}
    assert [datetime.fromisoformat(each["start"]) for each in told["alternatives"]] == [start + timedelta(hours=1)]
    assert (await book(office, 1, 20, start + timedelta(hours=1))).status_code == 201


async def test_dimming_leaves_the_floor_and_is_planned_for_until_it_is_lifted(office: Office) -> None:
    await ask(office, "PUT", "/depot", depot(office, nominal_w=44_000))
    until = (now() + timedelta(minutes=30)).isoformat()
    signal = {"until": until, "limit_w": 0, "told_by": "BS|NETZ"}

    told = await ask(office, "POST", "/depot/limits", signal, key="one")
    again = await ask(office, "POST", "/depot/limits", signal, key="one")
    over = await ask(office, "POST", "/depot/limits", signal | {"from": "2026-01-01T00:00:00Z", "until": "2026-01-02T00:00:00Z"}, key="two")  # fmt: skip
    plan = (await ask(office, "GET", "/depot/plan")).json()

    assert (told.status_code, told.json()["allowed_w"]) == (201, 7560)
    assert again.json() == told.json()
    assert problem(over) == (409, "limit_is_over")
    assert [step["limit_w"] for step in plan["limit"]] == [7560, 44_000]
    assert (await ask(office, "GET", "")).json()["items"][0]["limits"] == [told.json()]
    lifted = await ask(office, "DELETE", f"/depot/limits/{told.json()['id']}")
    assert lifted.status_code == 204
    assert [step["limit_w"] for step in (await ask(office, "GET", "/depot/plan")).json()["limit"]] == [44_000]
    assert problem(await ask(office, "DELETE", f"/depot/limits/{new_id()}")) == (404, "unknown_limit")
    assert problem(await ask(office, "GET", "/harbour/plan")) == (404, "unknown_power_group")
    kept = "SELECT told_by, lifted_at IS NOT NULL FROM grid_limits WHERE city = :city"
    assert await office.database.rows(office.seeded.city, kept) == [("BS|NETZ", True)]
