"""The bodies of requests about leases that run, and what is shown of them beside the contract itself."""

from decimal import Decimal
from typing import Annotated, TypeAlias
from uuid import UUID

from msgspec import Meta, Struct

from adapters.http.reading import Day, Instant
from domain.bike_leasing.contracts.leases import (
    BikeKind,
    ImportantReason,
    IncidentKind,
    IncidentOutcome,
)
from domain.bike_leasing.contracts.suspensions import Pause
from domain.money import Money

Words: TypeAlias = Annotated[str, Meta(max_length=1000)]
Line: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
PartyName: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}$", examples=["stadtwerke"])]


class OfLease(Struct, forbid_unknown_fields=True, frozen=True):
    lease_id: UUID


class SuspensionRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`since` is the first of the first month without pay: where the pay of a month pays for the lease's next one, that next one is the first
    that rests. It is told as early as after the handover where that is the lease's first month."""

    lease_id: UUID
    pause: Pause
    since: Day


class ResumptionRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`on` is the first of the month in which pay is converted again, for the month of the lease that it pays for; twelve months ahead at most."""

    lease_id: UUID
    on: Day


class IncidentRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """A theft needs the police's reference, and a bike that was locked."""

    lease_id: UUID
    kind: IncidentKind
    happened_on: Day
    police_reference: Annotated[str, Meta(max_length=60)] | None = None
    was_locked: bool = False
    words: Words = ""


class ReplacementBike(Struct, forbid_unknown_fields=True, frozen=True):
    kind: BikeKind
    model: Line
    list_price: Money
    sale_price: Money
    serial_number: Annotated[str, Meta(min_length=1, max_length=60)]


class IncidentOutcomeRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`bike` is the other one where it was `replaced`."""

    lease_id: UUID
    outcome: IncidentOutcome
    bike: ReplacementBike | None = None


class TerminationRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`on` is the last day for which the employer pays, one of the lease's own."""

    lease_id: UUID
    reason: ImportantReason
    on: Day


class SettlementDraftRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`proceeds` is what the bike brings or is taken to be worth; with a `buyout_price` its holder may buy it now instead, with
    `credit_granted` go on by herself."""

    lease_id: UUID
    proceeds: Money
    service_used: bool = False
    buyout_price: Money | None = None
    credit_granted: bool = False


class ProtocolRequest(Struct, forbid_unknown_fields=True, frozen=True):
    inspected_on: Day
    findings: Words
    charges: Money


class SettlementRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`sheet` is the name of the one that was shown; the `protocol` is of the bike that came back, none after a total loss. Its charges are
    nothing: what was found lowers the `proceeds` of the sheet."""

    lease_id: UUID
    sheet: Annotated[str, Meta(pattern=r"^settlement-[0-9]{1,9}$")]
    protocol: ProtocolRequest | None = None


class TransferRequest(Struct, forbid_unknown_fields=True, frozen=True):
    lease_id: UUID
    employer: PartyName


class PurchaseOfferRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`percent` of the list price is asked, without it what the policy of the day says; `market_value` is what the bike is worth
    where somebody has looked, as has to be after other terms than 36 months."""

    lease_id: UUID
    expires_at: Instant
    percent: Decimal | None = None
    market_value: Money | None = None


class ReturnRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """The bike is picked up at its holder's `on` that day."""

    lease_id: UUID
    on: Day


class InspectionRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """What is charged is said for what."""

    lease_id: UUID
    findings: Words
    charges: Money
