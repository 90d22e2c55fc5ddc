"""What is to do next about a booking's money: recomputed from the facts each time, so that it resumes after any crash."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import PersonId
from domain.money import Money
from domain.payments.deposits import Deposit, is_refused, is_to_be_held, latest_deposit
from domain.payments.payments import (
    AUTHORISE_BEFORE_START,
    DEBT_WAITS,
    HOLD_HORIZON,
    LEAST_TAKEN,
    PAY_BEFORE_START,
    UNDER_WAY,
    Capture,
    Kind,
    Payment,
    PaymentId,
    PaymentState,
    Purpose,
    RecoveryPoint,
)


class Phase(StrEnum):
    """`secure`: the use is ahead, its price must be safe. `owed`: it is over, the amount is final."""

    SECURE = "secure"
    OWED = "owed"


class Extra(Struct, frozen=True):
    """More time, asked for at `asked_at`, that waits to be paid: `total` is what the booking takes with it, `missing`
    what no hold covers yet."""

    total: Money
    missing: Money
    asked_at: datetime


class Bill(Struct, frozen=True):
    """What a booking asks of its payments. `instalments` says that the amount is taken at once, not held; `in_use` that the
    use has begun and lasts, so that such an amount is owed. What is claimed of the `deposit` is part of the amount. `ad_hoc`
    is what is held of whoever pays without an account; it may be more than the price, as for less no card is asked."""

    booking_id: UUID
    holder_id: PersonId
    phase: Phase
    amount: Money
    start: datetime
    end: datetime
    instalments: bool = False
    extra: Extra | None = None
    in_use: bool = False
    deposit: Deposit | None = None
    ad_hoc: Money | None = None


class Contested(Struct, frozen=True):
    """What banks have of a booking's payments, or may take, in minor units. `lost` is what of each they took for good, of it
    `claimed` is owed again; `undecided` what of each lies with a bank or may go there, until it has decided."""

    lost: dict[PaymentId, int] = {}
    claimed: int = 0
    undecided: dict[PaymentId, int] = {}


UNCONTESTED = Contested()


class Asked(Struct, frozen=True):
    """What a booking's latest dunning case asks for of what its payments were to bring, in minor units: without fees, further
    months and what was transferred, nothing once it is closed. `claimed` is what banks took back for good and is owed again."""

    amount: int
    claimed: int = 0


class Open(Struct, frozen=True, tag="open"):
    """The provider may not know this payment yet: tell it (again, under the same key)."""

    payment: Payment


class Begin(Struct, frozen=True, tag="begin"):
    """Make this new payment without the holder, with a saved card; then open it."""

    payment: Payment


class Find(Struct, frozen=True, tag="find"):
    """Nobody needs this payment any more: see whether the provider ever heard of it."""

    payment: Payment


class CaptureHold(Struct, frozen=True, tag="capture"):
    payment: Payment
    amount: int


class Release(Struct, frozen=True, tag="release"):
    payment: Payment


class Refund(Struct, frozen=True, tag="refund"):
    payment: Payment
    amount: int


class CancelUnpaid(Struct, frozen=True, tag="cancel_unpaid"):
    """The hold was refused and the holder's time to mend that is over: the booking goes, free of charge."""


Ask: TypeAlias = CaptureHold | Release | Refund
Step: TypeAlias = Open | Begin | Find | Ask | CancelUnpaid


def first_payment(bill: Bill, payment_id: PaymentId, now: datetime) -> Payment:
    """How the holder pays: at once for instalments, a hold where it outlives the use, else the card is saved."""
    if bill.ad_hoc is not None:
        hold = _payment(bill, payment_id, now, kind=Kind.PAYMENT, purpose=Purpose.AD_HOC, capture=Capture.MANUAL)
        return replace(hold, amount=bill.ad_hoc)
    if bill.instalments:
        kind, capture = Kind.PAYMENT, Capture.AUTOMATIC
    elif bill.end <= now + HOLD_HORIZON:
        kind, capture = Kind.PAYMENT, Capture.MANUAL
    else:
        kind, capture = Kind.SETUP, Capture.MANUAL
    return _payment(bill, payment_id, now, kind=kind, purpose=Purpose.BOOKING, capture=capture)


