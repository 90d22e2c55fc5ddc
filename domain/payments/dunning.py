"""What is owed and cannot be taken: a case with reminders by the city's policy of that day, until it is paid or closed."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.cities import DunningPolicy
from domain.identity import SYSTEM, PersonId
from domain.money import Money
from domain.payments.payments import UNDER_WAY, Payment, RecoveryPoint
from domain.payments.settlement import Bill, is_owed
from domain.payments.transactions import LostDispute
from domain.refusals import Refusal


class CaseState(StrEnum):
    """`paid`: by what the provider took after all. The others are a person's word."""

    OPEN = "open"
    PAID = "paid"
    PAID_OTHERWISE = "paid_otherwise"
    WRITTEN_OFF = "written_off"


class NotClosable(StrEnum):
    UNKNOWN_CASE = "unknown_case"
    CASE_CLOSED = "case_closed"
    VERSION_MISMATCH = "version_mismatch"


# The facts that others act on; of a case, by the booking that it is about.
NEWS = frozenset({"dunning.opened", "dunning.reminded", "dunning.closed"})


class Case(Struct, frozen=True):
    """There is one for a booking. `policy` is frozen when it is opened; `fees` are those of the steps taken so far, in
    the currency of what is owed; `next_at` is when to remind next."""

    booking_id: UUID
    debtor_id: PersonId
    owed: Money
    opened_at: datetime
    updated_at: datetime
    policy: DunningPolicy | None = None
    steps_taken: int = 0
    fees: int = 0
    next_at: datetime | None = None
    state: CaseState = CaseState.OPEN
    closed_at: datetime | None = None
    closed_by: PersonId | None = None
    reason: str = ""
    version: int = 1

    @property
    def total(self) -> Money:
        return Money(self.owed.amount + self.fees, self.owed.currency)


def owed(bill: Bill, payments: Sequence[Payment], disputes: Iterable[LostDispute]) -> Money | None:
    """What was not taken for a use that is over, or that was to be taken at its beginning, and what a bank took back for good
    and the city claims; None while money is under way."""
    currency = bill.amount.currency
    busy = any(p.is_pending or p.recovery_point in {*UNDER_WAY, RecoveryPoint.RECORDED} for p in payments)
    if busy or any(p.is_held for p in payments):
        return None
    if not is_owed(bill):
        return Money(0, currency)
    missing = max(bill.amount.amount - sum(p.captured for p in payments), 0)
    lost = sum(dispute.amount for dispute in disputes if dispute.is_claimed and dispute.won_at is None)
    return Money(missing + min(lost, sum(p.captured for p in payments)), currency)


def in_force(policies: Iterable[DunningPolicy], today: date) -> DunningPolicy | None:
    """The city's policy of that day; without one nobody is reminded."""
    return max((each for each in policies if each.valid_from <= today), key=lambda each: each.valid_from, default=None)


def reviewed(case: Case | None, due: Money, bill: Bill, policy: DunningPolicy | None, now: datetime) -> Case | None:
    """The case by what is owed now; None where nothing changes. What a person closed stays closed, and a case keeps the
    policy that was in force when it was opened."""
    if case is None or case.state is CaseState.PAID:
        return _opened(case, due, bill, policy, now) if due.amount else None
    if case.state is not CaseState.OPEN or due == case.owed:
        return None
    if due.is_zero:
        return _closed(case, CaseState.PAID, SYSTEM, "", now)
    return _next(replace(case, owed=due), now)


def reminded(case: Case, now: datetime) -> Case | None:
    """One step further, if it is time; the last is followed by none, and a person decides."""
    if case.state is not CaseState.OPEN or case.policy is None or case.next_at is None or now < case.next_at:
        return None
    taken = case.steps_taken + 1
    fee = case.policy.steps[case.steps_taken].fee
    return _next(replace(case, steps_taken=taken, fees=case.fees + fee, next_at=_due(case, taken, now)), now)


def close(case: Case, how: CaseState, reason: str, by: PersonId, now: datetime) -> Case | Refusal[NotClosable]:
    if case.state is not CaseState.OPEN:
        return Refusal(NotClosable.CASE_CLOSED)
    return _closed(case, how, by, reason, now)


def news(before: Case | None, after: Case) -> tuple[str, ...]:
    if before is None or (after.state is CaseState.OPEN and before.state is not CaseState.OPEN):
        return ("dunning.opened",)
    if after.state is not before.state:
        return ("dunning.closed",)
    return ("dunning.reminded",) if after.steps_taken > before.steps_taken else ()


def _opened(before: Case | None, due: Money, bill: Bill, policy: DunningPolicy | None, now: datetime) -> Case:
    version = before.version + 1 if before is not None else 1
    case = Case(bill.booking_id, bill.holder_id, due, now, now, policy, version=version)
    return replace(case, next_at=_due(case, 0, now))


def _due(case: Case, taken: int, now: datetime) -> datetime | None:
    """Never two at once: after a worker was away for long, each step waits for its own distance from the one before."""
    steps = case.policy.steps if case.policy is not None else ()
    if taken >= len(steps):
        return None
    if not taken:
        return case.opened_at + timedelta(days=steps[0].after_days)
    return now + timedelta(days=steps[taken].after_days - steps[taken - 1].after_days)


def _closed(case: Case, how: CaseState, by: PersonId, reason: str, now: datetime) -> Case:
    return _next(replace(case, state=how, closed_at=now, closed_by=by, reason=reason, next_at=None), now)


def _next(case: Case, now: datetime) -> Case:
    return replace(case, updated_at=now, version=case.version + 1)
