"""Bookings without a set end (Abos): their time is claimed ahead for as long as a notice takes, month after month, until one is given.

So the city, too, can always end one in due time: where somebody else was promised what comes after the claimed time, that is its end.
"""

from datetime import datetime

from msgspec.structs import replace

from domain.booking.bookings import LIVE, Booking
from domain.booking.changing import CHANGEABLE, Surroundings, lasting, repriced
from domain.booking.events import AlreadyThere, Decision, NotPossible
from domain.booking.extensions import BookingRolled, NoticeGiven
from domain.booking.open_ended import Notice, NoticeBy, Subscription
from domain.booking.terms import TermsPolicy
from domain.periods import Period
from domain.refusals import Refusal


def without_set_end(policy: TermsPolicy, time_zone: str) -> Subscription | None:
    """How something is had without a set end; None where the city does not give it so."""
    offered = policy.subscription
    return Subscription(offered.minimum_months, offered.notice_months, time_zone) if offered is not None else None


def rolls_at(booking: Booking) -> datetime | None:
    """When another month is claimed ahead: as soon as a notice would take longer than is claimed. None where nothing is, any more."""
    agreed = booking.terms.subscription
    if agreed is None or agreed.notice is not None or booking.state not in LIVE:
        return None
    return agreed.after(booking.start, agreed.months(booking.start, booking.end) - agreed.notice_months)


def roll(booking: Booking, around: Surroundings, now: datetime) -> Decision:
    """Claim the months that are missing; whatever of them was claimed before stays as it is, so it may be asked for any number of times.

    Where that cannot be, because somebody else has booked what comes then or the terms go no further, notice is given by the city:
    what is claimed lasts as long as a notice takes.
    """
    agreed, due = booking.terms.subscription, rolls_at(booking)
    if agreed is None or due is None or booking.state not in CHANGEABLE:
        return Refusal(NotPossible.WRONG_STATE)
    if now < due:
        return AlreadyThere(booking)
    months = agreed.months(booking.start, booking.end)
    while agreed.after(booking.start, months - agreed.notice_months) <= now:
        months += 1
    end = agreed.after(booking.start, months)
    if _is_promised(end, around, now) or end > booking.terms.latest_end or not around.resource.is_usable_to(end):
        return _noticed(booking, booking.end, around, Notice(now, NoticeBy.CITY))
    quote = repriced(booking, end, around)
    rolled = lasting(booking, end, quote, booking.terms, now)
    return BookingRolled(rolled, max(around.claim_to(end), around.claimed_until))


def _is_promised(end: datetime, around: Surroundings, now: datetime) -> bool:
    """To somebody else. What is to be repaired then is repaired while its holder has it, or when she is done."""
    following = around.following
    if following is None or following.booking_id is None or following.has_lapsed(now):
        return False
    return following.start < around.claim_to(end)


def earliest_end(agreed: Subscription, claimed: Period, now: datetime) -> datetime:
    """When it would end if notice were given now, or will, since one was."""
    if agreed.notice is not None:
        return claimed.end
    months = max(agreed.minimum_months, agreed.months(claimed.start, agreed.after(now, agreed.notice_months)))
    return min(agreed.after(claimed.start, months), claimed.end)


def give_notice(booking: Booking, around: Surroundings, by: NoticeBy, now: datetime) -> Decision:
    """End it as early as was agreed (Kündigung). Once only: a second notice changes nothing."""
    agreed = booking.terms.subscription
    if agreed is None:
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    if agreed.notice is not None:
        return AlreadyThere(booking)
    if booking.state not in CHANGEABLE:
        return Refusal(NotPossible.WRONG_STATE)
    return _noticed(booking, earliest_end(agreed, booking.period, now), around, Notice(now, by))


def _noticed(booking: Booking, end: datetime, around: Surroundings, notice: Notice) -> NoticeGiven:
    agreed = booking.terms.subscription
    assert agreed is not None  # noqa: S101 - of what has a set end nobody gives notice
    terms = replace(booking.terms, subscription=replace(agreed, notice=notice))
    quote = repriced(booking, end, around)
    return NoticeGiven(lasting(booking, end, quote, terms, notice.given_at), around.claim_to(end))
