"""The plan of a lease: what is owed for which of its months, when it is due, and by whom; a row of the plan has one number for good.

The plan is made with the handover. A rest moves it, another bike leaves it as it is, an early end cuts it. What has been
posted of it stays as it was: that is corrected by a document of its own, and never here.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.fees import Bearer, Fee, FeeKind
from domain.bike_leasing.calculation.schedule import due_on, months_on, start_policy
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import Lease, LeaseQuote
from domain.bike_leasing.contracts.parties import PartyId
from domain.money import Money


class InstalmentState(StrEnum):
    """`planned` is owed on its day. `on_hold` waits until it is known whether the lease goes on, `insured` is paid by an insurer,
    `cut` is owed by nobody, as the lease ended before. The others are the ledger's: `posted` as a claim, `collected`, or `failed`."""

    PLANNED = "planned"
    ON_HOLD = "on_hold"
    INSURED = "insured"
    CUT = "cut"
    POSTED = "posted"
    COLLECTED = "collected"
    FAILED = "failed"


OPEN = frozenset({InstalmentState.PLANNED, InstalmentState.ON_HOLD, InstalmentState.INSURED})
"""What a plan may still change."""


class InstalmentParts(Struct, frozen=True):
    """What a month is made of, gross: the rate of the bike, and fees by their kind. Insurance and the protection of rates bear no
    value added tax."""

    rate: Money
    insurance: Money = Money(0, EUR)
    service: Money = Money(0, EUR)
    rate_protection: Money = Money(0, EUR)

    @property
    def total(self) -> Money:
        return self.rate + self.insurance + self.service + self.rate_protection


class LeaseInstalment(Struct, frozen=True):
    """The instalment `number` of a lease, for the month whose first day is `month`. It is owed by the `employer`, or without one by the
    holder herself; `conversion` is what of it comes from the holder's pay."""

    number: int
    month: date
    due_on: date
    parts: InstalmentParts
    conversion: Money
    employer: PartyId | None = None
    state: InstalmentState = InstalmentState.PLANNED

    @property
    def amount(self) -> Money:
        return self.parts.total

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class Calendar(Struct, frozen=True):
    """On which day of a month is paid, 31 being its last, and the state whose holidays move that (§ 193 BGB)."""

    due_day: int
    state: str | None

    def due(self, month: date) -> date:
        return due_on(month, self.due_day, self.state)


def planned(
    first: date, quote: LeaseQuote, employer: PartyId | None, calendar: Calendar
) -> tuple[LeaseInstalment, ...]:
    """All instalments of a lease whose first month begins on that day."""
    parts = InstalmentParts(
        quote.rate,
        _of(quote.fees, FeeKind.INSURANCE),
        _of(quote.fees, FeeKind.SERVICE),
        _of(quote.fees, FeeKind.RATE_PROTECTION),
    )
    conversion = Money(0, EUR) if employer is None else _conversion(quote, parts)
    months = (months_on(first, index) for index in range(quote.months))
    return tuple(
        LeaseInstalment(number, month, calendar.due(month), parts, conversion, employer)
        for number, month in enumerate(months, 1)
    )


def _of(fees: Iterable[Fee], kind: FeeKind) -> Money:
    return Money(sum(fee.amount.amount for fee in fees if fee.kind is kind), EUR)


def _conversion(quote: LeaseQuote, parts: InstalmentParts) -> Money:
    """Whatever the employer does not bear."""
    hers = sum(fee.amount.amount for fee in quote.fees if fee.borne_by is Bearer.EMPLOYER)
    return Money(parts.total.amount - hers - quote.subsidy.amount, EUR)


def paid_by_pay_of(month: date, handed_over_on: date) -> date:
    """Which month of a lease the pay of `month` pays for, by the policy of its start: where pay is converted from the handover's month on, the next."""
    return months_on(month, start_policy(handed_over_on).ahead)


def brought_by(lease: Lease, month: date) -> date:
    """The lease's month that the pay of `month` pays for; whoever has no employer pays for each month in it."""
    if lease.parties.employer is None or lease.handed_over_on is None:
        return month
    return paid_by_pay_of(month, lease.handed_over_on)