def in_person(bill: Bill, extra: Extra, payment_id: PaymentId, now: datetime) -> Payment:
    """How the holder pays for more time herself, where the card that we know did not."""
    hold = _payment(
        bill, payment_id, now, kind=Kind.PAYMENT, purpose=Purpose.EXTENSION_IN_PERSON, capture=Capture.MANUAL
    )
    return replace(hold, amount=extra.missing)


def replacement(bill: Bill, payment_id: PaymentId, now: datetime) -> Payment:
    """How the holder mends a refused hold on the saved card, or a debit that her bank did not pay: in person."""
    capture = Capture.AUTOMATIC if bill.instalments else Capture.MANUAL
    return _payment(bill, payment_id, now, kind=Kind.PAYMENT, purpose=Purpose.BOOKING, capture=capture)


def deposit_in_person(bill: Bill, payments: Sequence[Payment], payment_id: PaymentId, now: datetime) -> Payment | None:
    """How the holder has the deposit held herself, where the card that is known did not; None where none is asked for, it is
    held, or the known card is being asked."""
    if bill.deposit is None or not bill.deposit.wanted or not is_refused(payments):
        return None
    begun = latest_deposit(payments)
    if begun is not None and begun.is_pending:
        return begun
    return _deposit(bill, bill.deposit, payment_id, now, Purpose.DEPOSIT_IN_PERSON)


def debt(
    bill: Bill, payment_id: PaymentId, payments: Sequence[Payment], now: datetime, asked: Asked | None = None
) -> Payment | None:
    """How the holder pays herself what no card paid in her absence, no bank that was to be debited, what a bank took back, or
    what a deposit does not cover any more; None where none of that is, or nothing is owed. `asked` is None without a dunning case."""
    if not is_owing(bill, payments, asked):
        return None
    missing = _missing(bill, payments, asked)
    payment = _payment(bill, payment_id, now, kind=Kind.PAYMENT, purpose=Purpose.DEBT, capture=Capture.AUTOMATIC)
    return replace(payment, amount=Money(missing, bill.amount.currency))


def is_owing(bill: Bill, payments: Sequence[Payment], asked: Asked | None = None) -> bool:
    """Whether there is such a debt, and a card may be asked for it: less than the provider takes is transferred."""
    refused = any((_is_remainder(p) or p.is_debit) and p.state is PaymentState.FAILED for p in payments)
    returned = asked is not None and asked.claimed > 0
    left = refused or returned or _is_unasked(bill, payments)
    return is_owed(bill) and _missing(bill, payments, asked) >= LEAST_TAKEN and left


def is_collected(bill: Bill, payments: Sequence[Payment]) -> bool:
    """Whether what is due is taken of a card and need not be transferred, as far as can be known before it is: one was charged, or is held or
    saved for no less than the provider takes."""
    return any(p.captured for p in payments) or (
        bill.amount.amount >= LEAST_TAKEN and any(p.is_secure for p in payments)
    )


def _is_unasked(bill: Bill, payments: Sequence[Payment]) -> bool:
    """Whether something is claimed of a deposit that is there no more, and no card is or will be asked for it: there is none, or
    it was asked for a remainder before, which happens once."""
    price, deposits = [p for p in payments if not p.is_deposit], [p for p in payments if p.is_deposit]
    if any(p.is_held for p in payments) or _claimed(bill) <= sum(p.captured for p in deposits):
        return False
    remainders = [p for p in price if _is_remainder(p)]
    return not any(p.is_pending for p in remainders) and (bool(remainders) or not any(_was_secure(p) for p in price))


def _missing(bill: Bill, payments: Sequence[Payment], asked: Asked | None) -> int:
    return (
        left_open(bill, payments, 0) if asked is None else min(left_open(bill, payments, asked.claimed), asked.amount)
    )


