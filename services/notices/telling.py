"""Tell the holder what became of a booking, and remind her of what comes.

Every notice is written down before it is sent, for when it is sent: at once, or after the quiet hours. From there it is sent
until it was, by whoever comes first: the job that planned it, or the look at what is due.
"""

from asyncio import gather
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from domain.booking.bookings import BookingId, ReasonCode, State
from domain.booking.life import bill
from domain.booking.waiting import WaitlistEntryId
from domain.identity import City, PersonId
from domain.notices.log import SENT, Due, NoticeId, NoticeState, Outcome, Planned, failed, skipped
from domain.notices.occasions import ONCE, QUESTIONS, REMINDERS, Occasion
from domain.notices.planning import ATTEMPTS, Unsent, not_before, outdated, reaches_guests, upcoming
from domain.notices.waiting import about, is_so, waiting_not_before
from domain.payments.dunning import CaseState
from domain.payments.payments import PaymentState, Purpose
from domain.payments.settlement import is_owed, is_unsecured
from services.notices.money import How, not_debited, outstanding, refused_deposit, secured
from services.notices.ports import BookingNotice, NoticeDesk, OfSeries, WaitlistNotice
from services.notices.series import WAS_CONFIRMED, standing, told_together

LEASE = timedelta(minutes=2)  # longer than any try, so that nobody else begins meanwhile


async def tell(
    occasion: Occasion, city: City, booking_id: BookingId, entry_id: UUID, at: datetime, *, desk: NoticeDesk
) -> bool:
    """Write down that the holder is to be told of what happened `at`, by that entry of the outbox, and tell her now if it is
    time; whether that was done. Raises what the mailer raises: the notice is tried again then."""
    notice = await desk.notices.notice(city, booking_id)
    if notice is None or (notice.is_guest and not reaches_guests(occasion, notice.booking)):
        return False
    together = told_together(occasion, notice)
    is_told_with_another = bool(together) and together[0].booking_id != booking_id
    if not is_told_with_another:
        notice = await _that_stands(occasion, city, notice, None, desk)
    is_true = STILL_TRUE[occasion](notice)
    if not is_true and occasion in CONDITIONAL:
        return False
    together_with = Unsent.TOLD_TOGETHER if is_told_with_another else None
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
        unsent=_switched_off(occasion, notice) or (together_with if is_true else _why(notice)),
    )
    return await deliver(city, await desk.log.enter(city, planned), desk=desk)


async def ask(
    occasion: Occasion, city: City, booking_id: BookingId, entry_id: UUID, at: datetime, *, desk: NoticeDesk
) -> int:
    """Write down who is asked for her yes, and write to those whose time it is; how many are asked. Whoever follows the city's
    bookings hears of it too. Of a series whoever is asked has one letter, by the first of its bookings that somebody is asked about.
    Raises what the mailer raises, once everybody else was written to."""
    operators = occasion is Occasion.APPROVAL_ESCALATED
    planned = []
    told_before = []
    for person in await desk.notices.approvers(city, booking_id, operators=operators):
        notice = await desk.notices.notice(city, booking_id, person)
        if notice is None or not _awaits_answer(notice):
            continue
        now = desk.clock()
        sent_from = not_before(occasion, notice.booking, notice.settings.notices, _zone(notice), now)
        alone = Planned(
            id=NoticeId(uuid5(entry_id, f"{occasion} {person}")),
            booking_id=booking_id,
            person_id=person,
            occasion=occasion,
            about=f"{entry_id} {person}",
            happened_at=at,
            dated=at if sent_from == now else sent_from,
            planned_for=sent_from,
        )
        together = told_together(occasion, notice)
        planned.append(_of_the_first(together, alone) if together else alone)
        if together and together[0].booking_id != booking_id:
            told_before.append(replace(alone, unsent=Unsent.TOLD_TOGETHER))
    if planned and occasion is Occasion.APPROVAL_ASKED:
        await desk.log.tell_followers(city, booking_id, "booking.approval_asked", entry_id)
    for each in told_before:
        await desk.log.enter(city, each)
    entered = [await desk.log.enter(city, each) for each in planned]
    # That one mailbox is closed keeps nobody else from her letter.
    told = await gather(*(deliver(city, notice_id, desk=desk) for notice_id in entered), return_exceptions=True)
    for failure in told:
        if isinstance(failure, BaseException):
            raise failure
    return len(entered)


async def tell_waiting(
    occasion: Occasion, city: City, entry_id: WaitlistEntryId, outbox_id: UUID, at: datetime, *, desk: NoticeDesk
) -> bool:
    """The same for a wish that waits: an offer is told from when its holder may be told of it, the rest after the night."""
    notice = await desk.notices.waiting(city, entry_id)
    now = desk.clock()
    if notice is None:
        return False
    sent_from = waiting_not_before(
        occasion, notice.entry, notice.settings.notices, ZoneInfo(notice.settings.time_zone), now
    )
    planned = Planned(
        id=NoticeId(outbox_id),
        booking_id=None,
        person_id=notice.entry.holder_id,
        occasion=occasion,
        about=about(occasion, notice.entry, at),
        happened_at=at,
        dated=at if sent_from == now else sent_from,
        planned_for=sent_from,
        unsent=None if is_so(occasion, notice.entry, now) else Unsent.NO_LONGER_TRUE,
        waitlist_entry_id=entry_id,
    )
    return await deliver(city, await desk.log.enter(city, planned), desk=desk)


