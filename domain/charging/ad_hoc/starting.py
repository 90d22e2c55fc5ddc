"""Charging without an account, for whoever stands at a charge point: the command, and the decision to give it to her.

The point is claimed at once, from now until whoever has it booked next, as by any other booking; its holder is nobody whom the
city knows. What it costs at most is said before and held on a card.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.holds import Agreed, NotBookable, Order
from domain.booking.price_list import PriceShown, fits_ad_hoc
from domain.booking.resources import Claim
from domain.booking.terms import AdHoc, AdHocPolicy, TermsPolicy
from domain.charging.reports import TransactionRef
from domain.charging.reservations import (
    ChargePoint,
    ChargePointReserved,
    ChargingOptions,
    NoReservation,
    ReserveChargePoint,
    agree_on,
    reserve,
)
from domain.charging.sessions.acting import NotCharging
from domain.identity import Actor
from domain.money import Money, minor_units
from domain.periods import Period
from domain.pricing.quotes import Usage, at_most, price, unreserved
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal

TAKES_AT_MOST_KWH = Decimal(100)
"""More than almost any battery takes; the most that is held for nobody who wishes for less."""
LEAST = 100
"""Minor units: for less no card is asked, so that at least so much is held of whoever is to pay anything. Above the provider's own
least, which is 50 for euros."""


class ShownTariff(Struct, frozen=True):
    """The version of a tariff by which prices were shown."""

    id: TariffId
    version: int


class ChargeAdHoc(Struct, frozen=True):
    """`order` asks for the resource from now on, for as short a time as it is worth while. `budget` is the most that it is to cost, `seen`
    what was shown to whoever begins."""

    order: Order
    options: ChargingOptions
    budget: Money | None = None
    agreed: Agreed | None = None
    seen: ShownTariff | None = None


class NotAdHoc(StrEnum):
    """`price_not_ad_hoc`: the law does not let a point of that power ask such a price of whoever has no contract.
    `price_changed`: it would not be begun at the prices that were shown. `payments_not_available`: the city takes no money, and it
    would cost some."""

    BOOKED_SOON = "booked_soon"
    OCCUPIED = "occupied"
    PRICE_NOT_AD_HOC = "price_not_ad_hoc"
    PRICE_CHANGED = "price_changed"
    PAYMENTS_NOT_AVAILABLE = "payments_not_available"


NotBegun: TypeAlias = NoReservation | Refusal[NotAdHoc] | Refusal[NotCharging]


class Outlet(Struct, frozen=True):
    """Where a charge point is at its station. `running` is the transaction that is under way there, whoever's it is."""

    online: bool
    running: TransactionRef | None = None


class Place(Struct, frozen=True):
    """Where whoever charges without an account stands: `outlet` is None where the point stands at no station of ours; `payable` says that
    the city can be paid."""

    point: ChargePoint | None
    outlet: Outlet | None
    payable: bool


class Offered(Struct, frozen=True):
    """What whoever stands there would get now, and until when. `prices` are in the order of the law; `most` is what is held."""

    until: datetime
    most: Money
    prices: tuple[PriceShown, ...]
    tariff: ShownTariff


def offer(command: ChargeAdHoc, place: Place, actor: Actor, now: datetime) -> Offered | NotBegun:
    """What is shown before anybody begins; nothing is claimed."""
    agreed = _agreed(command, place, actor, now)
    if isinstance(agreed, Refusal):
        return agreed
    return Offered(agreed.until, agreed.held, agreed.agreed.prices, agreed.tariff)


def begin(command: ChargeAdHoc, place: Place, actor: Actor, now: datetime) -> ChargePointReserved | NotBegun:
    """Give the point to whoever stands there, until somebody else has it booked, or say why not."""
    agreed = _agreed(command, place, actor, now)
    if isinstance(agreed, Refusal):
        return agreed
    if command.seen != agreed.tariff:
        return Refusal(NotAdHoc.PRICE_CHANGED, "/tariff_version")
    order = replace(command.order, period=Period(now, agreed.until))
    return reserve(ReserveChargePoint(order, command.options, agreed.agreed), agreed.point, actor, now)


class _Agreed(Struct, frozen=True):
    agreed: Agreed
    point: ChargePoint
    until: datetime
    held: Money

    @property
    def tariff(self) -> ShownTariff:
        return ShownTariff(self.agreed.tariff_id, self.agreed.tariff_version)


