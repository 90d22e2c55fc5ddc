"""Making a sheet anew from what was asked: the same today and in ten years.

What was asked names its calculation and its version (`annuity-1`). A calculation that changes gets a new version beside the old
one, which stays for the sheets that were made by it. Nothing is left out because it is the default: that may change.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import msgspec

from domain.bike_leasing.calculation.annuity import Financing, monthly_rate
from domain.bike_leasing.calculation.benefit import BikeGiven, benefit_in_kind
from domain.bike_leasing.calculation.buyout import Purchase, purchase
from domain.bike_leasing.calculation.effective_rate import (
    Effective,
    EffectiveFromHandover,
    effective_rate,
    effective_rate_from_handover,
)
from domain.bike_leasing.calculation.fees import MonthOfLease, month_of_lease
from domain.bike_leasing.calculation.net_effect import Burden, BurdenOfPay, net_burden, net_burden_of_pay
from domain.bike_leasing.calculation.representative import Representative, representative_example
from domain.bike_leasing.calculation.settlement import EarlyEnd, settlement
from domain.bike_leasing.calculation.sheets import NotCalculable, Sheet
from domain.bike_leasing.calculation.vat import ConvertedPay, vat_on_converted_pay
from domain.refusals import Refusal

Question: TypeAlias = (
    Financing
    | Effective
    | EffectiveFromHandover
    | Representative
    | BikeGiven
    | MonthOfLease
    | Burden
    | BurdenOfPay
    | Purchase
    | EarlyEnd
    | ConvertedPay
)
AnySheet: TypeAlias = Sheet[Question]


CALCULATIONS: Mapping[type[Question], Callable[[Any], Sheet[Any] | Refusal[NotCalculable]]] = {
    Financing: monthly_rate,
    Effective: effective_rate,
    EffectiveFromHandover: effective_rate_from_handover,
    Representative: representative_example,
    BikeGiven: benefit_in_kind,
    MonthOfLease: month_of_lease,
    Burden: net_burden,
    BurdenOfPay: net_burden_of_pay,
    Purchase: purchase,
    EarlyEnd: settlement,
    ConvertedPay: vat_on_converted_pay,
}


def calculate(asked: Question) -> Sheet[Any] | Refusal[NotCalculable]:
    """The sheet for what is asked."""
    return CALCULATIONS[type(asked)](asked)


_decode = msgspec.json.Decoder(AnySheet).decode  # made once: to look through the types takes longer than a sheet


def stored(sheet: Sheet[Any]) -> bytes:
    """As it is kept, in JSON."""
    return msgspec.json.encode(sheet)


def restored(content: bytes) -> AnySheet:
    """Raises msgspec.ValidationError for what is no sheet of ours."""
    return _decode(content)


def recomputed(content: bytes) -> Sheet[Any] | Refusal[NotCalculable]:
    """The stored sheet's question, calculated again by the rules that it holds."""
    return calculate(restored(content).asked)
