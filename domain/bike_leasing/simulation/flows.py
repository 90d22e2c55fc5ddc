"""What a lease costs the employee and the employer, month by month: what each pays is below zero, what each gets above."""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.fees import Bearer
from domain.bike_leasing.calculation.schedule import StartPolicy, instalments, months_on, start_policy
from domain.bike_leasing.calculation.sheets import EUR, NotCalculable, Note
from domain.bike_leasing.simulation.rulebook import Sheets, input_vat, sheets_of
from domain.bike_leasing.simulation.scenarios import PROTECTED, ConversionStart, Scenario, impossible
from domain.money import Money
from domain.refusals import Refusal


class Phase(StrEnum):
    """How a month of the lease is: `starting` has no rate yet, `resting` one that no pay pays for, `insured` one that nobody here
    pays; in `settling` the employee has left; `running` is the rest. Where the pay of a month pays for the lease's next one, a month
    without pay is the one before that which rests."""

    STARTING = "starting"
    RUNNING = "running"
    RESTING = "resting"
    INSURED = "insured"
    SETTLING = "settling"
    ENDED = "ended"


class FlowKind(StrEnum):
    """`net_burden` is what the employee's net pay is less; `lease` what the lessor gets from the employer, `conversion` what the
    employer pays less in wages, `shares_saved` less in insurance, `vat` what it owes on converted pay and `input_vat` what
    it deducts; `own_rate` what the employee pays herself to the employer; the rest is paid to the lessor."""

    NET_BURDEN = "net_burden"
    LEASE = "lease"
    CONVERSION = "conversion"
    SHARES_SAVED = "shares_saved"
    VAT = "vat"
    INPUT_VAT = "input_vat"
    OWN_RATE = "own_rate"
    SETTLEMENT = "settlement"
    PURCHASE = "purchase"


class Flow(Struct, frozen=True):
    kind: FlowKind
    amount: Money


class MonthOfBoth(Struct, frozen=True):
    """`month` is its first day; `rate_due_on` is when the month's rate is due to the lessor, where there is one."""

    month: date
    phase: Phase
    rate_due_on: date | None
    employee: tuple[Flow, ...]
    employer: tuple[Flow, ...]

    @property
    def sums(self) -> tuple[int, int]:
        """The employee's and the employer's, in cents."""
        return _sum(self.employee), _sum(self.employer)


class Simulation(Struct, frozen=True):
    """`against_buying` is what the employee has paid less, over all of it, than the dealer's price; only where the bike is hers in
    the end."""

    scenario: Scenario
    months: tuple[MonthOfBoth, ...]
    employee: Money
    employer: Money
    against_buying: Money | None
    sheets: Sheets
    notes: tuple[Note, ...]


def simulate(scenario: Scenario, state: str | None) -> Simulation | Refusal[NotCalculable]:
    """Both sides' cash flows. `state` is the part after `DE-` of ISO 3166-2 whose holidays move due days.

    The rules, and what is taken of pay, are those of the handover throughout: nobody knows later ones.
    """
    if (no := impossible(scenario)) is not None:
        return no
    sheets = sheets_of(scenario)
    if isinstance(sheets, Refusal):
        return sheets
    months = tuple(_months(scenario, sheets, state))
    employee, employer = (sum(each) for each in zip(*(month.sums for month in months), strict=True))
    hers = scenario.buys and scenario.leaves_after is None
    return Simulation(
        scenario,
        months,
        Money(employee, EUR),
        Money(employer, EUR),
        Money(scenario.sale_price.amount + employee, EUR) if hers else None,
        sheets,
        tuple(dict.fromkeys(note for sheet in sheets.by_name.values() for note in sheet.notes)),
    )


