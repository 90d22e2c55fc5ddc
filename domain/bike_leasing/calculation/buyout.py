"""What the later purchase of a bike costs its seller in flat tax (§ 37b EStG).

Tax offices take a bike to be worth 40 % of its rounded list price after 36 months (BMF, 17 November 2017); what is paid less is a
wage, on which the seller pays the tax so that the employee does not. The price itself is an offer of its own, made later.
"""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import (
    EUR,
    NotCalculable,
    Note,
    RuleVersion,
    Sheet,
    Step,
    euros,
    floored,
    is_amount,
    is_percent,
    rounded,
)
from domain.money import Money
from domain.refusals import Refusal


class PurchaseRule(Struct, frozen=True):
    """`market_percent` of the rounded list price is what a bike is worth after `months`; `flat_percent` the tax on what is
    paid less, `solidarity_percent` the surcharge on it."""

    version: RuleVersion
    months: int
    market_percent: Decimal
    flat_percent: Decimal
    solidarity_percent: Decimal


class OfferPolicy(Struct, frozen=True):
    """What a lessor asks at the end, in percent of the list price. Nobody is promised it (Leasingerlass)."""

    version: RuleVersion
    percent: Decimal


PURCHASE_RULES = (
    PurchaseRule(
        RuleVersion(
            "purchase_flat_tax",
            date(2017, 11, 17),
            "BMF 17.11.2017; § 37b Abs. 1 EStG; § 4 SolzG",
            doubt="for 36 months alone; one provider prints an example at 25 %, its text and the letter say 30 %",
        ),
        36,
        Decimal(40),
        Decimal(30),
        Decimal("5.5"),
    ),
)
OFFERS = (
    OfferPolicy(
        RuleVersion("purchase_offer", date(2020, 1, 1), "a lessor's help pages", doubt="providers differ: 10 to 18 %"),
        Decimal(18),
    ),
)


class Purchase(Struct, frozen=True, tag="purchase-1"):
    """`market_value` is what the bike is worth where somebody has looked; without it the rule's share counts, after the rule's
    months alone. `church_percent` is of the flat tax, where the seller pays that at a flat rate as well."""

    list_price: Money
    months: int
    rule: PurchaseRule
    offer: OfferPolicy
    market_value: Money | None = None
    church_percent: Decimal = Decimal(0)


def purchase(asked: Purchase) -> Sheet[Purchase] | Refusal[NotCalculable]:
    """The price asked, and the taxes that the seller pays for it."""
    if not is_amount(asked.list_price) or (asked.market_value is not None and not is_amount(asked.market_value)):
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/list_price")
    if not is_percent(asked.church_percent):
        return Refusal(NotCalculable.RATE_OUT_OF_RANGE, "/church_percent")
    if not is_percent(asked.offer.percent):
        return Refusal(NotCalculable.RATE_OUT_OF_RANGE, "/percent")
    if asked.market_value is None and asked.months != asked.rule.months:
        return Refusal(NotCalculable.NO_MARKET_VALUE, "/market_value")
    price = euros(asked.list_price)
    offer = rounded("offer", "list_price * percent / 100", price * Fraction(asked.offer.percent) / 100)
    valued = _market_value(asked)
    worth = Fraction(valued[-1].value)
    base = rounded("tax_base", "max(market_value - offer, 0)", max(worth - Fraction(offer.value), Fraction(0)))
    flat = _share("flat_tax", "tax_base", base, asked.rule.flat_percent)
    solidarity = _share("solidarity", "flat_tax", flat, asked.rule.solidarity_percent)
    church = _share("church_tax", "flat_tax", flat, asked.church_percent)
    taxes = (flat, solidarity, church)
    total = rounded("seller_pays", "the taxes", sum((Fraction(tax.value) for tax in taxes), Fraction(0)))
    shown = (offer, valued[-1], base, *taxes, total)
    results = {step.name: Money(step.cents, EUR) for step in shown}
    return Sheet(asked, (offer, *valued, base, *taxes, total), results, (Note.NOT_PROMISED,))


def _market_value(asked: Purchase) -> tuple[Step, ...]:
    if asked.market_value is not None:
        return (rounded("market_value", "as looked at", euros(asked.market_value)),)
    whole = floored("list_price_rounded", "floor100(list_price)", euros(asked.list_price))
    worth = Fraction(whole.value) * Fraction(asked.rule.market_percent) / 100
    return whole, rounded("market_value", "list_price_rounded * percent / 100", worth)


def _share(name: str, of: str, step: Step, percent: Decimal) -> Step:
    return rounded(name, f"{of} * percent / 100", Fraction(step.value) * Fraction(percent) / 100)
