"""What is owed and cannot be taken: a case with reminders by the city's policy of that day, until it is paid or closed."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.cities.finance import DunningPolicy
from domain.identity import SYSTEM, PersonId
from domain.money import Money
from domain.payments.owing import CaseId, Claim, Settled, Standing
from domain.payments.settlement import Bill
from domain.refusals import Refusal


class CaseState(StrEnum):
    """`paid`: it was taken or transferred after all. The others are a person's word, or the city's where it is `written_off` as too
    little to ask for."""

    OPEN = "open"
    PAID = "paid"
    PAID_OTHERWISE = "paid_otherwise"
    WRITTEN_OFF = "written_off"


BY_WORD = frozenset({CaseState.PAID_OTHERWISE, CaseState.WRITTEN_OFF})


class NotClosable(StrEnum):
    UNKNOWN_CASE = "unknown_case"
    CASE_CLOSED = "case_closed"
    NO_REFERENCE = "no_reference"
    ALREADY_PAID = "already_paid"
    MONEY_UNDER_WAY = "money_under_way"
    VERSION_MISMATCH = "version_mismatch"


# The facts that others act on; of a case, by the booking that it is about.
NEWS = frozenset({"dunning.opened", "dunning.reminded", "dunning.fees_waived", "dunning.closed"})


class Charge(Struct, frozen=True):
    """A reminder's fee, in minor units: damages for late payment (§ 280, § 288 BGB), without tax. It has a document of its own;
    one that is waived is credited."""

    step: int
    amount: int
    made_at: datetime
    waived_at: datetime | None = None
    waived_by: PersonId | None = None
    waived_for: str = ""


class Case(Struct, frozen=True):
    """A booking has one that is open at most; what is owed anew after it was closed opens another. `policy` is frozen when
    it is opened; `fees` are those that were neither paid nor waived, in the currency of what is owed; `next_at` is when to
    remind next. `transferred` is what had come by bank for the booking when it was last looked at; `reference` says how it
    was paid."""

    id: CaseId
    booking_id: UUID
    debtor_id: PersonId
    owed: Money
    opened_at: datetime
    updated_at: datetime
    policy: DunningPolicy | None = None
    claims: tuple[Claim, ...] = ()
    charges: tuple[Charge, ...] = ()
    transferred: int = 0
    steps_taken: int = 0
    fees: int = 0
    next_at: datetime | None = None
    state: CaseState = CaseState.OPEN
    closed_at: datetime | None = None
    closed_by: PersonId | None = None
    reason: str = ""
    reference: str = ""
    version: int = 1

    @property
    def total(self) -> Money:
        return Money(self.owed.amount + self.fees, self.owed.currency)

    @property
    def cash_reference(self) -> str | None:
        """The Kassenzeichen under which all of it may be transferred: that of the oldest invoice; None before there is one."""
        asked = sorted((claim for claim in self.claims if claim.open), key=lambda claim: claim.fee)
        return asked[0].cash_reference if asked else None


def settled_by(cases: Iterable[Case]) -> tuple[Settled, ...]:
    """What people have said of a booking's debts."""
    return tuple(Settled(case.owed.amount, case.claims) for case in cases if case.state in BY_WORD)


def in_force(policies: Iterable[DunningPolicy], today: date) -> DunningPolicy | None:
    """The city's policy of that day; without one nobody is reminded."""
    return max((each for each in policies if each.valid_from <= today), key=lambda each: each.valid_from, default=None)


def reviewed(
    case: Case | None, now_owed: Standing, bill: Bill, policy: DunningPolicy | None, *, new_id: CaseId, now: datetime
) -> Case | None:
    """The booking's latest case by what is owed now; None where nothing changes. A case keeps the policy that was in force
    when it was opened. One that is closed stays so: what is owed anew is another's, unless the transfer that paid it was
    none."""
    if case is None or not (case.state is CaseState.OPEN or _was_not_paid(case, now_owed)):
        return _opened(new_id, now_owed, bill, policy, now) if now_owed.owed.amount else None
    seen = _seen(case, now_owed)
    if case.state is not CaseState.OPEN:
        due = _due(case, case.steps_taken, now)
        return _next(replace(seen, state=CaseState.OPEN, closed_at=None, closed_by=None, next_at=due), now)
    if seen.total.is_zero:
        paid = replace(case, claims=seen.claims, transferred=seen.transferred)  # `owed` and `fees` say what was paid
        return _closed(paid, CaseState.PAID, SYSTEM, "", now)
    return None if seen == case else _next(seen, now)


