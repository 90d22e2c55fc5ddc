"""What leases make somebody owe is invoiced once, by sealed documents with numbers of the city's own series."""

import asyncio
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.banking.expectations import SqlInvoiceExpectations
from adapters.database.bike_leasing.invoices import SqlLeaseInvoices
from adapters.database.invoicing.archive import SqlInvoiceArchive
from adapters.database.ledger.accounting import SqlAccountingFacts
from adapters.database.ledger.gaps import SqlGaps
from adapters.documents.rendering import render
from adapters.mail.invoice_letters import invoice_composer
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.money.claims import ClaimKind, SettlingClaim
from domain.bike_leasing.money.entries import settled
from domain.identity import PersonId
from domain.invoicing.invoices import Invoice, InvoiceId
from domain.money import Money
from infra.clock import now
from infra.ids import new_id
from services.invoicing.sending import mail_invoice
from services.ledger.posting import Fact, post
from services.notices.ports import Message
from tests.adapters.database.ledgers import Books
from tests.adapters.http.bike_leasing.test_payments import Treasury, treasury
from tests.adapters.http.leasing_office import Office
from tests.api import bearer

__all__ = ("treasury",)
pytestmark = pytest.mark.database
CHARGED = text("""INSERT INTO lease_charges (city, id, lease_id, number, month, due_on, payer, holder_id, employer, amount, vat_rate, vat,
    passed_on, currency, made_at)
  SELECT i.city, gen_random_uuid(), i.lease_id, i.number, i.month, i.due_on, 'employer', gen_random_uuid(), 'stadtwerke', 12560, 0.19, 1835,
    1064, 'EUR', now() FROM lease_instalments i WHERE i.city = :city AND i.lease_id = :lease AND i.number = 1""")
CHARGED_HER = text(CHARGED.text.replace("'employer', gen_random_uuid(), 'stadtwerke'", "'holder', :ada, NULL"))
NEWS = "SELECT kind, subject_id FROM outbox WHERE city = :city AND kind = 'invoice.issued'"


class Desk(Struct):
    """Finance, and the worker that writes what a lease's holder owes beside her rates."""

    treasury: Treasury
    lease: LeaseId

    @property
    def office(self) -> Office:
        return self.treasury.office

    async def owe(self, kind: ClaimKind, cents: int, vat: int = 0) -> str:
        """As an act posts it; the entry's name."""
        rate = Decimal("0.19") if vat else None
        claim = SettlingClaim(
            self.lease, kind, PersonId(self.office.ada), date(2026, 12, 1), Money(cents, EUR), rate, Money(vat, EUR)
        )
        entry = settled(claim, now())
        await Books(self.office.database, self.office.city).post(entry)
        return entry.source

    async def issue(self) -> tuple[Invoice, ...]:
        books = SqlLeaseInvoices(self.office.database.app.transactions, now, new_id, lambda: None)
        return await books.of_lease(self.office.city, self.lease)


@pytest.fixture
async def desk(treasury: Treasury) -> Desk:
    return Desk(treasury, LeaseId(UUID(await treasury.bike())))


async def test_whoever_buys_her_bike_finds_its_invoice_among_hers_and_finance_among_all(desk: Desk) -> None:
    source = await desk.owe(ClaimKind.PURCHASE, 71_982, 11_493)
    (made,) = await desk.issue()
    assert (made.source, made.vat.amount, made.gross.amount) == (source, 11_493, 71_982)

    office = desk.office
    hers = await office.http.get(f"/v1/{office.city}/invoices", headers=bearer(office.tokens["ada"]))
    (mine,) = hers.json()["items"]
    (shown,) = (await desk.treasury.get("invoices"))["items"]
    assert mine["number"] == shown["number"] == made.number
    assert (shown["why"], shown["subject"]["lease_id"], shown["booking"]) == ("purchase", str(desk.lease), None)
    assert shown["cash_reference"] == (await desk.treasury.get("lease-receivables"))["items"][0]["reference"]
    assert shown["totals"][0]["vat"] == {"amount": 11_493, "currency": "EUR"}
    paper = await office.http.get(mine["documents"]["pdf"], headers=bearer(office.tokens["ada"]))
    assert paper.content.startswith(b"%PDF-1.7")
    assert (
        str(desk.lease).encode()
        in (await office.http.get(mine["documents"]["xml"], headers=bearer(office.tokens["ada"]))).content
    )
    hidden = await office.http.get(mine["documents"]["pdf"], headers=bearer(office.tokens["stranger"]))
    assert hidden.status_code == 404


async def test_hr_sees_what_its_own_employer_is_invoiced_for_and_nobody_elses(desk: Desk) -> None:
    await desk.owe(ClaimKind.PURCHASE, 71_982, 11_493)
    (hers,) = await desk.issue()
    async with desk.office.database.app.transactions.city(desk.office.city) as connection:
        await connection.execute(CHARGED, {"city": desk.office.city, "lease": desk.lease})
    (theirs,) = await SqlLeaseInvoices(desk.office.database.app.transactions, now, new_id, lambda: None).of_employers(
        desk.office.city
    )
    assert (await desk.office.ask("stranger", "GET", "invoices")).json()["items"] == []
    (shown,) = (await desk.office.ask("hr", "GET", "invoices")).json()["items"]
    assert (shown["number"], shown["debtor"]["name"]) == (theirs.number, "Stadtwerke Okerstadt")
    assert shown["documents"]["pdf"].endswith(f"/leasing/invoices/{theirs.id}/pdf")
    assert [line["description"] for line in shown["lines"]] == [str(desk.lease)] * 2
    paper = await desk.office.ask("hr", "GET", f"invoices/{theirs.id}/pdf")
    assert paper.content.startswith(b"%PDF-1.7")
    for who, which in (("stranger", theirs), ("hr", hers)):
        for path in (f"invoices/{which.id}", f"invoices/{which.id}/xml"):
            assert (await desk.office.ask(who, "GET", path)).status_code == 404


