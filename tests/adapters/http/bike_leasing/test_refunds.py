"""What a holder transferred for a lease that she withdrew from goes back to the account that it came from, with the next order."""

from datetime import timedelta
from uuid import UUID

import pytest
from msgspec.json import encode
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.bike_leasing.leases import SqlLeaseBooks
from adapters.database.bike_leasing.runs import SqlChargedMonths
from adapters.database.sheets import Sheet, SqlSheets
from domain.bike_leasing.contracts.leases import LeaseId
from domain.identity import SYSTEM, Actor, PersonId
from infra.clock import now
from infra.ids import new_id
from services.bike_leasing.contracts.undoing import Declared, withdraw_from_lease
from tests.adapters.http.bike_leasing.test_debts import POLICY, Post
from tests.adapters.http.bike_leasing.test_payments import Treasury, treasury
from tests.adapters.http.bike_leasing.test_receivables import RATE, leased
from tests.api import bearer
from tests.invoices import CITY

__all__ = ("treasury",)
pytestmark = pytest.mark.database
HERS = "DE02120300000000202051"
RUNS = """UPDATE leases SET lease = lease || jsonb_build_object('withdrawal_until', to_char(current_date + 5, 'YYYY-MM-DD'))
WHERE city = :city AND employer IS NULL RETURNING id"""


async def withdraw(treasury: Treasury) -> None:
    """The holder of the only lease, twice."""
    desk = SqlSheets(treasury.office.database.app.transactions, now, new_id)
    ((lease, holder),) = await treasury.rows("SELECT id, holder_id FROM leases WHERE city = :city")

    async def undo(sheet: Sheet) -> bool:
        books, actor = SqlLeaseBooks(sheet), Actor(PersonId(holder), treasury.office.city, frozenset())
        declared = Declared(LeaseId(UUID(str(lease))), sheet.now)
        return await withdraw_from_lease(
            declared, books=books, months=SqlChargedMonths(sheet), holder=actor, now=sheet.now
        )

    for _ in range(2):
        assert await desk.work(treasury.office.city, SYSTEM, "", undo)


async def failed_debit(treasury: Treasury) -> str:
    """Of one consumer's lease, by which reference it is transferred then."""
    await leased(treasury, 1, 1)
    await treasury.rows("UPDATE lease_collections SET state = 'failed' WHERE city = :city RETURNING id")
    await treasury.rows(RUNS)
    (owed,) = (await treasury.get("lease-receivables"))["items"]
    return str(owed["reference"])


async def test_what_was_transferred_goes_back_once_to_the_account_that_it_came_from(treasury: Treasury) -> None:
    words = await failed_debit(treasury)
    await treasury.booked((RATE, words), iban=HERS)
    assert "receivables" not in await treasury.balances()

    await withdraw(treasury)

    assert (await treasury.get("lease-receivables"))["items"] == []
    assert await treasury.balances() == {"receivables": -RATE, "bank": RATE}
    (waits,) = (await treasury.get("lease-payments/payables"))["items"]
    (holder,) = await treasury.rows("SELECT holder_id FROM lease_charges WHERE city = :city")
    assert (waits["paid_for"], waits["amount"]["amount"], waits["account_known"]) == ("refund", RATE, True)
    assert (waits["dealer"], waits["holder_id"]) == (None, str(holder.holder_id))
    made = (await treasury.order("k1")).json()
    assert (await treasury.order()).json()["code"] == "nothing_to_pay"
    (back,) = made["items"]
    assert (back["paid_for"], back["iban"], back["holder_id"]) == ("refund", HERS, waits["holder_id"])
    assert await treasury.balances() == {"treasury": -RATE, "bank": RATE}
    file = await treasury.office.http.get(made["file"], headers=bearer(treasury.token))
    assert f"Widerruf Leasing {back['reference']}".encode() in file.content

    await treasury.booked((-RATE, back["reference"]))
    assert await treasury.balances() == {}

    await treasury.ask("POST", "lease-payments/returns", {"reference": back["reference"]})
    assert await treasury.balances() == {"receivables": -RATE, "treasury": RATE}
    (again,) = (await treasury.order()).json()["items"]
    assert (again["reference"], again["iban"]) == (f"{back['reference']}R2", HERS)
    await treasury.booked((RATE, f"Retoure {back['reference']}"), (-RATE, again["reference"]))
    assert await treasury.balances() == {}


async def test_what_is_transferred_after_the_withdrawal_is_known_and_goes_back_as_well(treasury: Treasury) -> None:
    words = await failed_debit(treasury)
    await withdraw(treasury)
    assert (await treasury.get("lease-payments/payables"))["items"] == []
    assert (await treasury.get("lease-receivables"))["items"] == [], "nobody is reminded of it"

    await treasury.booked((RATE, words), iban=HERS)

    (waits,) = (await treasury.get("lease-payments/payables"))["items"]
    assert waits["amount"]["amount"] == RATE
    assert {each["state"] for each in (await treasury.get("bank-lines"))["items"]} == {"matched"}
    assert await treasury.balances() == {"receivables": -RATE, "bank": RATE}


async def test_where_the_bank_named_no_account_or_the_match_was_undone_nothing_is_ordered(treasury: Treasury) -> None:
    words = await failed_debit(treasury)
    await treasury.booked((RATE, words))
    await withdraw(treasury)
    (waits,) = (await treasury.get("lease-payments/payables"))["items"]
    assert waits["account_known"] is False
    assert (await treasury.order()).json()["code"] == "nothing_to_pay"
    (match,) = (await treasury.get("matches"))["items"]
    await treasury.ask("POST", f"matches/{match['id']}/undo", {"reason": "for something else"})
    assert (await treasury.get("lease-payments/payables"))["items"] == []


async def test_what_reminders_cost_goes_back_with_the_rate_that_they_were_about(treasury: Treasury) -> None:
    city = treasury.office.city
    async with treasury.office.database.app.transactions.city(city) as connection:
        await connection.execute(
            text("UPDATE cities SET settings = CAST(:settings AS jsonb) WHERE city = :city"),
            {"city": city, "settings": encode(replace(CITY, dunning=(POLICY,))).decode()},
        )
    words = await failed_debit(treasury)
    sender = Post(treasury, {}, now() + timedelta(days=60))
    for _ in range(2):
        await sender.debts.look(city)
        sender.time += timedelta(days=1)
    (owed,) = (await treasury.get("lease-receivables"))["items"]
    assert (owed["reminders"], owed["open"]["amount"]) == (2, RATE + 500)
    await treasury.booked((RATE + 500, words), iban=HERS)

    await withdraw(treasury)

    (waits,) = (await treasury.get("lease-payments/payables"))["items"]
    assert waits["amount"]["amount"] == RATE + 500
    assert await treasury.balances() == {"receivables": -RATE - 500, "bank": RATE + 500}
