"""Tell the holder what became of a booking, and remind her of what comes.

Every notice is written down before it is sent, for when it is sent: at once, or after the quiet hours. From there it is sent
until it was, by whoever comes first: the job that planned it, or the look at what is due.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from domain.booking.bookings import BookingId, ReasonCode, State
from domain.booking.life import bill
from domain.identity import City
from domain.notices.log import SENT, Due, NoticeId, NoticeState, Outcome, Planned, failed, skipped
from domain.notices.occasions import ONCE, REMINDERS, Occasion
from domain.notices.planning import ATTEMPTS, Unsent, not_before, outdated, upcoming
from domain.payments.dunning import CaseState
from domain.payments.payments import PaymentState, Purpose
from domain.payments.settlement import is_owed, is_unsecured
from services.notices.money import How, not_debited, outstanding, refused_deposit, secured
from services.notices.ports import BookingNotice, NoticeDesk

LEASE = timedelta(minutes=2)  # longer than any try, so that nobody else begins meanwhile


async def tell(
    occasion: Occasion, city: City, booking_id: BookingId, entry_id: UUID, at: datetime, *, desk: NoticeDesk
) -> bool:
    """Write down that the holder is to be told of what happened `at`, by that entry of the outbox, and tell her now if it is
    time; whether that was done. Raises what the mailer raises: the notice is tried again then."""
    notice = await desk.notices.notice(city, booking_id)
    if notice is None:
        return False
    is_true = STILL_TRUE[occasion](notice)
    if not is_true and occasion in CONDITIONAL:
        return False
    now = desk.clock()
    sent_from = not_before(occasion, notice.booking, notice.settings.notices, _zone(notice), now)
    planned = Planned(
        id=NoticeId(entry_id),
        booking_id=booking_id,
        person_id=notice.booking.holder_id,
        occasion=occasion,
        about="" if occasion in ONCE else str(entry_id),
        happened_at=at,
        dated=at if sent_from == now else sent_from,
        planned_for=sent_from,
        unsent=_switched_off(occasion, notice) or (None if is_true else _why(notice)),
    )
    return await deliver(city, await desk.log.enter(city, planned), desk=desk)


async def remind(city: City, booking_id: BookingId, *, desk: NoticeDesk) -> int:
    """Write down what the holder is to be reminded of as the booking stands; how much that is."""
    notice = await desk.notices.notice(city, booking_id)
    if notice is None:
        return 0
    reminders = upcoming(notice.booking, notice.settings.notices, _zone(notice), desk.clock())
    for each in reminders:
        planned = Planned(
            id=NoticeId(uuid5(booking_id, f"{each.occasion} {each.about}")),
            booking_id=booking_id,
            person_id=notice.booking.holder_id,
            occasion=each.occasion,
            about=each.about,
            happened_at=each.at,
            dated=each.at,
            planned_for=each.at,
            unsent=_switched_off(each.occasion, notice) or each.unsent,
        )
        await desk.log.enter(city, planned)
    return len(reminders)


async def deliver(city: City, notice_id: NoticeId, *, desk: NoticeDesk) -> bool:
    """Send what is due, unless it is no longer true; whether it was sent. Raises what the mailer raises, once it is written
    down."""
    due = await desk.log.take(city, notice_id, desk.clock() + LEASE)
    if due is None:
        return False
    if due.attempts > ATTEMPTS:
        await desk.log.settle(city, due, failed("the worker ended each time", due.attempts, desk.clock()))
        return False
    notice = await desk.notices.notice(city, due.booking_id)
    if notice is None:
        await desk.log.settle(city, due, skipped(Unsent.NO_ADDRESS))
        return False
    if (instead := _instead(due, notice, desk.clock())) is not None:
        await desk.log.settle(city, due, instead)
        return False
    try:
        await desk.mailer.send(desk.compose(due.occasion, notice, due.id, due.dated))
    except Exception as error:
        await desk.log.settle(city, due, failed(type(error).__name__, due.attempts, desk.clock()))
        raise
    await desk.log.settle(city, due, SENT)
    return True


def _instead(due: Due, notice: BookingNotice, now: datetime) -> Outcome | None:
    """What becomes of a notice that is not sent now."""
    if why := _switched_off(due.occasion, notice):
        return skipped(why)
    if due.superseded and due.occasion not in REMINDERS:
        return skipped(Unsent.SUPERSEDED)
    if why := outdated(due.occasion, due.about, notice.booking, now):
        return skipped(why)
    if not STILL_TRUE[due.occasion](notice):
        return skipped(_why(notice))
    sent_from = not_before(due.occasion, notice.booking, notice.settings.notices, _zone(notice), now)
    return Outcome(NoticeState.PLANNED, due_at=sent_from) if sent_from > now else None


def _switched_off(occasion: Occasion, notice: BookingNotice) -> Unsent | None:
    return Unsent.SWITCHED_OFF if occasion.value in notice.switched_off else None


def _why(notice: BookingNotice) -> Unsent:
    """Why what was true when it happened is not any more."""
    return Unsent.NO_LONGER_TRUE if notice.booking.is_live else Unsent.BOOKING_OVER


def _zone(notice: BookingNotice) -> ZoneInfo:
    return ZoneInfo(notice.settings.time_zone)


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
        return is_unsecured(bill(booking), payments) or refused_deposit(notice) is not None
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


def _is_stranded(notice: BookingNotice) -> bool:
    booking = notice.booking
    return booking.blocked_until is not None and booking.state in {State.HELD, State.CONFIRMED}


def _is_owed(notice: BookingNotice) -> bool:
    return notice.dunning is not None and notice.dunning.state is CaseState.OPEN and notice.dunning.steps_taken > 0


# What follows from an event only in some cases: in the others there was never anything to tell.
CONDITIONAL = frozenset(
    {
        *(Occasion.APPROVED, Occasion.NOT_APPROVED, Occasion.PAYMENT_FAILED, Occasion.PAID_TOO_LATE),
        *(Occasion.SWAPPED, Occasion.DELAYED, Occasion.STRANDED),
    }
)
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
    Occasion.STRANDED: _is_stranded,
    Occasion.NOT_USED: lambda notice: notice.booking.state is State.NO_SHOW,
    Occasion.REMINDED: _is_owed,
}
