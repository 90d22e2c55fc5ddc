"""How disputes end. The money moves with the provider's movements; what a lost one means is the city's loss or its claim."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.identity import PersonId
from domain.ledger.accounts import BAD_DEBT, DISPUTES, RECEIVABLES
from domain.ledger.entries import Entry, EntryKind, Leg, Origin, Side, balanced
from domain.ledger.posting.documents import Taxed, losses
from domain.money import Money
from domain.payments.transactions import Dispute

# Why a direct debit comes back: the payer's bank takes part in no argument about the use, so the use is owed as before.
RETURNS = frozenset(
    {
        "bank_cannot_process",
        "check_returned",
        "customer_initiated",
        "debit_not_authorized",
        "incorrect_account_details",
        "insufficient_funds",
    }
)


class TooMuch(ValueError):
    """More of the invoices was to be lost than the bank took: ours is the fault, nothing may be written."""


class Lost(Struct, frozen=True):
    """A dispute that was lost, and the parts of the invoices that are lost with it; what the bank took beyond them, after
    a refund say, bears no tax."""

    dispute: Dispute
    parts: tuple[Taxed, ...]
    at: datetime


def dispute_lost(lost: Lost) -> tuple[Entry, ...]:
    """A loss, and the tax on it is owed no longer. Nothing where the bank took nothing."""
    taken = lost.dispute.withdrawn
    rest = taken - sum(part.gross for part in lost.parts)
    if taken == 0:
        return ()
    if rest < 0:
        raise TooMuch(lost.dispute.id)
    beyond = [Leg(BAD_DEBT, Side.DEBIT, Money(rest, lost.dispute.currency))] if rest else []
    return (_ended(lost.dispute, [*losses(lost.parts, lost.dispute.currency), *beyond], lost.at),)


def debit_returned(dispute: Dispute, debtor: PersonId, at: datetime) -> tuple[Entry, ...]:
    """A direct debit that came back (Rücklastschrift): the debtor owes it again, nothing is lost yet."""
    if dispute.withdrawn == 0:
        return ()
    owed = Leg(RECEIVABLES, Side.DEBIT, Money(dispute.withdrawn, dispute.currency), debtor)
    return (_ended(dispute, [owed], at),)


def _ended(dispute: Dispute, legs: Sequence[Leg], at: datetime) -> Entry:
    amount = Money(dispute.withdrawn, dispute.currency)
    return balanced(
        Entry(
            EntryKind.DISPUTE_LOST,
            f"dispute_lost:{dispute.id}",
            at,
            (*legs, Leg(DISPUTES, Side.CREDIT, amount)),
            Origin(booking_id=dispute.booking_id, payment_id=dispute.payment_id, provider_id=dispute.id),
            dispute.reason,
        )
    )
