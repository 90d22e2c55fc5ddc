"""A pool bike without a set end, from the wire to its claims: held, paid, rolled on by the clock, ended by notice, withdrawn from."""

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace

from adapters.mail.files import FileMailer
from domain.booking.bookings import BookingId, Readings, State
from domain.booking.life import CancelBooking, StartBooking
from domain.booking.subscribing import without_set_end
from domain.periods import Period
from domain.pricing.timing import plus_months
from infra.bootstrap import Outside, Post, effects
from infra.clock import now
from infra.ids import new_id
from tests.adapters.database.lives import World
from tests.api import a_token, bearer
from tests.database import Databases
from tests.examples import BERLIN, LEASE_POLICY, a_booking, a_call, an_order, person_id

pytestmark = pytest.mark.database


class Shop(Struct, frozen=True):
    http: httpx.AsyncClient
    world: World

    async def ask(self, method: str, path: str = "", body: Any = None, who: str = "ada") -> httpx.Response:
        headers = bearer(a_token(self.world.city.city, person=person_id(who)), new_id().hex)
        url = f"/v1/{self.world.city.city}/leasing/subscriptions{path}"
        return await self.http.request(method, url, json=body, headers=headers)

    async def running(self, start: datetime) -> BookingId:
        """One that was paid and begun."""
        bike, agreed = self.world.city.bikes[0], without_set_end(LEASE_POLICY, BERLIN)
        assert agreed is not None
        order = an_order(bike, period=Period(start, agreed.claimed_at_first(start)))
        made = a_booking(State.CONFIRMED, bike, order=order)
        terms = replace(made.terms, subscription=agreed)
        placed = await self.world.place(replace(made, id=BookingId(new_id()), terms=terms), bike)
        await self.world.at(start).start(a_call(self.world.actor()), StartBooking(placed.id, Readings()))
        return placed.id


@pytest.fixture
async def shop(http: httpx.AsyncClient, database: Databases) -> Shop:
    return Shop(http, World(database, await database.new_city()))


def the_first(after: int = 2) -> datetime:
    """A month's first, at noon in Berlin, that is not far away."""
    return plus_months(now().replace(day=1, hour=11, minute=0, second=0, microsecond=0), after, BERLIN)


async def test_of_two_who_want_the_same_bike_one_has_it_and_the_other_sees_it_taken(shop: Shop) -> None:
    bike, start = str(shop.world.city.bikes[0].id), the_first()
    wanted = {"resource_id": bike, "start": start.isoformat(), "plan": "monthly"}
    both = await asyncio.gather(shop.ask("POST", "", wanted), shop.ask("POST", "", wanted, "grace"))

    assert sorted(each.status_code for each in both) == [201, 409]
    assert {each.json().get("code") for each in both} == {None, "resource_taken"}
    made, who = next((each.json(), who) for each, who in zip(both, ("ada", "grace"), strict=True) if each.is_success)
    ends = plus_months(start, 4, BERLIN)
    assert (made["state"], made["monthly"]["amount"], made["claimed_until"]) == ("held", 2900, told(ends))
    assert (made["minimum_until"], made["withdrawal"]["applies"]) == (told(plus_months(start, 3, BERLIN)), True)
    assert await shop.world.claims(shop.world.city.bikes[0]) == [("booking", start, ends)]
    assert (await shop.ask("GET", "", who=who)).json()["items"] == [made]
    assert (await shop.ask("GET", f"/{made['id']}", who="somebody")).json()["code"] == "unknown_booking"


async def test_who_withdrew_is_shown_no_day_until_which_the_bike_is_claimed_for_it_is_free(shop: Shop) -> None:
    world, bike = shop.world, shop.world.city.bikes[0]
    wanted = {"resource_id": str(bike.id), "start": the_first().isoformat(), "plan": "monthly"}
    made = (await shop.ask("POST", "", wanted)).json()
    assert made["claimed_until"] is not None
    paid = (
        "UPDATE bookings SET state = 'confirmed', hold_expires_at = NULL WHERE city = :city AND id = :id RETURNING id"
    )
    await world.rows(paid, id=UUID(made["id"]))
    await world.at(now()).cancel(a_call(world.actor()), CancelBooking(BookingId(UUID(made["id"]))))

    after = (await shop.ask("GET", f"/{made['id']}")).json()

    assert (after["state"], after["claimed_until"], after["earliest_end"]) == ("withdrawn", None, None)
    assert await world.claims(bike) == []


async def test_only_what_the_city_gives_so_is_had_without_a_set_end(shop: Shop) -> None:
    def wanted(resource: Any, plan: str = "monthly") -> dict[str, Any]:
        return {"resource_id": str(resource), "start": the_first().isoformat(), "plan": plan}

    found = [
        (await shop.ask("POST", "", wanted(each))).json()["code"] for each in (shop.world.city.cars[0].id, new_id())
    ]
    assert found == ["not_for_subscription"] * 2
    other = await shop.ask("POST", "", wanted(shop.world.city.bikes[0].id, "daily"))
    assert (other.status_code, other.json()["code"]) == (422, "unknown_plan")


async def test_the_clock_claims_a_month_more_over_a_repair_and_a_notice_frees_it(shop: Shop) -> None:
    world, bike = shop.world, shop.world.city.bikes[0]
    start = the_first(after=-5)
    of = await shop.running(start)
    months = [plus_months(start, count, BERLIN) for count in range(8)]
    await world.rows(
        """INSERT INTO claims (city, resource_id, claimed_from, claimed_until, kind)
        VALUES (:city, :id, :since, :until, 'maintenance') RETURNING city""",
        id=bike.id,
        since=months[4] + timedelta(days=3),
        until=months[4] + timedelta(days=5),
    )
    due = "SELECT rolls_at FROM bookings WHERE city = :city AND id = :id"
    assert await world.rows(due, id=of) == [(months[3],)]

    for _ in range(2):  # as after a crash
        await world.at(months[3]).roll(world.city.city, of)
    assert await world.rows(due, id=of) == [(months[4],)]
    assert await world.claims(bike) == [("booking", months[0], months[4]), ("booking", months[4], months[5])]
    await world.at(months[5] - timedelta(hours=1)).roll(world.city.city, of)

    noticed = await shop.ask("POST", f"/{of}/cancel", {})
    again = await shop.ask("POST", f"/{of}/cancel", {})
    assert (noticed.status_code, noticed.json()["state"], noticed.json()["notice_by"]) == (200, "ending", "holder")
    assert again.json() == noticed.json()
    ends = datetime.fromisoformat(noticed.json()["ends_at"])
    assert (await world.claims(bike))[-1][2] == ends
    assert await world.rows(due, id=of) == [(None,)]
    told_of = await world.rows("SELECT kind FROM outbox WHERE city = :city AND subject_id = :id ORDER BY id", id=of)
    assert [row[0] for row in told_of] == [
        "booking.started",
        "booking.rolled",
        "booking.rolled",
        "booking.notice_given",
    ]


async def test_the_worker_finds_what_is_to_be_rolled_across_cities(shop: Shop, tmp_path: Path) -> None:
    start = the_first(after=-3)
    of = await shop.running(start)
    outside = Outside(now, new_id, lambda secret: secret)
    database = shop.world.database
    await effects(database.app, database.relay, outside, Post(FileMailer(tmp_path))).roll()
    (row,) = await shop.world.rows("SELECT ends FROM bookings WHERE city = :city AND id = :id", id=of)
    assert row[0] == plus_months(start, 5, BERLIN)


def told(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")