def _agreed(command: ChargeAdHoc, place: Place, actor: Actor, now: datetime) -> _Agreed | NotBegun:
    """A pool's own chargers are no public ones, so nobody is told of them."""
    point = place.point
    if point is None or point.offer.agenda.resource.pool_id is not None:
        return Refusal(NotBookable.UNKNOWN_RESOURCE)
    policy, tariff = point.offer.policy.ad_hoc, point.offer.tariff
    until = _until(point, policy, now)
    if isinstance(until, Refusal):
        return until
    if refusal := _out_of_reach(place.outlet):
        return refusal
    budget, cap = command.budget, minor_units(policy.most)
    if budget is not None and (budget.currency != tariff.currency or not LEAST <= budget.amount <= cap):
        return Refusal(NotCharging.LIMIT_OUT_OF_RANGE, "/budget")
    order, options = replace(command.order, period=Period(now, until)), command.options
    asked = replace(point.offer, policy=_terms(point.offer.policy), required=(), min_age=None, open=(), week_s=0)
    point = replace(point, offer=asked)
    agreed = agree_on(ReserveChargePoint(order, options), point, actor, now)
    if isinstance(agreed, Refusal):
        return agreed
    if not fits_ad_hoc(agreed.prices, point.power_kw):
        return Refusal(NotAdHoc.PRICE_NOT_AD_HOC)
    most = budget.amount if budget is not None else cap
    energy = options.energy_kwh or min(TAKES_AT_MOST_KWH, point.power_kw * _hours(until - now))
    quote = price(tariff, unreserved(Usage(order.period, point.offer.time_zone, energy_kwh=energy)))
    if budget is not None and budget.amount < min(quote.total.amount, _first_kwh(point, now)):
        return Refusal(NotCharging.LIMIT_OUT_OF_RANGE, "/budget")
    quote = at_most(quote, Money(most, tariff.currency), tariff)
    if not place.payable and not quote.total.is_zero:
        return Refusal(NotAdHoc.PAYMENTS_NOT_AVAILABLE)
    nothing, least = Money(0, tariff.currency), Money(LEAST, tariff.currency)
    held = least if 0 < quote.total.amount < LEAST else quote.total
    terms = replace(agreed.terms, ad_hoc=AdHoc(held, options.energy_kwh), no_show_fee=nothing)
    return _Agreed(replace(agreed, quote=quote, terms=terms), point, until, held)


def _first_kwh(point: ChargePoint, now: datetime) -> int:
    """Minor units; for less, what it costs to begin would be taken, and next to nothing charged."""
    taken = Period(now, now + timedelta(seconds=int(3600 / point.power_kw) + 1))
    usage = Usage(taken, point.offer.time_zone, energy_kwh=Decimal(1))
    return price(point.offer.tariff, unreserved(usage)).total.amount


def _until(
    point: ChargePoint, policy: AdHocPolicy, now: datetime
) -> datetime | Refusal[NotBookable] | Refusal[NotAdHoc]:
    """The latest end: nobody who booked the point finds it taken."""
    resource, claims = point.offer.agenda.resource, point.offer.agenda.claims
    there = Period(now, now + timedelta(seconds=1))
    taken = _overlapping(claims, resource.claim(there))
    if taken:
        return Refusal(NotBookable.TAKEN, conflicts=tuple(claim.period for claim in taken))
    after = timedelta(seconds=resource.buffer_after_s)
    ends = [claim.start - after for claim in claims if claim.start > now]
    until = min(
        [now + timedelta(seconds=policy.max_s), *ends, *([resource.usable_until] if resource.usable_until else [])]
    )
    if until < now + timedelta(seconds=policy.min_s):
        return Refusal(NotAdHoc.BOOKED_SOON)
    return until


def _overlapping(claims: Sequence[Claim], period: Period) -> tuple[Claim, ...]:
    return tuple(claim for claim in claims if claim.period.overlaps(period))


def _out_of_reach(outlet: Outlet | None) -> Refusal[NotCharging] | Refusal[NotAdHoc] | None:
    if outlet is None:
        return Refusal(NotCharging.NO_STATION)
    if not outlet.online:
        return Refusal(NotCharging.STATION_OFFLINE)
    return Refusal(NotAdHoc.OCCUPIED) if outlet.running is not None else None


def _hours(length: timedelta) -> Decimal:
    return Decimal(int(length.total_seconds())) / 3600


def _terms(policy: TermsPolicy) -> TermsPolicy:
    """Nothing is asked for but the use: not for coming late, for leaving it, or for going without having charged."""
    ad_hoc = policy.ad_hoc
    return replace(
        policy,
        hold_s=ad_hoc.hold_s,
        no_show_after_s=ad_hoc.start_within_s,
        free_cancel_before_s=0,
        steps=(),
        no_show_fee_percent=0,
        no_show_fee_flat=None,
        no_show_fee_min=None,
        no_show_fee_max=None,
        start_before_s=0,
        min_ahead_s=0,
        min_duration_s=1,
        max_duration_s=ad_hoc.max_s,
        max_open=None,
        max_week_s=None,
        late=None,
        deposit=None,
        debits=None,
    )