async def remind(city: City, booking_id: BookingId, *, desk: NoticeDesk) -> int:
    """Write down what the holder is to be reminded of as the booking stands; how much that is."""
    notice = await desk.notices.notice(city, booking_id)
    if notice is None or notice.is_guest:
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
    if due.booking_id is None:
        waiting = await desk.notices.waiting(city, due.waitlist_entry_id) if due.waitlist_entry_id is not None else None
        return await _delivered(city, due, waiting, _instead_of_waiting(due, waiting, desk.clock()), desk)
    notice = await desk.notices.notice(city, due.booking_id, due.person_id)
    if notice is not None:
        notice = await _that_stands(due.occasion, city, notice, due.person_id, desk)
    return await _delivered(city, due, notice, _instead(due, notice, desk.clock()) if notice else None, desk)


async def _that_stands(
    occasion: Occasion, city: City, notice: BookingNotice, person: PersonId | None, desk: NoticeDesk
) -> BookingNotice:
    """The notice; or where it is not true any more, that of another booking of the series that is told with it and of which it is."""
    others = () if STILL_TRUE[occasion](notice) else standing(occasion, notice)
    another = await desk.notices.notice(city, others[0].booking_id, person) if others else None
    return another or notice


def _of_the_first(together: Sequence[OfSeries], planned: Planned) -> Planned:
    """What is entered once for all that are told together: by whichever of them is heard of first, as nobody is reminded about one
    that was decided before."""
    first, person = together[0].booking_id, planned.person_id
    letter_id = NoticeId(uuid5(first, f"{planned.occasion} {person}"))
    return replace(planned, id=letter_id, booking_id=first, about=f"series {person}")


async def _delivered(
    city: City, due: Due, notice: BookingNotice | WaitlistNotice | None, instead: Outcome | None, desk: NoticeDesk
) -> bool:
    if notice is None or instead is not None:
        await desk.log.settle(city, due, instead or skipped(Unsent.NO_ADDRESS))
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


def _instead_of_waiting(due: Due, notice: WaitlistNotice | None, now: datetime) -> Outcome | None:
    if notice is None:
        return None
    is_this_one = due.occasion is not Occasion.OFFERED or due.about in {"", about(due.occasion, notice.entry, now)}
    if is_this_one and is_so(due.occasion, notice.entry, now):
        return None
    return skipped(Unsent.NO_LONGER_TRUE)


def _switched_off(occasion: Occasion, notice: BookingNotice) -> Unsent | None:
    return Unsent.SWITCHED_OFF if occasion.value in notice.switched_off else None


def _why(notice: BookingNotice) -> Unsent:
    """Why what was true when it happened is not any more."""
    return Unsent.NO_LONGER_TRUE if notice.booking.is_live else Unsent.BOOKING_OVER


def _zone(notice: BookingNotice) -> ZoneInfo:
    return ZoneInfo(notice.settings.time_zone)


def _was_confirmed(notice: BookingNotice) -> bool:
    """A cancellation may overtake the confirmation; then it alone is told."""
    return notice.booking.state in WAS_CONFIRMED


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


def _more_was_refused(notice: BookingNotice) -> bool:
    """Somebody said no to more time, or nobody yes."""
    more = notice.booking.extension
    over = more is not None and more.lapsed and more.approval is not None and not more.is_approved
    return over and notice.booking.is_live


def _more_is_to_be_paid(notice: BookingNotice) -> bool:
    waiting = notice.booking.waiting
    return waiting is not None and waiting.approval is not None and waiting.is_approved and notice.booking.is_live


def _awaits_answer(notice: BookingNotice) -> bool:
    return notice.booking.awaits_answer


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
        *(Occasion.EXTENSION_APPROVED, Occasion.EXTENSION_NOT_APPROVED),
    }
)
STILL_TRUE: dict[Occasion, Callable[[BookingNotice], bool]] = {
    Occasion.CONFIRMED: _was_confirmed,
    Occasion.CANCELLED: _was_cancelled,
    Occasion.APPROVED: _is_to_be_paid,
    **dict.fromkeys(QUESTIONS, _awaits_answer),
    Occasion.EXTENSION_APPROVED: _more_is_to_be_paid,
    Occasion.EXTENSION_NOT_APPROVED: _more_was_refused,
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
    Occasion.CHARGED: lambda notice: notice.booking.state is State.IN_USE,
    Occasion.NOT_BEGUN: _lasts,
    Occasion.DELAYED: _waits_for_return,
    Occasion.STRANDED: _is_stranded,
    Occasion.NOT_USED: lambda notice: notice.booking.state is State.NO_SHOW,
    Occasion.REMINDED: _is_owed,
}
