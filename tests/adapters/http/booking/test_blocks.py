"""Blocking a resource for a repair, from the wire to the tables."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from domain.booking.bookings import Booking, BookingId, State
from domain.booking.classes import ClassRequest
from domain.booking.resources import Resource
from domain.fleet.reservations import VehicleWanted
from domain.identity import Role
from domain.periods import Period
from infra.clock import now
from infra.ids import new_id
from tests.adapters.database.lives import World
from tests.adapters.database.offices import add_car
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL, a_booking, an_order, hours, minutes

pytestmark = pytest.mark.database


class Yard(msgspec.Struct, frozen=True):
    """Cars, and the operator who has them repaired; `start` is tomorrow, at some full hour."""

    http: httpx.AsyncClient
    database: Databases
    city: SeededCity
    operator: str
    start: datetime

    def path(self, car: Resource) -> str:
        return f"/v1/{self.city.city}/resources/{car.id}/blocks"

    async def block(
        self, car: Resource, token: str | None = None, key: str | None = None, **more: Any
    ) -> httpx.Response:
        body = {"start": self.start.isoformat(), "end": (self.start + hours(4)).isoformat()} | more
        return await self.http.post(self.path(car), json=body, headers=bearer(token or self.operator, key))

    async def lift(self, car: Resource, block: str, token: str | None = None) -> httpx.Response:
        return await self.http.delete(f"{self.path(car)}/{block}", headers=bearer(token or self.operator))

    async def booked(
        self, car: Resource, state: State = State.CONFIRMED, *, by_class: bool = False, seats: int = 1
    ) -> Booking:
        order = an_order(car, period=Period(self.start + hours(1), self.start + hours(2)))
        booking = replace(a_booking(state, car, order=order, made_at=now()), id=BookingId(new_id()))
        if by_class:
            wanted = msgspec.Raw(msgspec.json.encode(VehicleWanted(seats=seats)))
            request = ClassRequest(self.city.station.id, None, wanted)
            booking = replace(booking, request=request, final_at=booking.start - minutes(30))
        await self.database.place(self.city.city, booking, car)
        return booking

    async def claims(self, car: Resource) -> list[str]:
        sql = "SELECT kind FROM claims WHERE city = :city AND resource_id = :id ORDER BY claimed_from"
        return [kind for (kind,) in await self.database.rows(self.city.city, sql, id=car.id)]


@pytest.fixture
async def yard(http: httpx.AsyncClient, database: Databases) -> Yard:
    city = await database.new_city()
    start = (now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    return Yard(http, database, city, a_token(city.city, Role.OPERATOR), start)


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_blocked_car_is_taken_until_the_block_is_lifted(yard: Yard) -> None:
    car = yard.city.cars[0]
    wish = {"service": "fleet", "resource_id": str(car.id), "start": yard.start.isoformat()}
    wish["end"] = (yard.start + hours(1)).isoformat()
    bookings = f"/v1/{yard.city.city}/bookings"

    made = await yard.block(car, reason="Hauptuntersuchung")
    taken = await yard.http.post(bookings, json=wish, headers=bearer(a_token(yard.city.city)))
    lifted = [await yard.lift(car, made.json()["id"]) for _ in range(2)]
    free = await yard.http.post(bookings, json=wish, headers=bearer(a_token(yard.city.city)))

    assert (made.status_code, made.json()["reason"], made.json()["moved"]) == (201, "Hauptuntersuchung", [])
    assert said(taken) == (409, "resource_taken")
    assert [(each.status_code, each.content) for each in lifted] == [(204, b"")] * 2
    assert free.status_code == 201


async def test_what_is_in_the_way_is_listed_and_nothing_is_blocked(yard: Yard) -> None:
    car = yard.city.cars[0]
    booking = await yard.booked(car)
    for move in (False, True):
        refused = await yard.block(car, move=move)
        assert said(refused) == (409, "bookings_in_the_way")
        (hit,) = refused.json()["bookings"]
        assert (hit["booking_id"], hit["state"], hit["movable"]) == (str(booking.id), "confirmed", False)
        assert datetime.fromisoformat(hit["start"]) == booking.start
    assert await yard.claims(car) == ["booking"]


async def test_bookings_by_class_are_moved_if_that_frees_the_whole_period(yard: Yard) -> None:
    car, other = yard.city.cars[0], await add_car(World(yard.database, yard.city), "other")
    booking = await yard.booked(car, by_class=True)

    listed = await yard.block(car)
    made = await yard.block(car, key="k", move=True)
    again = await yard.block(car, key="k", move=True)

    assert said(listed) == (409, "bookings_in_the_way")
    assert listed.json()["bookings"][0]["movable"] is True
    assert (made.status_code, made.json()["moved"]) == (201, [str(booking.id)])
    assert (again.content, again.headers["idempotency-replayed"]) == (made.content, "true")
    assert (set(await yard.claims(car)), await yard.claims(other)) == ({"maintenance"}, ["booking"])


async def test_nobody_is_moved_where_another_stays(yard: Yard) -> None:
    car, other = yard.city.cars[0], await add_car(World(yard.database, yard.city), "other")
    await yard.booked(car, by_class=True)
    order = an_order(car, holder="kim", period=Period(yard.start + hours(3), yard.start + hours(4)))
    stays = replace(a_booking(State.CONFIRMED, car, order=order), id=BookingId(new_id()))
    await yard.database.place(yard.city.city, stays, car)

    refused = await yard.block(car, move=True)

    assert said(refused) == (409, "bookings_in_the_way")
    assert (await yard.claims(car), await yard.claims(other)) == (["booking", "booking"], [])


async def test_of_two_to_be_moved_where_one_finds_a_place_none_is_moved(yard: Yard) -> None:
    car, other = yard.city.cars[0], await add_car(World(yard.database, yard.city), "other")
    first = await yard.booked(car, by_class=True)
    second = replace(first, id=BookingId(new_id()), start=first.end, end=first.end + hours(1))
    await yard.database.place(yard.city.city, second, car)
    order = an_order(other, holder="kim", period=second.period)
    await yard.database.place(
        yard.city.city, replace(a_booking(State.CONFIRMED, other, order=order), id=BookingId(new_id())), other
    )

    refused = await yard.block(car, move=True)

    assert [hit["booking_id"] for hit in refused.json()["bookings"]] == [str(second.id)]
    assert (await yard.claims(car), await yard.claims(other)) == (["booking", "booking"], ["booking"])


async def test_the_turnaround_after_a_use_is_in_no_blocks_way_and_lasts_as_long_as_before(yard: Yard) -> None:
    car, start = yard.city.cars[0], yard.start
    turnaround = text(
        "INSERT INTO claims (city, resource_id, claimed_from, claimed_until, kind) VALUES (:city, :id, :since, :until, 'buffer')"
    )
    span = {"since": start - minutes(10), "until": start + minutes(20)}
    async with yard.database.app.transactions.city(yard.city.city) as connection:
        await connection.execute(turnaround, {"city": yard.city.city, "id": car.id} | span)

    made = await yard.block(car)

    assert made.status_code == 201, made.text
    assert await yard.claims(car) == ["buffer", "maintenance"]
    assert (await yard.lift(car, made.json()["id"])).status_code == 204
    assert await yard.claims(car) == ["buffer"]


async def test_for_a_repair_others_make_room_as_well(yard: Yard) -> None:
    """Who asked for five seats goes to the one that somebody else need not have."""
    world = World(yard.database, yard.city)
    car, small, other = yard.city.cars[0], await add_car(world, "small", seats=2), await add_car(world, "other")
    asks = [(await yard.booked(each, by_class=True, seats=seats)).id for each, seats in ((car, 5), (other, 2))]

    made = await yard.block(car, move=True)

    assert (made.status_code, made.json()["moved"]) == (201, [str(asks[0])])
    assert set(await yard.claims(car)) == {"maintenance"}
    assert [await yard.claims(each) for each in (small, other)] == [["booking"], ["booking"]]


async def test_a_hold_that_lapsed_is_not_in_the_way(yard: Yard) -> None:
    car = yard.city.cars[0]
    hold = await yard.booked(car, State.HELD)
    async with yard.database.app.transactions.city(yard.city.city) as connection:
        lapse = text("UPDATE bookings SET hold_expires_at = made_at WHERE city = :city AND id = :id")
        await connection.execute(lapse, {"city": yard.city.city, "id": hold.id})
    assert (await yard.block(car)).status_code == 201
    assert await yard.claims(car) == ["maintenance"]


async def test_of_a_block_and_a_booking_at_once_one_gets_the_time(yard: Yard) -> None:
    car = yard.city.cars[0]
    wish = {"service": "fleet", "resource_id": str(car.id), "start": yard.start.isoformat()}
    wish["end"] = (yard.start + hours(1)).isoformat()
    url = f"/v1/{yard.city.city}/bookings"
    answers = await asyncio.gather(
        yard.block(car), yard.http.post(url, json=wish, headers=bearer(a_token(yard.city.city)))
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert len(await yard.claims(car)) == 1


async def test_a_refusal_is_the_answer_to_its_key_once_and_for_all(yard: Yard) -> None:
    car = yard.city.cars[0]
    booking = await yard.booked(car)
    first = await yard.block(car, key="same")
    await yard.database.rows(
        yard.city.city, "DELETE FROM claims WHERE city = :city AND booking_id = :id RETURNING city", id=booking.id
    )
    again = await yard.block(car, key="same")
    other = await yard.block(car, key="same", reason="another")

    assert (first.status_code, again.content, again.headers["idempotency-replayed"]) == (409, first.content, "true")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_managers_block_the_cars_of_their_own_pools(yard: Yard) -> None:
    shared, pool_car = yard.city.cars
    city = yard.city.city
    manager = a_token(city, Role.FLEET_MANAGER, pools=[TOWN_HALL])
    elsewhere = a_token(city, Role.FLEET_MANAGER, pools=["fire-brigade"])

    assert said(await yard.block(shared, manager)) == (403, "forbidden")
    assert said(await yard.block(pool_car, elsewhere)) == (403, "forbidden")
    assert said(await yard.block(pool_car, a_token(city, Role.DRIVER))) == (403, "forbidden")
    made = await yard.block(pool_car, manager)
    assert made.status_code == 201
    assert said(await yard.lift(pool_car, made.json()["id"], elsewhere)) == (403, "forbidden")
    assert said(await yard.lift(shared, made.json()["id"])) == (404, "unknown_block")
    assert said(await yard.lift(pool_car, str(new_id()))) == (404, "unknown_block")
    assert (await yard.lift(pool_car, made.json()["id"], manager)).status_code == 204


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"start": "2020-01-01T00:00:00Z"}, 422, "period_in_the_past"),
        ({"end": "2098-01-01T00:00:00Z"}, 422, "period_too_long"),
        ({"end": "2020-01-01T00:00:00Z"}, 422, "invalid_input"),
        ({"reason": 5}, 422, "invalid_input"),
        ({"why": "x"}, 422, "invalid_input"),
    ],
)
async def test_a_block_that_means_nothing_is_refused(
    yard: Yard, changes: dict[str, Any], status: int, code: str
) -> None:
    assert said(await yard.block(yard.city.cars[0], **changes)) == (status, code)


async def test_a_car_that_is_not_there_is_not_blocked(yard: Yard) -> None:
    ghost = replace(yard.city.cars[0], id=new_id())
    assert said(await yard.block(ghost)) == (404, "unknown_resource")
