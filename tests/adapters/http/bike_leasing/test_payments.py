"""Dealers are paid for what they handed over: once, by an order of finance, until the bank's statement says so."""

import asyncio
from typing import Any
from uuid import UUID
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import httpx
import pytest
from msgspec import Struct
from msgspec.json import encode
from msgspec.structs import replace
from sqlalchemy import text

from adapters.http.finance.lease_payments import ACCOUNT
from domain.identity import Role
from infra.bootstrap import Outside, application
from infra.clock import now
from infra.ids import new_id
from services.ledger.posting import Fact, post
from tests.adapters.banking.files import document, entry, part, statement
from tests.adapters.database.ledgers import Books
from tests.adapters.http.bank import IBAN
from tests.adapters.http.bike_leasing.test_upkeep import bill
from tests.adapters.http.leasing_office import Office, handed, opened
from tests.api import a_token, bearer
from tests.database import Databases
from tests.invoices import CITY

pytestmark = pytest.mark.database


class Treasury(Struct):
    """Finance of the city whose dealers hand over bikes."""

    office: Office
    token: str
    sequence: int = 1
    balance: int = 1_000_000

    async def ask(self, method: str, path: str, body: Any = None, key: str | None = None) -> httpx.Response:
        at = f"/v1/{self.office.city}/finance/{path}"
        return await self.office.http.request(method, at, json=body, headers=bearer(self.token, key))

    async def get(self, path: str) -> Any:
        found = await self.ask("GET", path)
        assert found.status_code == 200, found.text
        return found.json()

    async def order(self, key: str | None = None) -> httpx.Response:
        today = now().astimezone(ZoneInfo(CITY.time_zone)).date()
        return await self.ask("POST", "lease-payments", {"execute_on": today.isoformat()}, key)

    async def booked(self, *movements: tuple[int, str], iban: str = "") -> None:
        """The bank's statement has these, from or to that account, and the night's look sees it."""
        moved = sum(cents for cents, _ in movements)
        entries = [entry(cents, part(text=(words,), iban=iban)) for cents, words in movements]
        after = self.balance + moved
        said = statement(*entries, opening=self.balance, closing=after, sequence=self.sequence, iban=IBAN)
        self.sequence, self.balance = self.sequence + 1, after
        headers = bearer(self.token, new_id().hex) | {"content-type": "application/xml"}
        at = f"/v1/{self.office.city}/finance/bank-statements?name=umsaetze{self.sequence}.xml"
        sent = await self.office.http.post(at, content=document(said), headers=headers)
        assert sent.is_success, sent.text
        application_ = application(self.office.database.app, Outside(now, new_id, lambda secret: secret))
        await application_.reconciliation.run(self.office.city)
        ledgers = Books(self.office.database, self.office.city).ledgers
        for fact, table in ((Fact.STATEMENT, "bank_statements"), (Fact.MATCH, "matches")):
            for row in await self.rows(f"SELECT id FROM {table} WHERE city = :city"):
                await post(fact, self.office.city, row.id, ledgers=ledgers)

    async def rows(self, sql: str) -> Any:
        async with self.office.database.app.transactions.city(self.office.city) as connection:
            return (await connection.execute(text(sql), {"city": self.office.city})).all()

    async def balances(self) -> dict[str, int]:
        summed = """SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint FROM ledger_legs
          WHERE city = :city GROUP BY 1"""
        return {str(account): amount for account, amount in await self.rows(summed) if amount}

    async def new_holder(self) -> None:
        """Somebody else of the same employer, for nobody has two bikes."""
        city, person = self.office.city, new_id()
        async with self.office.database.app.transactions.city(city) as connection:
            await connection.execute(
                text("INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now())"),
                {"city": city, "id": person, "email": f"{person}@example.org"},
            )
        hers = a_token(city, Role.RESIDENT, Role.HR, person=person, parties=("stadtwerke",))
        self.office = replace(self.office, ada=person, tokens=self.office.tokens | {"ada": hers})

    async def bike(self) -> str:
        lease, pin = await self.office.ready()
        await self.office.done("dealer", "handovers", handed(lease, pin))
        return lease


@pytest.fixture
async def treasury(http: httpx.AsyncClient, database: Databases) -> Treasury:
    office = await opened(http, database)
    async with database.app.transactions.city(office.city) as connection:
        await connection.execute(
            text("UPDATE cities SET settings = CAST(:settings AS jsonb) WHERE city = :city"),
            {"city": office.city, "settings": encode(CITY).decode()},
        )
    return Treasury(office, a_token(office.city, Role.FINANCE))


