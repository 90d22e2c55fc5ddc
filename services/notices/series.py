"""What is told of several bookings of a series at once: it is one letter, about the first of them."""

from collections.abc import Callable

from domain.booking.approval import ApprovalState
from domain.booking.bookings import State
from domain.notices.occasions import QUESTIONS, Occasion
from services.notices.ports import BookingNotice, OfSeries

WAS_CONFIRMED = frozenset({State.CONFIRMED, State.IN_USE, State.COMPLETED, State.NO_SHOW})
# Nobody has said yes or no to what is told as not approved, be it over already or at the next look.
UNANSWERED = frozenset({ApprovalState.PENDING, ApprovalState.MISSED})


def told_together(occasion: Occasion, notice: BookingNotice) -> tuple[OfSeries, ...]:
    """Those of its series that are told with the booking, itself among them, in order; none where it is told alone.

    Who is the first of them does not change with what becomes of them meanwhile, so that one letter is written, and not none.
    """
    own = next((each for each in notice.series if each.booking_id == notice.booking.id), None)
    alike = ALIKE.get(occasion)
    if own is None or alike is None or not alike(own, own) or _is_about_more_time(occasion, notice):
        return ()
    found = tuple(each for each in notice.series if alike(own, each))
    return found if len(found) > 1 else ()


def standing(occasion: Occasion, notice: BookingNotice) -> tuple[OfSeries, ...]:
    """Those told together of which it is still so."""
    together = told_together(occasion, notice)
    if occasion is Occasion.CONFIRMED:
        return tuple(each for each in together if each.state in WAS_CONFIRMED)
    if occasion in QUESTIONS:
        return tuple(each for each in together if each.awaits_approval)
    return together


def _is_about_more_time(occasion: Occasion, notice: BookingNotice) -> bool:
    return occasion in QUESTIONS and not notice.booking.awaits_approval and notice.booking.waiting is not None


def _confirmed_at_once(one: OfSeries, other: OfSeries) -> bool:
    """With the series where nobody was asked; else with the same yes."""
    if one.approval is None or other.approval is None:
        return one.approval is other.approval
    return one.approval.decided_at is not None and one.approval.decided_at == other.approval.decided_at


def _cancelled_at_once(one: OfSeries, other: OfSeries) -> bool:
    """By one transaction, which has one instant for all."""
    return one.state is other.state is State.CANCELLED and one.updated_at == other.updated_at


def _asked_at_once(one: OfSeries, other: OfSeries) -> bool:
    """Of the same people, who have the same time to answer."""
    if one.approval is None or other.approval is None:
        return False
    return one.pool_id == other.pool_id and one.approval.due_at == other.approval.due_at


def _missed_at_once(one: OfSeries, other: OfSeries) -> bool:
    asked = (each.approval for each in (one, other))
    return _asked_at_once(one, other) and all(each is not None and each.state in UNANSWERED for each in asked)


ALIKE: dict[Occasion, Callable[[OfSeries, OfSeries], bool]] = {
    Occasion.CONFIRMED: _confirmed_at_once,
    Occasion.CANCELLED: _cancelled_at_once,
    Occasion.NOT_APPROVED: _missed_at_once,
    **dict.fromkeys(QUESTIONS, _asked_at_once),
}
