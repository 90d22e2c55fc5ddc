"""Paying by SEPA direct debit over HTTP, from the mandate to what its bank says in the end, on Stripe's sandbox."""

import itertools
import json
from collections.abc import AsyncIterator
from datetime import timedelta
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
from domain.booking.resources import Resource
from domain.booking.terms import DebitPolicy
from domain.identity import PersonId
from domain.periods import Period
from infra.bootstrap import Outside, application, endpoints
from infra.clock import now
from infra.ids import new_id
from services.application import Application
from tests.adapters.payments.sandbox.debits import FAILS_LATER, PAYS, PAYS_LATER, bank_account
from tests.adapters.payments.sandbox.running import Running, running
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_order

pytestmark = pytest.mark.database
CREDITOR = "DE98ZZZ09999999999"
BANK_TAKES = 3 * 60  # seconds, of the accounts that answer later
_slots = itertools.count()


class Office(Struct, frozen=True):
    """A city that takes direct debits, and the API in front of it."""

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

    async def lease(self, person: PersonId, debits: DebitPolicy | None = DebitPolicy()) -> Booking:  # noqa: B008 - frozen
        """Three months of a bike that nobody else has then: 29 euros are taken at once."""
        days = 2 + 100 * next(_slots)
        booking = await self._hold(person, self.seeded.bikes[0], timedelta(days=days), timedelta(days=91), debits)
        assert booking.quote.due_now.amount == 2900
        return booking

    async def ride(self, person: PersonId, days: int = 1) -> Booking:
        """An hour at a charge point, whose price is held, or its card saved."""
        starts = timedelta(days=days, hours=2 * next(_slots))
        point = self.seeded.charge_points[0]
        return await self._hold(person, point, starts, timedelta(hours=1), DebitPolicy())

    async def _hold(
        self, person: PersonId, what: Resource, starts_in: timedelta, lasts: timedelta, debits: DebitPolicy | None
    ) -> Booking:
        start = (now() + starts_in).replace(microsecond=0)
        order = an_order(what, period=Period(start, start + lasts))
        made = a_booking(State.HELD, what, order=order, made_at=now().replace(microsecond=0))
        terms = replace(made.terms, debits=debits)
        booking = replace(made, id=BookingId(new_id()), holder_id=person, terms=terms)
        await self.database.place(self.seeded.city, booking, what)
        return booking

    async def ask(self, person: PersonId, method: str, path: str, body: Any = None) -> httpx.Response:
        url = f"/v1/{self.seeded.city}/{path}"
        return await self.http.request(method, url, json=body, headers=bearer(a_token(self.seeded.city, person=person)))

    async def pay(self, booking: Booking, method: str, **more: Any) -> httpx.Response:
        return await self.ask(
            booking.holder_id, "POST", f"bookings/{booking.id}/payment", {"payment_method_id": method, **more}
        )

    async def state(self, booking: Booking) -> tuple[str, str]:
        """The booking's, and its payment's."""
        shown = (await self.ask(booking.holder_id, "GET", f"bookings/{booking.id}")).json()
        return shown["state"], shown["payment"]["state"]

    async def later(self, booking: Booking) -> None:
        """The bank has spoken, and we have heard of it."""
        await self.sandbox.advance(BANK_TAKES)
        await self.offered.payments.refresh(self.seeded.city, booking.id)
        await self.offered.payments.settle(self.seeded.city, booking.id)


@pytest.fixture(scope="module")
async def office(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Office]:
    async with running(tmp_path_factory.mktemp("stripe")) as sandbox:
        seeded, mine = await database.new_city(), sandbox.accounts[0]
        stripe = {
            "account": mine.id,
            "publishable_key": mine.publishable_key,
            "secret_key": mine.secret_key,
            "webhook_secret": mine.webhook_secret,
        }
        settings = {"stripe": stripe, "creditor_id": CREDITOR, "debits": {"offered": True}}
        settled = "UPDATE cities SET settings = CAST(:settings AS jsonb), stripe_account = :account WHERE city = :city RETURNING city"
        await database.rows(seeded.city, settled, settings=json.dumps(settings), account=mine.id)
        outside = Outside(now, new_id, lambda secret: secret, sandbox.url)
        clients = StripeClients(SqlAccounts(database.app.transactions), outside.secret, sandbox.url)
        offered = application(database.app, outside, clients)
        edge = Edge(offered, Tokens({KEY_ID: KEY.public_key()}), now, new_id, _ready, "test")
        async with client(create_app(edge, endpoints(offered))) as http:
            yield Office(http, offered, sandbox, database, seeded)
        await clients.close()
        await database.rows(seeded.city, settled, settings="{}", account=None)


