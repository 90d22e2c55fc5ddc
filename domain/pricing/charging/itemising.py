"""What a session costs as items of a bill: whole minor units that sum to its price, each taxed as its component says."""

import math
from collections.abc import Iterable, Sequence
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

from domain.money import four_decimals, minor_units, shared
from domain.pricing.charging.prices import UNTAXED, Item, SessionPrice
from domain.pricing.charging.tariffs import ChargingTariff, Dimension, PriceComponent, TaxIncluded


class Part(StrEnum):
    """What an item is for; `minimum` is what the tariff's least price adds."""

    FLAT = "flat"
    ENERGY = "energy"
    TIME = "time"
    PARKING = "parking"
    RESERVATION = "reservation"
    MINIMUM = "minimum"


PARTS = {
    Dimension.FLAT: Part.FLAT,
    Dimension.ENERGY: Part.ENERGY,
    Dimension.TIME: Part.TIME,
    Dimension.PARKING_TIME: Part.PARKING,
}


class BillItem(Struct, frozen=True):
    """`gross` in minor units, `rate` a fraction such as 0.19."""

    part: Part
    quantity: Decimal
    unit: str
    rate: Decimal
    gross: int


def itemised(tariff: ChargingTariff, price: SessionPrice, otherwise: Decimal) -> tuple[BillItem, ...]:
    """The items of the price.

    A most is shared by all items, and so by their rates of tax, in proportion to what they would cost. What is missing to a least is an
    item for each rate, in that proportion; at the rate `otherwise`, as the price was made with, where nothing else costs anything. Tax after such a limit is that
    of the rates, by law, and not what the tariff may name as its sum before taxes.
    """
    exact = [item.amount.gross for item in price.items]
    total, uncut = price.gross.amount, minor_units(sum(exact, Fraction()))
    parts = _in_proportion(min(total, uncut), exact)
    items = [_item(tariff, item, gross) for item, gross in zip(price.items, parts, strict=True)]
    alone = UNTAXED if tariff.tax_included is TaxIncluded.NA else otherwise
    return (*items, *_missing(items, exact, total - uncut, alone)) if total > uncut else tuple(items)


def rate_of(tariff: ChargingTariff, component: PriceComponent) -> Decimal:
    """Its value added tax as a fraction; 0 where no tax applies."""
    taxed = component.vat is not None and tariff.tax_included is not TaxIncluded.NA
    return component.vat / 100 if taxed and component.vat is not None else Decimal(0)


def _item(tariff: ChargingTariff, item: Item, gross: int) -> BillItem:
    part = Part.RESERVATION if item.reservation is not None else PARTS[item.component.type]
    quantity, unit = _measure(item)
    return BillItem(part, quantity, unit, rate_of(tariff, item.component), gross)


def _measure(item: Item) -> tuple[Decimal, str]:
    """Time in hours or minutes where it is a whole number of them, else in seconds, which a step may have rounded up."""
    dimension, quantity = item.component.type, item.quantity
    if dimension is Dimension.FLAT:
        return Decimal(1), "1"
    if dimension is Dimension.ENERGY:
        return four_decimals(quantity).normalize() + 0, "kWh"
    units = ((1, "h"), (60, "min"), (3600, "s"))
    parts, unit = next((n, name) for n, name in units if (quantity * n).denominator == 1 or n == 3600)
    return Decimal(math.ceil(quantity * parts)), unit


def _missing(
    items: Sequence[BillItem], exact: Sequence[Fraction], missing: int, otherwise: Decimal
) -> Iterable[BillItem]:
    by_rate: dict[Decimal, Fraction] = {}
    for item, amount in zip(items, exact, strict=True):
        by_rate[item.rate] = by_rate.get(item.rate, Fraction()) + amount
    weights = {rate: amount for rate, amount in by_rate.items() if amount} or {otherwise: Fraction(1)}
    for rate, gross in zip(weights, _in_proportion(missing, list(weights.values())), strict=True):
        yield BillItem(Part.MINIMUM, Decimal(1), "1", rate, gross)


def _in_proportion(total: int, exact: Sequence[Fraction]) -> tuple[int, ...]:
    scale = math.lcm(*(amount.denominator for amount in exact))
    return shared(total, [int(amount * scale) for amount in exact])
