"""The bodies of requests about leases, and what is shown of them."""

from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from adapters.http.bike_leasing.simulations import CalculationSheet
from adapters.http.invoicing.invoices import BillingAddressRequest
from adapters.http.reading import Day, Instant
from domain.bike_leasing.calculation.consumers import Credit
from domain.bike_leasing.calculation.fees import Fee
from domain.bike_leasing.calculation.representative import RepresentativeExample
from domain.bike_leasing.contracts.acts import Act
from domain.bike_leasing.contracts.leases import (
    BikeKind,
    Incident,
    LeasedBike,
    LeaseState,
    MadeOut,
    Protocol,
    PurchaseOffer,
    Termination,
)
from domain.bike_leasing.contracts.parties import (
    TV_FAHRRADLEASING,
    TV_L,
    Bar,
    BilledTo,
    CollectiveAgreement,
    Conditions,
    Side,
)
from domain.bike_leasing.contracts.plans import InstalmentParts, InstalmentState
from domain.bike_leasing.contracts.suspensions import RateProtection, Suspension
from domain.bike_leasing.simulation.scenarios import Protection
from domain.money import Money

PartyName: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}$", examples=["stadtwerke"])]
Words: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]


class AgreementName(StrEnum):
    TV_FAHRRADLEASING = "tv_fahrradleasing"
    TV_L_19B = "tv_l_19b"


AGREEMENTS: dict[AgreementName, CollectiveAgreement] = {
    AgreementName.TV_FAHRRADLEASING: TV_FAHRRADLEASING,
    AgreementName.TV_L_19B: TV_L,
}


class FrameworkRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """From `since` to `until`, both included. `credit_line` is what the employer's leases may add up to, by the dealers' prices;
    `agreement` the collective agreement with its caps. An insurer pays the rates of a rest by the terms of its `protection`; what is
    settled early `discounts` what would have been paid later, or not. `billed_to` is whom the employer's invoices are addressed to; with
    a Leitweg-ID it gets an XRechnung beside the PDF."""

    lessor: PartyName
    since: Day
    credit_line: Money
    agreement: AgreementName
    conditions: Conditions
    until: Day | None = None
    deducts_vat: bool = False
    protection: Protection = Protection.NONE
    discounts: bool = False
    billed_to: BillingAddressRequest | None = None


class FrameworkView(Struct, frozen=True):
    employer: str
    lessor: str
    since: date
    until: date | None
    credit_line: Money
    agreement: CollectiveAgreement
    conditions: Conditions
    deducts_vat: bool
    protection: RateProtection
    discounts: bool
    billed_to: BilledTo | None


class LeaseBudgetView(Struct, frozen=True):
    """What a framework still gives: so many `leases` have `used` that much of its credit line, by the dealers' prices.
    `left` is below zero where the line was made smaller since."""

    framework: FrameworkView
    leases: int
    used: Money
    left: Money


class LeaseBudgetList(Struct, frozen=True):
    """By the names of employer and lessor: an employer has one framework with each of its lessors."""

    items: tuple[LeaseBudgetView, ...]
    next_cursor: str | None


class ConsumerTermsRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Whoever leases for herself has no employer who gives a subsidy."""

    since: Day
    conditions: Conditions
    until: Day | None = None


class ConsumerTermsView(Struct, frozen=True):
    lessor: str
    since: date
    until: date | None
    conditions: Conditions


class AccreditationRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """A dealer who is `online` sends bikes: then whoever gets one enters her PIN herself."""

    lessor: PartyName
    since: Day
    until: Day | None = None
    online: bool = False


class AccreditationView(Struct, frozen=True):
    dealer: str
    lessor: str
    since: date
    until: date | None
    online: bool


class BikeOffered(Struct, forbid_unknown_fields=True, frozen=True):
    """`list_price` is the maker's with what is fixed to the bike, `sale_price` the dealer's for all of it; both gross."""

    kind: BikeKind
    model: Words
    list_price: Money
    sale_price: Money


class OfferRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`holder_id` is the customer's own id, as her profile (`/me`) shows it; without an `employer` she leases for herself."""

    dealer: PartyName
    lessor: PartyName
    holder_id: UUID
    bike: BikeOffered
    valid_until: Instant
    employer: PartyName | None = None