def reminded(before: Case, now_owed: Standing, now: datetime) -> Case | None:
    """One step further by what is owed now, if it is time; the last is followed by none, and a person decides. Nobody is reminded of what was
    paid a moment ago. Where fees alone are owed, no more are added. What is less than the city asks for is written off, as whoever decided
    the policy said; but not a month that fell due by itself, or a lease would be let go of month by month."""
    case = _seen(before, now_owed)
    if case.state is not CaseState.OPEN or case.policy is None or case.next_at is None or now < case.next_at:
        return None
    if case.total.is_zero:
        return None
    a_month = any(claim.later and claim.open for claim in case.claims)
    if case.total.amount < case.policy.write_off_below and not a_month:
        return _closed(case, CaseState.WRITTEN_OFF, SYSTEM, case.policy.source, now)
    taken = case.steps_taken + 1
    fee = case.policy.steps[case.steps_taken].fee if case.owed.amount else 0
    charges = (*case.charges, Charge(taken, fee, now)) if fee else case.charges
    further = replace(case, steps_taken=taken, charges=charges, fees=case.fees + fee, next_at=_due(case, taken, now))
    return _next(further, now)


def waive(
    case: Case, paid: Mapping[tuple[CaseId, int], int], reason: str, by: PersonId, now: datetime
) -> Case | Refusal[NotClosable]:
    """The fees of which nothing was paid yet are asked for no more; the case itself where there are none. `paid` is what
    came for fees, by case and step, in minor units. Money under way is for what is owed beside them."""
    if case.state is not CaseState.OPEN:
        return Refusal(NotClosable.CASE_CLOSED)
    charges = tuple(
        replace(each, waived_at=now, waived_by=by, waived_for=reason)
        if each.waived_at is None and not paid.get((case.id, each.step))
        else each
        for each in case.charges
    )
    if charges == case.charges:
        return case
    return _next(replace(case, charges=charges, fees=_unpaid(case.id, charges, paid)), now)


def close(
    case: Case, now_owed: Standing | None, how: CaseState, *, reason: str, reference: str, by: PersonId, now: datetime
) -> Case | Refusal[NotClosable]:
    """A person's word on what is owed now; None of that while money is under way, which would be taken beside it. What was paid
    otherwise is in somebody's books, so it has to be said under which reference. What was paid a moment ago closes by that."""
    if case.state is not CaseState.OPEN:
        return Refusal(NotClosable.CASE_CLOSED)
    if how is CaseState.PAID_OTHERWISE and not reference.strip():
        return Refusal(NotClosable.NO_REFERENCE, "/reference")
    if now_owed is None:
        return Refusal(NotClosable.MONEY_UNDER_WAY)
    seen = _seen(case, now_owed)
    if seen.total.is_zero:
        return Refusal(NotClosable.ALREADY_PAID)
    return _closed(replace(seen, reference=reference), how, by, reason, now)


def news(before: Case | None, after: Case) -> tuple[str, ...]:
    if before is None or (after.state is CaseState.OPEN and before.state is not CaseState.OPEN):
        return ("dunning.opened",)
    if after.state is not before.state:
        return ("dunning.closed",)
    if sum(each.waived_at is not None for each in after.charges) > sum(
        each.waived_at is not None for each in before.charges
    ):
        return ("dunning.fees_waived",)
    return ("dunning.reminded",) if after.steps_taken > before.steps_taken else ()


def _was_not_paid(case: Case, now_owed: Standing) -> bool:
    """Whether a transfer that paid it was taken apart from it since."""
    return (
        case.state is CaseState.PAID
        and now_owed.transferred < case.transferred
        and not _seen(case, now_owed).total.is_zero
    )


def _seen(case: Case, now_owed: Standing) -> Case:
    fees = _unpaid(case.id, case.charges, now_owed.fees)
    return replace(case, owed=now_owed.owed, claims=now_owed.claims, transferred=now_owed.transferred, fees=fees)


def _unpaid(case_id: CaseId, charges: Iterable[Charge], paid: Mapping[tuple[CaseId, int], int]) -> int:
    return sum(max(each.amount - paid.get((case_id, each.step), 0), 0) for each in charges if each.waived_at is None)


def _opened(case_id: CaseId, now_owed: Standing, bill: Bill, policy: DunningPolicy | None, now: datetime) -> Case:
    case = Case(
        case_id,
        bill.booking_id,
        bill.holder_id,
        now_owed.owed,
        now,
        now,
        policy,
        claims=now_owed.claims,
        transferred=now_owed.transferred,
    )
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
