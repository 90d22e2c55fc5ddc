"""The end of a month for finance: what it earned and nobody was charged for, and what the bikes lost of their worth."""

from collections.abc import Iterable
from datetime import date

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.money.bikes import Worth
from domain.bike_leasing.money.charging import Charge
from domain.money import Money


class MonthEnd(Struct, frozen=True):
    """`accrued` is net; `book_value` and `residual` are of the bikes that the lessor has at the end of the month."""

    month: date
    accrued: Money
    depreciation: Money
    book_value: Money
    residual: Money
    bikes: int

    def with_(self, worth: Worth) -> "MonthEnd":
        """One bike more."""
        return MonthEnd(
            self.month,
            self.accrued,
            self.depreciation + worth.lost_in(self.month),
            self.book_value + worth.book_value(self.month),
            self.residual + worth.residual,
            self.bikes + 1,
        )


def month_end(month: date, worths: Iterable[Worth], not_charged: Iterable[Charge]) -> MonthEnd:
    """`not_charged` is what the month's plan has and no run has charged."""
    nothing = Money(0, EUR)
    found = MonthEnd(month, sum((each.net for each in not_charged), nothing), nothing, nothing, nothing, 0)
    for worth in worths:
        found = found.with_(worth)
    return found
