"""What is due, and what of it was received, from invoices and what was paid for them."""

from collections.abc import Iterator, Mapping

from domain.identity import PersonId
from domain.invoicing.invoices import Invoice, InvoiceKind, TaxTotal
from domain.invoicing.taxing import makes_good
from domain.ledger.accounts import DAMAGES, AccountKey, revenue
from services.accounting.ports import Due, Owed


def dues(owed: Owed, numbers: Mapping[PersonId, int]) -> Iterator[Due]:
    """An item for each rate of each document. What was paid goes to the oldest invoice first, what was given back to the oldest
    credit note, whose amounts are below zero."""
    left = {InvoiceKind.INVOICE: owed.paid, InvoiceKind.CREDIT_NOTE: owed.given_back}
    days = {InvoiceKind.INVOICE: owed.paid_on, InvoiceKind.CREDIT_NOTE: owed.given_back_on}
    references = {each.id: each.cash_reference for each in owed.issued}
    for document in owed.issued:
        sign = 1 if document.kind is InvoiceKind.INVOICE else -1
        reference = references.get(document.corrects.id, "") if document.corrects else document.cash_reference
        for total in document.totals:
            received = max(min(left[document.kind], total.gross.amount), 0)
            left[document.kind] -= received
            yield Due(
                cash_reference=reference,
                number=document.number,
                service=document.subject.service,
                account=_account(document, total),
                issued_on=document.issued_on,
                due_on=document.payable_by or document.issued_on,
                amount=sign * total.gross.amount,
                currency=total.gross.currency,
                received=sign * received,
                received_on=days[document.kind] if received else None,
                debtor=document.debtor.name or "",
                debtor_number=numbers.get(person) if (person := document.debtor.person_id) is not None else None,
                text=document.subject.thing,
            )


def _account(document: Invoice, total: TaxTotal) -> AccountKey:
    if makes_good(document, total):
        return DAMAGES
    return revenue(document.subject.service, total.rate).key
