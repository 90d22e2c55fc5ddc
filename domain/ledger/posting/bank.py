"""What the bank says becomes entries: a line is on the account at once, what it stands for is said by its match.

A line is unexplained until it is matched, and again once that is undone. So the bank's account is right from the first
moment, and it is the same ledger whatever comes first.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from domain.identity import PersonId
from domain.ledger.accounts import BANK, IN_TRANSIT, LEASING_EMPLOYERS, RECEIVABLES, TREASURY, UNEXPLAINED, AccountKey
from domain.ledger.entries import Entry, EntryKind, Leg, Origin, Side, balanced
from domain.money import Money


class Line(Struct, frozen=True):
    """A line of a bank statement; more than nothing came in. `at` is the beginning of the day on which it was booked.

    What the payer wrote stays with the statement: it may be personal, and the ledger forgets nothing.
    """

    id: UUID
    amount: Money
    at: datetime


class Stands(StrEnum):
    """What a line is matched with: a payout of the provider's, an invoice, a transfer to a dealer that was ordered, what an employer or a
    holder owes for leases, or something that is none of these."""

    PAYOUT = "payout"
    INVOICE = "invoice"
    DEALER = "dealer"
    EMPLOYER = "employer"
    LEASE = "lease"
    OTHER = "other"


class Share(Struct, frozen=True):
    """So much of a line, signed as that is, and booked with it at `at`. `debtor` is who paid what she owed, `invoice_id` the invoice
    about it; `cost_centre` the employer that paid for its leases."""

    line_id: UUID
    amount: Money
    at: datetime
    stands_for: Stands
    debtor: PersonId | None = None
    invoice_id: UUID | None = None
    provider_id: str | None = None
    cost_centre: str | None = None


ACCOUNTS: dict[Stands, AccountKey] = {
    Stands.PAYOUT: IN_TRANSIT,
    Stands.INVOICE: RECEIVABLES,
    Stands.DEALER: TREASURY,
    Stands.EMPLOYER: LEASING_EMPLOYERS,
    Stands.LEASE: RECEIVABLES,
}


def bank_line(line: Line) -> tuple[Entry, ...]:
    """It is on the account. A line of nothing, as banks send them with notices, is no entry."""
    if line.amount.is_zero:
        return ()
    return (
        _entry(
            EntryKind.BANK_LINE,
            f"bank:{line.id}",
            line.at,
            line.amount,
            between=(BANK, UNEXPLAINED),
            origin=Origin(bank_line=line.id),
        ),
    )


def matched(match_id: UUID, shares: Sequence[Share]) -> tuple[Entry, ...]:
    """What was unexplained is what it stands for, an entry for each share. What stands for neither stays unexplained."""
    return tuple(
        _entry(
            EntryKind.BANK_LINE,
            f"match:{match_id}:{number}",
            share.at,
            share.amount,
            between=(UNEXPLAINED, ACCOUNTS[share.stands_for]),
            origin=Origin(bank_line=share.line_id, invoice_id=share.invoice_id, provider_id=share.provider_id),
            debtor=share.debtor,
            cost_centre=share.cost_centre,
        )
        for number, share in enumerate(shares, 1)
        if share.stands_for in ACCOUNTS
    )


def _entry(
    kind: EntryKind,
    source: str,
    at: datetime,
    amount: Money,
    *,
    between: tuple[AccountKey, AccountKey],
    origin: Origin,
    debtor: PersonId | None = None,
    cost_centre: str | None = None,
) -> Entry:
    """More than nothing is a debit of the first account and a credit of the second."""
    money, side = Money(abs(amount.amount), amount.currency), Side.DEBIT if amount.amount > 0 else Side.CREDIT
    first, second = between
    legs = (Leg(first, side, money), Leg(second, side.other, money, debtor, cost_centre))
    return balanced(Entry(kind, source, at, legs, origin))
