"""Tell the holder what became of a booking."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from domain.booking.bookings import BookingId, ReasonCode, State
from domain.booking.life import bill
from domain.identity import City
from domain.notices.occasions import Occasion
from domain.payments.dunning import CaseState
from domain.payments.payments import PaymentState, Purpose
from domain.payments.settlement import is_owed, is_unsecured
from services.notices.money import How, not_debited, outstanding, secured
from services.notices.ports import BookingNotice, Compose, Mailer, Notices


async def tell(
    occasion: Occasion,
    city: City,
    booking_id: BookingId,
    message_id: UUID,
    at: datetime,
    *,
    notices: Notices,
    compose: Compose,
    mailer: Mailer,
) -> bool:
    """Send the message, unless it is no longer true. `at` is when it happened, and the message's date."""
    notice = await notices.notice(city, booking_id)
    if notice is None or not STILL_TRUE[occasion](notice):
        return False
    await mailer.send(compose(occasion, notice, message_id, at))
    return True


def _was_confirmed(notice: BookingNotice) -> bool:
    """A cancellation may overtake the confirmation; then it alone is told."""
    return notice.booking.state in {State.CONFIRMED, State.IN_USE, State.COMPLETED, State.NO_SHOW}


def _was_cancelled(notice: BookingNotice) -> bool:
    return notice.booking.state is State.CANCELLED


def _needs_another_card(notice: BookingNotice) -> bool:
    """A decline while the holder pays is seen on the spot; one in the holder's absence has to be told, and so has a bank's
    that was to be debited, as that comes days later."""
    booking, payments = notice.booking, notice.payments
    if not is_owed(bill(booking)):
        return is_unsecured(bill(booking), payments)
    refused = any(p.purpose is Purpose.REMAINDER and p.state is PaymentState.FAILED for p in payments)
    return (refused or not_debited(notice) is not None) and outstanding(notice) > 0


def _paid_for_nothing(notice: BookingNotice) -> bool:
    """A payment that comes while the time is still free brings the booking back; this one did not."""
    return notice.booking.state is State.EXPIRED and not _was_missed(notice) and secured(notice).how is not How.NOTHING


def _was_missed(notice: BookingNotice) -> bool:
    """Nobody said yes in time."""
    return notice.booking.reason_code is ReasonCode.APPROVAL_MISSED


def _is_to_be_paid(notice: BookingNotice) -> bool:
    """Whoever has paid meanwhile reads of the confirmation instead."""
    return notice.booking.state is State.HELD and notice.booking.hold_expires_at is not None


def _lasts(notice: BookingNotice) -> bool:
    return notice.booking.state in {State.CONFIRMED, State.IN_USE}


def _waits_for_return(notice: BookingNotice) -> bool:
    return notice.waits_for_return and notice.booking.state in {State.HELD, State.CONFIRMED}


def _is_owed(notice: BookingNotice) -> bool:
    return notice.dunning is not None and notice.dunning.state is CaseState.OPEN and notice.dunning.steps_taken > 0


STILL_TRUE: dict[Occasion, Callable[[BookingNotice], bool]] = {
    Occasion.CONFIRMED: _was_confirmed,
    Occasion.CANCELLED: _was_cancelled,
    Occasion.APPROVED: _is_to_be_paid,
    Occasion.ASSIGNED: _was_confirmed,
    Occasion.SWAPPED: _was_confirmed,
    Occasion.NOT_APPROVED: _was_missed,
    Occasion.WITHDRAWN: _was_cancelled,
    Occasion.PAYMENT_FAILED: _needs_another_card,
    Occasion.PAID_TOO_LATE: _paid_for_nothing,
    Occasion.CHANGED: _lasts,
    Occasion.EXTENSION_TOO_LATE: lambda _notice: True,
    Occasion.START_NEAR: lambda notice: notice.booking.state is State.CONFIRMED,
    Occasion.END_NEAR: lambda notice: notice.booking.state is State.IN_USE,
    Occasion.LATE: lambda notice: notice.booking.state is State.IN_USE,
    Occasion.DELAYED: _waits_for_return,
    Occasion.NOT_USED: lambda notice: notice.booking.state is State.NO_SHOW,
    Occasion.REMINDED: _is_owed,
}
