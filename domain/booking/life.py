"""A booking's life after the hold: each decision takes the booking as it stands and gives the fact, or says why not."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.approval import ApprovalState, unasked
from domain.booking.bookings import LIVE, Booking, BookingId, Payer, Readings, ReasonCode, State
from domain.booking.events import (
    AlreadyThere,
    BookingAssigned,
    BookingCancelled,
    BookingConfirmed,
    BookingExpired,
    BookingFinished,
    BookingNotUsed,
    BookingStarted,
    Decision,
    NotPossible,
    ReadingsTaken,
)
from domain.booking.late import late_fee
from domain.booking.repairs import expected_out
from domain.booking.resources import Resource
from domain.booking.sharing import Sharing
from domain.booking.terms import DepositAsked
from domain.money import Money
from domain.payments.deposits import Deposit
from domain.payments.payments import PAY_BEFORE_START, Payment, PaymentState
from domain.payments.settlement import Bill, Extra, Phase, is_unsecured
from domain.periods import Period
from domain.pricing.quotes import LineKind, Quote, Usage, at_most, fees_in, measured, price, waived, with_fee
from domain.pricing.tariffs import Tariff, TimeUnit
from domain.refusals import Refusal

TO_READ = timedelta(minutes=15)
"""How long after the key began the use the instruments may be read as they stood then."""


class ConfirmBooking(Struct, frozen=True):
    """`seen`, here and below, is the version that the caller has in mind; None where any will do."""

    booking_id: BookingId
    seen: int | None = None


class CancelBooking(Struct, frozen=True):
    """`reason` are the caller's own words."""

    booking_id: BookingId
    reason: str | None = None
    seen: int | None = None


class StartBooking(Struct, frozen=True):
    """`code` is what stands on the resource, as the caller read it there."""

    booking_id: BookingId
    readings: Readings
    code: str | None = None
    seen: int | None = None


class FinishBooking(Struct, frozen=True):
    booking_id: BookingId
    readings: Readings
    seen: int | None = None


def is_secured(payments: Sequence[Payment]) -> bool:
    """Whether a card is held or saved for the booking, or money was taken."""
    return any(payment.is_secure and not payment.is_deposit for payment in payments)


def is_covered(booking: Booking, payments: Sequence[Payment], now: datetime) -> bool:
    """Whether the price is secured, or nothing is to pay."""
    trusted = any(is_trusted(booking, payment, now) for payment in payments)
    return booking.quote.due_now.is_zero or trusted or is_secured(payments)


def is_trusted(booking: Booking, payment: Payment, now: datetime) -> bool:
    """Whether it is a debit of which a bank is asked, and the terms trust in that before the start."""
    debits = booking.terms.debits
    under_way = payment.is_debit and payment.state is PaymentState.PROCESSING
    return under_way and debits is not None and debits.confirm_on_processing and now < booking.start


def is_still_shared(booking: Booking, sharing: Sharing | None, now: datetime) -> bool:
    """Whether the pool's windows let a resident's hold be confirmed: until then whoever works in the pool comes first. What
    somebody who runs the pool said yes to asks for no windows."""
    if sharing is None or booking.payer is not Payer.SELF or booking.approval is not None:
        return True
    return sharing.covers(booking.period, now)


def confirm(booking: Booking, covered: bool, now: datetime, sharing: Sharing | None = None) -> Decision:
    """Confirm a hold whose price is secured: a card is held or saved, or the first instalment is paid. `sharing` are the
    windows of what is booked.

    Where it needs an approval besides, that is asked for last: the holder can do nothing for it.

    A hold that lapsed is confirmed all the same as long as nobody released it: its claim still stands.
    """
    if booking.state in {State.CONFIRMED, State.IN_USE}:
        return AlreadyThere(booking)
    if booking.state is not State.HELD or now >= booking.end:
        return Refusal(NotPossible.WRONG_STATE)
    if not covered:
        return Refusal(NotPossible.PAYMENT_REQUIRED)
    if booking.awaits_approval:
        return Refusal(NotPossible.APPROVAL_PENDING)
    if not is_still_shared(booking, sharing, now):
        return Refusal(NotPossible.OUTSIDE_SHARING)
    terms = booking.terms.concluded(now)
    return BookingConfirmed(_at(booking, State.CONFIRMED, now, terms=terms, hold_expires_at=None))


def is_amiss(booking: Booking, resource: Resource, now: datetime) -> bool:
    """Whether something is wrong with what was booked: its holder said so, it may not be used that long any more, as its papers
    end before, whoever had it before is late, it broke down, or nobody may drive it and it is not expected back by then. Then it
    costs nothing to let it go."""
    in_repair = booking.not_drivable and booking.start < expected_out(booking.out_until, now, resource.repair_days)
    out = booking.kept_waiting or booking.blocked_until is not None or in_repair
    return booking.problem_open or out or not resource.is_usable_to(booking.end)


