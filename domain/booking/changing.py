"""More time and less of it: what an extension or a shorter booking takes, when it applies, and what it waits for."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.approval import Approval, ApprovalState, ask, unasked
from domain.booking.approval_rules import Approving
from domain.booking.asking import facts_of
from domain.booking.bookings import Booking, BookingId, Extension, Payer, State
from domain.booking.events import AlreadyThere, Decision, NotPossible
from domain.booking.extensions import (
    BookingExtended,
    BookingShortened,
    ExtensionAsked,
    ExtensionLapsed,
    ExtensionLost,
)
from domain.booking.life import bill, is_amiss, paid_by_instalments
from domain.booking.resources import Resource
from domain.booking.sharing import Sharing
from domain.booking.terms import Deal, Terms, TermsPolicy, frozen_terms
from domain.identity import PersonId
from domain.money import Money
from domain.payments.payments import AUTHORISE_BEFORE_START, Kind, Payment, PaymentState
from domain.payments.settlement import is_unsecured
from domain.periods import Period
from domain.pricing.quotes import LineKind, Quote, Usage, fees_in, measured, price, waived, with_fee
from domain.pricing.tariffs import Tariff
from domain.pricing.timing import months_between, plus_months
from domain.refusals import Refusal

# So long the extra time is claimed for a holder who has to pay for it in person.
EXTENSION_WAITS = timedelta(minutes=10)
# Cards are not asked for less (Stripe's least charge in EUR): until then an extension is left to the final bill.
LEAST_HOLD = 50
CHANGEABLE = frozenset({State.CONFIRMED, State.IN_USE})


class ExtendBooking(Struct, frozen=True):
    """`end` is the new one."""

    booking_id: BookingId
    end: datetime
    seen: int | None = None


class ShortenBooking(Struct, frozen=True):
    """`end` is the new one; the present one, where an extension waits, takes that back."""

    booking_id: BookingId
    end: datetime
    seen: int | None = None


class Following(Struct, frozen=True):
    """The next claim on the resource, and whose it is; `lapses_at` where it waits for somebody's payment. What nobody booked
    has no holder."""

    start: datetime
    booking_id: BookingId | None
    lapses_at: datetime | None = None
    holder_id: PersonId | None = None

    def has_lapsed(self, now: datetime) -> bool:
        return self.lapses_at is not None and self.lapses_at <= now


class Surroundings(Struct, frozen=True):
    """What a change of time looks at besides the booking: `tariff` and `policy` as they were booked, how far the booking's
    own claims reach, and how its pool approves."""

    resource: Resource
    time_zone: str
    tariff: Tariff
    policy: TermsPolicy
    claimed_until: datetime
    following: Following | None
    approving: Approving | None = None

    def claim_to(self, end: datetime) -> datetime:
        return end + timedelta(seconds=self.resource.buffer_after_s)


def extend(
    booking: Booking,
    end: datetime,
    around: Surroundings,
    *,
    payments: Sequence[Payment],
    by: PersonId,
    now: datetime,
) -> Decision:
    """Give more time: at once where nothing is to pay for it, or a hold or a saved card covers it; else claim it for
    ten minutes, until it is paid. Only the holder spends her own money. A use that is past its end may last longer, a
    booking that nobody came for may not. Where the pool's rules ask for it, it is claimed until somebody approves it, and
    paid afterwards."""
    if booking.state not in CHANGEABLE or (booking.state is State.CONFIRMED and now >= booking.end):
        return Refusal(NotPossible.WRONG_STATE)
    if booking.terms.subscription is not None:
        return Refusal(NotPossible.ENDS_BY_NOTICE)
    if booking.waiting is not None:
        return AlreadyThere(booking) if booking.waiting.end == end else Refusal(NotPossible.WRONG_STATE)
    if booking.end == end:
        return AlreadyThere(booking)
    if refusal := _cannot_extend(booking, end, around, payments, now):
        return refusal
    quote = repriced(booking, end, around)
    claimed_until = max(around.claim_to(end), around.claimed_until)
    missing = missing_of(booking, quote, payments, now)
    terms = _terms(booking, end, quote, around)
    approval = _to_be_approved(booking, end, quote, around, by=by, now=now)
    if missing < LEAST_HOLD and approval is None:
        return BookingExtended(lasting(booking, end, quote, terms, now), claimed_until)
    if missing >= LEAST_HOLD and by != booking.holder_id:
        return Refusal(NotPossible.FORBIDDEN)
    extension = Extension(
        end=end,
        quote=quote,
        terms=terms,
        delta=quote.due_now - booking.quote.due_now,
        missing=Money(missing, quote.due_now.currency),
        asked_at=now,
        expires_at=approval.due_at if approval is not None else now + EXTENSION_WAITS,
        claimed_from=around.claimed_until,
        claimed_until=claimed_until,
        approval=approval,
        asked_by=by,
    )
    return ExtensionAsked(_changed(booking, now, extension=extension), claimed_until)


def shorten(booking: Booking, end: datetime, around: Surroundings, by_holder: bool, now: datetime) -> Decision:
    """Take time back, at the price of the terms."""
    if booking.state not in CHANGEABLE:
        return Refusal(NotPossible.WRONG_STATE)
    if booking.terms.subscription is not None:
        return Refusal(NotPossible.ENDS_BY_NOTICE)
    if booking.end == end:
        if booking.waiting is None:
            return AlreadyThere(booking)
        return BookingShortened(_changed(booking, now, extension=None), booking.waiting.claimed_from)
    if end > booking.end:
        return Refusal(NotPossible.END_DOES_NOT_FIT)
    if end <= now:
        return Refusal(NotPossible.PERIOD_IN_THE_PAST, "/end")
    if end - booking.start < timedelta(seconds=around.policy.min_duration_s):
        return Refusal(NotPossible.PERIOD_TOO_SHORT, "/end")
    if not _is_sold_until(end, booking, around):
        return Refusal(NotPossible.NOT_WHOLE_MONTHS, "/end")
    quote = repriced(booking, end, around)
    fee = price_of_freeing(booking, end, quote, around, now) if by_holder else 0
    if fee:
        quote = with_fee(quote, Money(fee, quote.total.currency), around.tariff)
    terms = _terms(booking, end, quote, around)
    return BookingShortened(lasting(booking, end, quote, terms, now), around.claim_to(end))


def price_of_freeing(booking: Booking, end: datetime, quote: Quote, around: Surroundings, now: datetime) -> int:
    """What freeing the time from `end` on costs, in minor units: its share of what cancelling would cost right now.

    Once the use has begun, and cannot be cancelled any more, the rest counts as a booking of its own that begins at
    `end`. Before that it does not, or whoever gives up at the last minute would shorten first and cancel then. While
    something is wrong with what was booked, or where she was kept waiting, it costs nothing, as cancelling does.
    """
    saved = booking.quote.due_now - quote.due_now
    if saved.amount <= 0 or is_amiss(booking, around.resource, now):
        return 0
    part = replace(quote, due_now=saved, lines=())  # what is saved is time; the kilometres stay as they were
    start = end if booking.state is State.IN_USE else booking.start
    terms = frozen_terms(around.policy, Period(start, booking.end), part, booking.made_at, _deal(around))
    fee = replace(terms, withdrawal=booking.terms.withdrawal).cancellation(now).fee
    return min(fee.amount, saved.amount)


def lapse_extension(booking: Booking, now: datetime) -> Decision:
    """Free the time of an extension that was not paid for in time; it is remembered, as its payment may still come."""
    extension = booking.waiting
    if extension is None or not booking.is_live or extension.expires_at > now:
        return Refusal(NotPossible.WRONG_STATE)
    # A use that is past its end keeps what it is using.
    frees_from = max(extension.claimed_from, now)
    missed = unasked(extension.approval, ApprovalState.MISSED)
    return ExtensionLapsed(
        _changed(booking, now, extension=replace(extension, lapsed=True, approval=missed)), frees_from
    )


def paid_extension(booking: Booking, payments: Sequence[Payment], now: datetime) -> BookingExtended | None:
    """The booking with the extension that was waiting for a payment which is there now; None where there is none.

    One that has lapsed meanwhile comes back if its time is still free: whoever records this claims it again, and
    records it as lost where that fails.
    """
    extension = booking.extension
    if extension is None or booking.state not in CHANGEABLE or not extension.is_approved:
        return None
    if sum(p.covers for p in payments) < extension.quote.due_now.amount or now >= extension.end:
        return None
    return BookingExtended(
        lasting(booking, extension.end, extension.quote, extension.terms, now), extension.claimed_until
    )


def lost_extension(booking: Booking, now: datetime) -> ExtensionLost:
    """The same, where somebody else has the time by now."""
    return ExtensionLost(_changed(booking, now, extension=None))


def latest_end(booking: Booking, around: Surroundings) -> datetime:
    """Until when the booking could last: as long as its terms allow, and until the next claim; not before its end."""
    latest = booking.terms.latest_end
    if around.resource.usable_until is not None:
        latest = min(latest, around.resource.usable_until)
    if (sharing := _windows(booking, around)) is not None:
        latest = sharing.open_until(booking.end, latest)
    if around.following is not None:
        latest = min(latest, around.following.start - timedelta(seconds=around.resource.buffer_after_s))
    if paid_by_instalments(around.tariff) and latest > booking.start:
        months = months_between(Period(booking.start, latest), around.time_zone)
        ends = (plus_months(booking.start, count, around.time_zone) for count in range(months, 0, -1))
        latest = next((end for end in ends if end <= latest), booking.end)
    return max(latest, booking.end)


def repriced(booking: Booking, end: datetime, around: Surroundings) -> Quote:
    """The price until another end, with the fees that the booking carries already."""
    usage = Usage(
        Period(booking.start, end),
        around.time_zone,
        energy_kwh=measured(booking.quote, LineKind.ENERGY),
        distance_km=measured(booking.quote, LineKind.DISTANCE),
    )
    quote = price(around.tariff, usage)
    if booking.payer is Payer.COST_CENTRE:
        return waived(quote)
    fees = fees_in(booking.quote)
    return quote if fees.is_zero else with_fee(quote, fees, around.tariff)


def _cannot_extend(
    booking: Booking, end: datetime, around: Surroundings, payments: Sequence[Payment], now: datetime
) -> Refusal[NotPossible] | None:
    if end <= now:
        return Refusal(NotPossible.PERIOD_IN_THE_PAST, "/end")
    if end < booking.end:
        return Refusal(NotPossible.END_DOES_NOT_FIT)
    latest = latest_end(booking, around)
    if end > booking.terms.latest_end:
        return Refusal(NotPossible.PERIOD_TOO_LONG, "/end", latest_end=latest)
    if not _is_sold_until(end, booking, around):
        return Refusal(NotPossible.NOT_WHOLE_MONTHS, "/end", latest_end=latest)
    if around.following is not None and around.following.start < around.claim_to(end):
        return Refusal(NotPossible.TAKEN, latest_end=latest)
    if not around.resource.in_service:
        return Refusal(NotPossible.OUT_OF_SERVICE)
    if not around.resource.is_usable_to(end):
        return Refusal(NotPossible.NOT_USABLE, "/end", latest_end=latest)
    sharing = _windows(booking, around)
    if sharing is not None and not sharing.covers(Period(booking.end, end), now):
        return Refusal(NotPossible.OUTSIDE_SHARING, "/end", latest_end=latest)
    if is_unsecured(bill(booking), payments):
        return Refusal(NotPossible.PAYMENT_REQUIRED)
    return None


def _windows(booking: Booking, around: Surroundings) -> Sharing | None:
    """Those in which there is more time for the booking; None where it may be had at any time."""
    return around.resource.sharing if booking.payer is Payer.SELF else None


def _is_sold_until(end: datetime, booking: Booking, around: Surroundings) -> bool:
    """A lease is sold by whole months of the local calendar, from the 31st to the last day of a shorter month."""
    if not paid_by_instalments(around.tariff):
        return True
    months = months_between(Period(booking.start, end), around.time_zone)
    return plus_months(booking.start, months, around.time_zone) == end


def _to_be_approved(
    booking: Booking, end: datetime, quote: Quote, around: Surroundings, *, by: PersonId, now: datetime
) -> Approval | None:
    """The approval that more time waits for, until the booking ends as it stands: where the pool's rules ask for one that
    nobody has given. Where the rule that fits the longer booking was approved, for as much, nobody is asked again.

    Of a pool without rules whoever books for herself without being asked runs it, and whoever gives a holder more time does:
    they say yes by it."""
    approving, given = around.approving, booking.approval
    if approving is None or (approving.rules is None and (given is None or by != booking.holder_id)):
        return None
    sold_by = around.tariff, around.time_zone
    period = Period(booking.start, end)
    asked = approving.asks(facts_of(period, booking.payer, booking.options, quote, sold_by, made_at=booking.made_at))
    if asked is None or (given is not None and given.covers(asked, end)):
        return None
    return ask(asked, approving, end, max(booking.end, now + EXTENSION_WAITS), now)


def missing_of(booking: Booking, quote: Quote, payments: Sequence[Payment], now: datetime) -> int:
    """How much of the new price, in minor units, is neither held nor taken nor safe by a card that is held later."""
    covered = sum(p.covers for p in payments)
    saved = any(p.state is PaymentState.SAVED for p in payments)
    under_way = covered > 0 or any(p.kind is Kind.PAYMENT and p.is_pending and not p.is_deposit for p in payments)
    if saved and not under_way and now < booking.start - AUTHORISE_BEFORE_START:
        return 0
    return quote.due_now.amount - max(booking.quote.due_now.amount, covered)


def _terms(booking: Booking, end: datetime, quote: Quote, around: Surroundings) -> Terms:
    """The terms made out anew; the right of withdrawal and the taxes of fees stay as they were.

    What was kept for time freed earlier stays owed whatever becomes of the rest.
    """
    fees = fees_in(quote)
    without = replace(quote, due_now=quote.due_now - fees)
    fresh = frozen_terms(around.policy, Period(booking.start, end), without, booking.made_at, _deal(around))
    return replace(
        fresh,
        steps=tuple(replace(step, fee=step.fee + fees) for step in fresh.steps),
        no_show_fee=fresh.no_show_fee + fees,
        withdrawal=booking.terms.withdrawal,
        fee_tax=booking.terms.fee_tax,
        documents=booking.terms.documents,
    )


def _deal(around: Surroundings) -> Deal:
    """For amounts and instants only: a change of time gives no new right of withdrawal."""
    return Deal(around.time_zone, None, around.tariff.vat_rate, consumer=False, charging=around.tariff.charging)


def lasting(booking: Booking, end: datetime, quote: Quote, terms: Terms, now: datetime) -> Booking:
    """The booking until another end; whoever approved more time has approved the booking as it is then."""
    changed, more = _changed(booking, now, extension=None), booking.extension
    given = more.approval if more is not None and more.end == end and more.is_approved else None
    return replace(
        changed,
        end=end,
        quote=quote,
        terms=terms,
        overdue_until=None,
        delays=None,
        approval=given or booking.approval,
    )


def _changed(booking: Booking, now: datetime, *, extension: Extension | None) -> Booking:
    return replace(booking, extension=extension, updated_at=now, version=booking.version + 1)