def left_open(bill: Bill, payments: Sequence[Payment], claimed: int) -> int:
    """What was not taken of the bill, and what of that banks took back and is `claimed`, but never more than the bill leaves
    open. What was given back out of goodwill is not asked for again."""
    captured = sum(p.captured for p in payments)
    lost = min(claimed, captured)
    missing = max(bill.amount.amount - captured, 0)
    unpaid = max(bill.amount.amount - (sum(p.kept for p in payments) - lost), 0)
    return min(missing + lost, unpaid)


def is_owed(bill: Bill) -> bool:
    """Whether the amount is due: the use is over, or it is taken at once and the use has begun."""
    return bill.phase is Phase.OWED or (bill.instalments and bill.in_use)


def next_step(
    bill: Bill,
    payments: Sequence[Payment],
    new_id: PaymentId,
    now: datetime,
    contested: Contested = UNCONTESTED,
) -> Step | None:
    """The one thing to do now, or None. `payments` are in the order they were made; `new_id` names a new one. What is
    `contested` is not given back as well: what banks took never, what lies with them not before they have decided."""
    under_way = next((p for p in payments if p.recovery_point in UNDER_WAY), None)
    if under_way is not None:
        return _resumed(under_way)
    unopened = next((p for p in payments if p.recovery_point is RecoveryPoint.RECORDED), None)
    if unopened is not None:
        # Only whoever pays at the provider's page has it opened: nobody else would show it to her.
        return Open(unopened) if _is_wanted(bill, unopened) and not unopened.is_ad_hoc else Find(unopened)
    price = [p for p in payments if not p.is_deposit]
    if bill.phase is Phase.SECURE:
        step = _secure(bill, price, new_id, now) or _hold_deposit(bill, payments, new_id, now)
    else:
        step = _settle(bill, payments, new_id, now, contested)
    return Begin(shared_alike(step.payment, payments)) if isinstance(step, Begin) else step


def shared_alike(payment: Payment, payments: Sequence[Payment]) -> Payment:
    """The new payment, shared as the booking's first: what was agreed with its operator then counts to the end."""
    return replace(payment, share=payments[0].share) if payments else payment


def begun(step: Ask, now: datetime) -> Payment:
    """The payment with the step written down, before the provider is asked."""
    points = {
        CaptureHold: RecoveryPoint.CAPTURING,
        Release: RecoveryPoint.RELEASING,
        Refund: RecoveryPoint.REFUNDING,
    }
    point = points[type(step)]
    amount = 0 if isinstance(step, Release) else step.amount
    payment = step.payment
    if payment.recovery_point is point:
        return payment
    return replace(
        payment,
        recovery_point=point,
        pending=amount,
        attempts=0,
        retry_at=None,
        updated_at=now,
        version=payment.version + 1,
    )


def is_unsecured(bill: Bill, payments: Sequence[Payment]) -> bool:
    """Whether the hold on the saved card was refused, or no bank paid a debit, and nothing has taken its place."""
    own = (p for p in reversed(payments) if p.kind is Kind.PAYMENT and not p.is_for_extension and not p.is_deposit)
    latest = next((p for p in own if _is_answered(p)), None)
    if latest is None or latest.state is not PaymentState.FAILED:
        return False
    mendable = latest.purpose is Purpose.LATER_HOLD or (latest.is_debit and not bill.in_use)
    return bill.phase is Phase.SECURE and mendable


def _resumed(payment: Payment) -> Step:
    if payment.recovery_point is RecoveryPoint.CAPTURING and payment.pending >= LEAST_TAKEN:
        return CaptureHold(payment, payment.pending)
    if payment.recovery_point is RecoveryPoint.REFUNDING:
        return Refund(payment, payment.pending)
    return Release(payment)


