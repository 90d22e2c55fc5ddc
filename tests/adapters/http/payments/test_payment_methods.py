"""Saved cards over HTTP, kept by Stripe's sandbox: one's own are seen and taken away, and go with an erased person."""

import itertools
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace

from adapters.database.payments.accounts import SqlAccounts
from adapters.http.app import create_app
from adapters.http.auth import Tokens
from adapters.http.endpoints import Edge
from adapters.payments.accounts import StripeClients
from domain.booking.bookings import Booking, BookingId, State
from domain.identity import PersonId
from domain.periods import Period
from infra.bootstrap import Outside, application, endpoints
from infra.clock import now
from infra.ids import new_id
from services.application import Application
from tests.adapters.payments.sandbox.running import Running, running
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_order, hours

pytestmark = pytest.mark.database
_slots = itertools.count()


class Purse(Struct, frozen=True):
    """A city that takes money, the API in front of it, and somebody who saved a card."""

    http: httpx.AsyncClient
    offered: Application
    sandbox: Running
    database: Databases
    seeded: SeededCity

    async def person(self) -> PersonId:
        person = PersonId(new_id())
        await self.database.rows(
            self.seeded.city,
            "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now()) RETURNING id",
            id=person,
            email=f"{person}@example.org",
        )
        return person

    async def saved(self, person: PersonId) -> Booking:
        """A booking far ahead, for which a card was saved."""
        point = self.seeded.charge_points[0]
        start = (now() + hours(24 * 20 + 2 * next(_slots))).replace(microsecond=0)
        order = an_order(point, period=Period(start, start + hours(1)))
        booking = a_booking(State.HELD, point, order=order, made_at=now().replace(microsecond=0))
        booking = replace(booking, id=BookingId(new_id()), holder_id=person)
        await self.database.place(self.seeded.city, booking, point)
        paid = await self.ask(person, "POST", f"bookings/{booking.id}/payment", {"payment_method_id": "pm_card_visa"})
        assert paid.json()["state"] == "saved", paid.text
        return booking

    async def ask(self, person: PersonId, method: str, path: str, body: Any = None) -> httpx.Response:
        url = f"/v1/{self.seeded.city}/{path}"
        return await self.http.request(method, url, json=body, headers=bearer(a_token(self.seeded.city, person=person)))

    async def cards(self, person: PersonId) -> list[dict[str, Any]]:
        found = await self.ask(person, "GET", "me/payment-methods")
        assert found.status_code == 200, found.text
        items: list[dict[str, Any]] = found.json()["items"]
        return items


@pytest.fixture(scope="module")
async def purse(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Purse]:
    async with running(tmp_path_factory.mktemp("stripe")) as sandbox:
        seeded, mine = await database.new_city(), sandbox.accounts[0]
        stripe = {
            "account": mine.id,
            "publishable_key": mine.publishable_key,
            "secret_key": mine.secret_key,
            "webhook_secret": mine.webhook_secret,
        }
        settled = "UPDATE cities SET settings = CAST(:settings AS jsonb), stripe_account = :account WHERE city = :city RETURNING city"
        await database.rows(seeded.city, settled, settings=json.dumps({"stripe": stripe}), account=mine.id)
        outside = Outside(now, new_id, lambda secret: secret, sandbox.url)
        clients = StripeClients(SqlAccounts(database.app.transactions), outside.secret, sandbox.url)
        offered = application(database.app, outside, clients)
        edge = Edge(offered, Tokens({KEY_ID: KEY.public_key()}), now, new_id, _ready, "test")
        async with client(create_app(edge, endpoints(offered))) as http:
            yield Purse(http, offered, sandbox, database, seeded)
        await clients.close()
        await database.rows(seeded.city, settled, settings="{}", account=None)


async def _ready() -> dict[str, str]:
    return {"status": "ready"}


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_card_is_known_by_its_last_digits_and_taken_away_by_its_owner_alone(purse: Purse) -> None:
    ada, ben = await purse.person(), await purse.person()
    booking = await purse.saved(ada)
    await purse.saved(ben)
    (card,) = await purse.cards(ada)
    assert set(card) == {"type", "id", "brand", "last4", "exp_month", "exp_year"}
    assert (card["brand"], card["last4"]) == ("visa", "4242")
    path = f"me/payment-methods/{card['id']}"

    assert problem(await purse.ask(ben, "DELETE", path)) == (404, "unknown_payment_method")
    assert problem(await purse.ask(ada, "DELETE", path)) == (409, "payment_method_in_use")
    cancelled = await purse.ask(ada, "POST", f"bookings/{booking.id}/cancel")
    assert cancelled.status_code == 200
    await purse.offered.payments.settle(purse.seeded.city, booking.id)
    assert (await purse.ask(ada, "DELETE", path)).status_code == 204
    assert problem(await purse.ask(ada, "DELETE", path)) == (404, "unknown_payment_method")
    assert (await purse.cards(ada), len(await purse.cards(ben))) == ([], 1)


async def test_who_never_paid_has_no_cards(purse: Purse) -> None:
    person = await purse.person()
    assert await purse.cards(person) == []
    assert problem(await purse.ask(person, "DELETE", "me/payment-methods/pm_1")) == (404, "unknown_payment_method")


async def test_a_provider_that_is_down_is_503(purse: Purse) -> None:
    person = await purse.person()
    await purse.saved(person)
    [(customer,)] = await purse.database.rows(
        purse.seeded.city, "SELECT customer_id FROM payers WHERE city = :city AND person_id = :id", id=person
    )
    await purse.sandbox.fault("GET", f"/v1/customers/{customer}/payment_methods", "timeout_before", times=3)
    assert problem(await purse.ask(person, "GET", "me/payment-methods")) == (503, "unavailable")
    assert len(await purse.cards(person)) == 1


async def test_the_cards_of_an_erased_person_are_forgotten_at_the_provider(purse: Purse) -> None:
    ada, ben = await purse.person(), await purse.person()
    await purse.saved(ada)
    await purse.saved(ben)
    for _ in range(2):  # the job may come twice
        await purse.offered.wallet.forget(purse.seeded.city, ada)
    assert (await purse.cards(ada), len(await purse.cards(ben))) == ([], 1)
    city = purse.seeded.city
    known = await purse.database.rows(
        city, "SELECT person_id FROM payers WHERE city = :city AND person_id = ANY (:ids)", ids=[ada, ben]
    )
    assert known == [(ben,)]