def rested(
    plan: Sequence[LeaseInstalment], since: date, insured: int, *, moves: bool = True
) -> tuple[LeaseInstalment, ...]:
    """Nobody converts pay from that month on: for so many months an insurer pays; then it is waited for what becomes of it, or owed
    all the same where a rest `moves` nothing."""
    found, unpaid = [], InstalmentState.ON_HOLD if moves else InstalmentState.PLANNED
    for each in plan:
        if each.state is InstalmentState.PLANNED and each.month >= since:
            state = InstalmentState.INSURED if insured > 0 else unpaid
            each, insured = replace(each, state=state), insured - 1  # noqa: PLW2901 - the one that is kept
        found.append(each)
    return tuple(found)


def resumed(plan: Sequence[LeaseInstalment], on: date, calendar: Calendar) -> tuple[LeaseInstalment, ...]:
    """Pay is converted again from that month on: what an insurer paid until then is paid, and what nobody paid is owed from now on,
    month by month, so that the lease lasts longer."""
    waits = [each for each in plan if _waits(each, on)]
    month = max([on, *(months_on(each.month, 1) for each in plan if each not in waits)])
    moved = {
        each.number: replace(each, month=then, due_on=calendar.due(then), state=InstalmentState.PLANNED)
        for each, then in ((each, months_on(month, index)) for index, each in enumerate(waits))
    }
    return tuple(moved.get(each.number, each) for each in plan)


def _waits(each: LeaseInstalment, on: date) -> bool:
    uninsured = each.state is InstalmentState.INSURED and each.month >= on
    return uninsured or each.state is InstalmentState.ON_HOLD


def held(plan: Sequence[LeaseInstalment], after: date) -> tuple[LeaseInstalment, ...]:
    """What is due for months that begin after the day waits: the lease may end before."""
    return _with_state(plan, InstalmentState.ON_HOLD, lambda each: each.is_open and each.month > after)


def ended(plan: Sequence[LeaseInstalment]) -> tuple[LeaseInstalment, ...]:
    """What waited is owed no more: it is settled at once."""
    return _with_state(plan, InstalmentState.CUT, lambda each: each.state is InstalmentState.ON_HOLD)


def undone(plan: Sequence[LeaseInstalment]) -> tuple[LeaseInstalment, ...]:
    """The contract is undone, and nothing of it is owed any more."""
    return _with_state(plan, InstalmentState.CUT, lambda each: each.is_open)


def uninsured(plan: Sequence[LeaseInstalment], on: date) -> tuple[LeaseInstalment, ...]:
    """From that month on no insurer pays, and what he would have paid waits."""
    return _with_state(
        plan, InstalmentState.ON_HOLD, lambda each: each.state is InstalmentState.INSURED and each.month >= on
    )


def owed_by(plan: Sequence[LeaseInstalment], employer: PartyId | None) -> tuple[LeaseInstalment, ...]:
    """What waits is owed by another employer, or by the holder herself, whose pay is not converted for it."""
    return tuple(
        replace(each, employer=employer, conversion=each.conversion if employer is not None else Money(0, EUR))
        if each.state is InstalmentState.ON_HOLD
        else each
        for each in plan
    )


def released(plan: Sequence[LeaseInstalment]) -> tuple[LeaseInstalment, ...]:
    """What waited is owed on its day."""
    return _with_state(plan, InstalmentState.PLANNED, lambda each: each.state is InstalmentState.ON_HOLD)


def still_to_come(plan: Sequence[LeaseInstalment], today: date) -> bool:
    """Whether a month begins after the day that will be charged."""
    return any(each.month > today and each.state in {InstalmentState.PLANNED, InstalmentState.INSURED} for each in plan)


def waiting(plan: Sequence[LeaseInstalment]) -> int:
    """How many instalments wait."""
    return sum(each.state is InstalmentState.ON_HOLD for each in plan)


def changed(before: Sequence[LeaseInstalment], after: Sequence[LeaseInstalment]) -> tuple[LeaseInstalment, ...]:
    """What is otherwise in the plan afterwards."""
    return tuple(each for each in after if each not in before)


def last_day(plan: Sequence[LeaseInstalment]) -> date:
    """The last day of the plan's last month."""
    return months_on(max(each.month for each in plan), 1) - timedelta(days=1)


def _with_state(
    plan: Sequence[LeaseInstalment], state: InstalmentState, those: Callable[[LeaseInstalment], bool]
) -> tuple[LeaseInstalment, ...]:
    return tuple(replace(each, state=state) if those(each) else each for each in plan)
