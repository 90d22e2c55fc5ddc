"""`/v1/{city}/leasing/…`: a lease that runs rests, has incidents, ends early, or ends; each step by whoever's turn it is."""

from msgspec.structs import asdict

from adapters.http.bike_leasing import running_examples as examples
from adapters.http.bike_leasing.running_shapes import (
    IncidentOutcomeRequest,
    IncidentRequest,
    InspectionRequest,
    OfLease,
    PurchaseOfferRequest,
    ResumptionRequest,
    ReturnRequest,
    SettlementDraftRequest,
    SettlementRequest,
    SuspensionRequest,
    TerminationRequest,
    TransferRequest,
)
from adapters.http.bike_leasing.steps import step
from adapters.http.endpoints import BOOKERS, HR_AND_LESSORS, LESSORS, RIDERS_AND_LESSORS, Ask, Endpoint
from adapters.http.reading import in_utc
from domain.bike_leasing.contracts.leases import Incident, LeasedBike, LeaseId, Protocol, Termination
from domain.bike_leasing.contracts.parties import PartyId
from services.bike_leasing.contracts import RunningLeases
from services.bike_leasing.contracts.finishing import LookAt, OfferToBuy, PickUp
from services.bike_leasing.contracts.leaving import GiveNotice, Settle, Transfer, WorkOut
from services.bike_leasing.contracts.mishaps import EndIncident, Report
from services.bike_leasing.contracts.resting import GoOn, Rest

SHEETS = ("amount_out_of_range", "term_out_of_range", "rate_out_of_range", "no_rule_then")


def running_leases(offered: RunningLeases) -> tuple[Endpoint, ...]:
    return (*_while_it_runs(offered), *_early_ends(offered), *_the_end(offered))


def _while_it_runs(offered: RunningLeases) -> tuple[Endpoint, ...]:
    return (
        step(
            HR_AND_LESSORS,
            "suspensions",
            "suspendLease",
            "No pay, so none of it is converted: an insurer pays for as long as its terms say, then the plan moves",
            command=_rest,
            use_case=offered.rest,
            codes=("not_on_a_first", "before_first_month", "lease_not_begun"),
            body=SuspensionRequest,
            example=examples.SUSPENSION,
            shown=examples.SUSPENDED,
        ),
        step(
            HR_AND_LESSORS,
            "resumptions",
            "resumeLease",
            "Pay is converted again; months that nobody paid for come after the others",
            command=_go_on,
            use_case=offered.go_on,
            codes=("not_on_a_first", "too_late_for_that"),
            body=ResumptionRequest,
            example=examples.RESUMPTION,
            shown=examples.RESUMED,
        ),
        step(
            RIDERS_AND_LESSORS,
            "incidents",
            "reportLeaseIncident",
            "The bike is damaged or stolen, be it while the lease rests or after its end is known; the employer sees no more of it than that there is something",
            command=_report,
            use_case=offered.report,
            codes=("police_reference_missing", "was_not_locked", "too_early_for_that"),
            body=IncidentRequest,
            example=examples.INCIDENT,
            shown=examples.REPORTED,
        ),
        step(
            RIDERS_AND_LESSORS,
            "incident-outcomes",
            "endLeaseIncident",
            "It is repaired, replaced by another one in the same contract, or lost: the latter two are for the lessor to say",
            command=_incident_over,
            use_case=offered.end_incident,
            codes=("not_a_damage", "serial_number_missing", "bad_quote", "no_bike_by_law", "amount_out_of_range"),
            body=IncidentOutcomeRequest,
            example=examples.OUTCOME,
            shown=examples.REPAIRED,
        ),
    )


def _early_ends(offered: RunningLeases) -> tuple[Endpoint, ...]:
    return (
        step(
            HR_AND_LESSORS,
            "terminations",
            "terminateLease",
            "Notice for an important reason; what is due for later months waits",
            command=_notice,
            use_case=offered.give_notice,
            codes=("too_early_for_that", "too_late_for_that"),
            body=TerminationRequest,
            example=examples.TERMINATION,
            shown=examples.TERMINATED,
        ),
        step(
            LESSORS,
            "settlement-drafts",
            "draftLeaseSettlement",
            "What ending early comes to, as a sheet that is kept and shown before anybody confirms it",
            command=_draft,
            use_case=offered.work_out,
            codes=("amount_missing", *SHEETS),
            body=SettlementDraftRequest,
            example=examples.DRAFT,
            shown=examples.DRAFTED,
        ),
        step(
            LESSORS,
            "settlements",
            "settleLease",
            "The bike is back or lost, and what the sheet has shown is owed",
            command=_settlement,
            use_case=offered.settle,
            codes=("not_made_out", "not_as_shown", "reason_missing", "too_early_for_that"),
            body=SettlementRequest,
            example=examples.SETTLEMENT,
            shown=examples.SETTLED,
        ),
        step(
            BOOKERS,
            "buyouts",
            "buyLeaseOut",
            "The holder buys the bike now, at the price that the lessor has made out",
            command=_of_lease,
            use_case=offered.buy_out,
            codes=("not_made_out", "too_early_for_that"),
            body=OfLease,
            example=examples.OF_LEASE,
            shown={"state": "early_ended", "sides": ["employee"]},
        ),
        step(
            BOOKERS,
            "private-continuations",
            "continueLeasePrivately",
            "The holder pays the rates herself from now on, if the lessor has granted the credit",
            command=_of_lease,
            use_case=offered.go_on_alone,
            codes=("credit_not_granted",),
            body=OfLease,
            example=examples.OF_LEASE,
            shown={"state": "active", "employer": None, "sides": ["employee"]},
        ),
        step(
            LESSORS,
            "transfers",
            "transferLease",
            "The lease goes on with another employer, who has a framework with the same lessor",
            command=_transfer,
            use_case=offered.transfer,
            codes=("framework_not_active", "credit_line_used_up"),
            body=TransferRequest,
            example=examples.TRANSFER,
            shown={"state": "active", "employer": "wasserwerke", "sides": ["lessor"]},
        ),
    )