async def _ready() -> dict[str, str]:
    return {"status": "ready"}


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_lease_is_confirmed_while_the_bank_is_asked_and_paid_when_it_says_yes(office: Office) -> None:
    ada = await office.person()
    lease = await office.lease(ada)
    account = await bank_account(office.sandbox, PAYS_LATER)
    paid = await office.pay(lease, account, mandate_accepted=True)
    assert paid.status_code == 200, paid.text
    shown = paid.json()
    assert (shown["state"], shown["kind"], shown["expires_at"] is None) == ("processing", "payment", False)
    assert (shown["mandate"]["creditor_id"], len(shown["mandate"]["reference"])) == (CREDITOR, 12)
    assert shown["mandate"]["debit_on"] == (now().date() + timedelta(days=2)).isoformat()
    assert await office.state(lease) == ("confirmed", "processing")
    await office.later(lease)
    assert await office.state(lease) == ("confirmed", "captured")

    listed = (await office.ask(ada, "GET", "me/payment-methods")).json()["items"]
    mandate = {"reference": shown["mandate"]["reference"], "creditor_id": CREDITOR}
    assert listed == [
        {
            "type": "sepa_debit",
            "id": account,
            "country": "DE",
            "bank_code": "37040044",
            "last4": "3003",
            "mandate": mandate,
        }
    ]
    again = await office.lease(ada)
    by_the_same = await office.pay(again, account)
    assert (by_the_same.status_code, by_the_same.json()["mandate"]["reference"]) == (200, mandate["reference"])
    assert problem(await office.ask(ada, "DELETE", f"me/payment-methods/{account}")) == (409, "payment_method_in_use")
    await office.later(again)
    assert (await office.ask(ada, "DELETE", f"me/payment-methods/{account}")).status_code == 204


async def test_terms_that_do_not_trust_keep_the_time_until_the_money_is_there(office: Office) -> None:
    lease = await office.lease(await office.person(), DebitPolicy(confirm_on_processing=False))
    account = await bank_account(office.sandbox, PAYS_LATER)
    assert (await office.pay(lease, account, mandate_accepted=True)).json()["state"] == "processing"
    assert await office.state(lease) == ("held", "processing")
    shown = (await office.ask(lease.holder_id, "GET", f"bookings/{lease.id}")).json()
    assert shown["hold_expires_at"] == (lease.start - timedelta(hours=2)).isoformat().replace("+00:00", "Z")
    await office.later(lease)
    assert await office.state(lease) == ("confirmed", "captured")


async def test_a_bank_that_does_not_pay_leaves_time_to_pay_otherwise(office: Office) -> None:
    lease = await office.lease(await office.person())
    account = await bank_account(office.sandbox, FAILS_LATER)
    assert (await office.pay(lease, account, mandate_accepted=True)).status_code == 200
    await office.later(lease)
    assert await office.state(lease) == ("confirmed", "failed")
    mended = await office.pay(lease, "pm_card_visa")
    assert (mended.status_code, mended.json()["state"], mended.json()["mandate"]) == (200, "captured", None)
    assert await office.state(lease) == ("confirmed", "captured")


async def test_where_an_amount_has_to_be_held_a_debit_is_refused_and_a_card_pays(office: Office) -> None:
    account = await bank_account(office.sandbox, PAYS)
    for days in (1, 20):  # held at once; saved, and held a day before the start
        ride = await office.ride(await office.person(), days)
        refused = await office.pay(ride, account, mandate_accepted=True)
        assert problem(refused) == (409, "debit_cannot_hold")
        assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/payment_method_id"]
        assert (await office.pay(ride, "pm_card_visa")).status_code == 200


async def test_what_the_terms_do_not_offer_is_not_debited(office: Office) -> None:
    lease = await office.lease(await office.person(), None)
    account = await bank_account(office.sandbox, PAYS)
    assert problem(await office.pay(lease, account, mandate_accepted=True)) == (409, "debit_not_offered")


async def test_nobody_is_debited_without_her_mandate(office: Office) -> None:
    lease = await office.lease(await office.person())
    account = await bank_account(office.sandbox, PAYS)
    refused = await office.pay(lease, account)
    assert problem(refused) == (409, "mandate_required")
    assert [fault["pointer"] for fault in refused.json()["errors"]] == ["/mandate_accepted"]
    assert await office.state(lease) == ("held", "requires_payment_method")
    assert (await office.pay(lease, account, mandate_accepted=True)).status_code == 200


@pytest.mark.parametrize("kind", ["card", "account"])
async def test_what_another_person_saved_is_unknown(office: Office, kind: str) -> None:
    ada, ben = await office.person(), await office.person()
    method = "pm_card_visa" if kind == "card" else await bank_account(office.sandbox, PAYS)
    assert (await office.pay(await office.lease(ada), method, mandate_accepted=kind != "card")).status_code == 200
    (saved,) = (await office.ask(ada, "GET", "me/payment-methods")).json()["items"]
    for booking in (await office.lease(ben), await office.ride(ben), await office.ride(ben, 20)):
        stolen = await office.pay(booking, saved["id"], mandate_accepted=kind != "card")
        assert problem(stolen) == (404, "unknown_payment_method")
        assert [fault["pointer"] for fault in stolen.json()["errors"]] == ["/payment_method_id"]
    assert (await office.pay(await office.lease(ada), saved["id"])).status_code == 200
