"""What a month of a lease costs with its insurance and services, and who bears how much of it."""

from enum import StrEnum
from fractions import Fraction

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import EUR, NotCalculable, Sheet, euros, is_amount, rounded
from domain.money import Money
from domain.refusals import Refusal


class FeeKind(StrEnum):
    INSURANCE = "insurance"
    SERVICE = "service"
    RATE_PROTECTION = "rate_protection"


class Bearer(StrEnum):
    EMPLOYEE = "employee"
    EMPLOYER = "employer"


class Fee(Struct, frozen=True):
    """What is paid each month beside the rate, gross."""

    kind: FeeKind
    amount: Money
    borne_by: Bearer = Bearer.EMPLOYEE


class MonthOfLease(Struct, frozen=True, tag="month_of_lease-1"):
    """`subsidy` is what the employer gives towards the rate."""

    rate: Money
    fees: tuple[Fee, ...]
    subsidy: Money = Money(0, EUR)


def month_of_lease(asked: MonthOfLease) -> Sheet[MonthOfLease] | Refusal[NotCalculable]:
    """All that the lessor gets, and the parts of it: `conversion` is the pay that the employee gives up, gross."""
    if not is_amount(asked.rate, *(fee.amount for fee in asked.fees)):
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/rate")
    if not is_amount(asked.subsidy) or asked.subsidy.amount > asked.rate.amount:
        return Refusal(NotCalculable.AMOUNT_OUT_OF_RANGE, "/subsidy")
    on_employer = sum((euros(fee.amount) for fee in asked.fees if fee.borne_by is Bearer.EMPLOYER), Fraction(0))
    all_fees = sum((euros(fee.amount) for fee in asked.fees), Fraction(0))
    total = rounded("total", "rate + fees", euros(asked.rate) + all_fees)
    employer = rounded("employer", "subsidy + fees of the employer", euros(asked.subsidy) + on_employer)
    conversion = rounded("conversion", "total - employer", Fraction(total.value) - Fraction(employer.value))
    steps = (total, employer, conversion)
    return Sheet(asked, steps, {step.name: Money(step.cents, EUR) for step in steps})
