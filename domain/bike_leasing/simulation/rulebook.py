"""The calculations of a scenario, each by the rules in force on the day of the handover."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.annuity import Financing, monthly_rate
from domain.bike_leasing.calculation.benefit import BENEFIT_RULES, BikeGiven, benefit_in_kind
from domain.bike_leasing.calculation.buyout import OFFERS, PURCHASE_RULES, Purchase, purchase
from domain.bike_leasing.calculation.fees import Bearer, Fee, FeeKind, MonthOfLease, month_of_lease
from domain.bike_leasing.calculation.net_effect import SOCIAL_RULES, BurdenOfPay, net_burden_of_pay
from domain.bike_leasing.calculation.settlement import DISCOUNTING, SETTLEMENT_RULES, EarlyEnd, settlement
from domain.bike_leasing.calculation.sheets import EUR, NotCalculable, Rule, Sheet, in_force
from domain.bike_leasing.calculation.vat import STANDARD_RATES, ConvertedPay, vat_on_converted_pay
from domain.bike_leasing.simulation.scenarios import Scenario
from domain.money import Money, vat_within
from domain.refusals import Refusal

# Where a calculation's own name of an input is another one in a scenario.
POINTERS = {"/financed": "/sale_price", "/rate": "/fees", "/conversion": "/gross_pay", "/rates_left": "/leaves_after"}


class Sheets(Struct, frozen=True):
    """By name, as they are shown and kept: `rate`, `month`, `benefit`, `net_burden`, and where they apply `vat`, `settlement`,
    `purchase`. They are about one month, but for the last two."""

    by_name: dict[str, Sheet[Any]]

    def cents(self, sheet: str, result: str) -> int:
        """0 where there is no such sheet."""
        found = self.by_name.get(sheet)
        return found.results[result].amount if found is not None else 0


class _NoSheetError(Exception):
    def __init__(self, refusal: Refusal[NotCalculable]) -> None:
        self.refusal = refusal


def sheets_of(scenario: Scenario) -> Sheets | Refusal[NotCalculable]:
    """All of them, or the first refusal, which points into the scenario."""
    try:
        return Sheets(dict(_sheets(scenario)))
    except _NoSheetError as no:
        refused = no.refusal
        return replace(refused, pointer=POINTERS.get(refused.pointer, refused.pointer))


def _sheets(scenario: Scenario) -> Iterator[tuple[str, Sheet[Any]]]:
    on = scenario.handed_over_on
    rate = _made(monthly_rate(financing(scenario)))
    month = _made(month_of_lease(_month(scenario, rate.results["rate"])))
    given = BikeGiven(scenario.list_price, on, _rule(BENEFIT_RULES, scenario), scenario.on_top)
    benefit = _made(benefit_in_kind(given))
    conversion = month.results["conversion"]
    yield from (("rate", rate), ("month", month), ("benefit", benefit))
    yield (
        "net_burden",
        _made(
            net_burden_of_pay(
                BurdenOfPay(
                    conversion,
                    benefit.results["benefit"],
                    scenario.gross_pay,
                    scenario.tax_percent,
                    _rule(SOCIAL_RULES, scenario),
                    scenario.childless,
                )
            )
        ),
    )
    if scenario.deducts_vat and conversion.amount:
        total = month.results["total"].amount
        costs = Money(total - input_vat(scenario, rate.results["rate"]), EUR)
        vat = _rule(STANDARD_RATES, scenario)
        yield "vat", _made(vat_on_converted_pay(ConvertedPay(conversion, costs, True, vat)))
    if scenario.leaves_after is not None:
        yield "settlement", _made(settlement(_early_end(scenario, scenario.leaves_after, rate.results["rate"])))
    elif scenario.buys:
        rules = _rule(PURCHASE_RULES, scenario), _rule(OFFERS, scenario)
        yield (
            "purchase",
            _made(purchase(Purchase(scenario.list_price, scenario.months, *rules, market_value=scenario.market_value))),
        )


def financing(scenario: Scenario) -> Financing:
    return Financing(scenario.sale_price, scenario.residual, scenario.months, scenario.nominal_percent, scenario.due)


def _month(scenario: Scenario, rate: Money) -> MonthOfLease:
    if scenario.on_top:
        borne = tuple(replace(fee, borne_by=Bearer.EMPLOYER) for fee in scenario.fees)
        return MonthOfLease(rate, borne, subsidy=rate)
    return MonthOfLease(rate, scenario.fees, scenario.subsidy)


def input_vat(scenario: Scenario, rate: Money) -> int:
    """Cents of tax in a month's rate and services that the employer deducts; insurance has a tax of its own, which nobody
    does."""
    if not scenario.deducts_vat:
        return 0
    taxed = rate.amount + sum(fee.amount.amount for fee in scenario.fees if fee.kind is FeeKind.SERVICE)
    return vat_within(taxed, _rule(STANDARD_RATES, scenario).percent / 100)


def _early_end(scenario: Scenario, months: int, rate: Money) -> EarlyEnd:
    """Rates that an insurer pays are paid, and so are services in them."""
    return EarlyEnd(
        scenario.months - months,
        rate,
        scenario.residual,
        scenario.proceeds,
        scenario.nominal_percent,
        DISCOUNTING if scenario.discounts else _rule(SETTLEMENT_RULES, scenario),
        scenario.due,
        Money(sum(_cents(fee) for fee in scenario.fees if fee.kind is FeeKind.SERVICE), EUR),
        scenario.service_used,
        months,
    )


def _cents(fee: Fee) -> int:
    return fee.amount.amount


def _rule(rules: tuple[Rule, ...], scenario: Scenario) -> Rule:
    found = in_force(rules, scenario.handed_over_on)
    if found is None:
        raise _NoSheetError(Refusal(NotCalculable.NO_RULE_THEN, "/handed_over_on"))
    return found


def _made(sheet: Sheet[Any] | Refusal[NotCalculable]) -> Sheet[Any]:
    if isinstance(sheet, Refusal):
        raise _NoSheetError(sheet)
    return sheet
