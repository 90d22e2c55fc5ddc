"""How much charge a trip needs, how long charging takes, and how far a battery reaches: the rule of state of charge."""

import math
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct


class Battery(Struct, frozen=True):
    """`capacity_kwh` that can be used, what the vehicle takes per 100 km, and the most with which it is charged."""

    capacity_kwh: Decimal
    consumption_kwh: Decimal
    charging_kw: Decimal


class ChargeRule(Struct, frozen=True):
    """How cautious the city is, from `valid_from` on: so many times the consumption is planned for, `reserve` of the
    battery (a fraction) is left at the end, and of the power that the charger gives, `efficiency` arrives."""

    margin: Decimal
    reserve: Decimal
    efficiency: Decimal
    valid_from: date
    source: str


CHARGE_RULES = (
    ChargeRule(
        margin=Decimal("1.2"),
        reserve=Decimal("0.20"),
        efficiency=Decimal("0.9"),
        valid_from=date(2020, 1, 1),
        source="kommobil's assumption: a fifth more than the average, a fifth of the battery left, a tenth lost in charging",
    ),
)


class ChargeNeed(Struct, frozen=True):
    """What a trip needs of a battery, and what is in it, as fractions of it; `minutes` is how long it is charged
    before, rounded up to whole ones and 0 where the charge suffices."""

    needed: Fraction
    there: Fraction
    minutes: int

    @property
    def is_beyond(self) -> bool:
        """Whether not even a full battery would do: such a trip needs a stop for charging."""
        return self.needed > 1


def charge_rule(on: date, rules: Iterable[ChargeRule] = CHARGE_RULES) -> ChargeRule:
    """The rule in force on a day. Raises ValueError for a day before all of them."""
    known = [rule for rule in rules if rule.valid_from <= on]
    if not known:
        raise ValueError(f"no rule about charge is known for {on}")
    return max(known, key=lambda rule: rule.valid_from)


def charge_need(distance_km: Decimal, battery: Battery, soc: Decimal, rule: ChargeRule) -> ChargeNeed:
    """What a trip of so many kilometres needs, with `soc` (a fraction) in the battery now."""
    planned = Fraction(distance_km) * Fraction(battery.consumption_kwh) / 100 * Fraction(rule.margin)
    needed = planned / Fraction(battery.capacity_kwh) + Fraction(rule.reserve)
    there = Fraction(soc)
    missing_kwh = max(needed - there, Fraction()) * Fraction(battery.capacity_kwh)
    hours = missing_kwh / (Fraction(battery.charging_kw) * Fraction(rule.efficiency))
    return ChargeNeed(needed, there, math.ceil(hours * 60))


def reach_km(battery: Battery, rule: ChargeRule) -> Fraction:
    """How far a full battery is planned to go."""
    planned = Fraction(battery.consumption_kwh) / 100 * Fraction(rule.margin)
    return Fraction(battery.capacity_kwh) * (1 - Fraction(rule.reserve)) / planned
