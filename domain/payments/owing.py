"""What is owed for a booking by now: what could not be taken, what fell due and was not transferred, and under which
references."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.money import Money
from domain.payments.payments import UNDER_WAY, Payment, PaymentId, RecoveryPoint
from domain.payments.settlement import Bill, Contested, is_owed, left_open
from domain.payments.transactions import Dispute, LostDispute

CaseId = NewType("CaseId", UUID)


class Invoiced(Struct, frozen=True):
    """An invoice of the booking: `left` of it, in minor units, was not credited, and `transferred` came by bank for it.

    `later` is one that falls due by itself, a further month of a lease; `fee_of` is the case in which it was a reminder's fee,
    that of its `step`. All others are about what the booking asks of its payments.
    """

    id: UUID
    number: str
    cash_reference: str
    left: int
    transferred: int
    due_on: date
    later: bool = False
    fee_of: CaseId | None = None
    step: int = 0


class Claim(Struct, frozen=True):
    """An invoice that is asked for: `open` of it is owed, `transferred` came already. `later` is one that fell due by itself,
    `fee` is a reminder's."""

    invoice_id: UUID
    number: str
    cash_reference: str
    open: int
    transferred: int = 0
    later: bool = False
    fee: bool = False


class Settled(Struct, frozen=True):
    """What a person said was paid otherwise, or never will be: so much, of it so much under these claims."""

    amount: int
    claims: tuple[Claim, ...] = ()


class Standing(Struct, frozen=True):
    """`owed` is without fees, `claims` as far as there are invoices about it. `transferred` is all that came by bank, for fees
    too; `fees` is what of it, by case and step. `due_next` is the last day for what will be owed next."""

    owed: Money
    claims: tuple[Claim, ...] = ()
    transferred: int = 0
    fees: dict[tuple[CaseId, int], int] = {}
    due_next: date | None = None


def owed(bill: Bill, payments: Sequence[Payment], disputes: Iterable[LostDispute]) -> Money | None:
    """What was not taken for a use that is over, or that was to be taken at its beginning, and what a bank took back for good
    and the city claims, but never more than the bill leaves open; None while money is under way. What was given back out of
    goodwill is not asked for again."""
    currency = bill.amount.currency
    busy = any(p.is_pending or p.recovery_point in {*UNDER_WAY, RecoveryPoint.RECORDED} for p in payments)
    if busy or any(p.is_held and not (p.is_deposit and not _is_claimed(bill)) for p in payments):
        return None
    if not is_owed(bill):
        return Money(0, currency)
    claimed = sum(dispute.amount for dispute in disputes if dispute.is_claimed and dispute.won_at is None)
    return Money(left_open(bill, payments, claimed), currency)


def _is_claimed(bill: Bill) -> bool:
    return bill.deposit is not None and bill.deposit.claimed > 0


def contested(disputes: Iterable[Dispute], lost: Iterable[LostDispute]) -> Contested:
    """What `disputes` about a booking's payments, and those `lost` among them, mean for these."""
    gone = {each.id: each for each in lost if each.won_at is None}
    by_payment, undecided = Counter[PaymentId](), Counter[PaymentId]()
    for each in disputes:
        if each.payment_id is None:
            continue
        if each.id in gone:
            by_payment[each.payment_id] += gone[each.id].amount
        elif each.forbids_refunds:
            undecided[each.payment_id] += each.amount
    claimed = sum(each.amount for each in gone.values() if each.is_claimed)
    return Contested(dict(by_payment), claimed, dict(undecided))


def standing(base: Money, invoiced: Sequence[Invoiced], settled: Sequence[Settled], today: date) -> Standing:
    """`base` is what `owed` says of the booking's payments. A transfer pays the invoice that it was matched with; what is left
    is of the last invoices, since what was taken paid the first. `invoiced` in the order of issue."""
    bill = [each for each in invoiced if not each.later and each.fee_of is None]
    by_word = sum(each.amount - sum(claim.open for claim in each.claims if claim.later) for each in settled)
    rest = max(base.amount - sum(each.transferred for each in bill) - by_word, 0)
    apart = [(each, _missing(each, settled)) for each in invoiced if each.later or each.fee_of is not None]
    due = [_claim(each, missing if _is_due(each, today) else 0) for each, missing in apart]
    waiting = [each.due_on for each, missing in apart if missing and not _is_due(each, today)]
    claims = [*_from_the_last(bill, rest), *due]
    shown = {each.id: n for n, each in enumerate(invoiced)}
    asked = sorted((each for each in claims if each.open or each.transferred), key=lambda each: shown[each.invoice_id])
    return Standing(
        Money(rest + sum(each.open for each in claims if each.later), base.currency),
        tuple(asked),
        sum(each.transferred for each in invoiced),
        fees_paid(invoiced),
        min(waiting, default=None),
    )


def _from_the_last(bill: Sequence[Invoiced], rest: int) -> list[Claim]:
    claims = []
    for each in reversed(bill):
        part = min(rest, max(each.left - each.transferred, 0))
        rest -= part
        claims.append(_claim(each, part))
    return claims


def _missing(invoiced: Invoiced, settled: Sequence[Settled]) -> int:
    given_up = sum(claim.open for one in settled for claim in one.claims if claim.invoice_id == invoiced.id)
    return max(invoiced.left - invoiced.transferred - given_up, 0)


def _is_due(invoiced: Invoiced, today: date) -> bool:
    """A reminder's fee is at once."""
    return invoiced.due_on < today or not invoiced.later


def fees_paid(invoiced: Iterable[Invoiced]) -> dict[tuple[CaseId, int], int]:
    """What came by bank for reminders' fees, by case and step."""
    return {(each.fee_of, each.step): each.transferred for each in invoiced if each.fee_of is not None}


def _claim(invoiced: Invoiced, part: int) -> Claim:
    return Claim(
        invoiced.id,
        invoiced.number,
        invoiced.cash_reference,
        part,
        max(invoiced.transferred, 0),
        invoiced.later,
        invoiced.fee_of is not None,
    )
