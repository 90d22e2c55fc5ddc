"""The kernel's first decision: give the resource to the holder, or say why not."""

from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from domain.booking.approval import Approval, ask
from domain.booking.asking import facts_of
from domain.booking.bookings import Booking, BookingId, Grant, Payer, State
from domain.booking.classes import ClassRequest, final_at
from domain.booking.price_list import PriceShown, price_list
from domain.booking.resources import Agenda, ResourceId, Service
from domain.booking.sharing import Sharing
from domain.booking.terms import Deal, Terms, TermsPolicy, frozen_terms
from domain.identity import Actor, PersonId, Role
from domain.periods import Period
from domain.pricing.quotes import Quote, Usage, price, waived
from domain.pricing.tariffs import Tariff, TariffId
from domain.proofs import Proof, ProofKind, lacking
from domain.refusals import Refusal

# A clock that runs behind and the way through the network must not spoil a booking that starts right now.
START_GRACE = timedelta(minutes=1)
# So far behind the asked period another one is looked for; nobody knows the claims that lie further ahead.
LOOKED_AHEAD = timedelta(days=7)


class Order(Struct, frozen=True):
    """What every service's command begins with; the id comes from the edge.

    `early_start` is the holder's express wish that the use begins before the right of withdrawal ends.
    It names a resource, or says by `request` what would do; of a quote by class it names the one that was found first.
    """

    booking_id: BookingId
    resource_id: ResourceId | None
    holder_id: PersonId
    period: Period
    payer: Payer
    options: msgspec.Raw
    early_start: bool = False
    request: ClassRequest | None = None


class Agreed(Struct, frozen=True):
    """A price and terms: just made out, for a resource, or frozen by a quote that still counts. `prices` are those of a charge point, as
    they are shown before anybody begins."""

    quote: Quote
    terms: Terms
    tariff_id: TariffId
    tariff_version: int
    resource_id: ResourceId | None = None
    prices: tuple[PriceShown, ...] = ()


class Open(Struct, frozen=True):
    """An open booking of the holder. `lapses_at` is set where it is a hold that nobody has confirmed yet."""

    booking_id: BookingId
    lapses_at: datetime | None = None

    def has_lapsed(self, now: datetime) -> bool:
        return self.lapses_at is not None and self.lapses_at <= now


class Offer(Struct, frozen=True):
    """What the city offers: the resource with its claims, the tariff in force at the start, and its terms.

    `state` decides which days are holidays, `documents` are the city's texts in force, and `withdrawal_text` the version of
    the one about the right of withdrawal. `open` are the bookings of the service that the holder has open at own expense,
    where the terms limit their number, `week_s` how
    long all of them last that begin in the week of the period, where they limit that. `required` is what the city wants to have seen, `shown` what the holder has shown;
    `min_age` is the age that residents have to have reached.
    """

    agenda: Agenda
    tariff: Tariff
    policy: TermsPolicy
    time_zone: str
    open: tuple[Open, ...] = ()
    week_s: int = 0
    state: str | None = None
    documents: dict[str, str] | None = None
    withdrawal_text: str | None = None
    required: tuple[ProofKind, ...] = ()
    shown: tuple[Proof, ...] = ()
    min_age: int | None = None


class NotBookable(StrEnum):
    UNKNOWN_RESOURCE = "unknown_resource"
    NOT_BOOKABLE = "not_bookable"
    OUT_OF_SERVICE = "out_of_service"
    NOT_USABLE = "not_usable_then"
    OUTSIDE_SHARING = "outside_sharing"
    PERIOD_IN_THE_PAST = "period_in_the_past"
    PERIOD_TOO_SHORT = "period_too_short"
    PERIOD_TOO_LONG = "period_too_long"
    TOO_SHORT_NOTICE = "too_short_notice"
    TOO_FAR_AHEAD = "too_far_ahead"
    COST_CENTRE_NOT_ALLOWED = "cost_centre_not_allowed"
    COST_CENTRE_REQUIRED = "cost_centre_required"
    TAKEN = "resource_taken"
    TOO_MANY_BOOKINGS = "too_many_bookings"
    QUOTA_USED_UP = "quota_used_up"
    FORBIDDEN = "forbidden"
    NOT_ELIGIBLE = "not_eligible"


