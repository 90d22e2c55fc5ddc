"""An employer's month of all its leases is invoiced when its run is through: each charge once, whoever looks and whatever is killed."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from msgspec.json import encode
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.bike_leasing.invoices import SqlEmployerInvoiceBooks
from adapters.database.invoicing.archive import SqlInvoiceArchive
from adapters.database.invoicing.invoices import SqlOpenInvoices
from adapters.database.ledger.accounting import SqlAccountingFacts
from adapters.database.sheets import Sheet
from adapters.documents.rendering import render
from adapters.mail.invoice_letters import invoice_composer
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.parties import TV_FAHRRADLEASING, BilledTo, Conditions, Framework, PartyId, Span
from domain.invoicing.invoices import Address, Invoice, InvoiceId, TaxCategory
from domain.money import Money
from infra.ids import new_id
from services.bike_leasing.money.invoicing import invoice_employer
from services.invoicing.sending import mail_invoice
from services.ledger.posting import Fact, post
from services.notices.ports import Message, NoMailbox
from tests.adapters.database.bike_leasing.test_runs import DECEMBER, NOW, RATE, Lessor
from tests.adapters.database.bike_leasing.works import Killed, books_of, lessor, works
from tests.adapters.database.ledgers import Books

__all__ = ["lessor", "works"]
pytestmark = pytest.mark.database
FIRST, SECOND = "employer-5", "employer-6"
THERE = BilledTo("Stadtwerke Okerstadt", Address("Werkstr. 1", "38100", "Okerstadt"))
AGREED = Framework(
    PartyId(FIRST),
    PartyId("leasing-ag"),
    Span(date(2026, 1, 1)),
    Money(5_000_000, EUR),
    TV_FAHRRADLEASING,
    Conditions(Decimal("5.90"), Decimal(10), 36),
    billed_to=THERE,
)


async def issue(lessor: Lessor) -> tuple[Invoice, ...]:
    return await books_of(lessor).of_employers(lessor.city)


async def test_an_employers_month_is_one_invoice_over_what_the_ledger_has_it_owe(works: Lessor) -> None:
    assert await issue(works) == ()
    await works.run()
    first, second = await issue(works)
    assert (first.debtor.employer, second.debtor.employer) == (FIRST, SECOND)
    assert first.gross.amount + second.gross.amount == (await works.balances())["leasing_employers"] == 2 * RATE
    assert [(total.category, total.gross.amount, total.vat.amount) for total in first.totals] == [
        (TaxCategory.STANDARD, 11_496, 1_835),
        (TaxCategory.EXEMPT, 1_064, 0),
    ]
    assert first.cash_reference == "LEASING-2026-12-EMPLOYER-5"
    ((due, lease),) = await works.rows(
        "SELECT due_on, lease_id FROM lease_charges WHERE city = :city AND employer = 'employer-5'"
    )
    assert first.payable_by == due
    assert {line.description for line in first.lines} == {str(lease)}
    assert int(second.number[-6:]) == int(first.number[-6:]) + 1
    assert await issue(works) == ()


async def test_the_end_of_a_run_asks_for_them_and_nothing_is_invoiced_before(works: Lessor) -> None:
    await works.begin()
    asked = "SELECT count(*) FROM outbox WHERE city = :city AND kind = 'bike_leasing.run_ended'"
    assert await works.batch() == 6
    assert (await issue(works), (await works.rows(asked))[0][0]) == ((), 0)
    assert await works.batch() is None
    assert (await works.rows(asked))[0][0] == 1
    assert len(await issue(works)) == 2


async def test_what_a_later_run_adds_to_a_month_is_a_document_of_its_own(works: Lessor) -> None:
    await works.run()
    (first, _) = await issue(works)
    await works.write(
        """INSERT INTO leases SELECT (jsonb_populate_record(l, jsonb_build_object('id', gen_random_uuid()))).* FROM leases l
          WHERE city = :city AND employer = 'employer-5'"""
    )
    await works.write(
        """INSERT INTO lease_instalments SELECT (jsonb_populate_record(i, jsonb_build_object('lease_id', n.id, 'state', 'planned'))).*
          FROM leases n JOIN leases o ON o.city = n.city AND o.employer = n.employer AND o.id <> n.id
          JOIN lease_instalments i ON i.city = o.city AND i.lease_id = o.id AND i.number = 1
          WHERE n.city = :city AND n.employer = 'employer-5'
            AND NOT EXISTS (SELECT FROM lease_instalments k WHERE k.city = n.city AND k.lease_id = n.id)"""
    )
    await works.run()
    (later,) = await issue(works)
    assert (first.source, later.source) == (
        "lease_month:employer-5:2026-12:1",
        "lease_month:employer-5:2026-12:2",
    )
    assert later.cash_reference == first.cash_reference, "the month is transferred as one"
    assert later.gross.amount == RATE
    assert {line.description for line in later.lines}.isdisjoint({line.description for line in first.lines})


async def test_several_at_once_issue_each_once_and_whoever_is_killed_leaves_nothing(works: Lessor) -> None:
    await works.run()

    async def dies(sheet: Sheet) -> None:
        books = SqlEmployerInvoiceBooks(
            sheet.connection, works.city, SqlOpenInvoices(sheet.connection, works.city, None, new_id)
        )
        assert await invoice_employer(books=books, new_id=new_id, now=NOW)
        raise Killed

    with pytest.raises(Killed):
        await works.at_desk(dies)
    found = await asyncio.gather(*(issue(works) for _ in range(6)))
    made = [invoice for each in found for invoice in each]
    assert sorted(str(each.debtor.employer) for each in made) == [FIRST, SECOND]
    assert sorted(int(each.number[-6:]) for each in made) == [1, 2]
    invoiced = (
        "SELECT count(*), count(DISTINCT invoice_id) FROM lease_charges WHERE city = :city AND invoice_id IS NOT NULL"
    )
    assert tuple((await works.rows(invoiced))[0]) == (2, 2)


async def test_a_charge_is_on_no_second_invoice(works: Lessor) -> None:
    await works.run()
    await issue(works)
    with pytest.raises(DBAPIError, match="a charge is invoiced once"):
        await works.write("UPDATE lease_charges SET invoice_id = NULL WHERE city = :city")


async def test_the_ledger_posts_nothing_of_it_and_the_books_that_go_out_name_it(works: Lessor) -> None:
    await works.run()
    before = await works.balances()
    made = await issue(works)
    ledgers = Books(works.database, works.city).ledgers
    assert [await post(Fact.DOCUMENT, works.city, each.id, ledgers=ledgers) for each in made] == [0, 0]
    assert await works.balances() == before
    facts = SqlAccountingFacts(works.database.app.transactions, works.clock, new_id)
    booked = await facts.booked(works.city, DECEMBER, DECEMBER, 100)
    assert sorted(each.document for each in booked) == ["", "", "", "", made[0].number, made[1].number]


async def test_an_invoice_goes_to_everybody_of_the_employers_hr_and_to_the_address_that_was_agreed(
    works: Lessor,
) -> None:
    """Also where one of them has no mailbox any more."""
    await said(works, AGREED)
    for name, party in (("gone", FIRST), ("hr1", FIRST), ("hr2", FIRST), ("hr3", SECOND)):
        await hr_of(works, name, party)
    await works.run()
    made = (await issue(works))[0]
    assert (made.debtor.name, made.debtor.address) == (THERE.name, THERE.address)
    sent: dict[UUID, Message] = {}

    class Post:
        async def send(self, message: Message) -> None:
            if message.to == "gone@example.org":
                raise NoMailbox
            sent[message.id] = message

    for _ in range(2):
        assert await mail_invoice(
            works.city,
            InvoiceId(made.id),
            UUID(int=7),
            NOW,
            archive=SqlInvoiceArchive(works.database.app),
            render=render,
            compose=invoice_composer(),
            mailer=Post(),
            clock=works.clock,
        )
    assert sorted(each.to for each in sent.values()) == ["hr1@example.org", "hr2@example.org"]
    words = " ".join(next(iter(sent.values())).text.split())
    assert "für die Raten aller Leasingverträge Ihrer Beschäftigten: 2026-12." in words
    assert "LEASING-2026-12-EMPLOYER-5" in words


async def said(lessor: Lessor, framework: Framework) -> None:
    async with lessor.database.app.transactions.city(lessor.city) as connection:
        await connection.execute(
            text(
                """INSERT INTO lease_frameworks (city, lessor, employer, framework, agreed_by, agreed_at)
                VALUES (:city, :lessor, :employer, CAST(:framework AS jsonb), :by, now())"""
            ),
            {
                "city": lessor.city,
                "lessor": framework.lessor,
                "employer": framework.employer,
                "framework": encode(framework).decode(),
                "by": new_id(),
            },
        )


async def hr_of(lessor: Lessor, name: str, party: str) -> None:
    values: dict[str, Any] = {"city": lessor.city, "id": new_id(), "email": f"{name}@example.org", "party": party}
    async with lessor.database.app.transactions.city(lessor.city) as connection:
        await connection.execute(
            text("INSERT INTO persons (city, id, email, language, made_at) VALUES (:city, :id, :email, 'de', now())"),
            values,
        )
        await connection.execute(
            text(
                """INSERT INTO role_grants (city, person_id, role, pool_id, party_id, granted_at)
                VALUES (:city, :id, 'hr', '', :party, now())"""
            ),
            values,
        )
