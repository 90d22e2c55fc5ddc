"""Questions for calculation sheets, in few words."""

from decimal import Decimal
from typing import Any, TypeVar

from domain.bike_leasing.calculation.annuity import Due, Financing
from domain.bike_leasing.calculation.buyout import OFFERS, PURCHASE_RULES, Purchase
from domain.bike_leasing.calculation.settlement import SETTLEMENT_RULES, EarlyEnd
from domain.bike_leasing.calculation.sheets import EUR, NotCalculable, Sheet
from domain.money import Money
from domain.refusals import Refusal

S = TypeVar("S", bound=Sheet[Any])


def eur(amount: str) -> Money:
    return Money(int(Decimal(amount.replace(",", "")) * 100), EUR)


def results(sheet: Sheet[Any] | Refusal[NotCalculable]) -> dict[str, str]:
    """In euros, as a page of numbers has them."""
    assert isinstance(sheet, Sheet), sheet
    return {name: f"{money.amount / 100:.2f}" for name, money in sheet.results.items()}


def financing(financed: str, residual: str, percent: str, months: int = 36, **more: Any) -> Financing:
    return Financing(eur(financed), eur(residual), months, Decimal(percent), **more)


def early_end(left: int, rate: str, residual: str, proceeds: str, percent: str = "5.9", **more: Any) -> EarlyEnd:
    rule = more.pop("rule", SETTLEMENT_RULES[0])
    return EarlyEnd(left, eur(rate), eur(residual), eur(proceeds), Decimal(percent), rule, **more)


def bought(list_price: str, months: int = 36, **more: Any) -> Purchase:
    return Purchase(eur(list_price), months, PURCHASE_RULES[0], OFFERS[0], **more)


ADVANCE, ARREARS = Due.ADVANCE, Due.ARREARS
