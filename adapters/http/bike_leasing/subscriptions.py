"""`/v1/{city}/leasing/subscriptions`: pool bikes without a set end. Each is a booking, and is paid, started and withdrawn from as one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Struct

from adapters.http.bike_leasing import subscription_examples as examples
from adapters.http.booking.bookings import Name
from adapters.http.booking.life import Nothing
from adapters.http.endpoints import BOOKERS, BOOKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer
from adapters.http.reading import Instant, in_utc
from domain.bike_leasing.reservations import LeaseOptions
from domain.booking.bookings import LIVE, Booked, BookingId, ReasonCode, State
from domain.booking.open_ended import NoticeBy
from domain.booking.resources import ResourceId
from domain.booking.subscribing import earliest_end
from domain.booking.terms import Withdrawal
from domain.money import Money
from domain.periods import Period
from domain.refusals import Refusal
from services.bike_leasing import BikeLeasing
from services.bike_leasing.subscribing import Subscribe
from services.booking import Bookings
from services.booking.ports import Done
from services.booking.views import BookingView, PaymentView, booking_view
from services.calls import Answer

LIST = "/v1/{city:str}/leasing/subscriptions"
ONE = f"{LIST}/{{subscription_id:uuid}}"


class SubscriptionState(StrEnum):
    """`held` waits for its first payment; `ending` has its end by notice; `lapsed` was never paid, or never used."""

    HELD = "held"
    RUNNING = "running"
    ENDING = "ending"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"
    LAPSED = "lapsed"


class SubscriptionRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Minimum term, notice and price are the bike's tariff's. `early_start` is the holder's express wish that the lease begins before
    the right of withdrawal ends; without it a withdrawal costs nothing at all."""

    resource_id: UUID
    start: Instant
    plan: Name | None = None
    early_start: bool = False


class SubscriptionView(Struct, frozen=True):
    """`id` is the booking's, by which it is paid, started, given back and withdrawn from. A month costs `monthly`; months are counted from
    the start by the clock of the place. The bike is claimed until `claimed_until`, which moves on with each month, and is free once the
    subscription is over, withdrawn from or lapsed. `ends_at` is known once notice was given, by the holder or by the city, which gives it only
    where somebody else was promised what comes then; `earliest_end` is what a notice would bring now."""

    id: BookingId
    state: SubscriptionState
    resource_id: ResourceId
    resource_name: str
    plan: str | None
    start: datetime
    minimum_until: datetime
    minimum_months: int
    notice_months: int
    claimed_until: datetime | None
    notice_given_at: datetime | None
    notice_by: NoticeBy | None
    ends_at: datetime | None
    earliest_end: datetime | None
    monthly: Money
    first_payment: PaymentView | None
    hold_expires_at: datetime | None
    withdrawal: Withdrawal
    time_zone: str
    version: int


class SubscriptionList(Struct, frozen=True):
    """The newest hundred."""

    items: tuple[SubscriptionView, ...]


