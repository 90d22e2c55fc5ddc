"""What employers and holders transfer for leases is matched by its reference, and owed no more."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from adapters.database.bike_leasing.debts import KEEP
from adapters.database.bike_leasing.receivables import FOREVER, OPEN_OF, open_receivable, open_receivables
from adapters.database.sheets import Sheet
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.money.claims import ClaimKind, SettlingClaim
from domain.bike_leasing.money.entries import settled
from domain.identity import SYSTEM, PersonId
from domain.money import Money
from infra.bench.leases import many_leases
from infra.clock import now
from infra.ids import new_id
from tests.adapters.database.ledgers import Books
from tests.adapters.http.bike_leasing.test_month_ends import charged
from tests.adapters.http.bike_leasing.test_payments import Treasury, treasury

__all__ = ("treasury",)
pytestmark = pytest.mark.database
RATE = 12_560
LAST = (now().date().replace(day=1) - timedelta(days=5)).replace(day=1)


async def leased(treasury: Treasury, count: int, debited: int) -> None:
    async with treasury.office.database.app.transactions.city(treasury.office.city) as connection:
        await many_leases(connection, treasury.office.city, count, first=LAST, debited=debited, months=1)
    await charged(treasury, LAST)


async def test_an_employer_pays_a_month_of_all_its_leases_with_one_transfer(treasury: Treasury) -> None:
    await leased(treasury, 6, 4)
    owed = (await treasury.get("lease-receivables"))["items"]
    theirs = [each for each in owed if each["employer"] is not None]
    assert sum(each["open"]["amount"] for each in theirs) == 2 * RATE
    assert len(owed) == len(theirs), "what is under way to be collected is not asked for"

    await treasury.booked(*((each["open"]["amount"], f"Rad {each['reference']}") for each in theirs))

    assert (await treasury.get("lease-receivables"))["items"] == []
    balances = await treasury.balances()
    assert ("leasing_employers" in balances, balances["bank"], balances["receivables"]) == (False, 2 * RATE, 4 * RATE)


async def test_what_came_for_a_lease_that_is_kept_no_longer_makes_nothing_open(treasury: Treasury) -> None:
    await leased(treasury, 42, 1)  # of forty employers, so the second has two
    (owed,) = [each for each in (await treasury.get("lease-receivables"))["items"] if each["employer"] == "employer-2"]
    assert owed["open"]["amount"] == 2 * RATE
    await treasury.booked((2 * RATE, f"Rad {owed['reference']}"))
    gone = """DELETE FROM lease_charges WHERE (city, id) IN (
      SELECT city, id FROM lease_charges WHERE city = :city AND employer = 'employer-2' LIMIT 1)"""
    async with treasury.office.database.owner.transactions.everywhere() as connection:
        await connection.execute(text("ALTER TABLE lease_charges DISABLE TRIGGER USER, NO FORCE ROW LEVEL SECURITY"))
        assert (await connection.execute(text(gone), {"city": treasury.office.city})).rowcount == 1
        await connection.execute(text("ALTER TABLE lease_charges ENABLE TRIGGER USER, FORCE ROW LEVEL SECURITY"))

    left = (await treasury.get("lease-receivables"))["items"]

    assert "employer-2" not in {each["employer"] for each in left}
    assert len(left) == 39


async def test_what_the_bank_took_back_for_good_is_transferred_by_its_holder(treasury: Treasury) -> None:
    await leased(treasury, 1, 1)
    await treasury.rows("UPDATE lease_collections SET state = 'failed' WHERE city = :city RETURNING id")
    (owed,) = (await treasury.get("lease-receivables"))["items"]
    assert (owed["employer"], owed["open"]["amount"], owed["about"]) == (None, RATE, f"{LAST:%Y-%m}")

    await treasury.booked((5_000, owed["reference"]))
    (rest,) = (await treasury.get("lease-receivables"))["items"]
    assert (rest["open"]["amount"], rest["amount"]["amount"]) == (RATE - 5_000, RATE)
    assert (await treasury.balances())["receivables"] == RATE - 5_000
    (leg,) = await treasury.rows(
        "SELECT debtor_id FROM ledger_legs WHERE city = :city AND account = 'receivables' AND side = 'credit'"
    )
    assert str(leg.debtor_id) == rest["holder_id"]


async def test_what_a_holder_owes_beside_her_rates_is_transferred(treasury: Treasury) -> None:
    lease, office = LeaseId(UUID(await treasury.bike())), treasury.office
    owed = SettlingClaim(
        lease, ClaimKind.SETTLEMENT, PersonId(office.ada), LAST, Money(45_796, EUR), None, Money(0, EUR)
    )
    await Books(office.database, office.city).post(settled(owed, now()))
    (found,) = (await treasury.get("lease-receivables"))["items"]
    assert (found["id"], found["about"], found["holder_id"]) == (
        f"claim:settlement:{lease}",
        "settlement",
        str(office.ada),
    )

    await treasury.booked((45_796, f"{found['reference']} Danke"))

    assert (await treasury.get("lease-receivables"))["items"] == []
    assert "receivables" not in await treasury.balances()
    (match,) = (await treasury.get("matches"))["items"]
    await treasury.ask("POST", f"matches/{match['id']}/undo", {"reason": "for something else"})
    assert [each["open"] for each in (await treasury.get("lease-receivables"))["items"]] == [found["amount"]]


async def test_one_that_is_open_is_read_by_whoever_owes_it_and_without_what_others_owe(treasury: Treasury) -> None:
    """As it stands among all that are open: partly paid, reminded of, and beside another of the same debtor."""
    await leased(treasury, 44, 2)  # of forty employers, and two holders
    await treasury.rows("UPDATE lease_collections SET state = 'failed' WHERE city = :city RETURNING id")
    office = treasury.office
    lease = LeaseId(UUID(await treasury.bike()))
    owed = SettlingClaim(
        lease, ClaimKind.SETTLEMENT, PersonId(office.ada), LAST, Money(45_796, EUR), None, Money(0, EUR)
    )
    await Books(office.database, office.city).post(settled(owed, now()))
    first, *_ = (await treasury.get("lease-receivables"))["items"]
    await treasury.booked((1_000, first["reference"]))
    async with office.database.app.transactions.city(office.city) as connection:
        sheet = Sheet(connection, office.city, SYSTEM, "", now(), new_id)
        all_open = await open_receivables(sheet)
        reminder = {"id": new_id(), "receivable": all_open[1].id, "employer": all_open[1].employer, "fee": 500}
        kept = {"step": 1, "lease_id": all_open[1].lease_id, "holder_id": all_open[1].holder, "currency": "EUR"}
        await sheet.write(KEEP, **reminder, **kept, on=LAST)
        all_open = await open_receivables(sheet)

        assert {(each.employer is None, each.steps, each.paid.is_zero) for each in all_open} >= {
            (True, 0, True),
            (False, 0, True),
        }
        assert [await open_receivable(sheet, each.id, each.employer, each.holder) for each in all_open] == all_open
        somebody_elses = [await open_receivable(sheet, each.id, PartyId("nobody"), None) for each in all_open]
        assert set(somebody_elses) == {None}
        asked = {"receivable": all_open[0].id, "employer": "employer-2", "holder": None, "since": FOREVER}
        assert {row.employer for row in await sheet.rows(OPEN_OF, **asked)} == {"employer-2"}
