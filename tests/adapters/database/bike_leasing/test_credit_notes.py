"""What a lease was invoiced for and a withdrawal takes back is credited: as a whole, once, and nothing else is."""

import asyncio
from random import Random
from uuid import UUID

import pytest

from adapters.database.bike_leasing.invoices import SqlLeaseInvoiceBooks
from adapters.database.invoicing.invoices import SqlOpenInvoices
from adapters.database.ledger.accounting import SqlAccountingFacts
from adapters.database.sheets import Sheet
from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.contracts.leases import LeaseId
from domain.invoicing.invoices import Corrected, Invoice, InvoiceId, InvoiceKind, Why
from domain.invoicing.issuing import credit_note_for
from domain.money import Money
from infra.ids import new_id
from services.bike_leasing.money.invoicing import credit_undone
from services.ledger.posting import Fact, post
from tests.adapters.database.bike_leasing.test_invoices_of_holders import OF_HOLDERS, issue, undo
from tests.adapters.database.bike_leasing.test_runs import DECEMBER, NOW, RATE, Lessor
from tests.adapters.database.bike_leasing.works import Killed, books_of, lessor, works
from tests.adapters.database.ledgers import Books
from tests.invoices import CITY

__all__ = ["lessor", "works"]
pytestmark = pytest.mark.database
CREDITS = "RK-2027-{number:6}"
OWED = r"""SELECT c.lease_id, c.amount, r.id IS NOT NULL AS undone,
  (SELECT array_agg(i.gross) FROM invoices i WHERE i.city = c.city AND i.source = e.source) AS invoiced,
  (SELECT array_agg(n.gross) FROM invoices i JOIN invoices n ON n.city = i.city AND n.corrects = i.id
    WHERE i.city = c.city AND i.source = e.source) AS credited
FROM lease_charges c JOIN ledger_entries e ON e.city = c.city AND e.source = 'lease\:' || c.lease_id || '\:' || to_char(c.month, 'YYYY-MM')
  LEFT JOIN ledger_entries r ON r.city = e.city AND r.reverses = e.id
WHERE c.city = :city AND c.payer = 'holder'"""
NUMBERS = "SELECT kind, array_agg(position ORDER BY position) AS positions FROM invoices WHERE city = :city GROUP BY 1"


async def credit(lessor: Lessor, lease: UUID) -> tuple[Invoice, ...]:
    return await books_of(lessor).of_undone(lessor.city, LeaseId(lease))


def open_books(lessor: Lessor, sheet: Sheet) -> SqlLeaseInvoiceBooks:
    shelf = SqlOpenInvoices(sheet.connection, lessor.city, None, new_id)
    return SqlLeaseInvoiceBooks(sheet.connection, lessor.city, shelf)


async def test_what_is_taken_back_after_it_was_invoiced_is_credited_as_a_whole_and_nothing_else_is(
    works: Lessor,
) -> None:
    await works.run()
    first, *others = await issue(works)
    lease = first.subject.lease_id
    assert lease is not None
    assert await credit(works, lease) == ()
    await works.at_desk(lambda sheet: undo(sheet, lease))
    (note,) = await credit(works, lease)
    assert (note.kind, note.why, note.corrects) == (
        InvoiceKind.CREDIT_NOTE,
        Why.REFUND,
        Corrected(first.id, first.number, first.issued_on),
    )
    assert (note.number, note.totals, note.lines, note.debtor) == (
        "RK-2027-000001",
        first.totals,
        first.lines,
        first.debtor,
    )
    assert [await credit(works, lease), await issue(works)] == [(), ()]
    for other in others:
        assert other.subject.lease_id is not None
        assert await credit(works, other.subject.lease_id) == ()


