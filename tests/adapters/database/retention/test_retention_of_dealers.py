"""What is of many leases goes after them: orders to pay dealers, what employers were reminded of, where a dealer was paid."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from domain.retention.holds import HoldOn
from domain.retention.rules import Record
from infra.ids import new_id
from tests.adapters.database.archives import BY, LATE, OLD, OLDER, Archive, refused
from tests.adapters.database.retention.test_retention_of_leases import leased

pytestmark = pytest.mark.database
ORDER = """INSERT INTO lease_payment_orders (city, id, execute_on, ordered_by, ordered_at)
  VALUES (:city, :id, '2015-06-01', :by, :at)"""
REMINDER = """INSERT INTO lease_reminders (city, id, receivable, step, employer, fee, currency, reminded_on, written_at)
  VALUES (:city, :id, :receivable, 1, 'e', 500, 'EUR', '2015-06-01', :at)"""
ACCOUNT = """INSERT INTO lease_accounts (city, party, name, iban, said_by, said_at)
  VALUES (:city, :party, 'Rad & Tat', 'DE02120300000000202051', :by, :at)"""
ACCREDITED = """INSERT INTO lease_dealers (city, lessor, dealer, accreditation, agreed_by, agreed_at)
  VALUES (:city, 'l', :party, jsonb_build_object('span', jsonb_build_object('since', '2015-01-01', 'until', CAST(:until AS text))), :by, :at)"""
CHARGED = (
    """INSERT INTO lease_instalments (city, lease_id, month, number, due_on, amount, currency, rate_cents, state)
      VALUES (:city, :lease, '2015-07-01', 2, '2015-07-01', 100, 'EUR', 100, 'posted')""",
    """INSERT INTO lease_charges (city, id, lease_id, number, month, due_on, payer, holder_id, employer, amount, vat_rate, vat, passed_on, currency,
        made_at)
      VALUES (:city, :id, :lease, 2, '2015-07-01', '2015-07-01', 'employer', :id, 'e', 100, 0, 0, 0, 'EUR', :at)""",
)
JULY = "employer:2015-07:e"
A_YEAR_BEFORE = datetime(2025, 11, 28, tzinfo=UTC)
THEIRS = {"lease_payment_orders": Record.PAYMENT_ORDERS, "lease_accounts": Record.PARTY_ACCOUNTS}


async def ordered(archive: Archive, at: datetime, by: UUID = BY) -> UUID:
    order = new_id()
    await archive.sql(ORDER, id=order, at=at, by=by)
    return order


async def reminded(archive: Archive, receivable: str, at: datetime = OLD) -> UUID:
    reminder = new_id()
    await archive.sql(REMINDER, id=reminder, receivable=receivable, at=at)
    return reminder


async def account(archive: Archive, party: str, at: datetime = OLDER) -> None:
    await archive.sql(ACCOUNT, party=party, at=at, by=BY)


async def parties(archive: Archive) -> set[str]:
    return {party for (party,) in await archive.world.rows("SELECT party FROM lease_accounts WHERE city = :city")}


async def test_an_order_goes_eight_years_after_its_year_with_the_last_of_its_transfers(archive: Archive) -> None:
    await leased(archive)
    await leased(archive, at=LATE)
    await ordered(archive, LATE)
    assert await archive.gone() == {"leases": 1, "payment_orders": 1}
    assert await archive.count("lease_payment_orders") == {"lease_payment_orders": 2}
    assert await archive.gone(now=datetime(2026, 12, 31, 22, 59, tzinfo=UTC)) == {}
    assert await archive.gone(now=datetime(2027, 1, 1, tzinfo=UTC)) == {"leases": 1, "payment_orders": 2}


async def test_a_held_order_stays(archive: Archive) -> None:
    await archive.hold(HoldOn.DOCUMENT, await ordered(archive, OLD))
    person = await archive.erased(LATE)
    await archive.hold(HoldOn.PERSON, person)
    await ordered(archive, OLD, by=person)
    standing = (await archive.review())[Record.PAYMENT_ORDERS]
    assert (standing.gone, standing.counted.held) == (0, 2)


async def test_an_employers_reminder_goes_when_nothing_is_left_of_what_it_was_about(archive: Archive) -> None:
    lease = await leased(archive, at=LATE)
    for statement in CHARGED:
        await archive.sql(statement, id=new_id(), lease=lease, at=OLD)
    kept = await reminded(archive, JULY)
    await reminded(archive, "employer:2015-06:e")
    late = await reminded(archive, "employer:2015-08:e", at=LATE)
    held = await reminded(archive, "employer:2015-09:e")
    await archive.hold(HoldOn.DOCUMENT, held)
    standing = (await archive.review())[Record.EMPLOYERS_REMINDERS]
    assert (standing.gone, standing.counted.held) == (1, 1)
    left = "SELECT id FROM lease_reminders WHERE city = :city AND employer IS NOT NULL"
    assert {found for (found,) in await archive.world.rows(left)} == {kept, late, held}
    assert (await archive.gone(now=datetime(2027, 1, 1, tzinfo=UTC)))["employers_reminders"] == 2


async def test_a_holders_reminder_goes_with_her_lease_alone(archive: Archive) -> None:
    await leased(archive, at=LATE)
    assert (await archive.review())[Record.EMPLOYERS_REMINDERS].counted.count == 0
    assert await archive.count("lease_reminders") == {"lease_reminders": 1}


async def test_an_account_goes_six_years_after_nobody_can_be_paid_by_it_any_more(archive: Archive) -> None:
    for party, until in (("still", None), ("lately", "2019-01-01"), ("over", "2018-12-31")):
        await account(archive, party)
        await archive.sql(ACCREDITED, party=party, until=until, by=BY, at=OLDER)
    await account(archive, "young", at=datetime(2018, 12, 31, 23, tzinfo=UTC))  # in Berlin it is 2019
    assert await archive.gone(now=A_YEAR_BEFORE) == {"party_accounts": 1, "accreditations": 1}
    assert await parties(archive) == {"still", "lately", "young"}
    assert await archive.gone() == {"party_accounts": 2, "accreditations": 1}
    assert await parties(archive) == {"still"}


@pytest.mark.parametrize("table", ["lease_payments", "lease_service_invoices", "leases"])
async def test_an_account_stays_as_long_as_anything_of_its_dealer_does(archive: Archive, table: str) -> None:
    lease = await leased(archive)
    await account(archive, "other")
    moved = f"UPDATE {table} SET dealer = 'other' WHERE {'id' if table == 'leases' else 'lease_id'} = '{lease}'"
    async with archive.world.database.owner.transactions.everywhere() as connection:
        await connection.exec_driver_sql(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        await connection.exec_driver_sql(moved)
        await connection.exec_driver_sql(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    assert await archive.gone(now=A_YEAR_BEFORE) == {}
    assert await archive.gone() == {"leases": 1, "payment_orders": 1, "party_accounts": 1}


async def test_what_went_is_proven(archive: Archive) -> None:
    await ordered(archive, OLD)
    await account(archive, "nobody")
    await reminded(archive, JULY)
    await archive.review()
    proofs = {proof.relation: (proof.record, proof.count) for proof in await archive.books.proofs(archive.city)}
    assert proofs == {table: (record, 1) for table, record in THEIRS.items()} | {
        "lease_reminders": (Record.EMPLOYERS_REMINDERS, 1)
    }


@pytest.mark.parametrize("table", THEIRS)
async def test_nothing_goes_that_was_not_written_down(archive: Archive, table: str) -> None:
    await ordered(archive, OLD)
    await account(archive, "nobody")
    await refused(archive, f"DELETE FROM {table}")
