"""An invoice as it is shown."""

from datetime import date

from msgspec import Struct

from domain.identity import PersonId
from domain.invoicing.invoices import (
    Address,
    Corrected,
    Debit,
    Evidence,
    Form,
    Invoice,
    InvoiceId,
    InvoiceKind,
    InvoiceLine,
    Seller,
    Subject,
    TaxTotal,
    Why,
)
from domain.money import Money
from domain.periods import Period
from services.invoicing.ports import Filed


class DebtorView(Struct, frozen=True):
    person_id: PersonId | None
    customer: str
    name: str | None
    address: Address | None
    leitweg_id: str | None
    employer: str | None


class CreditNoteView(Struct, frozen=True):
    id: InvoiceId
    number: str
    issued_on: date
    gross: Money


class InvoiceView(Struct, frozen=True):
    """`open` is what credit notes left of it; `digest` the SHA-256 of its content as it was sealed. The links of `documents`
    lead to it as PDF, with the structured invoice inside, and as XML alone. What is about a lease leads to no booking."""

    id: InvoiceId
    kind: InvoiceKind
    number: str
    form: Form
    why: Why
    issued_on: date
    performed: Period
    time_zone: str
    subject: Subject
    seller: Seller
    debtor: DebtorView
    lines: tuple[InvoiceLine, ...]
    totals: tuple[TaxTotal, ...]
    net: Money
    vat: Money
    gross: Money
    open: Money
    cash_reference: str
    collected: bool
    debit: Debit | None
    payable_by: date | None
    corrects: Corrected | None
    credit_notes: tuple[CreditNoteView, ...]
    evidence: tuple[Evidence, ...]
    digest: str
    documents: dict[str, str]
    booking: str | None
    version: int


def invoice_view(filed: Filed, at: str) -> InvoiceView:
    """`at` is the path of the list that shows it."""
    invoice = filed.invoice
    debtor, booking_id = invoice.debtor, invoice.subject.booking_id
    credited = sum(note.gross.amount for note in filed.credit_notes)
    left = invoice.gross.amount - credited if invoice.kind is InvoiceKind.INVOICE else 0
    return InvoiceView(
        id=invoice.id,
        kind=invoice.kind,
        number=invoice.number,
        form=invoice.form,
        why=invoice.why,
        issued_on=invoice.issued_on,
        performed=invoice.performed,
        time_zone=invoice.time_zone,
        subject=invoice.subject,
        seller=invoice.seller,
        debtor=DebtorView(
            debtor.person_id, debtor.customer, debtor.name, debtor.address, debtor.leitweg_id, debtor.employer
        ),
        lines=invoice.lines,
        totals=invoice.totals,
        net=invoice.net,
        vat=invoice.vat,
        gross=invoice.gross,
        open=Money(left, invoice.gross.currency),
        cash_reference=invoice.cash_reference,
        collected=invoice.collected,
        debit=invoice.debit,
        payable_by=invoice.payable_by,
        corrects=invoice.corrects,
        credit_notes=tuple(_credit_note(note) for note in filed.credit_notes),
        evidence=invoice.evidence,
        digest=filed.digest,
        documents={"pdf": f"{at}/{invoice.id}/pdf", "xml": f"{at}/{invoice.id}/xml"},
        booking=f"{at.removesuffix('/invoices')}/bookings/{booking_id}" if booking_id is not None else None,
        version=1 + len(filed.credit_notes),
    )


def _credit_note(note: Invoice) -> CreditNoteView:
    return CreditNoteView(note.id, note.number, note.issued_on, note.gross)