def _months(scenario: Scenario, sheets: Sheets, state: str | None) -> Iterator[MonthOfBoth]:
    policy = _policy(scenario)
    lease_from, runs = policy.lease_after, scenario.leaves_after or scenario.months
    first = months_on(scenario.handed_over_on, lease_from)
    due = instalments(first, runs, scenario.due_day, sheets.by_name["month"].results["total"], state)
    resting = _resting(scenario, policy.ahead)
    for index in range(lease_from + runs):
        number = index - lease_from + 1  # of the lease's months; 0 before the first
        brought = number + policy.ahead  # the lease's month that this month's pay pays for
        converts = 1 <= brought <= runs and brought not in resting
        phase = resting.get(number, Phase.RUNNING) if number else Phase.STARTING
        rate = due[number - 1] if number else None
        yield MonthOfBoth(
            months_on(scenario.handed_over_on, index),
            phase,
            rate.due_on if rate is not None else None,
            tuple(_nonzero(_employees(scenario, sheets, phase, converts=converts))),
            tuple(_nonzero(_employers(scenario, sheets, phase, converts=converts))),
        )
    yield _last(scenario, sheets, months_on(first, runs))


def _policy(scenario: Scenario) -> StartPolicy:
    """After how many months from that of the handover the lease begins, and the conversion."""
    policy = start_policy(scenario.handed_over_on)
    with_lease = scenario.conversion_starts is ConversionStart.WITH_LEASE
    return replace(policy, conversion_after=policy.lease_after) if with_lease else policy


def _resting(scenario: Scenario, ahead: int) -> dict[int, Phase]:
    """The lease's months that no pay pays for. An insurer pays for the first of each pause, if enough were converted before."""
    protection, found = PROTECTED[scenario.protection], dict[int, Phase]()
    for each in scenario.pauses:
        unpaid = each.first_month + ahead
        converted = sum(number not in found for number in range(1, unpaid))
        covered = protection.covered(each.pause, each.months, converted)
        for offset in range(each.months):
            found[unpaid + offset] = Phase.INSURED if offset < covered else Phase.RESTING
    return found


def _employees(scenario: Scenario, sheets: Sheets, phase: Phase, *, converts: bool) -> Iterator[tuple[FlowKind, int]]:
    if converts:
        yield FlowKind.NET_BURDEN, -sheets.cents("net_burden", "net_burden")
    if phase is Phase.RESTING and scenario.pause_borne_by is Bearer.EMPLOYEE:
        yield FlowKind.OWN_RATE, -sheets.cents("month", "conversion")


def _employers(scenario: Scenario, sheets: Sheets, phase: Phase, *, converts: bool) -> Iterator[tuple[FlowKind, int]]:
    if phase in {Phase.RUNNING, Phase.RESTING}:
        yield FlowKind.LEASE, -sheets.cents("month", "total")
        yield FlowKind.INPUT_VAT, input_vat(scenario, sheets.by_name["rate"].results["rate"])
    if phase is Phase.RESTING and scenario.pause_borne_by is Bearer.EMPLOYEE:
        yield FlowKind.OWN_RATE, sheets.cents("month", "conversion")
    if converts:
        yield FlowKind.CONVERSION, sheets.cents("month", "conversion")
        yield FlowKind.SHARES_SAVED, sheets.cents("net_burden", "employer_saves")
        yield FlowKind.VAT, -sheets.cents("vat", "vat")


def _last(scenario: Scenario, sheets: Sheets, month: date) -> MonthOfBoth:
    """The month after the last: the bike is settled, bought, or just gone."""
    owed = -sheets.cents("settlement", "owed")
    by_employee = scenario.settlement_borne_by is Bearer.EMPLOYEE
    employee = [
        (FlowKind.SETTLEMENT, owed if by_employee else 0),
        (FlowKind.PURCHASE, -sheets.cents("purchase", "offer")),
    ]
    employer = [(FlowKind.SETTLEMENT, 0 if by_employee else owed)]
    phase = Phase.SETTLING if scenario.leaves_after is not None else Phase.ENDED
    return MonthOfBoth(month, phase, None, tuple(_nonzero(employee)), tuple(_nonzero(employer)))


def _nonzero(flows: Iterable[tuple[FlowKind, int]]) -> Iterator[Flow]:
    return (Flow(kind, Money(amount, EUR)) for kind, amount in flows if amount)


def _sum(flows: tuple[Flow, ...]) -> int:
    return sum(flow.amount.amount for flow in flows)
