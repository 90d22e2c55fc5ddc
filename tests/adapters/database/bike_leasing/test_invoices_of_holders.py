"""A month that a lease's holder pays herself is invoiced when its run is through: once, whoever looks, whatever is killed, and not at all
where it was taken back before."""

import asyncio
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from adapters.database.bike_leasing.invoices_of_holders import BATCH, SqlHolderInvoiceBooks
from adapters.database.bike_leasing.runs import SqlBikeBooks, SqlChargedMonths
from adapters.database.invoicing.invoices import SqlOpenInvoices
from adapters.database.ledger.accounting import SqlAccountingFacts
from adapters.database.sheets import Sheet
from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.money.postings import taken_back
from domain.booking.bookings import BookingId, State
from domain.booking.resources import ResourceId
from domain.identity import PersonId
from domain.invoicing.invoices import Debit, Invoice, TaxCategory, Why
from domain.payments.payments import PaymentState
from infra.ids import new_id
from services.bike_leasing.money.invoicing import invoice_holders
from services.ledger.posting import Fact, post
from tests.adapters.database.bike_leasing.test_runs import DECEMBER, NOW, RATE, Lessor
from tests.adapters.database.bike_leasing.works import Killed, books_of, lessor, works
from tests.adapters.database.ledgers import Books
from tests.examples import a_booking, a_payment, a_resource
from tests.invoices import CITY

__all__ = ["lessor", "works"]
pytestmark = pytest.mark.database
ASKED = "SELECT count(*) FROM outbox WHERE city = :city AND kind = 'bike_leasing.invoices_left'"
OF_HOLDERS = "SELECT id, lease_id, holder_id, invoice_id FROM lease_charges WHERE city = :city AND payer = 'holder'"


async def issue(lessor: Lessor) -> tuple[Invoice, ...]:
    return await books_of(lessor).of_holders(lessor.city)


async def undo(sheet: Sheet, lease: UUID) -> None:
    """As a withdrawal writes it."""
    months = SqlChargedMonths(sheet)
    await sheet.write("UPDATE leases SET state = 'withdrawn' WHERE city = :city AND id = :id", id=lease)
    await SqlBikeBooks(sheet).post(taken_back(await months.charged(LeaseId(lease)), sheet.now))
    await months.owe_back(LeaseId(lease))


async def debited_before(lessor: Lessor, holder: UUID, method: str) -> None:
    """For a booking of hers, by a mandate that is known since."""
    ((id_,),) = await lessor.rows(
        "SELECT id FROM resources WHERE city = :city AND service = 'charging' ORDER BY id LIMIT 1"
    )
    resource = a_resource(id=ResourceId(id_))
    booking = a_booking(State.COMPLETED, resource, holder_id=PersonId(holder), id=BookingId(new_id()))
    paid = a_payment(booking, PaymentState.CAPTURED, method_id=method, mandate="MANDAT-7", creditor_id=CITY.creditor_id)
    await lessor.database.place(lessor.city, booking, resource, paid)


async def test_a_month_that_its_holder_pays_herself_is_one_invoice_over_what_the_ledger_has_her_owe(
    works: Lessor,
) -> None:
    assert await issue(works) == ()
    await works.run()
    made = await issue(works)
    charged = {row.holder_id: row for row in await works.rows(OF_HOLDERS)}
    assert {each.debtor.person_id for each in made} == set(charged)
    assert {each.id for each in made} == {row.invoice_id for row in charged.values()}
    assert sum(each.gross.amount for each in made) == (await works.balances())["receivables"] == 4 * RATE
    for each in made:
        assert [(total.category, total.gross.amount, total.vat.amount) for total in each.totals] == [
            (TaxCategory.STANDARD, 11_496, 1_835),
            (TaxCategory.EXEMPT, 1_064, 0),
        ]
        lease = charged[each.debtor.person_id].lease_id
        assert (each.subject.lease_id, each.subject.thing, each.why) == (lease, "Stadtrad 9", Why.INSTALMENT)
        assert each.source == f"lease:{lease}:2026-12"
        assert each.cash_reference == f"LEASING-2026-12-{lease.hex[-10:]}".upper()
        assert [line.description for line in each.lines] == ["2026-12"] * 2
    assert sorted(int(each.number[-6:]) for each in made) == [1, 2, 3, 4]
    assert await issue(works) == ()


async def test_nothing_is_invoiced_while_a_run_is_under_way_whose_end_asks_for_it(works: Lessor) -> None:
    await works.begin()
    assert await works.batch() == 6
    assert await issue(works) == ()
    assert await works.batch() is None
    assert len(await issue(works)) == 4


async def test_more_than_a_batch_is_asked_for_again_with_the_batch(works: Lessor) -> None:
    one = "(SELECT id FROM leases WHERE city = :city AND employer IS NULL ORDER BY id LIMIT 1)"
    await works.write(
        f"""INSERT INTO leases SELECT (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid()))).*
          FROM leases l CROSS JOIN generate_series(1, {BATCH - 3}) WHERE l.city = :city AND l.id = {one}"""
    )
    await works.write(
        """INSERT INTO lease_instalments SELECT (jsonb_populate_record(i, jsonb_build_object('lease_id', n.id))).*
          FROM leases n JOIN lease_instalments i ON i.city = n.city AND i.number = 1
          WHERE n.city = :city AND i.lease_id = (SELECT lease_id FROM lease_instalments WHERE city = :city AND employer IS NULL LIMIT 1)
            AND NOT EXISTS (SELECT FROM lease_instalments k WHERE k.city = n.city AND k.lease_id = n.id)"""
    )
    await works.run()
    assert [len(await issue(works)) for _ in range(3)] == [BATCH, 1, 0]
    assert [row.count for row in await works.rows(ASKED)] == [1]


