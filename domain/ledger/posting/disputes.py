"""How disputes end. The money moves with the provider's movements; what a lost one means is the city's loss or its claim."""

from collections.abc import Sequence

from msgspec import Struct

from domain.identity import PersonId
from domain.ledger.accounts import BAD_DEBT, DISPUTES, RECEIVABLES
from domain.ledger.entries import Entry, EntryKind, Leg, Origin, Side, balanced
from domain.ledger.posting.documents import Taxed, losses
from domain.money import Money
from domain.payments.transactions import LostDispute


def lost_as(dispute: LostDispute) -> str:
    """The name of the fact."""
    return f"dispute_lost:{dispute.id}"


class TooMuch(ValueError):
    """More of the invoices was to be lost than the bank took: ours is the fault, nothing may be written."""


class Lost(Struct, frozen=True):
    """A dispute that was lost, and the parts of the invoices that are lost with it; what the bank took beyond them, after
    a refund say, bears no tax."""

    dispute: LostDispute
    parts: tuple[Taxed, ...]


def dispute_lost(lost: Lost) -> Entry:
    """A loss, and the tax on it is owed no longer."""
    rest = lost.dispute.amount - sum(part.gross for part in lost.parts)
    if rest < 0:
        raise TooMuch(lost.dispute.id)
    beyond = [Leg(BAD_DEBT, Side.DEBIT, Money(rest, lost.dispute.currency))] if rest else []
    return _ended(lost.dispute, [*losses(lost.parts, lost.dispute.currency), *beyond])


def owed_again(dispute: LostDispute, debtor: PersonId) -> Entry:
    """What the city claims: a direct debit that came back (Rücklastschrift), or a lost dispute where it says so. The debtor
    owes it again, nothing is lost yet."""
    owed = Leg(RECEIVABLES, Side.DEBIT, Money(dispute.amount, dispute.currency), debtor)
    return _ended(dispute, [owed])


def _ended(dispute: LostDispute, legs: Sequence[Leg]) -> Entry:
    amount = Money(dispute.amount, dispute.currency)
    return balanced(
        Entry(
            EntryKind.DISPUTE_LOST,
            lost_as(dispute),
            dispute.at,
            (*legs, Leg(DISPUTES, Side.CREDIT, amount)),
            Origin(booking_id=dispute.booking_id, payment_id=dispute.payment_id, provider_id=dispute.id),
            dispute.reason,
        )
    )
