"""What a charging session costs under an OCPI tariff: `price_session(tariff, session) -> SessionPrice`, or why it has none."""

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from domain.money import Money, minor_units
from domain.pricing.charging.sessions import (
    Activity,
    ChargingPeriod,
    ChargingSession,
    Piece,
    Reservation,
    no_time,
    pieces,
)
from domain.pricing.charging.tariffs import (
    STEPS_PER_UNIT,
    ChargingTariff,
    Dimension,
    PriceComponent,
    PriceLimit,
    ReservationPart,
    TariffElement,
    TaxIncluded,
)
from domain.refusals import Refusal

UNTAXED = Decimal(0)


class NotPriced(StrEnum):
    NOTHING_TO_PRICE = "nothing_to_price"
    OUT_OF_ORDER = "out_of_order"
    ENERGY_NOT_VALID = "energy_not_valid"
    CURRENT_UNKNOWN = "current_unknown"


class Amount(Struct, frozen=True):
    """An exact sum in major units, before and after taxes."""

    net: Fraction = Fraction()
    gross: Fraction = Fraction()

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(self.net + other.net, self.gross + other.gross)

    def __sub__(self, other: "Amount") -> "Amount":
        return Amount(self.net - other.net, self.gross - other.gross)


class Item(Struct, frozen=True):
    """So many kWh or hours (one, of a flat price) at the price of one component, steps included. `reservation` names the
    part of a reservation that it pays."""

    component: PriceComponent
    quantity: Fraction
    amount: Amount
    reservation: ReservationPart | None = None


class SessionPrice(Struct, frozen=True):
    """Exact items, and what the tariff's limits add to their sum (negative: take from it). Only totals are rounded."""

    currency: str
    items: tuple[Item, ...]
    limits: Amount

    @property
    def exact(self) -> Amount:
        return sum((item.amount for item in self.items), self.limits)

    @property
    def gross(self) -> Money:
        return Money(minor_units(self.exact.gross), self.currency)

    @property
    def net(self) -> Money:
        return Money(minor_units(self.exact.net), self.currency)

    @property
    def vat(self) -> Money:
        return self.gross - self.net


class _Use(Struct, frozen=True):
    """`quantity` of what the component prices."""

    component: PriceComponent
    quantity: Fraction


def price_session(
    tariff: ChargingTariff, session: ChargingSession, otherwise: Decimal = UNTAXED
) -> SessionPrice | Refusal[NotPriced]:
    """The price under a tariff without faults. The rules are those of OCPI 2.3.0, mod_tariffs and mod_cdrs. `otherwise` is the tax, as a
    fraction, of a least price where nothing else costs anything and it names no sum after taxes."""
    if (refusal := _refused(tariff, session)) is not None:
        return refusal
    zone = ZoneInfo(session.time_zone)
    items = [
        *(_reserved(tariff, session, session.reservation, zone) if session.reservation is not None else []),
        *(_charged(tariff, session.periods, zone) if session.periods else []),
    ]
    amount = sum((item.amount for item in items), Amount())
    untaxed = tariff.tax_included is TaxIncluded.NA
    limited = _limited(tariff, amount, bool(session.periods), UNTAXED if untaxed else otherwise)
    return SessionPrice(tariff.currency, tuple(items), limited - amount)


def _refused(tariff: ChargingTariff, session: ChargingSession) -> Refusal[NotPriced] | None:
    kept = session.reservation.period if session.reservation is not None else None
    spans = [*([kept] if kept is not None else []), *(each.period for each in session.periods)]
    if not spans:
        return Refusal(NotPriced.NOTHING_TO_PRICE)
    if any(before.end > after.start for before, after in pairwise(spans)):
        return Refusal(NotPriced.OUT_OF_ORDER, "/periods")
    if session.reservation is not None and session.reservation.expired and session.periods:
        return Refusal(NotPriced.OUT_OF_ORDER, "/reservation/expired")
    bounded = any(element.restrictions.of_current for element in _elements(tariff, None))
    for number, period in enumerate(session.periods):
        if not period.energy_kwh.is_finite() or period.energy_kwh < 0:
            return Refusal(NotPriced.ENERGY_NOT_VALID, f"/periods/{number}/energy_kwh")
        if bounded and period.activity is Activity.CHARGING and not _known(period.current_a):
            return Refusal(NotPriced.CURRENT_UNKNOWN, f"/periods/{number}/current_a")
    return None


def _known(current: Decimal | None) -> bool:
    return current is not None and current.is_finite() and current >= 0


def _elements(tariff: ChargingTariff, part: ReservationPart | None) -> list[TariffElement]:
    return [element for element in tariff.elements if element.restrictions.reservation is part]