async def test_a_holder_finds_her_months_among_her_invoices_and_nobody_else_does(desk: Desk) -> None:
    office, app = desk.office, desk.office.database.app
    async with app.transactions.city(office.city) as connection:
        await connection.execute(CHARGED_HER, {"city": office.city, "lease": desk.lease, "ada": office.ada})
    (made,) = await SqlLeaseInvoices(app.transactions, now, new_id, lambda: None).of_holders(office.city)
    hers = await office.http.get(f"/v1/{office.city}/invoices", headers=bearer(office.tokens["ada"]))
    (mine,) = hers.json()["items"]
    assert (mine["number"], mine["why"], mine["debit"], mine["open"]) == (
        made.number,
        "instalment",
        None,
        {"amount": 12_560, "currency": "EUR"},
    )
    assert mine["cash_reference"] == (await desk.treasury.get("lease-receivables"))["items"][0]["reference"]
    paper = await office.http.get(mine["documents"]["pdf"], headers=bearer(office.tokens["ada"]))
    assert paper.content.startswith(b"%PDF-1.7")
    for who in ("stranger", "hr"):
        hidden = await office.http.get(mine["documents"]["pdf"], headers=bearer(office.tokens[who]))
        assert hidden.status_code == 404


async def test_each_claim_of_a_lease_is_invoiced_once_however_many_look_at_once(desk: Desk) -> None:
    await desk.owe(ClaimKind.SETTLEMENT, 45_796)
    await desk.owe(ClaimKind.DAMAGE, 4_000)
    found = await asyncio.gather(*(desk.issue() for _ in range(6)))
    made = [invoice for each in found for invoice in each]
    assert sorted(invoice.gross.amount for invoice in made) == [4_000, 45_796]
    assert {invoice.vat.amount for invoice in made} == {0}
    assert sorted(int(invoice.number[-6:]) for invoice in made) == [1, 2]
    assert await desk.issue() == ()
    assert len(await desk.treasury.rows(NEWS)) == 2


async def test_what_is_invoiced_is_posted_and_expected_no_second_time(desk: Desk) -> None:
    await desk.owe(ClaimKind.SETTLEMENT, 45_796)
    before = await desk.treasury.balances()
    (made,) = await desk.issue()
    office, app = desk.office, desk.office.database.app
    assert await post(Fact.DOCUMENT, office.city, made.id, ledgers=Books(office.database, office.city).ledgers) == 0
    missing = {each.fact: each.subjects for each in await SqlGaps(app.transactions).missing(office.city)}
    assert missing[Fact.DOCUMENT] == ()
    assert await desk.treasury.balances() == before
    assert await SqlInvoiceExpectations(app.transactions).of(office.city, date(2020, 1, 1)) == ()
    await desk.treasury.booked((45_796, made.cash_reference))
    assert (await desk.treasury.get("lease-receivables"))["items"] == []


async def test_the_books_that_go_out_name_the_document(desk: Desk) -> None:
    source = await desk.owe(ClaimKind.PURCHASE, 71_982, 11_493)
    (made,) = await desk.issue()
    facts = SqlAccountingFacts(desk.office.database.app.transactions, now, new_id)
    month = now().date().replace(day=1)
    booked = {each.entry.source: each.document for each in await facts.booked(desk.office.city, month, month, 100)}
    assert booked[source] == made.number


async def test_the_letter_says_which_lease_it_is_about(desk: Desk) -> None:
    await desk.owe(ClaimKind.SETTLEMENT, 45_796)
    (made,) = await desk.issue()
    sent: list[Message] = []

    class Post:
        async def send(self, message: Message) -> None:
            sent.append(message)

    (news,) = await desk.treasury.rows(NEWS)
    archive = SqlInvoiceArchive(desk.office.database.app)
    for _ in range(2):
        assert await mail_invoice(
            desk.office.city,
            InvoiceId(news.subject_id),
            new_id(),
            now(),
            archive=archive,
            render=render,
            compose=invoice_composer(),
            mailer=Post(),
            clock=now,
        )
    said = " ".join(sent[0].text.split())
    assert f"über 457,96 Euro für Ihren Leasingvertrag {desk.lease}" in said
    assert made.cash_reference in said
    assert sent[0].attachments == sent[1].attachments, "it is drawn once"


async def test_an_invoice_is_about_a_booking_or_a_lease(desk: Desk) -> None:
    await desk.owe(ClaimKind.SETTLEMENT, 45_796)
    await desk.issue()
    copied = """INSERT INTO invoices SELECT city, gen_random_uuid(), kind, series, position + 1, number || 'x', source || 'x', NULL, debtor_id,
      service, issued_on, issued_at, gross, currency, cash_reference, corrects, content, digest FROM invoices WHERE city = :city"""
    async with desk.office.database.app.transactions.city(desk.office.city) as connection:
        columns = (
            "city, id, kind, series, position, number, source, booking_id, debtor_id, service, issued_on, issued_at,"
            " gross, currency, cash_reference, corrects, content, digest"
        )
        with pytest.raises(DBAPIError, match="about_a_booking_a_lease_or_all_of_an_employers"):
            await connection.execute(
                text(copied.replace("INTO invoices", f"INTO invoices ({columns})")), {"city": desk.office.city}
            )