def agree(order: Order, offer: Offer, usage: Usage, actor: Actor, now: datetime) -> Agreed | Refusal[NotBookable]:
    """Make out price and terms for the order, or say why the city would not sell it at all."""
    if refusal := _not_for_sale(order, offer, actor, now):
        return refusal
    quote = price(offer.tariff, usage)
    if order.payer is Payer.COST_CENTRE:
        quote = waived(quote)
    deal = Deal(
        time_zone=offer.time_zone,
        state=offer.state,
        vat_rate=offer.tariff.vat_rate,
        consumer=order.payer is Payer.SELF,
        early_start=order.early_start,
        documents=_documents(order, offer),
        charging=offer.tariff.charging,
    )
    terms = frozen_terms(offer.policy, order.period, quote, now, deal)
    resource = offer.agenda.resource
    prices = price_list(offer.tariff, offer.policy.blocking) if resource.service is Service.CHARGING else ()
    return Agreed(quote, terms, offer.tariff.id, offer.tariff.version, resource.id, prices)


def _documents(order: Order, offer: Offer) -> dict[str, str]:
    """The texts in force. That about the right of withdrawal is told to whoever has it, though nobody accepts it."""
    told = offer.withdrawal_text
    if told is None or not offer.policy.withdrawal_days or order.payer is not Payer.SELF:
        return offer.documents or {}
    return {"withdrawal": told} | (offer.documents or {})


def hold(order: Order, offer: Offer, agreed: Agreed, actor: Actor, now: datetime) -> Grant | Refusal[NotBookable]:
    """Hold the resource for the holder until the hold expires, or confirm it where nothing is to pay or to approve.

    A hold that waits for an approval lasts until that is due, however long paying takes.
    """
    if refusal := _not_for_sale(order, offer, actor, now):
        return refusal
    if missing := _not_shown(order, offer):
        return Refusal(NotBookable.NOT_ELIGIBLE, missing=missing)
    if too_many(order, offer):
        return Refusal(NotBookable.TOO_MANY_BOOKINGS)
    if refusal := _beyond_quota(order, offer):
        return refusal
    if conflicts := offer.agenda.conflicts(order.period):
        return Refusal(
            NotBookable.TAKEN,
            conflicts=tuple(claim.period for claim in conflicts),
            alternatives=_next_free(order, offer),
        )
    approval = _to_be_approved(order, agreed, offer, actor, now)
    until = approval.due_at if approval is not None else now + timedelta(seconds=offer.policy.hold_s)
    free = agreed.quote.due_now.is_zero and approval is None
    booking = Booking(
        id=order.booking_id,
        service=offer.agenda.resource.service,
        resource_id=offer.agenda.resource.id,
        holder_id=order.holder_id,
        booked_by=actor.id,
        start=order.period.start,
        end=order.period.end,
        state=State.CONFIRMED if free else State.HELD,
        payer=order.payer,
        options=order.options,
        quote=agreed.quote,
        terms=agreed.terms.concluded(now) if free else agreed.terms,
        tariff_id=agreed.tariff_id,
        tariff_version=agreed.tariff_version,
        hold_expires_at=None if free else until,
        made_at=now,
        updated_at=now,
        approval=approval,
        request=order.request,
        final_at=final_at(order.request, order.period.start),
    )
    resource = offer.agenda.resource
    return Grant(
        booking,
        resource.claim(order.period),
        resource,
        offer.time_zone,
        open_at_most=open_at_most(order, offer),
        week_at_most_s=week_at_most_s(order, offer),
    )


def _next_free(order: Order, offer: Offer) -> tuple[Period, ...]:
    """When it is free next, and shared where that is asked for; if it may still be used then."""
    period: Period | None = offer.agenda.next_free(order.period)
    sharing = offer.agenda.resource.sharing
    if sharing is not None and order.payer is Payer.SELF:
        period = _next_shared(sharing, order.period, offer.agenda)
    return (period,) if period is not None and offer.agenda.resource.is_usable_to(period.end) else ()


def _next_shared(sharing: Sharing, period: Period, agenda: Agenda) -> Period | None:
    """The first time of that length in one opening that the known claims leave free."""
    before = period.end + LOOKED_AHEAD
    while (opened := sharing.next_opening(period, before)) is not None:
        period = agenda.next_free(opened)
        if period == opened:
            return opened
    return None


def _not_shown(order: Order, offer: Offer) -> tuple[ProofKind, ...]:
    """What the holder has yet to show, so that it counts to the end of the use. How old somebody is who drives for work, her
    employer knows."""
    last = (order.period.end - timedelta(microseconds=1)).astimezone(ZoneInfo(offer.time_zone))
    min_age = offer.min_age if order.payer is Payer.SELF else None
    return lacking(offer.required, offer.shown, last.date(), min_age)


