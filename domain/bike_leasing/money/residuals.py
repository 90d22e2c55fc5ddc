"""What finance looks at of the lessor's bikes, month by month: their worth in the books, what it will be in the end, what is owed for them."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from io import StringIO
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.money.month_end import Standing, begins
from domain.ledger.accounts import DEALERS, DEPRECIATION, LEASED_BIKES, AccountKey
from domain.money import Money

ACCOUNTS = (LEASED_BIKES, DEPRECIATION, DEALERS)
COLUMNS = ("month", "bikes", "book_value", "residual", "depreciation", "open_payables")


class MonthOfBikes(Struct, frozen=True):
    """At the end of a month of the books. `depreciation` is what was written off in it, with what bikes that went still stood in the
    books with; `residual` what those that are there are reckoned to be worth when their leases end, net."""

    month: date
    bikes: int
    book_value: Money
    residual: Money
    depreciation: Money
    open_payables: Money


def months_of_bikes(
    first: date,
    last: date,
    bikes: Sequence[Standing],
    moved: Mapping[tuple[AccountKey, date], int],
    zone: ZoneInfo,
) -> tuple[MonthOfBikes, ...]:
    """`moved` has debits less credits by account and month of the books, since they began."""
    found: list[MonthOfBikes] = []
    month = first
    while month <= last:
        over = begins(months_on(month, 1), zone)
        there = [each for each in bikes if each.stands(over)]
        found.append(
            MonthOfBikes(
                month,
                len(there),
                Money(_until(LEASED_BIKES, month, moved), EUR),
                sum((each.worth.residual for each in there), Money(0, EUR)),
                Money(moved.get((DEPRECIATION, month), 0), EUR),
                Money(-_until(DEALERS, month, moved), EUR),
            )
        )
        month = months_on(month, 1)
    return tuple(found)


def as_csv(months: Iterable[MonthOfBikes]) -> bytes:
    """UTF-8 with a mark, semicolons, decimal commas: what a German spreadsheet opens with a click."""
    out = StringIO()
    sheet = csv.writer(out, delimiter=";", lineterminator="\r\n")
    sheet.writerow(COLUMNS)
    for each in months:
        amounts = (each.book_value, each.residual, each.depreciation, each.open_payables)
        sheet.writerow([f"{each.month:%Y-%m}", each.bikes, *map(_german, amounts)])
    return out.getvalue().encode("utf-8-sig")


def _until(account: AccountKey, month: date, moved: Mapping[tuple[AccountKey, date], int]) -> int:
    return sum(amount for (of, when), amount in moved.items() if of == account and when <= month)


def _german(money: Money) -> str:
    sign, cents = ("-" if money.amount < 0 else ""), abs(money.amount)
    return f"{sign}{cents // 100},{cents % 100:02d}"
