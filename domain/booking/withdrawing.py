"""A consumer's withdrawal from a booking (Widerruf, §§ 355 to 357a BGB): it beats every fee."""

from datetime import datetime, timedelta
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, ReasonCode, State
from domain.booking.events import AlreadyThere, BookingWithdrawn, Decision, NotPossible
from domain.booking.fees import FeeKind, fee_line
from domain.booking.life import cancel, is_amiss, nothing_of, turnaround
from domain.booking.resources import Resource
from domain.money import Money, part_of
from domain.pricing.quotes import Line
from domain.refusals import Refusal

INSTANT = timedelta.resolution
CONCLUDED = frozenset({State.CONFIRMED, State.IN_USE})


class WithdrawFromBooking(Struct, frozen=True):
    booking_id: BookingId
    declared_at: datetime


def is_withdrawable(booking: Booking, now: datetime) -> bool:
    """Whether there is a contract that its holder may still withdraw from."""
    return booking.state in CONCLUDED and booking.terms.withdrawal.runs(now)


def cancel_or_withdraw(
    booking: Booking,
    resource: Resource,
    by_holder: bool,
    now: datetime,
    reason: str | None = None,
    *,
    kept_out: bool = False,
) -> Decision:
    """Undo the booking in the way that is best for its holder: while the right of withdrawal runs, by that. What she was
    `kept_out` of costs nothing."""
    if by_holder and is_withdrawable(booking, now):
        return withdraw(booking, resource, now, now, reason)
    return cancel(booking, by_holder, now, reason, amiss=kept_out or is_amiss(booking, resource, now))


def withdraw(
    booking: Booking, resource: Resource, declared_at: datetime, now: datetime, reason: str | None = None
) -> Decision:
    """Undo the contract. Sent in time is declared in time (§ 355 Abs. 1 Satz 5), whenever it is read.

    Owed is what was performed, and that only where its holder asked for an early start.
    """
    if booking.state is State.CANCELLED:
        return AlreadyThere(booking)
    if booking.state is State.HELD:
        return cancel(booking, True, now, reason)
    if not is_withdrawable(booking, declared_at):
        return Refusal(NotPossible.WRONG_STATE)
    used = booking.state is State.IN_USE
    over = replace(
        booking,
        state=State.CANCELLED,
        reason_code=ReasonCode.WITHDRAWN,
        reason=reason,
        fee=performed_value(booking, declared_at),
        hold_expires_at=None,
        finished_at=now if used else None,
        extension=None,
        updated_at=now,
        version=booking.version + 1,
    )
    return BookingWithdrawn(over, turnaround(resource, now) if used else None)


def performed_value(booking: Booking, until: datetime) -> Money:
    """What the use was worth so far, measured by the price of the whole (§ 357a Abs. 2 BGB)."""
    nothing = nothing_of(booking)
    if booking.started_at is None or not booking.terms.withdrawal.early_start or until <= booking.started_at:
        return nothing
    used = min(Fraction((until - booking.started_at) // INSTANT, booking.period.length // INSTANT), Fraction(1))
    return Money(part_of(booking.quote.total.amount, used), nothing.currency)


FEES = {ReasonCode.NOT_STARTED: FeeKind.NO_SHOW, ReasonCode.WITHDRAWN: FeeKind.PERFORMED}


def fee_lines(booking: Booking) -> tuple[Line, ...]:
    """What a booking that was not used as booked costs, as lines like those of a quote, with its tax."""
    if booking.fee is None or booking.state not in {State.CANCELLED, State.NO_SHOW}:
        return ()
    line = fee_line(fee_kind(booking), booking.fee, booking.terms.fee_tax)
    return () if line is None else (line,)


def fee_kind(booking: Booking) -> FeeKind:
    """What a fee for a booking that ended like this one is for."""
    return FEES.get(booking.reason_code or ReasonCode.BY_HOLDER, FeeKind.CANCELLATION)