FROM = (
    """UPDATE cities SET settings = settings || '{{"leasing": {{"holders_invoiced_from": {}}}}}' WHERE city = :city"""
)


async def test_a_month_that_began_before_the_day_that_the_city_has_said_is_not_invoiced(works: Lessor) -> None:
    """As when what was charged before is told to holders otherwise; a city that says no day has all of it invoiced."""
    january = months_on(DECEMBER, 1)
    await works.run()
    await works.run(january)
    issued = []
    for day in ('"2027-01-02"', '"2026-12-02"', '"2026-12-01"', "null"):
        await works.write(FROM.format(day))
        issued.append([each.lines[0].description for each in await issue(works)])
    assert issued == [[], ["2027-01"] * 4, ["2026-12"] * 4, []]


async def test_several_at_once_issue_each_once_and_whoever_is_killed_leaves_nothing(works: Lessor) -> None:
    await works.run()

    async def dies(sheet: Sheet) -> None:
        shelf = SqlOpenInvoices(sheet.connection, works.city, None, new_id)
        books = SqlHolderInvoiceBooks(sheet.connection, works.city, shelf, new_id, NOW)
        assert len(await invoice_holders(books=books, new_id=new_id, now=NOW)) == 4
        raise Killed

    with pytest.raises(Killed):
        await works.at_desk(dies)
    found = await asyncio.gather(*(issue(works) for _ in range(5)))
    assert sorted(int(each.number[-6:]) for made in found for each in made) == [1, 2, 3, 4]
    assert len({row.invoice_id for row in await works.rows(OF_HOLDERS)}) == 4


async def test_it_says_when_and_by_which_mandate_it_is_collected_and_else_asks_for_a_transfer(works: Lessor) -> None:
    """What failed for the last time nobody debits any more; before that the next try says its day."""
    await works.run()
    first, second, third, last = sorted(await works.books.take(works.city, works.now), key=lambda each: each.id)
    await debited_before(works, first.holder, first.method_id)
    works.bank.refuses = lambda each: each.id in {third.id, last.id}
    works.now = datetime(2027, 1, 3, 23, 30, tzinfo=UTC)  # the fourth in the city
    await works.collect()
    await works.write(
        f"UPDATE lease_collections SET state = 'failed' WHERE city = :city AND charge_id = '{last.charge_id}'"
    )
    made = {each.debtor.person_id: each for each in await issue(works)}
    asked, again = date(2027, 1, 2), date(2027, 1, 14)
    assert [made[each.holder].debit for each in (first, second, third, last)] == [
        Debit(asked, "MANDAT-7", CITY.creditor_id),
        Debit(asked),
        Debit(again),
        None,
    ]
    assert [made[each.holder].collected for each in (first, second, third, last)] == [True, True, True, False]
    assert {each.payable_by for each in made.values()} == {date(2026, 12, 31)}


async def test_what_nobody_has_asked_for_yet_is_debited_from_the_account_that_was_named_last(works: Lessor) -> None:
    works.now = datetime(2026, 12, 10, 8, tzinfo=UTC)
    await works.run()
    lease = (await works.rows(OF_HOLDERS))[0]
    await debited_before(works, lease.holder_id, "pm_other")
    await works.write(
        f"UPDATE lease_debits SET method_id = 'pm_other' WHERE city = :city AND lease_id = '{lease.lease_id}'"
    )
    debits = {each.debtor.person_id: each.debit for each in await issue(works)}
    assert debits.pop(lease.holder_id) == Debit(date(2026, 12, 31), "MANDAT-7", CITY.creditor_id)
    assert set(debits.values()) == {Debit(date(2026, 12, 31))}


async def test_what_was_taken_back_before_is_not_invoiced(works: Lessor) -> None:
    """Also where she withdraws while somebody else is at it, who waits for her and then sees it."""
    await works.run()
    early, late, *others = [row.lease_id for row in await works.rows(OF_HOLDERS)]
    await works.at_desk(lambda sheet: undo(sheet, early))

    async def meanwhile(sheet: Sheet) -> asyncio.Task[tuple[Invoice, ...]]:
        await undo(sheet, late)
        issuing = asyncio.create_task(issue(works))
        assert await asyncio.wait({issuing}, timeout=0.5) == (set(), {issuing})
        return issuing

    made = await (await works.at_desk(meanwhile))
    assert {each.subject.lease_id for each in made} == set(others)
    assert await issue(works) == ()
    assert sum(each.gross.amount for each in made) == (await works.balances())["receivables"] == 2 * RATE


async def test_the_ledger_posts_nothing_of_it_and_the_books_that_go_out_name_it(works: Lessor) -> None:
    await works.run()
    before = await works.balances()
    made = await issue(works)
    ledgers = Books(works.database, works.city).ledgers
    assert [await post(Fact.DOCUMENT, works.city, each.id, ledgers=ledgers) for each in made] == [0] * 4
    assert await works.balances() == before
    facts = SqlAccountingFacts(works.database.app.transactions, works.clock, new_id)
    booked = {each.entry.source: each.document for each in await facts.booked(works.city, DECEMBER, DECEMBER, 100)}
    assert {source: number for source, number in booked.items() if number} == {
        each.source: each.number for each in made
    }
