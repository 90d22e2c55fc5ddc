"""Examples that tests share: plausible values of the domain, each with one or two things changed by name."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import msgspec
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, Payer, Readings, ReasonCode, State
from domain.booking.holds import Agreed, Offer, Order
from domain.booking.open_ended import SubscriptionPolicy
from domain.booking.resources import Agenda, Claim, Resource, ResourceId, Service, Station, StationId
from domain.booking.terms import Deal, DebitPolicy, PolicyStep, TermsPolicy, frozen_terms
from domain.grants import for_all
from domain.identity import Actor, City, PersonId, PoolId, Role
from domain.money import Money
from domain.payments.payments import Capture, Kind, Payment, PaymentId, PaymentState, Purpose, RecoveryPoint
from domain.periods import Period
from domain.places import Location
from domain.pricing.quotes import Quote, Usage, price, waived
from domain.pricing.tariffs import Tariff, TariffId, TimePrice, TimeUnit
from domain.refusals import Refusal
from services.calls import Answer, Call

NOON = datetime(2030, 6, 3, 12, tzinfo=UTC)
"""The example booking's start, a Monday: two in the afternoon in Braunschweig."""
BERLIN = "Europe/Berlin"
HERE = City("braunschweig")
TOWN_HALL = PoolId("town-hall")
NAMESPACE = UUID("5b6c0a52-4f0e-4d5c-9f29-1f5f1c6c0d11")


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def an_id(name: str) -> UUID:
    """The same id for the same name."""
    return uuid5(NAMESPACE, name)


def person_id(name: str) -> PersonId:
    return PersonId(an_id(name))


def euros(amount: str) -> Money:
    """`"12.50"` is 1250 cents."""
    return Money(int(Decimal(amount) * 100), "EUR")


def an_actor(
    name: str = "ada", *roles: Role, city: City = HERE, pools: Iterable[str] = (), parties: Iterable[str] = ()
) -> Actor:
    """A resident, unless roles are named."""
    return Actor(
        person_id(name),
        city,
        frozenset(roles or (Role.RESIDENT,)),
        frozenset(map(PoolId, pools)),
        for_all(roles, parties),
    )


CHARGING_STANDARD = Tariff(
    id=TariffId("charging-standard"),
    version=1,
    valid_from=datetime(2025, 1, 1, tzinfo=UTC),
    name="Laden Standard",
    currency="EUR",
    vat_rate=Decimal("0.19"),
    time=TimePrice(TimeUnit.HOUR, Decimal("2.40"), cap_per_day=Decimal("12.00")),
    energy=Decimal("0.4850"),
)
FLEET_STANDARD = Tariff(
    id=TariffId("fleet-standard"),
    version=1,
    valid_from=datetime(2025, 1, 1, tzinfo=UTC),
    name="Carsharing Standard",
    currency="EUR",
    vat_rate=Decimal("0.19"),
    time=TimePrice(TimeUnit.HOUR, Decimal("5.00"), cap_per_day=Decimal("45.00")),
    distance=Decimal("0.30"),
)
BIKE_STANDARD = Tariff(
    id=TariffId("bike-standard"),
    version=1,
    valid_from=datetime(2025, 1, 1, tzinfo=UTC),
    name="Leihrad Standard",
    currency="EUR",
    vat_rate=Decimal("0.19"),
    time=TimePrice(TimeUnit.MONTH, Decimal("29.00")),
)
TARIFFS = {
    Service.CHARGING: CHARGING_STANDARD,
    Service.FLEET: FLEET_STANDARD,
    Service.BIKE_LEASING: BIKE_STANDARD,
}

SHORT_POLICY = TermsPolicy(
    version="2025-1",
    hold_s=600,
    free_cancel_before_s=24 * 3600,
    steps=(PolicyStep(before_start_s=3600, fee_percent=50),),
    no_show_fee_percent=100,
    start_before_s=900,
    min_duration_s=900,
    max_duration_s=7 * 86400,
    max_ahead_s=90 * 86400,
)
"""Free until a day before, half until an hour before, then all of it; may start a quarter of an hour early."""
A_DEAL = Deal(BERLIN, "NI", Decimal("0.19"), consumer=True)
LEASE_POLICY = replace(
    SHORT_POLICY,
    max_duration_s=366 * 86400,
    withdrawal_days=14,
    debits=DebitPolicy(),
    subscription=SubscriptionPolicy(minimum_months=3, notice_months=1),
)
POLICIES = {
    Service.CHARGING: SHORT_POLICY,
    Service.FLEET: SHORT_POLICY,
    Service.BIKE_LEASING: LEASE_POLICY,
}

MARKET_SQUARE = Station(StationId(an_id("market square")), "Altstadtmarkt", Location(52.2638, 10.5180))


def a_resource(service: Service = Service.CHARGING, **changes: Any) -> Resource:
    """A bookable one without a pool and without buffers."""
    resource = Resource(
        id=ResourceId(an_id(f"{service} 1")),
        service=service,
        name=f"{service} 1",
        station=MARKET_SQUARE,
        in_service=True,
        bookable=True,
        pool_id=None,
        shared=True,
        buffer_before_s=0,
        buffer_after_s=0,
    )
    return replace(resource, **changes)


