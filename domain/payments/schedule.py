"""When to look at a payment again, so that a lost message or a crash is noticed by whoever comes by next."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from domain.payments.payments import (
    AUTHORISE_BEFORE_START,
    PAY_BEFORE_START,
    Payment,
    PaymentState,
    Purpose,
    RecoveryPoint,
)
from domain.payments.settlement import Bill, Phase

# The wait after each look without news: a lost webhook is made up for soon, a provider that is down is not pestered.
WAITS = tuple(timedelta(minutes=m) for m in (1, 2, 5, 15, 60))


def scheduled(payment: Payment, bill: Bill, now: datetime) -> Payment:
    """The payment with the time of its next look. A look that is due stays due until somebody has looked."""
    return replace(payment, retry_at=_next_look(payment, bill, now))


def looked_at(payment: Payment, now: datetime) -> Payment:
    """The payment after a look, or a try, that brought no news: the next comes later."""
    return replace(payment, attempts=payment.attempts + 1, retry_at=now + _wait(payment.attempts))


def is_due(payment: Payment, now: datetime) -> bool:
    return payment.retry_at is not None and payment.retry_at <= now


def must_wait(payment: Payment, now: datetime) -> bool:
    """Whether a try at it has just failed: a provider that is down is asked again at its time, not before."""
    return payment.attempts > 0 and payment.retry_at is not None and payment.retry_at > now


def is_put_off(payment: Payment, now: datetime) -> bool:
    """Whether it is a deposit that could not be asked for yet and waits for its turn; whoever pays has it asked for at once."""
    return payment.is_deposit and payment.recovery_point is RecoveryPoint.RECORDED and must_wait(payment, now)


def _next_look(payment: Payment, bill: Bill, now: datetime) -> datetime | None:
    if payment.recovery_point is not RecoveryPoint.SETTLED or payment.is_pending:
        return payment.retry_at or now + _wait(payment.attempts)
    if bill.phase is Phase.OWED:
        kept = bill.deposit.keep_until if bill.deposit is not None else None
        return _ahead(kept, now) if kept is not None and payment.is_deposit and payment.is_held else None
    if payment.state is PaymentState.SAVED or _is_lost_hold(payment):
        return _ahead(bill.start - AUTHORISE_BEFORE_START, now)
    if payment.state is PaymentState.FAILED and (payment.purpose is Purpose.LATER_HOLD or payment.is_debit):
        return _ahead(bill.start - PAY_BEFORE_START, now)
    if payment.is_held:
        return _ahead_of_deposit(payment, bill, now) or (
            payment.retry_at if payment.attempts else payment.capture_before
        )
    return None


def _is_lost_hold(payment: Payment) -> bool:
    return payment.state is PaymentState.RELEASED and payment.capture_before is not None


def _ahead_of_deposit(payment: Payment, bill: Bill, now: datetime) -> datetime | None:
    """When the deposit is held besides; whoever looks at the price's hold then asks for it."""
    if bill.deposit is None or payment.is_deposit:
        return None
    return _ahead(bill.start - AUTHORISE_BEFORE_START, now)


def _ahead(at: datetime, now: datetime) -> datetime | None:
    """What is due already is being done by whoever asks."""
    return at if at > now else None


def _wait(attempts: int) -> timedelta:
    return WAITS[min(attempts, len(WAITS) - 1)]
