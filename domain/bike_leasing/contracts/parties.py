"""Who stands on which side of a lease, and what they have agreed beforehand: framework contracts, caps, accreditations.

Four contracts make one lease: the employer's framework with the lessor, the single lease, the employee's conversion of pay,
and the handing over of the bike to her.
"""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import NewType

from msgspec import Struct

from domain.bike_leasing.calculation.annuity import Due
from domain.bike_leasing.calculation.fees import Fee
from domain.bike_leasing.calculation.sheets import EUR, RuleVersion
from domain.bike_leasing.contracts.suspensions import NO_PROTECTION, RateProtection
from domain.bike_leasing.upkeep.packages import ServicePackage
from domain.identity import SYSTEM, Actor, PersonId, Role
from domain.invoicing.invoices import Address
from domain.money import Money

PartyId = NewType("PartyId", str)
"""An employer, a dealer or a lessor, as grants of roles name it; no two of a city share one."""


class Side(StrEnum):
    EMPLOYEE = "employee"
    HR = "hr"
    DEALER = "dealer"
    LESSOR = "lessor"
    SYSTEM = "system"


class Parties(Struct, frozen=True):
    """`holder` is who rides the bike, and is offered it. `employer` is None where she leases for herself, as a consumer."""

    holder: PersonId
    dealer: PartyId
    lessor: PartyId
    employer: PartyId | None


ROLES = {Role.HR: Side.HR, Role.DEALER: Side.DEALER, Role.LESSOR: Side.LESSOR}


def sides_of(parties: Parties, actor: Actor) -> frozenset[Side]:
    """The sides that the actor stands on; none for a stranger. Whoever holds the bike is no HR of her own lease, nor its
    dealer or lessor."""
    if actor.id == SYSTEM:
        return frozenset({Side.SYSTEM})
    if actor.id == parties.holder:
        return frozenset({Side.EMPLOYEE})
    named = {Side.HR: parties.employer, Side.DEALER: parties.dealer, Side.LESSOR: parties.lessor}
    return frozenset(side for role, side in ROLES.items() if named[side] in actor.parties_as(role))


class Bar(StrEnum):
    """What keeps an employee from converting pay."""

    UNDER_NOTICE = "under_notice"
    GARNISHMENT = "garnishment"
    PROBATION = "probation"
    INSOLVENCY = "insolvency"


class CollectiveAgreement(Struct, frozen=True):
    """What an agreement (Tarifvertrag) allows: the list price of the bike with what is fixed to it, gross, and with the
    services of the whole term where `counts_services`; how many bikes at once; and who may not convert pay."""

    version: RuleVersion
    least: Money
    most: Money
    counts_services: bool
    bikes_at_once: int
    bars: frozenset[Bar]

    def counted(self, list_price: Money, services: Money) -> Money:
        return list_price + services if self.counts_services else list_price


TV_FAHRRADLEASING = CollectiveAgreement(
    RuleVersion(
        "tv_fahrradleasing",
        date(2021, 3, 1),
        "TV-Fahrradleasing (VKA) §§ 2 to 4, as commentaries have it",
        doubt="that a person has one bike at once stands in one commentary alone",
    ),
    Money(0, EUR),
    Money(7_000_00, EUR),
    counts_services=False,
    bikes_at_once=1,
    bars=frozenset({Bar.UNDER_NOTICE, Bar.GARNISHMENT}),
)
TV_L = CollectiveAgreement(
    RuleVersion(
        "tv_l_19b",
        date(2024, 11, 1),
        "§ 19b TV-L, as a commentary has it",
        doubt="since which day was not read; nor how many bikes at once",
    ),
    Money(750_00, EUR),
    Money(7_000_00, EUR),
    counts_services=True,
    bikes_at_once=1,
    bars=frozenset(Bar),
)
AGREEMENTS = (TV_FAHRRADLEASING, TV_L)


class MinimumWage(Struct, frozen=True):
    """Per hour: what is left of the pay may not be less."""

    version: RuleVersion
    hourly: Decimal


MINIMUM_WAGES = (
    MinimumWage(RuleVersion("minimum_wage", date(2026, 1, 1), "§ 1 MiLoG", doubt="not read again"), Decimal("13.90")),
    MinimumWage(RuleVersion("minimum_wage", date(2027, 1, 1), "§ 1 MiLoG", doubt="not read again"), Decimal("14.60")),
)


class Span(Struct, frozen=True):
    """Days, both included; without an end until further notice."""

    since: date
    until: date | None = None

    def holds(self, day: date) -> bool:
        return self.since <= day and (self.until is None or day <= self.until)


class Conditions(Struct, frozen=True):
    """By which a framework's leases are calculated: the residual value in percent of the dealer's price, `due_day` of each month,
    31 being its last; `subsidy` is what the employer gives towards the rate, `service` what the bike's upkeep may cost."""

    nominal_percent: Decimal
    residual_percent: Decimal
    months: int
    due: Due = Due.ARREARS
    due_day: int = 1
    fees: tuple[Fee, ...] = ()
    subsidy: Money = Money(0, EUR)
    service: ServicePackage | None = None

    @property
    def residual_share(self) -> Fraction:
        return Fraction(self.residual_percent) / 100


class BilledTo(Struct, frozen=True):
    """Whom an employer's invoices are addressed to; a `leitweg_id` makes it a public body, which gets an XRechnung (BT-10)."""

    name: str
    address: Address
    leitweg_id: str | None = None


class Framework(Struct, frozen=True):
    """An employer's contract with a lessor. `credit_line` is what its leases may add up to, in financed amounts. An insurer pays the
    rates of a rest by the terms of its `protection`; what is settled early `discounts` what would have been paid later, or not. Invoices are addressed as `billed_to`
    says, or without an address."""

    employer: PartyId
    lessor: PartyId
    span: Span
    credit_line: Money
    agreement: CollectiveAgreement
    conditions: Conditions
    deducts_vat: bool = False
    protection: RateProtection = NO_PROTECTION
    discounts: bool = False
    billed_to: BilledTo | None = None


class ConsumerTerms(Struct, frozen=True):
    """The conditions by which a lessor leases to consumers, who pay the rates themselves."""

    lessor: PartyId
    span: Span
    conditions: Conditions


class Accreditation(Struct, frozen=True):
    """A dealer whose offers a lessor takes. Whoever gets her bike by post from one who is `online` enters her PIN herself."""

    dealer: PartyId
    lessor: PartyId
    span: Span
    online: bool = False
