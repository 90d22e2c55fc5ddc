"""What documents say becomes entries: invoices, credit notes, what is written off, what one office owes another."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from domain.identity import PersonId
from domain.ledger.accounts import (
    BAD_DEBT,
    COST_CENTRES,
    DAMAGES,
    INTERNAL,
    RECEIVABLES,
    AccountKey,
    revenue,
    vat,
)
from domain.ledger.entries import Entry, EntryKind, Leg, Origin, Side, balanced
from domain.money import Money


class Taxed(Struct, frozen=True):
    """A part of a document that is taxed alike; `net + vat = gross`, in minor units.

    How a fee is taxed was frozen with its booking, by the law of that day: an agreed price for the right to cancel is
    taxed at its rate; `damages` make good a loss and are outside of the tax, and no revenue.
    """

    rate: Decimal
    net: int
    vat: int
    damages: bool = False

    @property
    def gross(self) -> int:
        return self.net + self.vat


class Document(Struct, frozen=True):
    """An invoice or a credit note, as far as the ledger asks; amounts of both are more than nothing."""

    id: UUID
    number: str
    booking_id: UUID
    debtor: PersonId
    service: str
    currency: str
    parts: tuple[Taxed, ...]
    issued_at: datetime

    @property
    def gross(self) -> Money:
        return Money(sum(part.gross for part in self.parts), self.currency)


def invoice(document: Document) -> Entry:
    """The debtor owes it: what is earned, and the tax on it."""
    return _document(EntryKind.INVOICE, document, Side.DEBIT)


def credit_note(document: Document) -> Entry:
    """The debtor owes so much less, or is owed it: less is earned, and less tax."""
    return _document(EntryKind.CREDIT_NOTE, document, Side.CREDIT)


def write_off(document: Document, lost: Sequence[Taxed], at: datetime) -> Entry:
    """What is left of an invoice will never be paid: a loss, and the tax on it is owed no longer (§ 17 Abs. 2 UStG)."""
    amount = Money(sum(part.gross for part in lost), document.currency)
    owed = Leg(RECEIVABLES, Side.CREDIT, amount, document.debtor)
    return balanced(
        Entry(
            EntryKind.WRITE_OFF,
            f"write_off:{document.id}",
            at,
            (*losses(lost, document.currency), owed),
            Origin(booking_id=document.booking_id, invoice_id=document.id),
            document.number,
        )
    )


class InternalUse(Struct, frozen=True):
    """A use that a cost centre of the city's bears. `amount` is without tax: within one body nothing is sold."""

    booking_id: UUID
    cost_centre: str
    service: str
    amount: Money
    ended_at: datetime


def cost_centre_charge(use: InternalUse) -> Entry:
    """One office's cost is another's yield (interne Leistungsverrechnung); nobody pays."""
    return balanced(
        Entry(
            EntryKind.COST_CENTRE,
            f"cost_centre:{use.booking_id}",
            use.ended_at,
            (
                Leg(COST_CENTRES, Side.DEBIT, use.amount, cost_centre=use.cost_centre),
                Leg(INTERNAL, Side.CREDIT, use.amount),
            ),
            Origin(booking_id=use.booking_id),
            use.service,
        )
    )


def losses(parts: Iterable[Taxed], currency: str) -> tuple[Leg, ...]:
    """A loss of what was earned, and the tax that comes back with it."""
    return _legs(parts, currency, Side.DEBIT, lambda _: (BAD_DEBT, None))


def _document(kind: EntryKind, document: Document, side: Side) -> Entry:
    def earned(part: Taxed) -> tuple[AccountKey, Decimal | None]:
        if part.damages:
            return DAMAGES, None
        return revenue(document.service, part.rate).key, part.rate

    return balanced(
        Entry(
            kind,
            f"{kind}:{document.id}",
            document.issued_at,
            (
                Leg(RECEIVABLES, side, document.gross, document.debtor),
                *_legs(document.parts, document.currency, side.other, earned),
            ),
            Origin(booking_id=document.booking_id, invoice_id=document.id),
            document.number,
        )
    )


def _legs(
    parts: Iterable[Taxed], currency: str, side: Side, account: Callable[[Taxed], tuple[AccountKey, Decimal | None]]
) -> tuple[Leg, ...]:
    """Net amounts, then taxes; what is nothing, the tax on a cent say, has no leg."""
    given = list(parts)
    nets = [Leg(key, side, Money(part.net, currency), vat_rate=rate) for part in given for key, rate in [account(part)]]
    taxes = [Leg(vat(part.rate).key, side, Money(part.vat, currency), vat_rate=part.rate) for part in given]
    return tuple(leg for leg in (*nets, *taxes) if leg.amount.amount)
