"""What may come of a booking: the facts, and why one did not come about."""

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import Booking
from domain.booking.extensions import (
    BookingExtended,
    BookingOverdue,
    BookingRolled,
    BookingShortened,
    ExtensionApproved,
    ExtensionAsked,
    ExtensionLapsed,
    ExtensionLost,
    ExtensionRejected,
    NoticeGiven,
)
from domain.booking.terms import ProblemKind
from domain.identity import PersonId
from domain.periods import Period
from domain.refusals import Refusal


class BookingConfirmed(Struct, frozen=True, tag="booking.confirmed"):
    booking: Booking


class BookingApproved(Struct, frozen=True, tag="booking.approved"):
    """Somebody said yes; the holder has to pay before it is confirmed."""

    booking: Booking


class ApprovalAsked(Struct, frozen=True, tag="booking.approval_asked"):
    """A booking was made that somebody has to approve."""

    booking: Booking


class ApprovalReminded(Struct, frozen=True, tag="booking.approval_reminded"):
    """Half of the time is over, and nobody who approves has said anything yet."""

    booking: Booking


class ApprovalEscalated(Struct, frozen=True, tag="booking.approval_escalated"):
    """Nobody who approves has said anything: the operators are asked."""

    booking: Booking


class BookingCancelled(Struct, frozen=True, tag="booking.cancelled"):
    booking: Booking


class BookingExpired(Struct, frozen=True, tag="booking.expired"):
    booking: Booking


class BookingStarted(Struct, frozen=True, tag="booking.started"):
    booking: Booking


class ReadingsTaken(Struct, frozen=True, tag="booking.readings_taken"):
    """The key had begun the use; what the instruments show is told now."""

    booking: Booking


class BookingAssigned(Struct, frozen=True, tag="booking.assigned"):
    """The resource is final."""

    booking: Booking


class BookingMoved(Struct, frozen=True, tag="booking.moved"):
    """The booking has another resource, and claims this span of it."""

    booking: Booking
    claimed: Period


class BookingReassigned(Struct, frozen=True, tag="booking.reassigned"):
    """Staff gave the booking another resource, of which it claims this span, for good; its holder is told."""

    booking: Booking
    claimed: Period


class BookingStranded(Struct, frozen=True, tag="booking.stranded"):
    """What was booked broke down, and nothing else is free for it: its holder is told, and may give it up for nothing."""

    booking: Booking


class ProblemReported(Struct, frozen=True, tag="booking.problem_reported"):
    """`withdraws` says that the resource leaves the search until the problem is resolved."""

    booking: Booking
    problem_id: UUID
    reporter_id: PersonId
    kind: ProblemKind
    note: str | None
    reported_at: datetime
    withdraws: bool


class ProblemResolved(Struct, frozen=True, tag="booking.problem_resolved"):
    booking: Booking
    resolver_id: PersonId
    note: str | None
    resolved_at: datetime


class BookingLeft(Struct, frozen=True, tag="booking.left"):
    """Its holder, who has no account, wants to stop: her station is told so, and what she used is billed as soon as it is over."""

    booking: Booking


class BookingFinished(Struct, frozen=True, tag="booking.finished"):
    """The resource is free again, after the `turnaround` that it needs where it needs one."""

    booking: Booking
    turnaround: Period | None


class DepositClaimed(Struct, frozen=True, tag="booking.deposit_claimed"):
    """So much of the deposit is owed for damage, with the price."""

    booking: Booking


class BookingWithdrawn(Struct, frozen=True, tag="booking.withdrawn"):
    """A consumer's withdrawal undoes the contract; what was in use is free again as after a finish."""

    booking: Booking
    turnaround: Period | None


class BookingNotUsed(Struct, frozen=True, tag="booking.not_used"):
    booking: Booking


class AlreadyThere(Struct, frozen=True, tag="booking.already_there"):
    """The booking is where the caller wants it: answered, and nothing changes."""

    booking: Booking


Changed: TypeAlias = (
    BookingConfirmed
    | BookingApproved
    | ApprovalReminded
    | ApprovalEscalated
    | BookingAssigned
    | BookingMoved
    | BookingReassigned
    | BookingStranded
    | ProblemReported
    | ProblemResolved
    | BookingCancelled
    | BookingWithdrawn
    | BookingExpired
    | BookingStarted
    | ReadingsTaken
    | BookingLeft
    | BookingFinished
    | DepositClaimed
    | BookingNotUsed
    | BookingExtended
    | BookingShortened
    | ExtensionAsked
    | ExtensionApproved
    | ExtensionRejected
    | ExtensionLapsed
    | ExtensionLost
    | BookingOverdue
    | BookingRolled
    | NoticeGiven
)


class NotPossible(StrEnum):
    UNKNOWN_BOOKING = "unknown_booking"
    VERSION_MISMATCH = "version_mismatch"
    WRONG_STATE = "wrong_state"
    LICENCE_NOT_VALID = "licence_not_valid"
    LICENCE_CLASS_MISSING = "licence_class_missing"
    BRIEFING_MISSING = "briefing_missing"
    PAYMENT_REQUIRED = "payment_required"
    DEPOSIT_REQUIRED = "deposit_required"
    APPROVAL_PENDING = "approval_pending"
    FORBIDDEN = "forbidden"
    OWN_BOOKING = "own_booking"
    DECIDED_OTHERWISE = "decided_otherwise"
    TOO_EARLY = "too_early"
    STILL_IN_USE = "still_in_use"
    STILL_CHARGING = "still_charging"
    MOVED = "booking_moved"
    CODE_DOES_NOT_FIT = "code_does_not_fit"
    LOCK_OFFLINE = "lock_offline"
    LOCK_SILENT = "lock_silent"
    NOT_PARKED = "not_parked"
    DOOR_OPEN = "door_open"
    NO_LOCK = "no_lock"
    ODOMETER_RUNS_BACK = "odometer_runs_back"
    TAKEN = "resource_taken"
    OUT_OF_SERVICE = "out_of_service"
    NOT_USABLE = "not_usable_then"
    OUTSIDE_SHARING = "outside_sharing"
    END_DOES_NOT_FIT = "end_does_not_fit"
    PERIOD_IN_THE_PAST = "period_in_the_past"
    PERIOD_TOO_SHORT = "period_too_short"
    PERIOD_TOO_LONG = "period_too_long"
    NOT_WHOLE_MONTHS = "not_whole_months"
    ENDS_BY_NOTICE = "ends_by_notice"


# The caller may mend these and ask again with the same key.
NOT_FINAL = frozenset(
    {
        NotPossible.LICENCE_NOT_VALID,
        NotPossible.LICENCE_CLASS_MISSING,
        NotPossible.BRIEFING_MISSING,
        NotPossible.PAYMENT_REQUIRED,
        NotPossible.DEPOSIT_REQUIRED,
        NotPossible.APPROVAL_PENDING,
        NotPossible.FORBIDDEN,
        NotPossible.OWN_BOOKING,
        NotPossible.LOCK_OFFLINE,
        NotPossible.LOCK_SILENT,
        NotPossible.NOT_PARKED,
        NotPossible.DOOR_OPEN,
        NotPossible.NO_LOCK,
        NotPossible.VERSION_MISMATCH,
        NotPossible.STILL_IN_USE,
        NotPossible.STILL_CHARGING,
        NotPossible.TOO_EARLY,
    }
)


Decision: TypeAlias = Changed | AlreadyThere | Refusal[NotPossible]