def cancel(
    booking: Booking, by_holder: bool, now: datetime, reason: str | None = None, *, amiss: bool = False
) -> Decision:
    """Cancel what has not begun. A hold costs nothing; a confirmed booking what its terms say, unless something is `amiss`
    with what was booked."""
    if booking.state is State.CANCELLED:
        return AlreadyThere(booking)
    if booking.state not in {State.HELD, State.CONFIRMED}:
        return Refusal(NotPossible.WRONG_STATE)
    free = booking.state is State.HELD or not by_holder or amiss
    fee = nothing_of(booking) if free else booking.terms.cancellation(now).fee
    code = ReasonCode.BY_HOLDER if by_holder else ReasonCode.BY_STAFF
    return BookingCancelled(
        _at(
            booking,
            State.CANCELLED,
            now,
            reason_code=code,
            reason=reason,
            fee=fee,
            hold_expires_at=None,
            approval=unasked(booking.approval, ApprovalState.WITHDRAWN),
        )
    )


def cancel_unpaid(booking: Booking, payments: Sequence[Payment], now: datetime) -> Decision:
    """Cancel free of charge, two hours before the start, where the hold on the saved card was refused."""
    if booking.state is State.CANCELLED:
        return AlreadyThere(booking)
    due = now >= booking.start - PAY_BEFORE_START
    if booking.state is not State.CONFIRMED or not due or not is_unsecured(bill(booking), payments):
        return Refusal(NotPossible.WRONG_STATE)
    return BookingCancelled(
        _at(booking, State.CANCELLED, now, reason_code=ReasonCode.PAYMENT_FAILED, fee=nothing_of(booking))
    )


def cancel_without_plug(booking: Booking, now: datetime) -> Decision:
    """Cancel free of charge what no charging station keeps a plug for, or, where its holder has left it, what none began."""
    if booking.state is State.CANCELLED:
        return AlreadyThere(booking)
    if booking.state is not State.CONFIRMED:
        return Refusal(NotPossible.WRONG_STATE)
    code = ReasonCode.BY_HOLDER if booking.is_left else ReasonCode.NO_PLUG
    return BookingCancelled(_at(booking, State.CANCELLED, now, reason_code=code, fee=nothing_of(booking)))


def expire(booking: Booking, now: datetime) -> Decision:
    """Let go of a hold that nobody confirmed in time, or approved."""
    if booking.state is State.EXPIRED:
        return AlreadyThere(booking)
    if booking.state is not State.HELD or booking.hold_expires_at is None or booking.hold_expires_at > now:
        return Refusal(NotPossible.WRONG_STATE)
    why = ReasonCode.APPROVAL_MISSED if booking.awaits_approval else ReasonCode.HOLD_EXPIRED
    missed = unasked(booking.approval, ApprovalState.MISSED)
    return BookingExpired(_at(booking, State.EXPIRED, now, reason_code=why, fee=nothing_of(booking), approval=missed))


def code_fits(read: str | None, on_the_resource: str | None) -> bool:
    """Whether the holder stands before the right thing, as far as either side has a code to compare."""
    return read is None or on_the_resource is None or read == on_the_resource


def start(
    booking: Booking,
    resource: Resource,
    readings: Readings,
    now: datetime,
    *,
    stood_at: int | None = None,
    still_in_use: bool = False,
) -> Decision:
    """Begin the use, from the earliest start of the terms until the end; never of what may not be used that long, nor of what
    nobody may drive, is being repaired or somebody else has not brought back.

    Once only: a second start with other readings would have to say which of them count. Where the key has begun the use,
    the readings are told soon afterwards, before anybody gets far. `stood_at` are the kilometres of the last use, by what its
    logbook says now: an odometer does not run back. Whoever finds that it has starts without a reading, and tells whoever
    runs the pool.
    """
    if awaits_readings(booking, now):
        if runs_back(readings, stood_at):
            return Refusal(NotPossible.ODOMETER_RUNS_BACK, "/odometer_km")
        return ReadingsTaken(_at(booking, State.IN_USE, now, start_readings=readings))
    if booking.state is not State.CONFIRMED or now >= booking.end:
        return Refusal(NotPossible.WRONG_STATE)
    if now < booking.terms.earliest_start:
        return Refusal(NotPossible.TOO_EARLY)
    if still_in_use:
        return Refusal(NotPossible.STILL_IN_USE)
    if booking.not_drivable or (booking.blocked_until is not None and now < booking.blocked_until):
        return Refusal(NotPossible.OUT_OF_SERVICE)
    if not resource.is_usable_to(booking.end):
        return Refusal(NotPossible.NOT_USABLE, latest_end=resource.usable_until)
    if runs_back(readings, stood_at):
        return Refusal(NotPossible.ODOMETER_RUNS_BACK, "/odometer_km")
    return begun(booking, now, start_readings=readings)