class ApplicationRequest(Struct, forbid_unknown_fields=True, frozen=True):
    lease_id: UUID


class ApprovalRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Yes by what HR knows: what bars a conversion, until when the employment lasts if it ends, and what is left of an hour's pay;
    none of that is kept. No with a `reason`."""

    lease_id: UUID
    approved: bool
    bars: tuple[Bar, ...] = ()
    employed_until: Day | None = None
    hourly_after: Decimal = Decimal(0)
    reason: Annotated[str, Meta(max_length=200)] = ""


class OrderRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """An employer's lease is `signed` where everybody has accepted its papers, whatever is said here. For a consumer the
    lessor says whether the credit is granted, and, where no papers were drawn up, that she has signed and whether she was told of her right of
    withdrawal: without that it runs for a year longer."""

    lease_id: UUID
    accepted: bool
    signed: bool = False
    reason: Annotated[str, Meta(max_length=200)] = ""
    credit_granted: bool = False
    told_of_withdrawal: bool = False


class PickupRequest(Struct, forbid_unknown_fields=True, frozen=True):
    lease_id: UUID
    serial_number: Annotated[str, Meta(min_length=1, max_length=60)]


class PinRequest(Struct, forbid_unknown_fields=True, frozen=True):
    lease_id: UUID


class CancellationRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`reason` is asked of whoever does so for somebody else."""

    lease_id: UUID
    reason: Annotated[str, Meta(max_length=200)] = ""


class HandoverRequest(Struct, forbid_unknown_fields=True, frozen=True):
    lease_id: UUID
    pin: Annotated[str, Meta(pattern="^[0-9]{6}$")]
    identity_checked: bool = False
    free_of_defects: bool = False


class InstalmentView(Struct, frozen=True):
    """What is owed for one month, whose first day is `month`. `conversion` of it comes from the holder's pay; `on_hold` it waits
    until it is known whether the lease goes on, `insured` an insurer pays it, `cut` the lease has ended before."""

    number: int
    month: date
    due_on: date
    amount: Money
    parts: InstalmentParts
    conversion: Money
    state: InstalmentState


class LeaseLine(Struct, frozen=True):
    """A lease in a list. `rate` is a month's without fees."""

    id: UUID
    state: LeaseState
    holder_id: UUID
    dealer: str
    lessor: str
    employer: str | None
    bike: LeasedBike
    months: int
    rate: Money


class LeaseView(Struct, frozen=True):
    """`sides` are those on which whoever reads stands, `acts` what may be done from there now, as far as the state decides. `pin` is
    shown to the holder alone, while the bike waits for her. A dealer is shown his offer until the handover; an employer that
    there is an incident, and nothing of it, nor how the bike is bought or given back. `made_out` is what ending early comes to,
    `settled` what was owed for it; `withdrawal_until` the last day on which a consumer withdraws, at `/withdrawals`; `credit` is what she
    is told of her lease as a credit, with its effective annual rate, and `example` what is expected of two thirds of all such contracts."""

    id: UUID
    state: LeaseState
    version: int
    holder_id: UUID
    dealer: str
    lessor: str
    employer: str | None
    bike: LeasedBike
    valid_until: datetime
    months: int
    rate: Money
    fees: tuple[Fee, ...]
    concluded_on: date | None
    handed_over_on: date | None
    first_month: date | None
    last_day: date | None
    reason: str | None
    suspensions: tuple[Suspension, ...]
    incident: Incident | None
    incidents_before: tuple[Incident, ...]
    termination: Termination | None
    made_out: MadeOut | None
    settled: Money | None
    purchase_offer: PurchaseOffer | None
    pickup_on: date | None
    returned_on: date | None
    protocol: Protocol | None
    withdrawal_until: date | None
    credit: Credit | None
    example: RepresentativeExample | None
    pin: str | None
    sides: tuple[Side, ...]
    acts: tuple[Act, ...]
    sheets: dict[str, CalculationSheet]
    instalments: tuple[InstalmentView, ...]


class LeaseList(Struct, frozen=True):
    """The newest first."""

    items: tuple[LeaseLine, ...]
    next_cursor: str | None
