"""Where a booking's money stands, as far as its holder wants to know."""

from enum import StrEnum

from msgspec import Struct

from domain.booking.bookings import State
from domain.booking.life import bill
from domain.payments.deposits import latest_deposit
from domain.payments.payments import Capture, Kind, Payment, PaymentState, Purpose
from domain.payments.settlement import is_unsecured
from services.notices.ports import BookingNotice


class How(StrEnum):
    NOTHING = "nothing"
    CARD_SAVED = "card_saved"
    HELD = "held"
    TAKEN = "taken"


class Secured(Struct, frozen=True):
    """How the price was secured, whatever became of it since; `amount` in minor units, 0 for a saved card."""

    how: How
    amount: int


def secured(notice: BookingNotice) -> Secured:
    """Taken at once, or held on a card, or a card was saved; of several the strongest. What a bank is asked for counts as
    taken: whatever it does, no more is asked for."""
    mine = [p for p in notice.payments if p.capture is Capture.AUTOMATIC and p.purpose is Purpose.BOOKING]
    taken = sum(p.amount.amount if _is_asked_for(p) else p.captured for p in mine)
    if taken:
        return Secured(How.TAKEN, taken)
    held = [p for p in notice.payments if _was_held(p) and not p.is_for_extension and not p.is_deposit]
    if held:
        more = sum(p.amount.amount for p in notice.payments if p.is_for_extension and p.covers)
        return Secured(How.HELD, held[-1].amount.amount + more)
    saved = any(p.kind is Kind.SETUP and p.state is PaymentState.SAVED for p in notice.payments)
    return Secured(How.CARD_SAVED if saved else How.NOTHING, 0)


def debited(notice: BookingNotice) -> Payment | None:
    """The debit by which the holder pays, or has paid; None where it is none, or her bank said no."""
    return next((p for p in reversed(notice.payments) if p.is_debit and (p.captured or _is_asked_for(p))), None)


def not_debited(notice: BookingNotice) -> Payment | None:
    """The debit that the bank did not pay, where that is the last word on it."""
    latest = next((p for p in reversed(notice.payments) if not p.is_for_extension and not p.is_deposit), None)
    return latest if latest is not None and latest.is_debit and latest.state is PaymentState.FAILED else None


def refused_deposit(notice: BookingNotice) -> Payment | None:
    """The deposit that the known card did not hold, and its holder has not had held since, though a use is to begin; None where
    the price itself is not held any more, which has to be mended before."""
    booking, latest = notice.booking, latest_deposit(notice.payments)
    if booking.state is not State.CONFIRMED or is_unsecured(bill(booking), notice.payments):
        return None
    return latest if latest is not None and latest.state is PaymentState.FAILED else None


def _is_asked_for(payment: Payment) -> bool:
    return payment.is_debit and payment.state is PaymentState.PROCESSING


def _was_held(payment: Payment) -> bool:
    """A hold that is over looks like one that never came about, but for the end that the provider had named for it."""
    if payment.kind is not Kind.PAYMENT or payment.capture is not Capture.MANUAL:
        return False
    return payment.is_held or payment.captured > 0 or payment.capture_before is not None


def outstanding(notice: BookingNotice) -> int:
    """What is owed and was not taken, in minor units."""
    return bill(notice.booking).amount.amount - sum(p.captured for p in notice.payments)