def _secure(bill: Bill, payments: Sequence[Payment], new_id: PaymentId, now: datetime) -> Step | None:
    left = next((p for p in payments if _is_left_debt(p, now)), None)
    if left is not None:
        return Release(left)
    if is_unsecured(bill, payments):
        if any(p.state is PaymentState.PROCESSING for p in payments):
            return None
        return CancelUnpaid() if now >= bill.start - PAY_BEFORE_START else None
    if (step := _extend(bill, payments, new_id, now)) is not None:
        return step
    if any(p.kind is Kind.PAYMENT and not p.is_for_extension and (p.is_pending or p.is_secure) for p in payments):
        return None
    card = _card_to_hold(payments)
    missing = bill.amount.amount - sum(p.covers for p in payments)
    if card is None or missing <= 0 or not bill.start - AUTHORISE_BEFORE_START <= now < bill.end:
        return None
    hold = _payment(bill, new_id, now, kind=Kind.PAYMENT, purpose=Purpose.LATER_HOLD, capture=Capture.MANUAL)
    return Begin(replace(hold, method_id=card, amount=Money(missing, bill.amount.currency)))


def _extend(bill: Bill, payments: Sequence[Payment], new_id: PaymentId, now: datetime) -> Step | None:
    """Let go of what no extension needs; ask the known card, once, for the one that waits."""
    mine = [p for p in reversed(payments) if p.is_for_extension]
    unneeded = next((p for p in mine if p.is_pending and not _is_wanted(bill, p)), None)
    if unneeded is not None:
        return Release(unneeded) if unneeded.state is not PaymentState.PROCESSING else None
    needed = bill.extra.total.amount if bill.extra else bill.amount.amount
    covered = sum(p.covers for p in payments)
    spare = next((p for p in mine if p.is_held and covered - p.covers >= needed), None)
    if spare is not None:
        return Release(spare)
    card = _card_to_hold(payments)
    if bill.extra is None or card is None or any(p.made_at >= bill.extra.asked_at for p in mine):
        return None
    hold = _payment(bill, new_id, now, kind=Kind.PAYMENT, purpose=Purpose.EXTENSION, capture=Capture.MANUAL)
    return Begin(replace(hold, method_id=card, amount=bill.extra.missing))


def _settle(
    bill: Bill, payments: Sequence[Payment], new_id: PaymentId, now: datetime, contested: Contested
) -> Step | None:
    if any(p.state is PaymentState.PROCESSING for p in payments):
        return None
    # Measured by what was taken, not by what was kept: money given back out of goodwill is not asked for again.
    price = [p for p in payments if not p.is_deposit]
    of_price = bill.amount.amount - _claimed(bill) - sum(p.captured for p in price)
    hold = next((p for p in price if p.is_held), None)
    if hold is not None:
        return _taken(hold, of_price)
    if (step := _end_deposit(bill, payments, now)) is not None:
        return step
    owing = left_open(bill, payments, contested.claimed) > 0
    unpaid = next((p for p in payments if p.is_pending and not (owing and _waits(p, now))), None)
    if unpaid is not None:
        return Release(unpaid)
    if (refund := _too_much(bill, payments, contested)) is not None:
        return refund
    known = next((p for p in reversed(price) if _was_secure(p)), None)
    missing = bill.amount.amount - sum(p.captured for p in payments)
    if missing < LEAST_TAKEN or known is None or any(_is_remainder(p) for p in payments):
        return None
    rest = _payment(bill, new_id, now, kind=Kind.PAYMENT, purpose=Purpose.REMAINDER, capture=Capture.AUTOMATIC)
    creditor_id = known.creditor_id if known.is_debit else None
    amount = Money(missing, bill.amount.currency)
    return Begin(replace(rest, method_id=known.method_id, creditor_id=creditor_id, amount=amount))


def _taken(hold: Payment, due: int) -> CaptureHold | Release:
    """What is due, of what is held. Less than the provider takes is let go of, and owed as what no hold covers is."""
    amount = min(due, hold.amount.amount)
    return CaptureHold(hold, amount) if amount >= LEAST_TAKEN else Release(hold)


