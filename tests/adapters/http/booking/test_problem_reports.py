"""Something is wrong with what was booked, from the wire to the tables."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import Service
from domain.booking.terms import ProblemKind
from domain.identity import PersonId, Role
from domain.periods import Period
from infra.clock import now
from infra.ids import new_id
from tests.adapters.database.lives import World
from tests.adapters.database.offices import publish_terms
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_order, hours, minutes

pytestmark = pytest.mark.database


class Street(msgspec.Struct, frozen=True):
    """Ada has booked a charge point; another one stands beside it."""

    http: httpx.AsyncClient
    database: Databases
    city: SeededCity
    holder: PersonId

    async def placed(self, starts_in: timedelta, state: State = State.CONFIRMED) -> Booking:
        point = self.city.charge_points[0]
        start = (now() + starts_in).replace(microsecond=0)
        order = an_order(point, period=Period(start, start + hours(1)))
        booking = replace(a_booking(state, point, order=order), id=BookingId(new_id()), holder_id=self.holder)
        await self.database.place(self.city.city, booking, point)
        return booking

    @property
    def token(self) -> str:
        return a_token(self.city.city, person=self.holder)

    async def post(self, path: str, body: Any = None, token: str | None = None, **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"/v1/{self.city.city}/bookings/{path}"
        return await self.http.post(url, json=body, headers=bearer(token or self.token) | named)

    async def free(self) -> set[str]:
        period = {"start": (now() + hours(30)).isoformat(), "end": (now() + hours(31)).isoformat()}
        found = await self.http.get(f"/v1/{self.city.city}/availability", params={"service": "charging"} | period)
        return {item["resource_id"] for item in found.json()["items"]}


@pytest.fixture
async def street(http: httpx.AsyncClient, database: Databases) -> Street:
    city = await database.new_city()
    await publish_terms(World(database, city), Service.CHARGING, withdrawn_when=(ProblemKind.DEFECTIVE,))
    return Street(http, database, city, PersonId(new_id()))


async def test_a_problem_is_answered_with_what_is_free_instead_and_spares_the_fee(street: Street) -> None:
    booking = await street.placed(hours(2))
    dry = await street.post(f"{booking.id}/cancel?dry_run=true")
    told = await street.post(f"{booking.id}/problems", {"kind": "blocked", "note": "Ein Lieferwagen"})
    spared = await street.post(f"{booking.id}/cancel?dry_run=true")

    assert told.status_code == 200, told.text
    problem = told.json()["problem"]
    assert (problem["kind"], problem["note"], problem["withdrawn"]) == ("blocked", "Ein Lieferwagen", False)
    (instead,) = told.json()["alternatives"]
    assert (instead["resource_id"], instead["price"]) == (
        str(street.city.charge_points[1].id),
        {"amount": 240, "currency": "EUR"},
    )
    assert (told.json()["id"], told.json()["version"]) == (str(booking.id), 3)
    assert (dry.json()["fee"]["amount"], spared.json()["fee"]["amount"]) == (120, 0)
    kept = "SELECT kind, note, reporter_id FROM problems WHERE city = :city"
    assert await street.database.rows(street.city.city, kept) == [("blocked", "Ein Lieferwagen", street.holder)]


async def test_in_the_middle_of_a_use_the_rest_of_the_time_is_looked_for(street: Street) -> None:
    booking = await street.placed(-minutes(20), State.IN_USE)
    other = street.city.charge_points[1]
    start = booking.end - minutes(10)
    order = an_order(other, holder="grace", period=Period(start, start + hours(1)))
    rival = replace(a_booking(State.CONFIRMED, other, order=order), id=BookingId(new_id()))
    told = await street.post(f"{booking.id}/problems", {"kind": "dirty"})
    assert [each["resource_id"] for each in told.json()["alternatives"]] == [str(other.id)]
    await street.database.place(street.city.city, rival, other)
    again = await street.post(f"{booking.id}/problems", {"kind": "dirty"})
    assert again.json()["alternatives"] == []


async def test_a_defect_takes_the_resource_out_of_the_search_until_the_last_one_is_resolved(street: Street) -> None:
    operator = a_token(street.city.city, Role.OPERATOR)
    broken = str(street.city.charge_points[0].id)
    booking = await street.placed(minutes(5))
    later = await street.placed(hours(3))

    told = await street.post(f"{booking.id}/problems", {"kind": "defective"})
    await street.post(f"{later.id}/problems", {"kind": "defective"})
    assert told.json()["problem"]["withdrawn"] is True
    assert broken not in await street.free()
    early = await street.post(f"{later.id}/problems/resolve", token=operator)
    assert early.status_code == 200
    assert broken not in await street.free()

    refused = await street.post(f"{booking.id}/problems/resolve")
    resolved = await street.post(f"{booking.id}/problems/resolve", {"note": "getauscht"}, token=operator)
    again = await street.post(f"{booking.id}/problems/resolve", token=operator)

    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert (resolved.status_code, again.json()) == (200, resolved.json())
    assert broken in await street.free()
    dry = await street.post(f"{booking.id}/cancel?dry_run=true")
    assert dry.json()["fee"]["amount"] > 0


async def test_what_the_operator_took_out_of_service_is_not_brought_back_by_it(street: Street) -> None:
    booking = await street.placed(minutes(5))
    async with street.database.app.transactions.city(street.city.city) as connection:
        out = text("UPDATE resources SET in_service = false WHERE city = :city AND id = :id")
        await connection.execute(out, {"city": street.city.city, "id": booking.resource_id})
    await street.post(f"{booking.id}/problems", {"kind": "defective"})
    await street.post(f"{booking.id}/problems/resolve", token=a_token(street.city.city, Role.OPERATOR))
    assert str(booking.resource_id) not in await street.free()


async def test_the_same_key_reports_it_once_and_without_one_it_is_noted_again(street: Street) -> None:
    booking = await street.placed(hours(2))
    first = await street.post(f"{booking.id}/problems", {"kind": "other"}, idempotency_key="k")
    replayed = await street.post(f"{booking.id}/problems", {"kind": "other"}, idempotency_key="k")
    keyless = {"authorization": f"Bearer {street.token}"}
    url = f"/v1/{street.city.city}/bookings/{booking.id}/problems"
    third = await street.http.post(url, json={"kind": "other"}, headers=keyless)
    assert replayed.content == first.content
    assert third.status_code == 200
    count = await street.database.rows(street.city.city, "SELECT count(*) FROM problems WHERE city = :city")
    assert count == [(2,)]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "slow"}, "/kind"),
        ({}, "/kind"),
        ({"kind": "other", "note": "x" * 1001}, "/note"),
        ({"kind": 1}, "/kind"),
    ],
)
async def test_a_report_that_means_nothing_is_pointed_at(street: Street, body: dict[str, Any], pointer: str) -> None:
    answer = await street.post(f"{new_id()}/problems", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_for_strangers_there_is_nothing_to_report(street: Street) -> None:
    booking = await street.placed(hours(2))
    answer = await street.post(f"{booking.id}/problems", {"kind": "other"}, token=a_token(street.city.city))
    over = await street.placed(hours(9), State.CANCELLED)
    late = await street.post(f"{over.id}/problems", {"kind": "other"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_booking")
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
