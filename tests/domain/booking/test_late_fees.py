"""What a reminder costs has an invoice of its own, without tax, which no other document of the booking knows of."""

from datetime import timedelta
from decimal import Decimal

from msgspec.structs import replace

from domain.booking.bookings import State
from domain.booking.invoicing import Bill, Credit, LateFee, falls_due_later, fee_of, next_document, next_fee_document
from domain.invoicing.invoices import REPLACES, InvoiceKind, TaxCategory, Why
from domain.invoicing.taxing import taxed
from domain.ledger.posting.documents import invoice
from domain.payments.dunning import Charge
from domain.pricing.quotes import LineKind
from services.ledger.posting import document_of
from tests.examples import BERLIN, NOON, a_booking, an_id
from tests.invoices import a_credit_note, a_line, an_invoice

CASE = an_id("case")
LATE = LateFee(CASE, NOON, "EUR", Charge(2, 250, NOON + timedelta(days=28)))
SOURCE = f"dunning:{CASE}:2"
FEE = an_invoice(a_line("2.50", "0", LineKind.LATE_PAYMENT), name="fee", source=SOURCE, why=Why.LATE_PAYMENT)
WAIVED = replace(LATE, charge=replace(LATE.charge, waived_at=NOON + timedelta(days=30)))


def test_each_fee_is_invoiced_once_to_be_transferred() -> None:
    step = next_fee_document((LATE,), ())
    assert isinstance(step, Bill)
    assert (step.billable.source, step.billable.why, step.billable.later) == (SOURCE, Why.LATE_PAYMENT, True)
    ((line,), (total,)) = taxed(step.billable.lines)
    assert (line.gross.amount, total.category, total.rate) == (250, TaxCategory.OUTSIDE, Decimal(0))
    assert next_fee_document((LATE,), (FEE,)) is None
    assert [leg.account for leg in invoice(document_of(FEE)).legs] == ["receivables", "damages"]


def test_one_that_is_waived_is_credited_once_and_not_invoiced_any_more() -> None:
    step = next_fee_document((WAIVED,), (FEE,))
    assert isinstance(step, Credit)
    assert (step.invoice, step.amount.amount, step.why) == (FEE, 250, Why.WAIVED)
    note = a_credit_note(FEE, 250, why=Why.WAIVED)
    assert note.kind is InvoiceKind.CREDIT_NOTE
    assert next_fee_document((WAIVED,), (FEE, note)) is None
    assert next_fee_document((WAIVED,), ()) is None


def test_the_documents_of_the_booking_itself_are_what_they_are_without_it() -> None:
    booking = a_booking(State.COMPLETED)
    step = next_document(booking, (), BERLIN, (), NOON + timedelta(days=40))
    note = a_credit_note(FEE, 250, why=Why.WAIVED)
    assert step == next_document(booking, (), BERLIN, (FEE, note), NOON + timedelta(days=40))
    assert isinstance(step, Bill)


def test_a_source_says_what_falls_due_later_and_which_reminder_it_is_of() -> None:
    booking = f"booking:{an_id('booking')}"
    assert fee_of(SOURCE) == (CASE, 2)
    assert fee_of(booking) is None
    for source, later in (
        (booking, False),
        (f"{booking}:instalment:1", False),
        (f"{booking}:instalment:2", True),
        (f"{booking}:instalment:12:untaxed{REPLACES}{an_id('wrong')}", True),
        (f"{booking}:fees", False),
    ):
        assert falls_due_later(source) is later