async def test_several_at_once_credit_it_once_and_whoever_is_killed_leaves_nothing(works: Lessor) -> None:
    await works.run()
    lease = (await issue(works))[0].subject.lease_id
    assert lease is not None
    await works.at_desk(lambda sheet: undo(sheet, lease))

    async def dies(sheet: Sheet) -> None:
        assert await credit_undone(LeaseId(lease), books=open_books(works, sheet), new_id=new_id, now=NOW)
        raise Killed

    with pytest.raises(Killed):
        await works.at_desk(dies)
    found = await asyncio.gather(*(credit(works, lease) for _ in range(5)))
    assert [note.number for notes in found for note in notes] == ["RK-2027-000001"]


async def test_of_what_was_credited_in_part_the_rest_is(works: Lessor) -> None:
    await works.run()
    first = (await issue(works))[0]
    lease = first.subject.lease_id
    assert lease is not None

    async def part(sheet: Sheet) -> None:
        books = open_books(works, sheet)
        note = credit_note_for(
            first,
            (),
            Money(5_01, "EUR"),
            Why.WAIVED,
            credit_note_id=InvoiceId(new_id()),
            city=CITY,
            counter=await books.counter(CREDITS),
            now=NOW,
        )
        await books.keep(note)
        await undo(sheet, lease)

    await works.at_desk(part)
    (rest,) = await credit(works, lease)
    assert (rest.gross.amount, rest.number) == (RATE - 5_01, "RK-2027-000002")


async def test_the_ledger_posts_nothing_of_a_credit_note_and_the_books_that_go_out_settle_its_invoice(
    works: Lessor,
) -> None:
    await works.run()
    first = (await issue(works))[0]
    lease = first.subject.lease_id
    assert lease is not None
    await works.at_desk(lambda sheet: undo(sheet, lease))
    before = await works.balances()
    (note,) = await credit(works, lease)
    assert await post(Fact.DOCUMENT, works.city, note.id, ledgers=Books(works.database, works.city).ledgers) == 0
    assert await works.balances() == before
    facts = SqlAccountingFacts(works.database.app.transactions, works.clock, new_id)
    booked = await facts.booked(works.city, DECEMBER, months_on(DECEMBER, 1), 100)
    assert [each.document for each in booked if each.entry.kind == "reversal"] == [first.number]


@pytest.mark.parametrize("seed", [1, 2])
async def test_in_whatever_order_all_this_comes_each_charge_is_on_one_invoice_and_what_was_taken_back_is_credited(
    works: Lessor, seed: int
) -> None:
    """Two months, jobs that come twice, too early or are killed, holders who withdraw in between."""
    dice, undone = Random(seed), list[UUID]()
    await works.run()
    hers = sorted(row.lease_id for row in await works.rows(OF_HOLDERS))

    async def withdraw() -> None:
        if len(undone) < 2:
            lease = dice.choice([each for each in hers if each not in undone])
            undone.append(lease)
            await works.at_desk(lambda sheet: undo(sheet, lease))

    async def notes() -> None:
        await asyncio.gather(*(credit(works, dice.choice(hers)) for _ in range(2)))

    async def invoices() -> None:
        await asyncio.gather(issue(works), issue(works))

    async def next_month() -> None:
        await works.write(
            """UPDATE lease_instalments SET state = 'cut' WHERE city = :city AND state = 'planned'
              AND lease_id IN (SELECT id FROM leases WHERE city = :city AND state = 'withdrawn')"""
        )
        await works.run(months_on(DECEMBER, 1))

    steps = [withdraw, notes, invoices, withdraw, notes, next_month, invoices]
    dice.shuffle(steps)
    for step in steps:
        await step()
        for row in await works.rows(OWED):
            assert row.invoiced in (None, [row.amount])
            assert row.credited in ((None, row.invoiced) if row.undone else (None,))
    await invoices()
    for lease in undone:
        await credit(works, lease)
    found = await works.rows(OWED)
    assert all((row.credited if row.undone else [row.amount]) == row.invoiced for row in found)
    assert all(row.credited is None for row in found if not row.undone)
    issued = sum(sum(row.invoiced or []) - sum(row.credited or []) for row in found)
    assert issued == (await works.balances())["receivables"] == sum(row.amount for row in found if not row.undone)
    for row in await works.rows(NUMBERS):
        assert row.positions == list(range(1, len(row.positions) + 1))