def _hold_deposit(bill: Bill, payments: Sequence[Payment], new_id: PaymentId, now: datetime) -> Step | None:
    """Ask the card on which the price is held for the deposit as well."""
    price = [p for p in payments if not p.is_deposit]
    card = _card_to_hold(price) if any(p.is_held for p in price) else None
    if bill.deposit is None or card is None or not is_to_be_held(bill.deposit, payments, bill.start, now):
        return None
    return Begin(replace(_deposit(bill, bill.deposit, new_id, now, Purpose.DEPOSIT), method_id=card))


def _end_deposit(bill: Bill, payments: Sequence[Payment], now: datetime) -> Step | None:
    """Take of the deposit what is claimed, and let go of it when nothing was by its time. A hold is captured once: what is
    not taken then goes back to the holder."""
    held = next((p for p in payments if p.is_deposit and p.is_held), None)
    if held is None:
        return None
    due = _claimed(bill) - sum(p.captured for p in payments if p.is_deposit)
    if due > 0:
        return _taken(held, due)
    kept = bill.deposit.keep_until if bill.deposit is not None else None
    return Release(held) if kept is None or now >= kept else None


def _claimed(bill: Bill) -> int:
    return bill.deposit.claimed if bill.deposit is not None else 0


def _deposit(bill: Bill, deposit: Deposit, payment_id: PaymentId, now: datetime, purpose: Purpose) -> Payment:
    hold = _payment(bill, payment_id, now, kind=Kind.PAYMENT, purpose=purpose, capture=Capture.MANUAL)
    return replace(hold, amount=deposit.amount)


def _too_much(bill: Bill, payments: Sequence[Payment], contested: Contested) -> Refund | None:
    """What was taken beyond the bill and is there for sure, all payments together, from the latest that can give it back."""
    left = {p.id: p.kept - contested.lost.get(p.id, 0) for p in payments}
    too_much = sum(left.values()) - sum(contested.undecided.values()) - bill.amount.amount
    taken = next((p for p in reversed(payments) if left[p.id] > 0 and p.id not in contested.undecided), None)
    return Refund(taken, min(too_much, left[taken.id])) if taken is not None and too_much > 0 else None


def _is_wanted(bill: Bill, payment: Payment) -> bool:
    """Whether there is still something to secure or to take with it."""
    if payment.is_for_extension:
        return bill.extra is not None and payment.made_at >= bill.extra.asked_at
    if payment.is_deposit:
        return bill.deposit is not None and bill.deposit.wanted
    return bill.phase is Phase.SECURE or _is_remainder(payment) or payment.purpose is Purpose.DEBT


def _card_to_hold(payments: Sequence[Payment]) -> str | None:
    """The card that we know; on a bank account nothing can be held."""
    return next((p.method_id for p in reversed(payments) if _was_secure(p) and not p.is_debit), None)


def _is_remainder(payment: Payment) -> bool:
    return payment.purpose is Purpose.REMAINDER


def _waits(payment: Payment, now: datetime) -> bool:
    """Whether the holder may be paying her debt right now."""
    return payment.purpose is Purpose.DEBT and now < payment.made_at + DEBT_WAITS


def _is_left_debt(payment: Payment, now: datetime) -> bool:
    """Whether the holder began to pay her debt and left it."""
    is_open = payment.is_pending and payment.state is not PaymentState.PROCESSING
    return payment.purpose is Purpose.DEBT and is_open and not _waits(payment, now)


def _is_answered(payment: Payment) -> bool:
    """Whether the card said yes or no; a payment that was withdrawn before says nothing."""
    withdrawn = payment.state is PaymentState.RELEASED and payment.capture_before is None
    return not payment.is_pending and not withdrawn


def _was_secure(payment: Payment) -> bool:
    """Whether its card may be used again in the holder's absence: it was saved, held or charged once, and not ad hoc."""
    return (
        not payment.is_ad_hoc
        and payment.method_id is not None
        and (payment.is_secure or payment.capture_before is not None or payment.captured > 0)
    )


def _payment(
    bill: Bill, payment_id: PaymentId, now: datetime, *, kind: Kind, purpose: Purpose, capture: Capture
) -> Payment:
    return Payment(payment_id, bill.booking_id, bill.holder_id, kind, purpose, capture, bill.amount, now, now)
