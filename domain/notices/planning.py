"""When a notice goes out: at once, after the quiet hours of the night, before them, or not at all."""

from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from msgspec import Struct

from domain.booking.bookings import Booking, ReasonCode, State
from domain.booking.resources import Service
from domain.cities.notices import NoticeSettings
from domain.notices.occasions import REMINDERS, URGENT, Occasion
from domain.payments.payments import PAY_BEFORE_START

# So long before a booking starts whoever is told something has time to see to it.
ROOM = timedelta(hours=2)
# A reminder that comes later than this is of no use.
SHORTEST = timedelta(minutes=15)
REMINDED_OF = frozenset({Service.FLEET, Service.CHARGING})  # a lease of months has no last half hour
ATTEMPTS = 12
LONGEST_PAUSE_S = 3600


class Unsent(StrEnum):
    """Why a notice was not sent. `told_together`: what became of several bookings of a series at once is one letter, about the first of
    them."""

    SWITCHED_OFF = "switched_off"
    QUIET_HOURS = "quiet_hours"
    TOO_LATE = "too_late"
    BOOKING_OVER = "booking_over"
    BOOKING_MOVED = "booking_moved"
    SUPERSEDED = "superseded"
    NO_LONGER_TRUE = "no_longer_true"
    NO_ADDRESS = "no_address"
    TOLD_TOGETHER = "told_together"


class Reminder(Struct, frozen=True):
    """`about` is the instant that is near, or that has passed; `unsent` where there is no good time for it."""

    occasion: Occasion
    about: str
    at: datetime
    unsent: Unsent | None = None


def reaches_guests(occasion: Occasion, booking: Booking) -> bool:
    """Whether somebody without an account is written to: her station did not begin, and what was held goes back. The rest she sees where
    she follows her charge, and its receipt comes by itself."""
    return occasion is Occasion.CANCELLED and booking.reason_code is ReasonCode.NO_PLUG


def not_before(occasion: Occasion, booking: Booking, settings: NoticeSettings, zone: tzinfo, at: datetime) -> datetime:
    """`at`, or the end of the quiet hours in which that is, where the notice can wait so long."""
    night = settings.quiet.around(at, zone) if settings.quiet is not None and occasion not in URGENT else None
    if night is None:
        return at
    last = _useful_until(occasion, booking)
    return night.end if last is None or night.end <= last else at


def upcoming(booking: Booking, settings: NoticeSettings, zone: tzinfo, now: datetime) -> tuple[Reminder, ...]:
    """What the holder is to be reminded of as the booking stands."""
    if booking.service not in REMINDED_OF:
        return ()
    if booking.state is State.CONFIRMED:
        return _reminder(Occasion.START_NEAR, booking, settings, zone, now)
    if booking.state is not State.IN_USE:
        return ()
    if booking.overdue_until is None or booking.overdue_until <= booking.end:
        return _reminder(Occasion.END_NEAR, booking, settings, zone, now)
    if settings.late_after_min is None:
        return ()
    at = max(booking.end + timedelta(minutes=settings.late_after_min), now)
    return (Reminder(Occasion.LATE, _mark(booking.end), at),)


def outdated(occasion: Occasion, about: str, booking: Booking, now: datetime) -> Unsent | None:
    """Why a reminder that was planned is not true any more; None where it is, or is none."""
    if occasion not in REMINDERS:
        return None
    if not booking.is_live:
        return Unsent.BOOKING_OVER
    near, during = _moment(occasion, booking), State.CONFIRMED if occasion is Occasion.START_NEAR else State.IN_USE
    if _mark(near) != about:
        return Unsent.BOOKING_MOVED
    if booking.state is not during:
        return Unsent.NO_LONGER_TRUE
    return Unsent.TOO_LATE if occasion is not Occasion.LATE and now >= near else None


def again(attempts: int, now: datetime) -> datetime | None:
    """When a notice that could not be sent is tried again: after one second, then three times as long each time, an hour at
    most; None after the twelfth time."""
    if attempts >= ATTEMPTS:
        return None
    return now + timedelta(seconds=min(3 ** (attempts - 1), LONGEST_PAUSE_S))


def _reminder(
    occasion: Occasion, booking: Booking, settings: NoticeSettings, zone: tzinfo, now: datetime
) -> tuple[Reminder, ...]:
    """So many minutes ahead, unless that has passed: then whoever booked or extended knows. What would come in quiet hours and
    cannot wait for their end comes before them."""
    near = _moment(occasion, booking)
    minutes = settings.before_start_min if occasion is Occasion.START_NEAR else settings.before_end_min
    wanted = near - timedelta(minutes=minutes or 0)
    if minutes is None or wanted <= now:
        return ()
    at = not_before(occasion, booking, settings, zone, wanted)
    night = settings.quiet.around(at, zone) if settings.quiet is not None else None
    if night is None:
        return (Reminder(occasion, _mark(near), at),)
    unsent = Unsent.QUIET_HOURS if night.start < now else None
    return (Reminder(occasion, _mark(near), night.start if unsent is None else wanted, unsent),)


def _useful_until(occasion: Occasion, booking: Booking) -> datetime | None:
    match occasion:
        case Occasion.START_NEAR | Occasion.END_NEAR:
            return _moment(occasion, booking) - SHORTEST
        case Occasion.NOT_USED | Occasion.REMINDED:
            return None
        case Occasion.APPROVED:
            return min(booking.hold_expires_at or booking.start, booking.start) - ROOM
        case Occasion.APPROVAL_ASKED | Occasion.APPROVAL_REMINDED | Occasion.APPROVAL_ESCALATED:
            return (booking.asked.due_at if booking.asked is not None else booking.start) - ROOM
        case Occasion.EXTENSION_APPROVED:
            return (booking.waiting.expires_at if booking.waiting is not None else booking.start) - ROOM
        case Occasion.EXTENSION_NOT_APPROVED:
            return booking.end - ROOM
        case Occasion.PAYMENT_FAILED:
            return booking.start - PAY_BEFORE_START - ROOM if booking.is_live else None
        case _:
            return booking.start - ROOM


def _moment(occasion: Occasion, booking: Booking) -> datetime:
    return booking.start if occasion is Occasion.START_NEAR else booking.end


def _mark(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