def bike_subscriptions(offered: BikeLeasing, bookings: Bookings) -> tuple[Endpoint, ...]:
    async def subscribe(ask: Ask) -> Reply:
        asked = await ask.body(SubscriptionRequest)
        options = LeaseOptions(asked.plan)
        start = in_utc(asked.start, pointer="/start")
        bike, new = ResourceId(asked.resource_id), BookingId(ask.edge.new_id())
        command = Subscribe(new, bike, start, options, asked.early_start)

        def made(outcome: Booked) -> Answer:
            grant = outcome.grant
            booked = booking_view(
                grant.booking, grant.resource, grant.time_zone, payment=None, actor=ask.actor, now=ask.now
            )
            return answer(_view(booked, ask.now), 201)

        return await offered.subscribe(ask.call(asked, made), command)

    async def list_subscriptions(ask: Ask) -> Reply:
        found = await bookings.subscriptions(ask.actor, ask.actor.id)
        return answer(SubscriptionList(tuple(_view(each, ask.now) for each in found)))

    async def get_subscription(ask: Ask) -> Reply:
        found = await bookings.find(ask.actor, BookingId(ask.path("subscription_id")))
        if isinstance(found, Refusal) or found.terms.subscription is None:
            return ask.problem("unknown_booking")
        return answer(_view(found, ask.now))

    async def give_notice(ask: Ask) -> Reply:
        await ask.body_or(Nothing, Nothing())
        of = BookingId(ask.path("subscription_id"))
        call = ask.call((of,), lambda done: answer(_view(_of(done), ask.now)))
        return await bookings.give_notice(call, of)

    return (
        Endpoint(
            HttpMethod.POST,
            BOOKERS,
            LIST,
            "subscribeToBike",
            "leasing",
            "Lease a pool bike without a set end: it is held until its first month is paid",
            subscribe,
            {201: SubscriptionView},
            codes=_SELLING,
            body=SubscriptionRequest,
            keyed=True,
            example=examples.WANTED,
            examples={201: examples.HELD},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS,
            LIST,
            "listBikeSubscriptions",
            "leasing",
            "One's own bikes without a set end, newest start first",
            list_subscriptions,
            {200: SubscriptionList},
            examples={200: {"items": [examples.RUNNING]}},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            ONE,
            "getBikeSubscription",
            "leasing",
            "One of them: until when the bike is claimed, and when a notice would end it",
            get_subscription,
            {200: SubscriptionView},
            codes=("unknown_booking",),
            examples={200: examples.RUNNING},
        ),
        Endpoint(
            HttpMethod.POST,
            BOOKERS_AND_OPERATOR,
            f"{ONE}/cancel",
            "cancelBikeSubscription",
            "leasing",
            "Give notice: it ends with a month of its own, after the minimum term and the notice",
            give_notice,
            {200: SubscriptionView},
            codes=("unknown_booking", "wrong_state"),
            body=Nothing,
            keyed=True,
            example={},
            examples={200: examples.ENDING},
        ),
    )


def _of(done: Done) -> BookingView:
    return done.view


def _view(booking: BookingView, now: datetime) -> SubscriptionView:
    agreed = booking.terms.subscription
    assert agreed is not None  # noqa: S101 - what has a set end is told apart before
    notice, live = agreed.notice, booking.state in LIVE
    return SubscriptionView(
        id=booking.id,
        state=_state(booking),
        resource_id=booking.resource_id,
        resource_name=booking.resource.name,
        plan=msgspec.json.decode(booking.options, type=LeaseOptions).plan,
        start=booking.start,
        minimum_until=agreed.after(booking.start, agreed.minimum_months),
        minimum_months=agreed.minimum_months,
        notice_months=agreed.notice_months,
        claimed_until=booking.end if live else None,
        notice_given_at=notice.given_at if notice is not None else None,
        notice_by=notice.by if notice is not None else None,
        ends_at=booking.end if notice is not None else None,
        earliest_end=earliest_end(agreed, Period(booking.start, booking.end), now) if live else None,
        monthly=booking.quote.due_now,
        first_payment=booking.payment,
        hold_expires_at=booking.hold_expires_at,
        withdrawal=booking.terms.withdrawal,
        time_zone=booking.time_zone,
        version=booking.version,
    )


def _state(booking: BookingView) -> SubscriptionState:
    match booking.state:
        case State.HELD:
            return SubscriptionState.HELD
        case State.CONFIRMED | State.IN_USE:
            agreed = booking.terms.subscription
            noticed = agreed is not None and agreed.notice is not None
            return SubscriptionState.ENDING if noticed else SubscriptionState.RUNNING
        case State.COMPLETED:
            return SubscriptionState.ENDED
        case State.CANCELLED:
            withdrawn = booking.reason_code is ReasonCode.WITHDRAWN
            return SubscriptionState.WITHDRAWN if withdrawn else SubscriptionState.CANCELLED
    return SubscriptionState.LAPSED


_SELLING = (
    *("unknown_resource", "not_for_subscription", "unknown_plan", "not_bookable", "out_of_service", "not_usable_then"),
    *(
        "outside_sharing",
        "period_in_the_past",
        "period_too_short",
        "period_too_long",
        "too_short_notice",
        "too_far_ahead",
    ),
    *("cost_centre_required", "forbidden", "resource_taken", "too_many_bookings", "quota_used_up", "not_eligible"),
)
