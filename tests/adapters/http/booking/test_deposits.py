"""Claiming of a deposit over HTTP: by whom, once, and what its holder sees of it."""

from typing import Any

import httpx
import pytest
from msgspec.structs import replace

from domain.booking.bookings import BookingId, State
from domain.booking.terms import DepositAsked
from domain.identity import PersonId, Role
from domain.payments.payments import PaymentState, Purpose
from domain.periods import Period
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.garage import problem
from tests.api import a_token, bearer
from tests.database import Databases
from tests.examples import TOWN_HALL, a_booking, a_payment, an_order, euros, hours, minutes

pytestmark = pytest.mark.database
CLAIM = {"amount": {"amount": 9000}, "reason": "Kratzer an der Tür"}


async def test_a_manager_takes_a_part_once_and_its_holder_sees_it(http: httpx.AsyncClient, database: Databases) -> None:
    city, ada, asked = await database.new_city(), PersonId(new_id()), DepositAsked(euros("150.00"), 86400)
    trip = a_booking(State.COMPLETED, city.cars[1])
    trip = replace(
        trip, id=BookingId(new_id()), holder_id=ada, finished_at=now(), terms=replace(trip.terms, deposit=asked)
    )
    price = replace(a_payment(trip, PaymentState.CAPTURED, captured=500), id=new_id(), intent_id="pi_price")
    deposit = replace(
        a_payment(trip), id=new_id(), intent_id="pi_deposit", purpose=Purpose.DEPOSIT, amount=asked.amount
    )
    await database.place(city.city, trip, city.cars[1], price, deposit)

    def manager(pool: str) -> str:
        return a_token(city.city, Role.FLEET_MANAGER, person=new_id(), pools=(pool,))

    async def claim(token: str, body: Any = CLAIM, key: str | None = None) -> httpx.Response:
        headers = bearer(token, key or new_id().hex)
        return await http.post(f"/v1/{city.city}/bookings/{trip.id}/deposit/claim", json=body, headers=headers)

    gerd = manager(TOWN_HALL)
    assert problem(await claim(manager("library"))) == (404, "unknown_booking")
    assert problem(await claim(gerd, CLAIM | {"amount": {"amount": 15001}})) == (422, "more_than_deposit")
    first, again = await claim(gerd, key="one"), await claim(gerd, key="one")
    assert (first.status_code, again.content) == (200, first.content)
    assert first.json() == {
        "booking_id": str(trip.id),
        "amount": {"amount": 9000, "currency": "EUR"},
        "reason": "Kratzer an der Tür",
        "fee": {"amount": 9500, "currency": "EUR"},
        "version": trip.version + 1,
    }
    assert problem(await claim(gerd)) == (409, "deposit_claimed")

    seen = (
        await http.get(f"/v1/{city.city}/bookings/{trip.id}", headers=bearer(a_token(city.city, person=ada)))
    ).json()
    assert (seen["fee"]["amount"], seen["deposit"]["state"], seen["quote"]["lines"][-1]["description"]) == (
        9500, "authorised", "Kratzer an der Tür",
    )  # fmt: skip
    told = "SELECT kind FROM outbox WHERE city = :city AND subject_id = :id"
    noted = "SELECT action FROM audit WHERE city = :city AND subject_id = :id ORDER BY id"
    assert await database.rows(city.city, told, id=trip.id) == [("booking.deposit_claimed",)]
    assert [action for (action,) in await database.rows(city.city, noted, id=trip.id)] == [
        "refused:unknown_booking", "refused:more_than_deposit", "booking.deposit_claimed", "deposit.claimed",
        "refused:deposit_claimed",
    ]  # fmt: skip


async def test_nobody_starts_without_it(http: httpx.AsyncClient, database: Databases) -> None:
    city, ada, asked = await database.new_city(), PersonId(new_id()), DepositAsked(euros("150.00"), 86400)
    point, start = city.charge_points[0], (now() + minutes(1)).replace(microsecond=0)
    booking = a_booking(State.CONFIRMED, point, order=an_order(point, period=Period(start, start + hours(1))))
    booking = replace(booking, id=BookingId(new_id()), holder_id=ada, terms=replace(booking.terms, deposit=asked))
    price = replace(a_payment(booking), id=new_id(), intent_id="pi_of_the_price")
    await database.place(city.city, booking, point, price)
    headers = bearer(a_token(city.city, person=ada), "start")

    async def begun() -> httpx.Response:
        return await http.post(f"/v1/{city.city}/bookings/{booking.id}/start", json={}, headers=headers)

    assert problem(await begun()) == (409, "deposit_required")
    deposit = replace(price, id=new_id(), intent_id="pi_of_the_deposit", purpose=Purpose.DEPOSIT, amount=asked.amount)
    await database.pay(city.city, deposit)
    assert (await begun()).json()["state"] == "in_use"
