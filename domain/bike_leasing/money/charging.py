"""What a month of a lease comes to: who pays it, in which way, and how it is taxed.

A month is charged once, whatever its instalment is due on; what it earns is earned in that month.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.bike_leasing.calculation.fees import FeeKind
from domain.bike_leasing.calculation.sheets import EUR, RuleVersion, in_force
from domain.bike_leasing.calculation.vat import STANDARD_RATES
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.contracts.plans import InstalmentParts, InstalmentState, LeaseInstalment
from domain.identity import PersonId
from domain.money import Money, vat_within


class Payer(StrEnum):
    """The employer, who keeps it from the pay and pays for all its leases together; the holder, whose account is debited; or the
    insurer of rates, while the lease rests."""

    EMPLOYER = "employer"
    HOLDER = "holder"
    INSURER = "insurer"


class FeeTreatment(Struct, frozen=True):
    """Which fees are passed on to an insurer, untaxed, and are no income; the others are taxed as the rate is."""

    version: RuleVersion
    passed_on: frozenset[FeeKind]


FEE_TREATMENTS = (
    FeeTreatment(
        RuleVersion(
            "lease_fees",
            date(2007, 1, 1),
            "§ 4 Nr. 10 UStG",
            doubt="that premiums pass through depends on whose contract it is with the insurer; a tax adviser decides",
        ),
        frozenset({FeeKind.INSURANCE, FeeKind.RATE_PROTECTION}),
    ),
)
CHARGED = frozenset({InstalmentState.PLANNED, InstalmentState.INSURED})
"""Of a plan what is charged when its month has come."""


class NoRule(LookupError):
    """No rule counts in that month: ours is the fault, nothing may be charged."""


class Charge(Struct, frozen=True):
    """One month of one lease. `amount` is all of it, `vat` the tax within at `vat_rate`, `passed_on` the insurer's part.

    `employer` is who employs the holder, also where the insurer pays; None where she leases for herself.
    """

    lease_id: LeaseId
    number: int
    month: date
    due_on: date
    payer: Payer
    holder: PersonId
    employer: PartyId | None
    amount: Money
    vat_rate: Decimal
    vat: Money
    passed_on: Money

    @property
    def net(self) -> Money:
        """What is earned."""
        return self.amount - self.vat - self.passed_on


def charge(lease_id: LeaseId, holder: PersonId, owed: LeaseInstalment) -> Charge | None:
    """What an instalment comes to; None where nothing is to be charged. Raises NoRule."""
    if owed.state not in CHARGED or owed.amount.is_zero:
        return None
    rate, passed_on = _rate(owed.month), _passed_on(owed.parts, owed.month)
    return Charge(
        lease_id,
        owed.number,
        owed.month,
        owed.due_on,
        _payer(owed),
        holder,
        owed.employer,
        owed.amount,
        rate,
        Money(vat_within(owed.amount.amount - passed_on.amount, rate), EUR),
        passed_on,
    )


def _payer(owed: LeaseInstalment) -> Payer:
    if owed.state is InstalmentState.INSURED:
        return Payer.INSURER
    return Payer.HOLDER if owed.employer is None else Payer.EMPLOYER


def _rate(month: date) -> Decimal:
    if (rule := in_force(STANDARD_RATES, month)) is None:
        raise NoRule(month)
    return rule.percent / 100


def _passed_on(parts: InstalmentParts, month: date) -> Money:
    if (rule := in_force(FEE_TREATMENTS, month)) is None:
        raise NoRule(month)
    by_kind = {
        FeeKind.INSURANCE: parts.insurance,
        FeeKind.SERVICE: parts.service,
        FeeKind.RATE_PROTECTION: parts.rate_protection,
    }
    return sum((by_kind[kind] for kind in sorted(rule.passed_on)), Money(0, EUR))