def begun(booking: Booking, at: datetime, **facts: Any) -> BookingStarted:
    """The use began, and what is booked is final."""
    return BookingStarted(_at(booking, State.IN_USE, at, started_at=at, final_at=None, **facts))


def awaits_readings(booking: Booking, now: datetime) -> bool:
    """Whether the key began the use, a moment ago, and nobody has told yet what the instruments show."""
    if booking.state is not State.IN_USE or booking.start_readings is not None:
        return False
    return booking.started_at is None or now < booking.started_at + TO_READ


def runs_back(readings: Readings, stood_at: int | None) -> bool:
    return readings.odometer_km is not None and stood_at is not None and readings.odometer_km < stood_at


def assign(booking: Booking, now: datetime) -> Decision:
    """Make the resource final, a while before the start."""
    if booking.final_at is None:
        return AlreadyThere(booking)
    if not booking.is_provisional or now < booking.final_at:
        return Refusal(NotPossible.WRONG_STATE)
    return BookingAssigned(_at(booking, booking.state, now, final_at=None))


def finish(
    booking: Booking,
    resource: Resource,
    readings: Readings,
    *,
    tariff: Tariff,
    time_zone: str,
    now: datetime,
    stood_at: int | None = None,
) -> Decision:
    """End the use and price it: the booked time, or more where it took longer, and the kilometres driven.

    `tariff` is the version that was booked; `stood_at` as for `start`: from there on is driven where nobody read the odometer
    then. An early end frees the rest for others; the booked time is paid all the same. A late end may cost a fee besides.
    """
    if booking.state is State.COMPLETED:
        return AlreadyThere(booking)
    if booking.state is not State.IN_USE:
        return Refusal(NotPossible.WRONG_STATE)
    if is_too_early(booking, now) and not is_amiss(booking, resource, now):
        return Refusal(NotPossible.ENDS_BY_NOTICE)
    booking = _with_start(booking, readings, stood_at)
    driven = driven_km(booking, readings)
    if driven is not None and driven < 0:
        return Refusal(NotPossible.ODOMETER_RUNS_BACK, "/odometer_km")
    quote = booking.quote
    if not paid_by_instalments(tariff):
        usage = usage_until(booking, time_zone, driven, now)
        quote = as_agreed(booking, price_of_use(booking, resource, usage, tariff=tariff, until=now), tariff)
    return used(booking, resource, quote, readings, at=now, now=now)


def is_too_early(booking: Booking, now: datetime) -> bool:
    """Whether it is had without a set end, and its last month has not begun: else whoever brings it back would owe no more of the
    minimum term."""
    agreed = booking.terms.subscription
    if agreed is None:
        return False
    last = agreed.after(booking.start, agreed.months(booking.start, booking.end) - 1)
    return agreed.notice is None or now < last


def used(
    booking: Booking, resource: Resource, quote: Quote, readings: Readings | None, *, at: datetime, now: datetime
) -> BookingFinished:
    """The use was over `at`, and costs that."""
    facts = {"finished_at": at, "finish_readings": readings, "quote": quote, "fee": quote.due_now}
    return BookingFinished(_at(booking, State.COMPLETED, now, **facts), turnaround(resource, now))


def price_of_use(booking: Booking, resource: Resource, usage: Usage, *, tariff: Tariff, until: datetime) -> Quote:
    """What was used, with the fees that are owed besides; `until` is when it came back."""
    quote = price(tariff, usage)
    quote = waived(quote) if booking.payer is Payer.COST_CENTRE else quote
    if not (fees := fees_in(booking.quote)).is_zero:
        quote = with_fee(quote, fees, tariff)
    amiss = booking.hampered or is_amiss(booking, resource, until)
    late = late_fee(booking, tariff, usage.time_zone, until, amiss=amiss)
    return quote if late.is_zero else with_fee(quote, late, tariff, LineKind.LATE_RETURN)


def as_agreed(booking: Booking, quote: Quote, tariff: Tariff) -> Quote:
    """Whoever has no account pays no more than was held."""
    ad_hoc = booking.terms.ad_hoc
    return quote if ad_hoc is None else at_most(quote, ad_hoc.most, tariff)


