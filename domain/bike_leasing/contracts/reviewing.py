"""The employer's and the lessor's yes or no. A consumer's lease is the lessor's alone to decide."""

from collections.abc import Set
from datetime import date, timedelta
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.schedule import WithdrawalRule, months_on, withdrawal_until
from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, NotDone, turn
from domain.bike_leasing.contracts.leases import Lease
from domain.bike_leasing.contracts.parties import Bar, Framework, MinimumWage
from domain.money import Money
from domain.refusals import Refusal


class Employment(Struct, frozen=True):
    """What HR knows of whoever applies. `ends_on` is None where nothing ends it; `hourly_after` is what is left of an hour's
    pay, in euros, once pay is converted."""

    bars: frozenset[Bar]
    ends_on: date | None
    hourly_after: Decimal


class Right(Struct, frozen=True):
    """A consumer's right of withdrawal, the state whose holidays count, and whether she was `told` of it."""

    rule: WithdrawalRule
    state: str | None
    told: bool = True


def start_review(lease: Lease, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """Somebody looks at it. It may be decided without that, too."""
    found = turn(lease, Act.START_REVIEW, by)
    return found if isinstance(found, Refusal) else found.taken(lease)


def approve(
    lease: Lease, employment: Employment, barring: Set[Bar], wage: MinimumWage, by: Attempt
) -> LeaseStepped | Refusal[NotDone]:
    """The employer's yes. `barring` is what the collective agreement takes for a bar. Nobody approves her own application:
    whoever holds the bike stands on no other side of it."""
    found = turn(lease, Act.APPROVE, by)
    if isinstance(found, Refusal):
        return found
    if employment.bars & barring:
        return Refusal(NotDone.BARRED, "/bars")
    if employment.ends_on is not None and employment.ends_on < _earliest_end(lease, by.today):
        return Refusal(NotDone.EMPLOYMENT_ENDS_BEFORE, "/ends_on")
    if employment.hourly_after < wage.hourly:
        return Refusal(NotDone.BELOW_MINIMUM_WAGE, "/hourly_after")
    return found.taken(lease)


def _earliest_end(lease: Lease, today: date) -> date:
    """The last day of a lease that is handed over today and begins in the next month."""
    months = lease.quote.months if lease.quote is not None else 0
    return months_on(today, 1 + months) - timedelta(days=1)


def reject(lease: Lease, reason: str, by: Attempt) -> LeaseStepped | Refusal[NotDone]:
    """The employer's or the lessor's no, which says why. A consumer who was refused for a score may ask for a human being to look
    again (article 22 GDPR)."""
    found = turn(lease, Act.REJECT, by)
    if isinstance(found, Refusal):
        return found
    if not reason.strip():
        return Refusal(NotDone.REASON_MISSING, "/reason")
    return found.taken(replace(lease, reason=reason.strip()))


def order(
    lease: Lease,
    framework: Framework | None,
    credit_used: Money,
    right: Right,
    by: Attempt,
    *,
    signed: bool,
    credit_granted: bool,
) -> LeaseStepped | Refusal[NotDone]:
    """The lessor's yes, which concludes the contract and orders the bike.

    `credit_used` is what the employer's other leases add up to, in financed amounts; `credit_granted` counts for consumers.
    """
    found = turn(lease, Act.ORDER, by)
    if isinstance(found, Refusal):
        return found
    if not signed:
        return Refusal(NotDone.NOT_SIGNED, "/signed")
    if not lease.is_private:
        no = credit_against(lease, framework, credit_used, by.today)
        return Refusal(no) if no is not None else found.taken(replace(lease, concluded_on=by.today))
    if not credit_granted:
        return Refusal(NotDone.CREDIT_NOT_GRANTED, "/credit_granted")
    until = withdrawal_until(by.today, right.rule, right.state, told=right.told)
    return found.taken(replace(lease, concluded_on=by.today, withdrawal_until=until))


def credit_against(lease: Lease, framework: Framework | None, credit_used: Money, today: date) -> NotDone | None:
    """What the employer's framework has against one more lease."""
    if framework is None or not framework.span.holds(today):
        return NotDone.FRAMEWORK_NOT_ACTIVE
    financed = lease.quote.bike.sale_price if lease.quote is not None else Money(0, credit_used.currency)
    if (credit_used + financed).amount > framework.credit_line.amount:
        return NotDone.CREDIT_LINE_USED_UP
    return None