async def test_a_dealer_is_paid_once_and_the_statement_settles_it(treasury: Treasury) -> None:
    lease = await treasury.bike()
    (owed,) = (await treasury.get("lease-payments/payables"))["items"]
    assert (owed["lease_id"], owed["amount"]["amount"], owed["account_known"]) == (lease, 399_900, False)
    assert (await treasury.order()).json()["code"] == "nothing_to_pay"
    said = await treasury.ask("PUT", "lease-payments/accounts/radhaus", ACCOUNT)
    assert said.json() == {"party": "radhaus"} | ACCOUNT

    made = (await treasury.order("k1")).json()

    assert (await treasury.order("k1")).json() == made, "the same call is answered as before"
    assert (await treasury.order()).json()["code"] == "nothing_to_pay"
    assert (await treasury.get("lease-payments/payables"))["items"] == []
    assert (await treasury.get("lease-payments"))["items"] == [made]
    assert await treasury.balances() == {"leased_bikes": 336_050, "input_vat": 63_850, "treasury": -399_900}
    file = await treasury.office.http.get(made["file"], headers=bearer(treasury.token))
    assert (file.status_code, file.headers["content-type"]) == (200, "application/xml")
    assert made["items"][0]["reference"] in "".join(ElementTree.fromstring(file.content).itertext())  # noqa: S314

    await treasury.booked((-399_900, made["items"][0]["reference"]))

    (line,) = (await treasury.get("bank-lines"))["items"]
    assert (line["state"], line["left"]["amount"]) == ("matched", 0)
    assert await treasury.balances() == {"leased_bikes": 336_050, "input_vat": 63_850, "bank": -399_900}


async def test_what_the_bank_books_as_one_sum_is_matched_by_the_orders_reference(treasury: Treasury) -> None:
    await treasury.bike()
    await treasury.new_holder()
    await treasury.bike()
    await treasury.ask("PUT", "lease-payments/accounts/radhaus", ACCOUNT)
    made = (await treasury.order()).json()
    assert made["total"]["amount"] == 2 * 399_900

    await treasury.booked((-2 * 399_900, UUID(made["id"]).hex.upper()))

    assert len(await treasury.rows("SELECT 1 FROM match_parts WHERE city = :city")) == 2
    assert (await treasury.balances())["bank"] == -2 * 399_900
    assert "treasury" not in await treasury.balances()


async def test_a_service_that_was_billed_and_accepted_is_paid_with_the_bikes(treasury: Treasury) -> None:
    lease = await treasury.office.seen("ada", await treasury.bike())
    await treasury.office.done("dealer", "service-invoices", bill(lease))
    await treasury.ask("PUT", "lease-payments/accounts/radhaus", ACCOUNT)
    made = (await treasury.order()).json()
    assert [(each["paid_for"], each["amount"]["amount"]) for each in made["items"]] == [
        ("bike", 399_900),
        ("service", 4_165),
    ]
    assert {each["lease_id"] for each in made["items"]} == {lease["id"]}
    assert "dealers" not in await treasury.balances()
    await treasury.booked(*((-each["amount"]["amount"], each["reference"]) for each in made["items"]))
    assert (await treasury.balances())["bank"] == -404_065
    assert "treasury" not in await treasury.balances()


async def test_a_transfer_that_comes_back_is_owed_again_and_made_once_more(treasury: Treasury) -> None:
    await treasury.bike()
    await treasury.ask("PUT", "lease-payments/accounts/radhaus", ACCOUNT)
    first = (await treasury.order()).json()["items"][0]["reference"]
    await treasury.booked((-399_900, first))

    returned = await treasury.ask("POST", "lease-payments/returns", {"reference": first})
    assert (returned.status_code, returned.json()["reference"]) == (200, first)
    again = await treasury.ask("POST", "lease-payments/returns", {"reference": first})
    assert again.json() == returned.json(), "said again it stays as it was said"
    assert (await treasury.balances())["dealers"] == -399_900
    await treasury.booked((399_900, f"Retoure {first}"))
    assert "treasury" not in await treasury.balances()

    second = (await treasury.order()).json()["items"][0]["reference"]
    assert second == f"{first}R2"
    assert (await treasury.order()).json()["code"] == "nothing_to_pay"
    await treasury.booked((-399_900, second))

    assert await treasury.balances() == {"leased_bikes": 336_050, "input_vat": 63_850, "bank": -399_900}
    states = {line["state"] for line in (await treasury.get("bank-lines"))["items"]}
    assert states == {"matched"}
    unknown = await treasury.ask("POST", "lease-payments/returns", {"reference": "B0"})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_dealer_payment")


async def test_two_orders_at_once_pay_a_bike_once(treasury: Treasury) -> None:
    await treasury.bike()
    await treasury.ask("PUT", "lease-payments/accounts/radhaus", ACCOUNT)
    both = await asyncio.gather(treasury.order(), treasury.order())
    assert sorted(each.status_code for each in both) == [201, 409]
    assert (await treasury.balances())["treasury"] == -399_900


async def test_what_is_no_account_or_no_order_is_refused(treasury: Treasury) -> None:
    wrong = await treasury.ask("PUT", "lease-payments/accounts/radhaus", ACCOUNT | {"iban": "DE03120300000000202051"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "bad_iban")
    assert (await treasury.ask("PUT", "lease-payments/accounts/RAD", ACCOUNT)).json()["code"] == "unknown_party"
    unknown = await treasury.ask("GET", f"lease-payments/{new_id()}/file")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_payment_order")
    stranger = a_token(treasury.office.city, Role.LESSOR, parties=("leasing-ag",))
    at = f"/v1/{treasury.office.city}/finance/lease-payments"
    assert (await treasury.office.http.get(at, headers=bearer(stranger))).status_code == 403
