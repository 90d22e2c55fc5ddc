"""What documents say becomes entries: invoices, credit notes, what is written off, what one office owes another."""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import PersonId
from domain.ledger.accounts import (
    BAD_DEBT,
    COST_CENTRES,
    DAMAGES,
    INTERNAL,
    RECEIVABLES,
    TREASURY,
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
    booking_id: UUID | None
    debtor: PersonId | None
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


class Gone(Struct, frozen=True):
    """What of a booking's invoices the debtor does not owe any more, as it will never be paid; `parts` of less than nothing are
    owed again. `source` is why, once for all."""

    source: str
    booking_id: UUID
    debtor: PersonId | None
    currency: str
    parts: tuple[Taxed, ...]
    at: datetime
    text: str = ""


def write_off(gone: Gone) -> tuple[Entry, ...]:
    """A loss, and the tax on it is owed no longer (§ 17 Abs. 2 UStG). Nothing where nothing is gone."""
    return _gone(EntryKind.WRITE_OFF, gone)


def loss_changed(gone: Gone) -> tuple[Entry, ...]:
    """What was lost turns out never to have been owed, or is owed under another invoice."""
    return _gone(EntryKind.LOSS_CHANGED, gone)


def _gone(kind: EntryKind, gone: Gone) -> tuple[Entry, ...]:
    amount = sum(part.gross for part in gone.parts)
    owed = replace(_leg(RECEIVABLES, Side.CREDIT, Money(amount, gone.currency)), debtor=gone.debtor)
    legs = (*losses(gone.parts, gone.currency), *((owed,) if amount else ()))
    if not legs:
        return ()
    return (balanced(Entry(kind, gone.source, gone.at, legs, Origin(booking_id=gone.booking_id), gone.text)),)


class Elsewhere(Struct, frozen=True):
    """What the debtor paid where we do not see it, at the treasury's counter say, by a person's word. Where it stands in the
    treasury's books is said in the case: the ledger forgets nothing, so nothing that somebody typed goes into it."""

    case_id: UUID
    booking_id: UUID
    debtor: PersonId
    amount: Money
    at: datetime


def paid_otherwise(paid: Elsewhere) -> Entry:
    """The debtor owes it no longer; the treasury has it, and owes it to the service."""
    return balanced(
        Entry(
            EntryKind.PAID_OTHERWISE,
            f"paid_otherwise:{paid.case_id}",
            paid.at,
            (Leg(TREASURY, Side.DEBIT, paid.amount), Leg(RECEIVABLES, Side.CREDIT, paid.amount, paid.debtor)),
            Origin(booking_id=paid.booking_id),
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
    nets = [
        _leg(key, side, Money(part.net, currency), rate) for part in given if part.net for key, rate in [account(part)]
    ]
    taxes = [_leg(vat(part.rate).key, side, Money(part.vat, currency), part.rate) for part in given if part.vat]
    return (*nets, *taxes)


def _leg(account: AccountKey, side: Side, amount: Money, rate: Decimal | None = None) -> Leg:
    """Less than nothing stands on the other side."""
    there = side if amount.amount > 0 else side.other
    return Leg(account, there, Money(abs(amount.amount), amount.currency), vat_rate=rate)
