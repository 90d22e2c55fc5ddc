"""What an employer's payroll has to know of a month: whose pay is converted by how much, and which benefit is to be taxed.

Pay is converted by the policy of the lease's start: with TV-Fahrradleasing from the month of the handover on, so the pay of a month
brings the instalment of the next.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.sheets import EUR, Sheet, in_force
from domain.bike_leasing.calculation.vat import STANDARD_RATES, ConvertedPay, vat_on_converted_pay
from domain.bike_leasing.contracts.leases import IncidentOutcome, Lease, LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.contracts.plans import InstalmentState, LeaseInstalment, paid_by_pay_of
from domain.bike_leasing.money.charging import charge
from domain.identity import PersonId
from domain.money import Money

NOT_CONVERTED = frozenset({InstalmentState.ON_HOLD, InstalmentState.INSURED, InstalmentState.CUT})


class PayrollLine(Struct, frozen=True):
    """One lease in one month's pay. `conversion` is what is kept from gross pay, `benefit` what is taxed as if it were pay,
    `employer_part` what the employer gives; `vat` is what it owes on the converted pay, nothing where it deducts none.

    `number` is whose pay it is, as the employer's payroll calls her; None where nobody has said it.
    """

    lease_id: LeaseId
    holder: PersonId
    number: str | None
    month: date
    conversion: Money
    benefit: Money
    employer_part: Money
    vat: Money


class BikeBenefit(Struct, frozen=True):
    """The benefit in kind of a bike that its holder has since that day, in a month."""

    since: date
    amount: Money


class PayrollBook(Struct, frozen=True):
    """What is known of a lease for its holder's pay at one employer: the benefits in kind of its bikes, the first one's first, as they
    were calculated at each handover, her personnel number there, whether the employer deducts value added tax, and the plan, of which others may owe months before or after."""

    lease: Lease
    employer: PartyId
    benefits: tuple[BikeBenefit, ...]
    number: str | None
    deducts_vat: bool
    plan: tuple[LeaseInstalment, ...]

    def benefit_in(self, month: date) -> Money:
        """Of the bike that she has as the month begins; in that of the handover of the first one."""
        had = [each for each in self.benefits if each.since <= month] or self.benefits[:1]
        return had[-1].amount if had else Money(0, EUR)


def payroll_line(book: PayrollBook, month: date) -> PayrollLine | None:
    """The month's line; None where neither pay is converted nor a bike is had. While the lease rests nothing is converted, and
    the use of the bike is a benefit still. An employer's months stay its own, whoever goes on with the lease."""
    lease = book.lease
    owed = [each for each in book.plan if each.employer == book.employer]
    if not owed or lease.handed_over_on is None:
        return None
    wanted, had_from = paid_by_pay_of(month, lease.handed_over_on), _begins(lease.handed_over_on, owed)
    if month < had_from and (lease.transferred_on is None or month < lease.transferred_on.replace(day=1)):
        return None
    paid = next((each for each in owed if each.month == wanted and each.state not in NOT_CONVERTED), None)
    has_bike = any(each.month >= month and each.state is not InstalmentState.CUT for each in owed)
    is_hers = _is_had(lease, month) or any(each.month == month and each.state not in NOT_CONVERTED for each in owed)
    nothing = Money(0, EUR)
    conversion = paid.conversion if paid is not None else nothing
    benefit = book.benefit_in(month) if has_bike and is_hers and month >= had_from else nothing
    if conversion.is_zero and benefit.is_zero:
        return None
    employer_part = paid.amount - conversion if paid is not None else nothing
    vat = _vat(book, paid, month) if paid is not None else nothing
    return PayrollLine(lease.id, lease.parties.holder, book.number, month, conversion, benefit, employer_part, vat)


def _is_had(lease: Lease, month: date) -> bool:
    """Whether the month begins before the day of notice, or of a total loss: what waits afterwards is nobody's use of a bike."""
    lost = [each.ended_on for each in lease.incidents_before if each.outcome is IncidentOutcome.TOTAL_LOSS]
    until = [*lost, lease.termination.on if lease.termination is not None else None]
    return all(day is None or month <= day for day in until)


def _begins(handed_over_on: date, owed: Sequence[LeaseInstalment]) -> date:
    """In which month whoever owes these first has her with the bike: with the handover, or with the first month that came over."""
    if any(each.number == 1 for each in owed):
        return handed_over_on.replace(day=1)
    return min(each.month for each in owed)


def _vat(book: PayrollBook, paid: LeaseInstalment, month: date) -> Money:
    """On what is given up, and at least on what the bike costs the employer."""
    rule = in_force(STANDARD_RATES, month)
    as_planned = replace(paid, state=InstalmentState.PLANNED)
    owed = charge(book.lease.id, book.lease.parties.holder, as_planned)
    if rule is None or owed is None:
        return Money(0, EUR)
    sheet = vat_on_converted_pay(ConvertedPay(paid.conversion, owed.net, book.deducts_vat, rule))
    return sheet.results["vat"] if isinstance(sheet, Sheet) else Money(0, EUR)


class PayrollSum(Struct, frozen=True):
    conversion: Money
    benefit: Money
    employer_part: Money
    vat: Money
    leases: int


def summed(lines: Iterable[PayrollLine]) -> PayrollSum:
    nothing = Money(0, EUR)
    found = PayrollSum(nothing, nothing, nothing, nothing, 0)
    for line in lines:
        found = PayrollSum(
            found.conversion + line.conversion,
            found.benefit + line.benefit,
            found.employer_part + line.employer_part,
            found.vat + line.vat,
            found.leases + 1,
        )
    return found