def _to_be_approved(order: Order, agreed: Agreed, offer: Offer, actor: Actor, now: datetime) -> Approval | None:
    """The approval that the booking waits for: until its start at the latest, where there is time enough until then.

    Where the pool has no rules of its own, whoever runs it says yes by booking, for herself and for others.
    """
    resource = offer.agenda.resource
    approving = resource.approving
    runs_it = actor.has(Role.FLEET_MANAGER) and actor.works_in(resource.pool_id)
    if approving is None or (approving.rules is None and runs_it):
        return None
    quote = agreed.quote
    facts = facts_of(order.period, order.payer, order.options, quote, (offer.tariff, offer.time_zone), made_at=now)
    asked = approving.asks(facts)
    if asked is None:
        return None
    latest = max(order.period.start, now + timedelta(seconds=offer.policy.hold_s))
    return ask(asked, approving, order.period.end, latest, now)


def open_at_most(order: Order, offer: Offer) -> int | None:
    """How many open bookings the holder may have with this one; None for any number, as where a cost centre pays."""
    return offer.policy.max_open if order.payer is Payer.SELF else None


def week_at_most_s(order: Order, offer: Offer) -> int | None:
    """How long the holder may have the service in a week with this booking; None as above."""
    return offer.policy.max_week_s if order.payer is Payer.SELF else None


def _beyond_quota(order: Order, offer: Offer) -> Refusal[NotBookable] | None:
    """Whoever has some of it left is told until when that would last."""
    cap = week_at_most_s(order, offer)
    if cap is None or offer.week_s + order.period.length.total_seconds() <= cap:
        return None
    left = timedelta(seconds=cap - offer.week_s)
    enough = left >= timedelta(seconds=offer.policy.min_duration_s)
    return Refusal(
        NotBookable.QUOTA_USED_UP,
        "/end" if enough else "/start",
        latest_end=order.period.start + left if enough else None,
    )


def too_many(order: Order, offer: Offer) -> tuple[Open, ...]:
    """The holder's open bookings, where there may be none besides them."""
    cap = open_at_most(order, offer)
    return offer.open if cap is not None and len(offer.open) >= cap else ()


def _not_for_sale(order: Order, offer: Offer, actor: Actor, now: datetime) -> Refusal[NotBookable] | None:
    resource = offer.agenda.resource
    if refusal := _wrong_time(order.period, offer.policy, now):
        return refusal
    if not resource.is_open_to(actor):
        return Refusal(NotBookable.UNKNOWN_RESOURCE)
    if order.holder_id != actor.id and not actor.works_in(resource.pool_id):
        return Refusal(NotBookable.FORBIDDEN, "/for")
    if order.payer is Payer.COST_CENTRE and not actor.works_in(resource.pool_id):
        return Refusal(NotBookable.COST_CENTRE_NOT_ALLOWED, "/payer")
    if order.payer is Payer.SELF and resource.pool_id is not None and not resource.shared:
        return Refusal(NotBookable.COST_CENTRE_REQUIRED, "/payer")
    if not resource.bookable:
        return Refusal(NotBookable.NOT_BOOKABLE)
    if not resource.in_service:
        return Refusal(NotBookable.OUT_OF_SERVICE)
    if not resource.is_usable_to(order.period.end):
        return Refusal(NotBookable.NOT_USABLE, "/end", latest_end=resource.usable_until)
    if order.payer is Payer.SELF and not resource.is_shared_for(order.period, now):
        return _outside_sharing(order, offer)
    return None


def _outside_sharing(order: Order, offer: Offer) -> Refusal[NotBookable]:
    """The pool has the vehicle for itself then; when residents may have it instead."""
    sharing, period = offer.agenda.resource.sharing, order.period
    closes = sharing.open_until(period.start, period.end) if sharing is not None else period.start
    begins_well = closes > period.start
    return Refusal(
        NotBookable.OUTSIDE_SHARING,
        "/end" if begins_well else "/start",
        alternatives=_next_free(order, offer),
        latest_end=closes if begins_well else None,
    )


def _wrong_time(period: Period, policy: TermsPolicy, now: datetime) -> Refusal[NotBookable] | None:
    if period.start < now - START_GRACE:
        return Refusal(NotBookable.PERIOD_IN_THE_PAST, "/start")
    if period.length < timedelta(seconds=policy.min_duration_s):
        return Refusal(NotBookable.PERIOD_TOO_SHORT, "/end")
    if period.length > timedelta(seconds=policy.max_duration_s):
        return Refusal(NotBookable.PERIOD_TOO_LONG, "/end")
    if policy.min_ahead_s and period.start < now + timedelta(seconds=policy.min_ahead_s) - START_GRACE:
        return Refusal(NotBookable.TOO_SHORT_NOTICE, "/start")
    if period.start > now + timedelta(seconds=policy.max_ahead_s):
        return Refusal(NotBookable.TOO_FAR_AHEAD, "/start")
    return None
