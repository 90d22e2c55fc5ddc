"""What a lease's service package has left, by contract year.

A contract year is twelve months from the lease's first one on; what is done before that, after the handover, is of the first year.
The budget grows with the months that were agreed: of a year that is shorter there is that part. A rest adds months and no
budget: what is done in them is of the last year.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import Lease
from domain.bike_leasing.upkeep.packages import ServicePackage
from domain.money import Money, part_of

A_YEAR = 12


class BudgetYear(Struct, frozen=True):
    """Both days included. What is `granted` and `used` is of the year alone, or of all years up to it where what is left carries
    over."""

    number: int
    begins: date
    ends: date
    granted: Money
    used: Money


class ServiceBudget(Struct, frozen=True):
    package: ServicePackage
    years: tuple[BudgetYear, ...]

    def year_of(self, day: date) -> int:
        """The number of the contract year that the day is in."""
        return max((year.number for year in self.years if year.begins <= day), default=1)

    def left(self, number: int) -> Money:
        """What may still be spent on services of that year: no later sum may be exceeded either."""
        return Money(min(year.granted.amount - year.used.amount for year in self._reached(number)), EUR)

    def taken(self, number: int, amount: Money) -> "ServiceBudget":
        """Spent in that year. More than is left makes a budget that the books refuse."""
        reached = self._reached(number)
        years = (replace(year, used=year.used + amount) if year in reached else year for year in self.years)
        return replace(self, years=tuple(years))

    def given_back(self, number: int, amount: Money) -> "ServiceBudget":
        return self.taken(number, Money(-amount.amount, EUR))

    def _reached(self, number: int) -> tuple[BudgetYear, ...]:
        """In whose sums a service of that year counts."""
        carries = self.package.carries_over
        return tuple(year for year in self.years if year.number == number or (carries and year.number > number))


def budget_of(lease: Lease, used: Mapping[int, Money]) -> ServiceBudget | None:
    """By what the books say was used, by year; None where the lease has no package, or nobody has the bike yet."""
    package = lease.quote.service if lease.quote is not None else None
    if package is None or lease.quote is None or lease.first_month is None or lease.handed_over_on is None:
        return None
    months = lease.quote.months
    last = -(-months // A_YEAR)
    years = tuple(
        _year(lease, package, number, number == last, used.get(number, Money(0, EUR))) for number in range(1, last + 1)
    )
    return ServiceBudget(package, years)


def _year(lease: Lease, package: ServicePackage, number: int, is_last: bool, used: Money) -> BudgetYear:
    assert lease.quote is not None and lease.first_month is not None  # noqa: PT018, S101 - the package is its quote's
    months, first = lease.quote.months, lease.first_month
    begins = months_on(first, A_YEAR * (number - 1)) if number > 1 else lease.handed_over_on or first
    ends = months_on(first, A_YEAR * number) - timedelta(days=1)
    before = _granted(package, A_YEAR * (number - 1)) if not package.carries_over else 0
    granted = _granted(package, min(A_YEAR * number, months)) - before
    return BudgetYear(number, begins, lease.last_day or ends if is_last else ends, Money(granted, EUR), used)


def _granted(package: ServicePackage, months: int) -> int:
    """In cents, by the end of so many months."""
    return part_of(package.budget.amount, Fraction(months, A_YEAR))
