"""What happens to the time of a booking that stands: it grows, shrinks, or is used beyond its end."""

from datetime import datetime

from msgspec import Struct

from domain.booking.bookings import Booking, BookingId


class BookingExtended(Struct, frozen=True, tag="booking.extended"):
    """More time, and nothing is left to pay for it now. The claim reaches until `claimed_until`, at least."""

    booking: Booking
    claimed_until: datetime


class ExtensionAsked(Struct, frozen=True, tag="booking.extension_asked"):
    """More time that waits to be paid, or to be approved before. It is claimed already; end and price stay as they are."""

    booking: Booking
    claimed_until: datetime


class ExtensionApproved(Struct, frozen=True, tag="booking.extension_approved"):
    """Somebody said yes to more time, which waits to be paid now."""

    booking: Booking


class ExtensionRejected(Struct, frozen=True, tag="booking.extension_rejected"):
    """Somebody said no to more time: what was claimed for it, from `frees_from` on, is free again."""

    booking: Booking
    frees_from: datetime


class ExtensionLapsed(Struct, frozen=True, tag="booking.extension_lapsed"):
    """Nobody paid or approved in time: what was claimed for it, from `frees_from` on, is free again."""

    booking: Booking
    frees_from: datetime


class ExtensionLost(Struct, frozen=True, tag="booking.extension_lost"):
    """It was paid after it had lapsed, and somebody else has the time by now: the money goes back."""

    booking: Booking


class BookingShortened(Struct, frozen=True, tag="booking.shortened"):
    """The end comes earlier; what is claimed beyond `claimed_until` is free again."""

    booking: Booking
    claimed_until: datetime


class BookingDelayed(Struct, frozen=True, tag="booking.delayed"):
    """Somebody else's use went past its end: this booking's holder may have to wait for the resource."""

    booking_id: BookingId


class BookingOverdue(Struct, frozen=True, tag="booking.overdue"):
    """A use in progress went past its end, and keeps its claim until `claimed_until`; None where it cannot grow."""

    booking: Booking
    claimed_until: datetime | None
    delayed: BookingDelayed | None


class BookingRolled(Struct, frozen=True, tag="booking.rolled"):
    """What has no set end is claimed for another month ahead; its holder asked for it once and need not be told."""

    booking: Booking
    claimed_until: datetime


class NoticeGiven(Struct, frozen=True, tag="booking.notice_given"):
    """What had no set end has one now; what is claimed beyond `claimed_until` is free again."""

    booking: Booking
    claimed_until: datetime
