"""Reminders of what nobody paid, by the city's policy, and when two instalments are reason enough to end a lease."""

from collections.abc import Iterable
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import RuleVersion
from domain.cities.finance import DunningPolicy
from domain.money import Money
from domain.reconciliation.expected import ExpectedId


class Overdue(Struct, frozen=True):
    """What is open: nothing is under way for it. `since` is the day it was due, or came back."""

    receivable: ExpectedId
    since: date
    amount: Money
    steps_taken: int = 0


class Reminder(Struct, frozen=True):
    """`step` counts from 1; `fee` makes good the delay and bears no tax."""

    receivable: ExpectedId
    step: int
    fee: Money


def policy_of(policies: Iterable[DunningPolicy], since: date) -> DunningPolicy | None:
    """The city's policy of the day since which it is owed; without one nobody is reminded."""
    return max((each for each in policies if each.valid_from <= since), key=lambda each: each.valid_from, default=None)


def due_reminder(overdue: Overdue, policy: DunningPolicy | None, today: date) -> Reminder | None:
    """The next reminder, if its day has come; one at a time, however long nobody looked."""
    if policy is None or overdue.steps_taken >= len(policy.steps):
        return None
    step = policy.steps[overdue.steps_taken]
    if today < overdue.since + timedelta(days=step.after_days):
        return None
    return Reminder(overdue.receivable, overdue.steps_taken + 1, Money(step.fee, overdue.amount.currency))


class Level(StrEnum):
    """`terminable`: so much is open that the lessor may end the lease for an important reason."""

    NONE = "none"
    OPEN = "open"
    REMINDED = "reminded"
    TERMINABLE = "terminable"


class TerminationRule(Struct, frozen=True):
    """So many instalments in arrears."""

    version: RuleVersion
    rates: int


TERMINATION_RULES = (
    TerminationRule(
        RuleVersion(
            "lease_arrears",
            date(2001, 9, 1),
            "§ 543 Abs. 2 Nr. 3 BGB",
            doubt="it is rent's law; consumers' leases that finance a purchase need more (§ 498 BGB)",
        ),
        2,
    ),
)


def level(open_charges: Iterable[Overdue], rule: TerminationRule) -> Level:
    """Where a lease stands with what is open of it."""
    found = list(open_charges)
    if len(found) >= rule.rates and all(each.steps_taken for each in found[: rule.rates]):
        return Level.TERMINABLE
    if any(each.steps_taken for each in found):
        return Level.REMINDED
    return Level.OPEN if found else Level.NONE
