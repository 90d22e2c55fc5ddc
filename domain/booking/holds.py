"""The kernel's first decision: give the resource to the holder, or say why not."""

from datetime import datetime, timedelta
from enum import StrEnum

import msgspec
from msgspec import Struct

from domain.booking.bookings import Booking, BookingId, Grant, Payer, State
from domain.booking.resources import Agenda, ResourceId
from domain.booking.terms import Terms, TermsPolicy, frozen_terms
from domain.identity import Actor, PersonId
from domain.periods import Period
from domain.pricing.quotes import Quote, Usage, price, waived
from domain.pricing.tariffs import Tariff, TariffId
from domain.refusals import Refusal

# A clock that runs behind and the way through the network must not spoil a booking that starts right now.
START_GRACE = timedelta(minutes=1)


class Order(Struct, frozen=True):
    """What every service's command begins with; the id comes from the edge."""

    booking_id: BookingId
    resource_id: ResourceId
    holder_id: PersonId
    period: Period
    payer: Payer
    options: msgspec.Raw


class Agreed(Struct, frozen=True):
    """A price and terms: just made out, or frozen by a quote that still counts."""

    quote: Quote
    terms: Terms
    tariff_id: TariffId
    tariff_version: int


class Offer(Struct, frozen=True):
    """What the city offers: the resource with its claims, the tariff in force at the start, and its terms."""

    agenda: Agenda
    tariff: Tariff
    policy: TermsPolicy
    time_zone: str


class NotBookable(StrEnum):
    UNKNOWN_RESOURCE = "unknown_resource"
    NOT_BOOKABLE = "not_bookable"
    OUT_OF_SERVICE = "out_of_service"
    PERIOD_IN_THE_PAST = "period_in_the_past"
    PERIOD_TOO_SHORT = "period_too_short"
    PERIOD_TOO_LONG = "period_too_long"
    TOO_FAR_AHEAD = "too_far_ahead"
    COST_CENTRE_NOT_ALLOWED = "cost_centre_not_allowed"
    COST_CENTRE_REQUIRED = "cost_centre_required"
    TAKEN = "resource_taken"


def agree(order: Order, offer: Offer, usage: Usage, actor: Actor, now: datetime) -> Agreed | Refusal[NotBookable]:
    """Make out price and terms for the order, or say why the city would not sell it at all."""
    if refusal := _not_for_sale(order, offer, actor, now):
        return refusal
    quote = price(offer.tariff, usage)
    if order.payer is Payer.COST_CENTRE:
        quote = waived(quote)
    terms = frozen_terms(offer.policy, order.period, quote, now)
    return Agreed(quote, terms, offer.tariff.id, offer.tariff.version)


def hold(order: Order, offer: Offer, agreed: Agreed, actor: Actor, now: datetime) -> Grant | Refusal[NotBookable]:
    """Hold the resource for the holder until the hold expires, or confirm it at once where nothing is to pay."""
    if refusal := _not_for_sale(order, offer, actor, now):
        return refusal
    if conflicts := offer.agenda.conflicts(order.period):
        return Refusal(
            NotBookable.TAKEN,
            conflicts=tuple(claim.period for claim in conflicts),
            alternatives=(offer.agenda.next_free(order.period),),
        )
    free = agreed.quote.due_now.is_zero
    booking = Booking(
        id=order.booking_id,
        service=offer.agenda.resource.service,
        resource_id=order.resource_id,
        holder_id=order.holder_id,
        booked_by=actor.id,
        start=order.period.start,
        end=order.period.end,
        state=State.CONFIRMED if free else State.HELD,
        payer=order.payer,
        options=order.options,
        quote=agreed.quote,
        terms=agreed.terms,
        tariff_id=agreed.tariff_id,
        tariff_version=agreed.tariff_version,
        hold_expires_at=None if free else now + timedelta(seconds=offer.policy.hold_s),
        made_at=now,
        updated_at=now,
    )
    return Grant(booking, offer.agenda.resource.claim(order.period), offer.agenda.resource, offer.time_zone)


def _not_for_sale(order: Order, offer: Offer, actor: Actor, now: datetime) -> Refusal[NotBookable] | None:
    resource, policy, period = offer.agenda.resource, offer.policy, order.period
    if period.start < now - START_GRACE:
        return Refusal(NotBookable.PERIOD_IN_THE_PAST, "/start")
    if period.length < timedelta(seconds=policy.min_duration_s):
        return Refusal(NotBookable.PERIOD_TOO_SHORT, "/end")
    if period.length > timedelta(seconds=policy.max_duration_s):
        return Refusal(NotBookable.PERIOD_TOO_LONG, "/end")
    if period.start > now + timedelta(seconds=policy.max_ahead_s):
        return Refusal(NotBookable.TOO_FAR_AHEAD, "/start")
    if not resource.is_open_to(actor):
        return Refusal(NotBookable.UNKNOWN_RESOURCE)
    if order.payer is Payer.COST_CENTRE and not actor.works_in(resource.pool_id):
        return Refusal(NotBookable.COST_CENTRE_NOT_ALLOWED, "/payer")
    if order.payer is Payer.SELF and resource.pool_id is not None and not resource.shared:
        return Refusal(NotBookable.COST_CENTRE_REQUIRED, "/payer")
    if not resource.bookable:
        return Refusal(NotBookable.NOT_BOOKABLE)
    if not resource.in_service:
        return Refusal(NotBookable.OUT_OF_SERVICE)
    return None