def a_pool_car(**changes: Any) -> Resource:
    """The town hall's, for its own people only, with a quarter of an hour after each trip."""
    mine: dict[str, Any] = {"pool_id": TOWN_HALL, "shared": False, "buffer_after_s": 900}
    return a_resource(Service.FLEET, **(mine | changes))


def an_offer(resource: Resource, *claims: Claim) -> Offer:
    tariff, policy = TARIFFS[resource.service], POLICIES[resource.service]
    return Offer(Agenda(resource, claims), tariff, policy, BERLIN, state="NI")


def an_order(
    resource: Resource, *, holder: str = "ada", period: Period | None = None, payer: Payer = Payer.SELF, name: str = ""
) -> Order:
    """One hour from noon; `name` tells orders of the same holder apart."""
    return Order(
        booking_id=BookingId(an_id(f"booking {holder} {name}")),
        resource_id=resource.id,
        holder_id=person_id(holder),
        period=period or Period(NOON, NOON + hours(1)),
        payer=payer,
        options=msgspec.Raw(b"{}"),
    )


def an_agreement(order: Order, resource: Resource, now: datetime, *, distance_km: int | None = None) -> Agreed:
    tariff, policy = TARIFFS[resource.service], POLICIES[resource.service]
    km = Decimal(distance_km) if distance_km is not None else None
    quote = price(tariff, Usage(order.period, BERLIN, distance_km=km))
    if order.payer is Payer.COST_CENTRE:
        quote = waived(quote)
    deal = replace(A_DEAL, consumer=order.payer is Payer.SELF, early_start=order.early_start)
    return Agreed(quote, frozen_terms(policy, order.period, quote, now, deal), tariff.id, tariff.version)


def a_booking(
    state: State = State.HELD,
    resource: Resource | None = None,
    *,
    order: Order | None = None,
    made_at: datetime | None = None,
    distance_km: int | None = None,
    **changes: Any,
) -> Booking:
    """One hour from noon, made two days before by Ada, who pays for it herself; in the state that is asked for."""
    resource = resource or a_resource()
    order = order or an_order(resource)
    made_at = made_at or order.period.start - hours(48)
    agreed = an_agreement(order, resource, made_at, distance_km=distance_km)
    booking = Booking(
        id=order.booking_id,
        service=resource.service,
        resource_id=resource.id,
        holder_id=order.holder_id,
        booked_by=order.holder_id,
        start=order.period.start,
        end=order.period.end,
        state=state,
        payer=order.payer,
        options=order.options,
        quote=agreed.quote,
        terms=agreed.terms,
        tariff_id=agreed.tariff_id,
        tariff_version=agreed.tariff_version,
        hold_expires_at=None,
        made_at=made_at,
        updated_at=made_at,
    )
    return replace(booking, **(_that_goes_with(booking) | changes))


def _that_goes_with(booking: Booking) -> dict[str, Any]:
    """What a booking has besides its state, once it is there."""
    nothing = Money(0, booking.quote.total.currency)
    used = {"started_at": booking.start, "start_readings": Readings(), "version": 3}
    facts: dict[State, dict[str, Any]] = {
        State.HELD: {"hold_expires_at": booking.made_at + timedelta(seconds=SHORT_POLICY.hold_s)},
        State.CONFIRMED: {"version": 2},
        State.IN_USE: used,
        State.COMPLETED: used | {"version": 4, "finished_at": booking.end, "fee": booking.quote.due_now},
        State.EXPIRED: {"version": 2, "reason_code": ReasonCode.HOLD_EXPIRED, "fee": nothing},
        State.CANCELLED: {"version": 3, "reason_code": ReasonCode.BY_HOLDER, "fee": nothing},
        State.NO_SHOW: {"version": 3, "reason_code": ReasonCode.NOT_STARTED, "fee": booking.terms.no_show_fee},
    }
    return facts[booking.state]


def a_payment(booking: Booking, state: PaymentState = PaymentState.AUTHORISED, **changes: Any) -> Payment:
    """A hold on the holder's card for what the booking takes, known to the provider."""
    payment = Payment(
        id=PaymentId(an_id(f"payment of {booking.id}")),
        booking_id=booking.id,
        holder_id=booking.holder_id,
        kind=Kind.PAYMENT,
        purpose=Purpose.BOOKING,
        capture=Capture.MANUAL,
        amount=booking.quote.due_now,
        made_at=booking.made_at,
        updated_at=booking.made_at,
        state=state,
        recovery_point=RecoveryPoint.SETTLED if state is PaymentState.AUTHORISED else RecoveryPoint.OPENED,
        intent_id="pi_example",
    )
    return replace(payment, **changes)


def a_call(actor: Actor, route: str = "anyBooking", *, key: str = "", fingerprint: str = "same") -> Call[Any]:
    """A call that is answered with its outcome: 200 and JSON, or 409 and the reason. It is remembered if it has a key."""
    return Call(actor.city, actor, route, key, fingerprint, "request-1", "192.0.2.7" if key else "", _answered)


def _answered(outcome: Any) -> Answer:
    if isinstance(outcome, Refusal):
        return Answer(409, "text/plain", outcome.reason.value)
    return Answer(200, "application/json", msgspec.json.encode(outcome).decode())


def a_quote_of(resource: Resource, period: Period) -> Quote:
    """What the example tariffs ask for a period."""
    return price(TARIFFS[resource.service], Usage(period, BERLIN))