def not_used(
    booking: Booking, resource: Resource, now: datetime, *, still_in_use: bool = False, kept_out: bool = False
) -> Decision:
    """Close a confirmed booking that nobody came for: at its end, or as soon as the terms no longer wait for the holder.

    Whoever comes after that and before it was closed may still start: nobody else has the time yet. While somebody else has
    not brought it back she is waited for to the end. Not to use what something is wrong with, what came too late, or what she
    was `kept_out` of, costs nothing.
    """
    if booking.state is State.NO_SHOW:
        return AlreadyThere(booking)
    waited = booking.end if still_in_use else min(booking.terms.no_show_from or booking.end, booking.end)
    if booking.state is not State.CONFIRMED or now < waited:
        return Refusal(NotPossible.WRONG_STATE)
    free = kept_out or is_amiss(booking, resource, now)
    fee = nothing_of(booking) if free else booking.terms.no_show_fee
    return BookingNotUsed(_at(booking, State.NO_SHOW, now, reason_code=ReasonCode.NOT_STARTED, fee=fee))


def paid_by_instalments(tariff: Tariff) -> bool:
    return tariff.time is not None and tariff.time.per is TimeUnit.MONTH


def bill(booking: Booking) -> Bill:
    """What the booking asks of its payments by now."""
    owed = booking.fee if booking.fee is not None else booking.quote.due_now
    waiting = booking.waiting if booking.is_live else None
    if waiting is not None and waiting.awaits_approval:
        waiting = None
    asked = booking.terms.deposit
    return Bill(
        booking_id=booking.id,
        holder_id=booking.holder_id,
        phase=Phase.SECURE if booking.is_live else Phase.OWED,
        amount=owed,
        start=booking.start,
        end=booking.end,
        instalments=booking.quote.due_now != booking.quote.total,
        in_use=booking.state is State.IN_USE,
        extra=Extra(waiting.quote.due_now, waiting.missing, waiting.asked_at) if waiting else None,
        deposit=_deposit(booking, asked) if asked is not None and booking.payer is Payer.SELF else None,
        ad_hoc=booking.terms.ad_hoc.most if booking.terms.ad_hoc is not None else None,
    )


def _deposit(booking: Booking, asked: DepositAsked) -> Deposit:
    """Of a use that took place it is kept for a while; of any other it is let go at once."""
    kept = timedelta(seconds=asked.release_after_s)
    return Deposit(
        asked.amount,
        wanted=booking.state in {State.CONFIRMED, State.IN_USE},
        keep_until=booking.finished_at + kept if booking.finished_at and booking.state is State.COMPLETED else None,
        claimed=fees_in(booking.quote, LineKind.DAMAGE).amount,
    )


def nothing_of(booking: Booking) -> Money:
    return Money(0, booking.quote.total.currency)


def _at(booking: Booking, state: State, now: datetime, **facts: Any) -> Booking:
    """The booking's next version, in that state. What is over waits for no more time."""
    if state not in LIVE:
        facts["extension"] = None
    changed: Booking = replace(booking, state=state, updated_at=now, version=booking.version + 1, **facts)
    return changed


def turnaround(resource: Resource, now: datetime) -> Period | None:
    """The time that the resource needs before it is given to somebody else; None where it needs none."""
    if resource.buffer_after_s == 0:
        return None
    return Period(now, now + timedelta(seconds=resource.buffer_after_s))


def _with_start(booking: Booking, readings: Readings, stood_at: int | None) -> Booking:
    """Where the odometer was read at the end only, it began where the use before ended: nobody drives for nothing by not
    looking at it."""
    begun = booking.start_readings or Readings()
    if begun.odometer_km is not None or readings.odometer_km is None or stood_at is None:
        return booking
    return replace(booking, start_readings=replace(begun, odometer_km=stood_at))


def driven_km(booking: Booking, readings: Readings) -> int | None:
    """None where the odometer was not read both times."""
    before = booking.start_readings.odometer_km if booking.start_readings else None
    if before is None or readings.odometer_km is None:
        return None
    return readings.odometer_km - before


def usage_until(booking: Booking, time_zone: str, driven: int | None, now: datetime) -> Usage:
    """What was used when the booking ends now: the booked time, or more, and what was driven, as far as that is known. Of a use
    without an account it is the time that it took."""
    if booking.terms.ad_hoc is not None:
        began = booking.started_at or booking.start
        return Usage(Period(began, max(now, began + timedelta(seconds=1))), time_zone)
    return Usage(
        period=Period(booking.start, max(booking.end, now)),
        time_zone=time_zone,
        energy_kwh=measured(booking.quote, LineKind.ENERGY),
        distance_km=Decimal(driven) if driven is not None else measured(booking.quote, LineKind.DISTANCE),
    )
