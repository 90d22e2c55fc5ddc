"""What an operator says of pools, and what follows for the bookings in them."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from msgspec import Struct

from domain.identity import PersonId, Role
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.settled import settled
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database
TOWN_HALL_AT_FIRST = {
    "id": TOWN_HALL,
    "name": "Rathaus",
    "approval_s": None,
    "offer_min": None,
    "approvers": 0,
    "version": 1,
}


class Office(Struct, frozen=True):
    http: httpx.AsyncClient
    database: Databases
    seeded: SeededCity

    async def ask(self, method: str, path: str, json: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        said = bearer(a_token(self.seeded.city, Role.OPERATOR)) | named
        return await self.http.request(method, f"/v1/{self.seeded.city}/admin/{path}", json=json, headers=said)


@pytest.fixture
async def office(http: httpx.AsyncClient, database: Databases) -> Office:
    seeded = await database.new_city()
    await settled(database, seeded.city)
    return Office(http, database, seeded)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_pool_is_made_and_changed_and_listed(office: Office) -> None:
    wish = {"name": "Feuerwehr", "approval_s": 3600, "offer_min": 15}
    made = await office.ask("PUT", "pools/fire-brigade", wish)
    again = await office.ask("PUT", "pools/fire-brigade", wish)
    changed = await office.ask("PUT", "pools/fire-brigade", {"name": "Feuerwehr", "approval_s": 3600})

    brigade = wish | {"id": "fire-brigade", "approvers": 0, "version": 1}
    free = brigade | {"offer_min": None, "version": 2}
    assert (made.status_code, made.json()) == (201, brigade)
    assert (again.status_code, again.json()) == (200, brigade)
    assert (changed.status_code, changed.json()) == (200, free)
    assert (await office.ask("GET", "pools/fire-brigade")).json() == free
    first = (await office.ask("GET", "pools?limit=1")).json()
    second = (await office.ask("GET", f"pools?limit=1&cursor={first['next_cursor']}")).json()
    assert (first["items"], second) == ([free], {"items": [TOWN_HALL_AT_FIRST], "next_cursor": None})
    audit = "SELECT action, count(*) FROM audit WHERE city = :city GROUP BY action"
    assert await office.database.rows(office.seeded.city, audit) == [("operator.pool_set", 2)]


async def test_whoever_changes_a_pool_from_an_old_reading_is_stopped(office: Office) -> None:
    read = (await office.ask("GET", f"pools/{TOWN_HALL}")).headers["etag"]
    done = await office.ask("PUT", f"pools/{TOWN_HALL}", {"name": "Rathaus 2"}, if_match=read)
    late = await office.ask("PUT", f"pools/{TOWN_HALL}", {"name": "Rathaus 3"}, if_match=read)
    nowhere = await office.ask("PUT", "pools/harbour", {"name": "Hafen"}, if_match=read)
    same = await office.ask("GET", f"pools/{TOWN_HALL}", if_none_match=done.headers["etag"])

    assert done.json() == TOWN_HALL_AT_FIRST | {"name": "Rathaus 2", "version": 2}
    assert problem(late) == problem(nowhere) == (412, "version_mismatch")
    assert (same.status_code, same.content) == (304, b"")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("pools/Town-Hall", {"name": "Rathaus"}),
        ("pools/7", {"name": "Rathaus"}),
        ("pools/harbour", {}),
        ("pools/harbour", {"name": " "}),
        ("pools/harbour", {"name": "Hafen", "approval_s": 60}),
        ("pools/harbour", {"name": "Hafen", "approval_s": 31 * 86400}),
        ("pools/harbour", {"name": "Hafen", "offer_min": 4}),
        ("pools/harbour", {"name": "Hafen", "offer_min": 1441}),
    ],
)
async def test_what_is_no_pool_is_not_made(office: Office, path: str, body: dict[str, Any]) -> None:
    assert problem(await office.ask("PUT", path, body)) == (422, "invalid_input")
    assert problem(await office.ask("GET", "pools/harbour")) == (404, "unknown_pool")


async def test_a_pool_that_wants_approval_has_its_next_booking_approved_by_its_managers(office: Office) -> None:
    grant = {"email": "ada@example.org", "role": "fleet_manager", "pool": TOWN_HALL}
    assert (await office.ask("POST", "roles", grant)).status_code == 201
    wanted = await office.ask("PUT", f"pools/{TOWN_HALL}", {"name": "Rathaus", "approval_s": 7200})
    start = (now() + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
    trip = {
        "service": "fleet",
        "resource_id": str(office.seeded.cars[1].id),
        "start": start.isoformat(),
        "end": (start + timedelta(hours=1)).isoformat(),
        "options": {"cost_centre": "5100"},
    }
    driver = bearer(a_token(office.seeded.city, Role.DRIVER, person=PersonId(new_id())))
    booked = await office.http.post(f"/v1/{office.seeded.city}/bookings", json=trip, headers=driver)

    assert wanted.json()["approvers"] == 1
    assert (booked.status_code, booked.json()["approval"]["state"]) == (201, "pending")
