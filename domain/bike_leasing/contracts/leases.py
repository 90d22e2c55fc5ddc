"""A lease: its bike, where it stands in its life, and what has been agreed on the way."""

from datetime import date, datetime
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.bike_leasing.calculation.fees import Fee
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.parties import Parties, Side, sides_of
from domain.bike_leasing.contracts.suspensions import Suspension
from domain.bike_leasing.upkeep.packages import ServicePackage
from domain.identity import Actor
from domain.money import Money

LeaseId = NewType("LeaseId", UUID)
PinId = NewType("PinId", UUID)


class LeaseState(StrEnum):
    DRAFT = "draft"
    OFFERED = "offered"
    APPLIED = "applied"
    EMPLOYER_REVIEW = "employer_review"
    APPROVED = "approved"
    LESSOR_REVIEW = "lessor_review"
    ORDERED = "ordered"
    READY_FOR_PICKUP = "ready_for_pickup"
    HANDED_OVER = "handed_over"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    INCIDENT = "incident"
    TOTAL_LOSS = "total_loss"
    TERMINATING = "terminating"
    EARLY_ENDED = "early_ended"
    ENDING = "ending"
    PURCHASE_OFFERED = "purchase_offered"
    PURCHASED = "purchased"
    RETURN_SCHEDULED = "return_scheduled"
    RETURNED = "returned"
    INSPECTED = "inspected"
    CLOSED = "closed"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"


_S = LeaseState
ON_CREDIT = frozenset(
    {
        *(_S.ORDERED, _S.READY_FOR_PICKUP, _S.HANDED_OVER, _S.ACTIVE, _S.SUSPENDED, _S.INCIDENT, _S.TOTAL_LOSS),
        *(_S.TERMINATING, _S.ENDING, _S.PURCHASE_OFFERED, _S.RETURN_SCHEDULED, _S.RETURNED, _S.INSPECTED),
    }
)
"""What an employer's credit line is used up by."""
HELD = (ON_CREDIT - {_S.TOTAL_LOSS, _S.RETURNED, _S.INSPECTED}) | {
    *(_S.APPLIED, _S.EMPLOYER_REVIEW, _S.APPROVED, _S.LESSOR_REVIEW)
}
"""In which somebody has a bike, or asks for one."""
UNASKED = frozenset({_S.DRAFT, _S.OFFERED})
"""In which it is between the dealer, the lessor and whoever is offered the bike."""
BINDING = HELD | ON_CREDIT | {_S.PURCHASED}
"""In which something is still to be done between the holder and others: what was only offered binds nobody."""


class BikeKind(StrEnum):
    """`s_pedelec` is a motor vehicle and no bike by § 63a StVZO: it is offered, and refused."""

    BICYCLE = "bicycle"
    PEDELEC = "pedelec"
    CARGO_BIKE = "cargo_bike"
    S_PEDELEC = "s_pedelec"


class LeasedBike(Struct, frozen=True):
    """`list_price` is the maker's with what is fixed to the bike, `sale_price` the dealer's for all of it; both gross."""

    kind: BikeKind
    model: str
    list_price: Money
    sale_price: Money
    serial_number: str | None = None


class LeaseQuote(Struct, frozen=True):
    """What the dealer offers: the bike, until when, and what a month of it costs, of which the employer gives a `subsidy`. It is
    due on the `due_day` of each month, 31 being its last. `service` is the package for the bike's upkeep, if there is one."""

    bike: LeasedBike
    valid_until: datetime
    months: int
    rate: Money
    fees: tuple[Fee, ...] = ()
    online: bool = False
    due_day: int = 1
    subsidy: Money = Money(0, EUR)
    service: ServicePackage | None = None


class Pin(Struct, frozen=True):
    """For one handover, the lease's `nth`. The PIN is derived from its id for whoever picks the bike up, and written down
    nowhere."""

    id: PinId
    expires_at: datetime
    tries_left: int
    nth: int = 1


class IncidentKind(StrEnum):
    DAMAGE = "damage"
    THEFT = "theft"


class IncidentOutcome(StrEnum):
    REPAIRED = "repaired"
    REPLACED = "replaced"
    TOTAL_LOSS = "total_loss"


class Incident(Struct, frozen=True):
    """What happened to the bike; `outcome` and `ended_on` once that is known."""

    kind: IncidentKind
    happened_on: date
    police_reference: str | None = None
    was_locked: bool = False
    words: str = ""
    outcome: IncidentOutcome | None = None
    ended_on: date | None = None


class ImportantReason(StrEnum):
    """Why a lease may end early (§ 3 TV-Fahrradleasing)."""

    LEAVING = "leaving"
    DEATH = "death"
    RETIREMENT = "retirement"
    CHANGE_OF_LAW = "change_of_law"


class Termination(Struct, frozen=True):
    reason: ImportantReason
    on: date


class MadeOut(Struct, frozen=True):
    """What ending early comes to, as the lessor has made it out: `owed` by the `sheet` of that name where the bike goes back; at
    which price the holder may buy it now instead, and whether she may go on by herself. `rates_left` are those not due yet."""

    sheet: str
    owed: Money
    rates_left: int
    made_out_on: date
    buyout_price: Money | None = None
    credit_granted: bool = False


class PurchaseOffer(Struct, frozen=True):
    """Made at the end and not before, and taken back at will: the contract promises none."""

    price: Money
    expires_at: datetime


class Protocol(Struct, frozen=True):
    """What was found when the bike came back."""

    inspected_on: date
    findings: str
    charges: Money


class Lease(Struct, frozen=True):
    """`applied_on` is known from the application on, `first_month` and `last_day` are known from the handover on; `concluded_on` from the lessor's order on. `settled` is what
    was owed for ending early. `reason` says why it was refused or undone. `interrupted` is the announced end from which an incident has taken
    the lease, and to which it goes back."""

    id: LeaseId
    state: LeaseState
    parties: Parties
    version: int = 1
    quote: LeaseQuote | None = None
    applied_on: date | None = None
    concluded_on: date | None = None
    withdrawal_until: date | None = None
    pin: Pin | None = None
    handed_over_on: date | None = None
    first_month: date | None = None
    last_day: date | None = None
    suspensions: tuple[Suspension, ...] = ()
    incident: Incident | None = None
    incidents_before: tuple[Incident, ...] = ()
    interrupted: LeaseState | None = None
    termination: Termination | None = None
    made_out: MadeOut | None = None
    transferred_on: date | None = None
    purchase_offer: PurchaseOffer | None = None
    pickup_on: date | None = None
    returned_on: date | None = None
    protocol: Protocol | None = None
    settled: Money | None = None
    reason: str | None = None

    @property
    def is_private(self) -> bool:
        """A consumer's: nobody employs the holder here."""
        return self.parties.employer is None

    @property
    def is_lost(self) -> bool:
        """There is no bike any more, nor another one for it."""
        return any(each.outcome is IncidentOutcome.TOTAL_LOSS for each in self.incidents_before)

    @property
    def is_only_offered(self) -> bool:
        """Nobody has asked for it, or ever did."""
        return self.state in UNASKED or (self.state is LeaseState.CANCELLED and self.applied_on is None)


def sides_on(lease: Lease, actor: Actor) -> frozenset[Side]:
    """The sides of the lease that the actor stands on. What somebody is offered is nothing to her employer before she applies."""
    sides = sides_of(lease.parties, actor)
    return sides - {Side.HR} if lease.is_only_offered else sides
