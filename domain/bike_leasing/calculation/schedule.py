"""When instalments are due, from which months a lease and the conversion of pay run, and until when one may withdraw."""

import calendar
from datetime import date, timedelta

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import RuleVersion, in_force
from domain.holidays import on_or_after
from domain.money import Money
from domain.periods import Interval

LAST_DAY = 31


class Instalment(Struct, frozen=True):
    """What is due for one month, `month` being its first day. A month has one, whatever day it is due on."""

    number: int
    month: date
    due_on: date
    amount: Money


class StartPolicy(Struct, frozen=True):
    """So many months after that of the handover the lease begins, and the conversion of pay."""

    version: RuleVersion
    lease_after: int
    conversion_after: int

    @property
    def ahead(self) -> int:
        """How many months the pay is ahead of the month of the lease that it pays for."""
        return self.lease_after - self.conversion_after


START_POLICIES = (
    StartPolicy(
        RuleVersion(
            "start",
            date(2021, 3, 1),
            "§ 4 Abs. 3 TV-Fahrradleasing; a lessor's terms for the lease's own start",
            doubt="when the lease itself begins is each lessor's own term",
        ),
        lease_after=1,
        conversion_after=0,
    ),
)


class WithdrawalRule(Struct, frozen=True):
    """So many days; where the consumer was not told of her right, these and so many months more at the most."""

    version: RuleVersion
    days: int
    months_if_not_told: int


WITHDRAWAL_RULES = (
    WithdrawalRule(
        RuleVersion(
            "withdrawal",
            date(2014, 6, 13),
            "§§ 355 Abs. 2, 356 Abs. 3 BGB",
            doubt="with a purchase option the law of financing aids (§ 506 BGB) counts from 20 November 2026; drafts alone were read",
        ),
        14,
        12,
    ),
)


def months_on(first: date, months: int) -> date:
    """The first day of the month that comes so many later."""
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, 1)


def start_policy(handed_over_on: date) -> StartPolicy:
    """The policy of that day's handover; of days before the first policy, the first."""
    return in_force(START_POLICIES, handed_over_on) or START_POLICIES[0]


def starts(handed_over_on: date, policy: StartPolicy) -> tuple[date, date]:
    """The first month of the lease, and the first in which pay is converted."""
    return months_on(handed_over_on, policy.lease_after), months_on(handed_over_on, policy.conversion_after)


def instalments(first: date, months: int, day: int, amount: Money, state: str | None) -> tuple[Instalment, ...]:
    """One for each month from that of `first` on, due on the `day` of it, 31 being always the last.

    Where that is a Saturday, a Sunday or a holiday of the state, the next working day takes its place (§ 193 BGB), be it of
    the next month: what it is due for stays the same.
    """
    each = (months_on(first, index) for index in range(months))
    return tuple(Instalment(number, month, due_on(month, day, state), amount) for number, month in enumerate(each, 1))


def due_on(month: date, day: int, state: str | None) -> date:
    """The `day` of a month, or the last one of a shorter month; where that is no working day, the next one."""
    return on_or_after(on_day(month, day), state)


def on_day(month: date, day: int) -> date:
    """The `day` of a month, or the last one of a shorter month."""
    return month.replace(day=min(day, calendar.monthrange(month.year, month.month)[1]))


def withdrawal_until(concluded_on: date, rule: WithdrawalRule, state: str | None, *, told: bool = True) -> date:
    """The last day: the day of the contract does not count (§ 187 Abs. 1 BGB), and § 193 moves the last one on."""
    begins = concluded_on
    if not told:
        begins = Interval(rule.months_if_not_told, rule.version.since, rule.version.source).last_day(concluded_on)
    return on_or_after(begins + timedelta(days=rule.days), state)