def _the_end(offered: RunningLeases) -> tuple[Endpoint, ...]:
    return (
        step(
            LESSORS,
            "purchase-offers",
            "offerLeasedBike",
            "An offer to buy, which the contract has promised nobody, with the sheet of the flat tax that its seller pays",
            command=_offer,
            use_case=offered.offer_to_sell,
            codes=("amount_missing", "lease_offer_expired", "no_market_value", *SHEETS),
            body=PurchaseOfferRequest,
            example=examples.PURCHASE_OFFER,
            shown=examples.OFFERED,
        ),
        step(
            LESSORS,
            "purchase-offers/revocations",
            "revokeLeasedBike",
            "Take the offer to buy back",
            command=_of_lease,
            use_case=offered.take_offer_back,
            body=OfLease,
            example=examples.OF_LEASE,
            shown={"state": "ending", "sides": ["lessor"]},
        ),
        step(
            BOOKERS,
            "purchases",
            "buyLeasedBike",
            "The holder takes the offer",
            command=_of_lease,
            use_case=offered.buy,
            codes=("lease_offer_expired",),
            body=OfLease,
            example=examples.OF_LEASE,
            shown={"state": "purchased", "sides": ["employee"]},
        ),
        step(
            RIDERS_AND_LESSORS,
            "returns",
            "scheduleLeaseReturn",
            "The bike goes back: the day on which it is picked up",
            command=_pickup,
            use_case=offered.schedule_pickup,
            codes=("too_early_for_that",),
            body=ReturnRequest,
            example=examples.RETURN,
            shown={"state": "return_scheduled", "pickup_on": "2099-12-20"},
        ),
        step(
            LESSORS,
            "returns/receipts",
            "takeLeasedBikeBack",
            "The bike is back, at the end of its lease or after its holder has withdrawn",
            command=_of_lease,
            use_case=offered.take_back,
            body=OfLease,
            example=examples.OF_LEASE,
            shown={"state": "returned", "sides": ["lessor"]},
        ),
        step(
            LESSORS,
            "inspections",
            "inspectLeasedBike",
            "The protocol: what was found, and what is charged for it",
            command=_inspection,
            use_case=offered.inspect,
            codes=("amount_missing", "reason_missing"),
            body=InspectionRequest,
            example=examples.INSPECTION,
            shown=examples.INSPECTED,
        ),
        step(
            LESSORS,
            "closings",
            "closeLease",
            "Nothing is left to do",
            command=_of_lease,
            use_case=offered.close,
            body=OfLease,
            example=examples.OF_LEASE,
            shown={"state": "closed", "sides": ["lessor"]},
        ),
    )


def _of_lease(_: Ask, asked: OfLease) -> LeaseId:
    return LeaseId(asked.lease_id)


def _rest(_: Ask, asked: SuspensionRequest) -> Rest:
    return Rest(LeaseId(asked.lease_id), asked.pause, asked.since)


def _go_on(_: Ask, asked: ResumptionRequest) -> GoOn:
    return GoOn(LeaseId(asked.lease_id), asked.on)


def _report(_: Ask, asked: IncidentRequest) -> Report:
    incident = Incident(asked.kind, asked.happened_on, asked.police_reference, asked.was_locked, asked.words.strip())
    return Report(LeaseId(asked.lease_id), incident)


def _incident_over(_: Ask, asked: IncidentOutcomeRequest) -> EndIncident:
    bike = LeasedBike(**asdict(asked.bike)) if asked.bike is not None else None
    return EndIncident(LeaseId(asked.lease_id), asked.outcome, bike)


def _notice(_: Ask, asked: TerminationRequest) -> GiveNotice:
    return GiveNotice(LeaseId(asked.lease_id), Termination(asked.reason, asked.on))


def _draft(_: Ask, asked: SettlementDraftRequest) -> WorkOut:
    return WorkOut(
        LeaseId(asked.lease_id), asked.proceeds, asked.service_used, asked.buyout_price, asked.credit_granted
    )


def _settlement(_: Ask, asked: SettlementRequest) -> Settle:
    protocol = Protocol(**asdict(asked.protocol)) if asked.protocol is not None else None
    return Settle(LeaseId(asked.lease_id), asked.sheet, protocol)


def _transfer(_: Ask, asked: TransferRequest) -> Transfer:
    return Transfer(LeaseId(asked.lease_id), PartyId(asked.employer))


def _offer(_: Ask, asked: PurchaseOfferRequest) -> OfferToBuy:
    until = in_utc(asked.expires_at, pointer="/expires_at")
    return OfferToBuy(LeaseId(asked.lease_id), until, asked.percent, asked.market_value)


def _pickup(_: Ask, asked: ReturnRequest) -> PickUp:
    return PickUp(LeaseId(asked.lease_id), asked.on)


def _inspection(_: Ask, asked: InspectionRequest) -> LookAt:
    return LookAt(LeaseId(asked.lease_id), asked.findings, asked.charges)
