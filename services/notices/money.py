"""Where a booking's money stands, as far as its holder wants to know."""

from enum import StrEnum

from msgspec import Struct

from domain.booking.life import bill
from domain.payments.payments import Capture, Kind, Payment, PaymentState, Purpose
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
    """Taken at once, or held on a card, or a card was saved; of several the strongest."""
    taken = sum(p.captured for p in notice.payments if p.capture is Capture.AUTOMATIC and p.purpose is Purpose.BOOKING)
    if taken:
        return Secured(How.TAKEN, taken)
    held = [p for p in notice.payments if _was_held(p) and not p.is_for_extension]
    if held:
        more = sum(p.amount.amount for p in notice.payments if p.is_for_extension and p.covers)
        return Secured(How.HELD, held[-1].amount.amount + more)
    saved = any(p.kind is Kind.SETUP and p.state is PaymentState.SAVED for p in notice.payments)
    return Secured(How.CARD_SAVED if saved else How.NOTHING, 0)


def _was_held(payment: Payment) -> bool:
    """A hold that is over looks like one that never came about, but for the end that the provider had named for it."""
    if payment.kind is not Kind.PAYMENT or payment.capture is not Capture.MANUAL:
        return False
    return payment.is_held or payment.captured > 0 or payment.capture_before is not None


def outstanding(notice: BookingNotice) -> int:
    """What is owed and was not taken, in minor units."""
    return bill(notice.booking).amount.amount - sum(p.captured for p in notice.payments)
