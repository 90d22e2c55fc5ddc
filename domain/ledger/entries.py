"""Double entry: an entry is a fact about money, its legs are where it went; the legs balance in every currency.

Entries are never changed. What was wrong is undone by an entry that is the mirror of it, and said again.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import PersonId
from domain.ledger.accounts import AccountKey
from domain.money import Money

EntryId = NewType("EntryId", UUID)


class Side(StrEnum):
    DEBIT = "debit"
    CREDIT = "credit"

    @property
    def other(self) -> "Side":
        return Side.CREDIT if self is Side.DEBIT else Side.DEBIT


class Leg(Struct, frozen=True):
    """An amount, more than nothing, on one side of one account.

    `debtor` is whose receivable it is, `cost_centre` who bears it; `vat_rate` is the rate at which an income is taxed.
    """

    account: AccountKey
    side: Side
    amount: Money
    debtor: PersonId | None = None
    cost_centre: str | None = None
    vat_rate: Decimal | None = None


class EntryKind(StrEnum):
    HOLD = "hold"
    HOLD_END = "hold_end"
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    CAPTURE = "capture"
    FEE = "fee"
    REFUND = "refund"
    REFUND_FAILED = "refund_failed"
    DISPUTE_OPENED = "dispute_opened"
    DISPUTE_WON = "dispute_won"
    DISPUTE_LOST = "dispute_lost"
    PAYOUT = "payout"
    PAYOUT_FAILED = "payout_failed"
    BANK_LINE = "bank_line"
    COST_CENTRE = "cost_centre"
    WRITE_OFF = "write_off"
    LOSS_CHANGED = "loss_changed"
    PAID_OTHERWISE = "paid_otherwise"
    CLEARING = "clearing"
    LEASE_CHARGED = "lease_charged"
    LEASE_SETTLED = "lease_settled"
    LEASE_BIKE = "lease_bike"
    LEASE_SERVICE = "lease_service"
    LEASE_MONTH_END = "lease_month_end"
    LEASE_REMINDED = "lease_reminded"
    LEASE_REFUNDED = "lease_refunded"
    LEASE_INSURED = "lease_insured"
    REVERSAL = "reversal"
    OTHER = "other"


# What stands in no other book, and so may be taken back by a person's word. A document is corrected by a document, a match by
# undoing it; what a dunning case gave up stands in the case, and later documents are reckoned against it; what the bank or the provider says happened, and a reversal is the last word on what it reverses.
OURS_ALONE = frozenset({EntryKind.COST_CENTRE})


class Origin(Struct, frozen=True):
    """What an entry comes from, so that every figure leads to what it is made of.

    `provider_id` is an object of the payment provider's (`txn_…`, `po_…`, `dp_…`), `bank_line` one of a bank statement.
    """

    booking_id: UUID | None = None
    payment_id: UUID | None = None
    invoice_id: UUID | None = None
    provider_id: str | None = None
    bank_line: UUID | None = None


class Entry(Struct, frozen=True):
    """`source` is the fact that is posted, once for all: `bt:txn_1:capture`, `invoice:<id>`, `hold:<payment>`.

    `effective_at` is when it happened in the world; when it was written down is the store's to say. The month that it
    belongs to is that of `effective_at` in the city's zone, or the first open one after it.
    """

    kind: EntryKind
    source: str
    effective_at: datetime
    legs: tuple[Leg, ...]
    origin: Origin = Origin()
    text: str = ""
    reverses: EntryId | None = None


class Unbalanced(ValueError):
    """A rule made an entry that does not balance: ours is the fault, nothing may be written."""


def balanced(entry: Entry) -> Entry:
    """The entry itself. Raises Unbalanced for fewer than two legs, an amount not above zero, or sides that differ."""
    if len(entry.legs) < 2:
        raise Unbalanced(f"{entry.source} has {len(entry.legs)} legs")
    if any(leg.amount.amount <= 0 for leg in entry.legs):
        raise Unbalanced(f"{entry.source} has a leg of no amount")
    if difference := {currency: sum_ for currency, sum_ in sums(entry.legs).items() if sum_}:
        raise Unbalanced(f"{entry.source} is out of balance by {difference}")
    return entry


def sums(legs: Sequence[Leg]) -> dict[str, int]:
    """Debits less credits by currency, in minor units."""
    totals: dict[str, int] = defaultdict(int)
    for leg in legs:
        totals[leg.amount.currency] += leg.amount.amount if leg.side is Side.DEBIT else -leg.amount.amount
    return dict(totals)


def mirrored(entry_id: EntryId, entry: Entry, at: datetime, why: str) -> Entry:
    """What undoes the entry: the same legs on the other sides."""
    legs = tuple(replace(leg, side=leg.side.other) for leg in entry.legs)
    return Entry(EntryKind.REVERSAL, f"reversal:{entry_id}", at, legs, entry.origin, why, reverses=entry_id)
