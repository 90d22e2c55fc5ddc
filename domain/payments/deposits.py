"""The deposit (Kaution) beside the price: held on a card before the use begins, let go after it, or taken for damage."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.money import Money
from domain.payments.payments import AUTHORISE_BEFORE_START, Payment, PaymentState, RecoveryPoint


class Deposit(Struct, frozen=True):
    """What a booking asks to be held beside its price. `wanted` while the use is ahead or lasts; afterwards it is kept until
    `keep_until`, where that is known. `claimed` of it, in minor units, is owed for damage, and part of what the bill asks."""

    amount: Money
    wanted: bool
    keep_until: datetime | None = None
    claimed: int = 0


def held_deposit(payments: Sequence[Payment], now: datetime) -> Payment | None:
    """The deposit that may be taken or let go by now; a card's hold lapses by itself."""
    return next((p for p in payments if p.is_deposit and _is_there(p, now)), None)


def claimable_until(deposit: Deposit, payment: Payment) -> datetime | None:
    """Until when something may be taken of the deposit that `payment` holds: it is let go then, or its hold lapses before. None
    before the use is over, and once nothing is held."""
    if deposit.keep_until is None or not payment.is_held:
        return None
    return min(deposit.keep_until, payment.capture_before or deposit.keep_until)


def is_refused(payments: Sequence[Payment]) -> bool:
    """Whether the card that is known did not hold the deposit, and its holder has not held it herself since."""
    latest = latest_deposit(payments)
    if latest is None:
        return False
    return latest.state is PaymentState.FAILED or (latest.is_pending and not latest.is_off_session)


def latest_deposit(payments: Sequence[Payment]) -> Payment | None:
    """Of payments in the order they were made."""
    return next((p for p in reversed(payments) if p.is_deposit), None)


def is_to_be_held(deposit: Deposit | None, payments: Sequence[Payment], start: datetime, now: datetime) -> bool:
    """Whether the card that is known is to be asked: from a day before the start, once, and again where a hold that was there
    has lapsed before the use is over."""
    if deposit is None or not deposit.wanted or now < start - AUTHORISE_BEFORE_START:
        return False
    latest = latest_deposit(payments)
    return latest is None or (latest.state is PaymentState.RELEASED and latest.capture_before is not None)


def _is_there(payment: Payment, now: datetime) -> bool:
    lapsed = payment.capture_before is not None and payment.capture_before <= now
    return payment.is_held and payment.recovery_point is RecoveryPoint.SETTLED and not lapsed