def _charged(tariff: ChargingTariff, periods: Sequence[ChargingPeriod], zone: ZoneInfo) -> list[Item]:
    elements = _elements(tariff, None)
    cut = pieces(periods, [element.restrictions for element in elements], zone)
    uses = [
        *_once(elements, cut),
        *_stepped(_uses(elements, cut, Dimension.ENERGY)),
        *_stepped(_uses(elements, cut, Dimension.TIME, Dimension.PARKING_TIME)),
    ]
    return _items(tariff, uses, None)


def _reserved(tariff: ChargingTariff, session: ChargingSession, reservation: Reservation, zone: ZoneInfo) -> list[Item]:
    """Time of a reservation that expired is paid at the price of expiry where there is one; the fees of both are paid."""
    reserving = _elements(tariff, ReservationPart.RESERVATION)
    expiring = _elements(tariff, ReservationPart.RESERVATION_EXPIRES) if reservation.expired else []
    if reservation.period is None:
        cut = [no_time(session.periods[0].period.start, zone)]
    else:  # the TIME of it is what components of reservations price
        kept = [ChargingPeriod(reservation.period, Activity.CHARGING)]
        cut = pieces(kept, [element.restrictions for element in (*expiring, *reserving)], zone)
    part = ReservationPart.RESERVATION_EXPIRES if reservation.expired else ReservationPart.RESERVATION
    uses = [
        *_once(reserving, cut),
        *_once(expiring, cut[-1:]),
        *_stepped(_uses([*expiring, *reserving], cut, Dimension.TIME)),
    ]
    return _items(tariff, uses, part)


def _first(elements: Iterable[TariffElement], dimension: Dimension, piece: Piece) -> PriceComponent | None:
    found = (each.of(dimension) for each in elements if each.restrictions.hold(piece.begins))
    return next((component for component in found if component is not None), None)


def _once(elements: Sequence[TariffElement], cut: Sequence[Piece]) -> list[_Use]:
    """The flat price, once, when an element with one first counts."""
    found = (_first(elements, Dimension.FLAT, piece) for piece in cut)
    return [_Use(component, Fraction(1)) for component in found if component is not None][:1]


def _uses(elements: Sequence[TariffElement], cut: Sequence[Piece], *dimensions: Dimension) -> list[_Use]:
    """What is paid by its quantity, in the order of time."""
    return [
        _Use(component, quantity)
        for piece in cut
        for dimension, quantity in piece.quantities()
        if quantity and dimension in dimensions and (component := _first(elements, dimension, piece)) is not None
    ]


def _stepped(uses: list[_Use]) -> list[_Use]:
    """Rounded up once: the total of the last dimension to steps of the last component, which prices what is added."""
    if not uses:
        return []
    last = uses[-1]
    total = sum((use.quantity for use in uses if use.component.type is last.component.type), Fraction())
    step = Fraction(last.component.step_size, STEPS_PER_UNIT[last.component.type])
    added = math.ceil(total / step) * step - total
    return [*uses[:-1], replace(last, quantity=last.quantity + added)]


def _items(tariff: ChargingTariff, uses: Iterable[_Use], part: ReservationPart | None) -> list[Item]:
    """One for each component; components that say the same are one."""
    quantities: dict[PriceComponent, Fraction] = {}
    for use in uses:
        quantities[use.component] = quantities.get(use.component, Fraction()) + use.quantity
    return [Item(each, quantity, _amount(tariff, each, quantity), part) for each, quantity in quantities.items()]


def _amount(tariff: ChargingTariff, component: PriceComponent, quantity: Fraction) -> Amount:
    said = Fraction(component.price) * quantity
    percent = component.vat if component.vat is not None and tariff.tax_included is not TaxIncluded.NA else Decimal(0)
    taxed = 1 + Fraction(percent) / 100
    return Amount(said / taxed, said) if tariff.tax_included is TaxIncluded.YES else Amount(said, said * taxed)


def _limited(tariff: ChargingTariff, amount: Amount, charged: bool, otherwise: Decimal) -> Amount:
    """A minimum is that of a session; what nobody came for is none."""
    if tariff.min_price is not None and charged:
        amount = _held(tariff.min_price, amount, max, otherwise)
    if tariff.max_price is not None:
        amount = _held(tariff.max_price, amount, min, otherwise)
    return amount


def _held(
    limit: PriceLimit, amount: Amount, choose: Callable[[Fraction, Fraction], Fraction], otherwise: Decimal
) -> Amount:
    """Both sums by themselves; where the limit names no sum after taxes, it is taxed as what was taken, if that cost anything."""
    net = choose(amount.net, Fraction(limit.before_taxes))
    if limit.after_taxes is not None:
        return Amount(net, choose(amount.gross, Fraction(limit.after_taxes)))
    return Amount(net, net * (amount.gross / amount.net if amount.net else 1 + Fraction(otherwise)))
