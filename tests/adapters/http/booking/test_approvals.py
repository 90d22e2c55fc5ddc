"""Bookings that somebody has to approve, from the wire to the tables."""

from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from sqlalchemy import text

from domain.identity import PersonId, Role
from infra.clock import now
from infra.ids import new_id
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database


class Pool(msgspec.Struct, frozen=True):
    """The town hall's cars, a driver of them, and whoever runs the pool."""

    http: httpx.AsyncClient
    database: Databases
    city: SeededCity
    driver: str
    manager: str

    async def ask(self, token: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(f"/v1/{self.city.city}/bookings{path}", json=body, headers=bearer(token) | named)

    async def trip(self, token: str, *, in_hours: int = 24) -> dict[str, Any]:
        """An hour for work, in the car that is for work only."""
        start = (now() + timedelta(hours=in_hours)).replace(minute=0, second=0, microsecond=0)
        body = {
            "service": "fleet",
            "resource_id": str(self.city.cars[1].id),
            "start": start.isoformat(),
            "end": (start + timedelta(hours=1)).isoformat(),
            "options": {"cost_centre": "5100"},
        }
        booked = await self.ask(token, "", body)
        assert booked.status_code == 201, booked.text
        found: dict[str, Any] = booked.json()
        return found


@pytest.fixture
async def pool(http: httpx.AsyncClient, database: Databases) -> Pool:
    city = await database.new_city()
    async with database.app.transactions.city(city.city) as connection:
        await connection.execute(text("UPDATE pools SET approval_s = 7200 WHERE city = :city"), {"city": city.city})
    driver = a_token(city.city, Role.DRIVER, person=PersonId(new_id()))
    manager = a_token(city.city, Role.FLEET_MANAGER, person=PersonId(new_id()), pools=[TOWN_HALL])
    return Pool(http, database, city, driver, manager)


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_trip_waits_for_the_pools_manager_and_is_confirmed_by_a_yes(pool: Pool) -> None:
    trip = await pool.trip(pool.driver)
    due = datetime.fromisoformat(trip["approval"]["due_at"])
    assert (trip["state"], trip["approval"]["state"], trip["actions"]) == ("held", "pending", ["cancel"])
    assert trip["hold_expires_at"] == trip["approval"]["due_at"]
    assert timedelta(minutes=119) < due - now() <= timedelta(hours=2)

    first = await pool.ask(pool.driver, f"/{trip['id']}/confirm", idempotency_key="k1")
    shown = await pool.http.get(f"/v1/{pool.city.city}/bookings/{trip['id']}", headers=bearer(pool.manager))
    yes = await pool.ask(pool.manager, f"/{trip['id']}/approve")
    again = await pool.ask(pool.manager, f"/{trip['id']}/approve")
    second = await pool.ask(pool.driver, f"/{trip['id']}/confirm", idempotency_key="k1")

    assert said(first) == (409, "approval_pending")
    assert shown.json()["actions"] == ["cancel", "approve", "reject"]
    assert (yes.status_code, yes.json()["state"], yes.json()["approval"]["state"]) == (200, "confirmed", "approved")
    assert (again.status_code, again.json()) == (200, yes.json())
    assert (second.status_code, second.json()["state"]) == (200, "confirmed")
    told = await pool.database.rows(
        pool.city.city, "SELECT kind FROM outbox WHERE city = :city AND subject_id = :id ORDER BY 1", id=trip["id"]
    )
    assert told == [("booking.approval_asked",), ("booking.confirmed",)]


async def test_a_no_cancels_the_trip_and_frees_the_car(pool: Pool) -> None:
    trip = await pool.trip(pool.driver)
    no = await pool.ask(pool.manager, f"/{trip['id']}/reject", {"reason": "Winterdienst"})

    assert (no.status_code, no.json()["state"], no.json()["reason_code"]) == (200, "cancelled", "approval_rejected")
    assert no.json()["approval"]["state"] == "rejected"
    assert no.json()["approval"]["reason"] == "Winterdienst"
    assert said(await pool.ask(pool.manager, f"/{trip['id']}/approve")) == (409, "decided_otherwise")
    assert (await pool.trip(pool.driver))["state"] == "held"


async def test_only_whoever_runs_the_pool_decides_or_the_operator(pool: Pool) -> None:
    trip = await pool.trip(pool.driver)
    city = pool.city.city
    elsewhere = a_token(city, Role.FLEET_MANAGER, pools=["fire-brigade"])
    for action in ("approve", "reject"):
        assert said(await pool.ask(pool.driver, f"/{trip['id']}/{action}")) == (403, "forbidden")
        assert said(await pool.ask(elsewhere, f"/{trip['id']}/{action}")) == (404, "unknown_booking")
        assert said(await pool.ask(pool.manager, f"/{new_id()}/{action}")) == (404, "unknown_booking")
        stale = await pool.ask(pool.manager, f"/{trip['id']}/{action}", if_match='"7"')
        assert said(stale) == (412, "version_mismatch")

    yes = await pool.ask(a_token(city, Role.OPERATOR), f"/{trip['id']}/approve", idempotency_key="k")
    replayed = await pool.ask(a_token(city, Role.OPERATOR), f"/{trip['id']}/approve")
    assert (yes.status_code, yes.json()["state"]) == (200, "confirmed")
    assert replayed.json() == yes.json()


async def test_the_manager_herself_waits_for_nobody(pool: Pool) -> None:
    trip = await pool.trip(pool.manager)
    assert (trip["state"], trip["approval"]) == ("confirmed", None)


async def test_a_reason_that_is_none_is_pointed_at(pool: Pool) -> None:
    trip = await pool.trip(pool.driver)
    for body, pointer in (({"reason": 1}, "/reason"), ({"why": "x"}, "/why"), ({"reason": "x" * 501}, "/reason")):
        answer = await pool.ask(pool.manager, f"/{trip['id']}/reject", body)
        assert said(answer) == (422, "invalid_input")
        assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]
