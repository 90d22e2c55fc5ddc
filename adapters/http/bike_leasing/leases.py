"""`/v1/{city}/leasing/…`: a lease from the dealer's offer to the handover, each step by whoever's turn it is."""

from decimal import Decimal

from litestar import Response
from litestar.enums import HttpMethod
from msgspec.structs import asdict

from adapters.http.bike_leasing import examples
from adapters.http.bike_leasing.pages import PageQuery, wanted
from adapters.http.bike_leasing.running_shapes import OfLease
from adapters.http.bike_leasing.shapes import (
    ApplicationRequest,
    ApprovalRequest,
    CancellationRequest,
    HandoverRequest,
    LeaseList,
    LeaseView,
    OfferRequest,
    OrderRequest,
    PickupRequest,
    PinRequest,
)
from adapters.http.bike_leasing.steps import BASE, COMMON, line, step, view
from adapters.http.cursors import Place, following
from adapters.http.endpoints import (
    BOOKERS,
    DEALERS,
    HANDERS,
    HR,
    HR_AND_LESSORS,
    LEASE_PARTNERS,
    LEASE_SIDES,
    LESSORS,
    Ask,
    Endpoint,
    Reply,
    answer,
)
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import in_utc
from domain.bike_leasing.contracts.leases import LeasedBike, LeaseId, PinId
from domain.bike_leasing.contracts.parties import Parties, PartyId
from domain.identity import PersonId
from domain.refusals import Refusal
from services.bike_leasing.contracts import Leases
from services.bike_leasing.contracts.deciding import Decide, Ordering
from services.bike_leasing.contracts.handing import AnotherPin, GetReady, Hand
from services.bike_leasing.contracts.offering import Offering
from services.bike_leasing.contracts.undoing import GiveUp

DEAREST = 1_000_000
SVG = "image/svg+xml"
REVIEWED = ("framework_not_active", "reason_missing")


def leases(offered: Leases) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_leases(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        found = await offered.page(ask.actor, wanted(asked))
        shown = tuple(line(lease) for lease, _ in found[: asked.limit])
        return answer(LeaseList(shown, following(found, asked.limit, lambda each: Place(each[1].at, each[1].id))))

    async def get_lease(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, LeaseId(ask.path("lease_id")))
        return answer(view(found)) if found is not None else ask.problem("unknown_lease")

    async def get_code(ask: Ask) -> Reply:
        found = await offered.draw_code(ask.actor, LeaseId(ask.path("lease_id")))
        if isinstance(found, Refusal):
            return ask.refuse(found)
        headers = {"cache-control": "private, no-store"}
        return Response(found, status_code=200, media_type=SVG, headers=headers)

    return (
        Endpoint(
            HttpMethod.GET,
            BOOKERS,
            f"{BASE}/leases/{{lease_id:uuid}}/pin-code",
            "getLeasePinCode",
            "leasing",
            "A QR code (SVG) that the holder has scanned where her bike waits: the lease's id and its PIN, with a colon between them",
            get_code,
            {200: None},
            codes=COMMON,
            media=SVG,
        ),
        Endpoint(
            HttpMethod.GET,
            LEASE_SIDES,
            f"{BASE}/leases",
            "listLeases",
            "leasing",
            "One's own leases, and those of the parties for which one acts",
            list_leases,
            {200: LeaseList},
            query=PageQuery,
            examples={200: {"items": [examples.LINE], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            LEASE_SIDES,
            f"{BASE}/leases/{{lease_id:uuid}}",
            "getLease",
            "leasing",
            "A lease with its calculation sheets and instalments, and what one may do about it now",
            get_lease,
            {200: LeaseView},
            codes=("unknown_lease",),
            examples={200: examples.LEASE},
        ),
        step(
            DEALERS,
            "offers",
            "offerLease",
            "A dealer offers a bike to a customer; the rate is calculated by what lessor and employer have agreed",
            command=_offering,
            use_case=offered.offer,
            status=201,
            codes=(
                *(
                    "unknown_holder",
                    "dealer_not_accredited",
                    "framework_not_active",
                    "bad_quote",
                    "lease_offer_expired",
                ),
                *("amount_out_of_range", "term_out_of_range", "rate_out_of_range", "residual_too_high"),
            ),
            body=OfferRequest,
            example=examples.OFFER,
            shown={"sheets": {"rate": examples.RATE}},
        ),
        step(
            BOOKERS,
            "applications",
            "applyForLease",
            "The employee takes the offer up",
            command=_applied_for,
            use_case=offered.apply,
            codes=(
                *("lease_offer_expired", "no_bike_by_law", "framework_not_active", "below_least_price", "above_cap"),
                "too_many_bikes",
            ),
            body=ApplicationRequest,
            example={"lease_id": examples.ID},
            shown={"state": "applied", "sides": ["employee"]},
        ),
        step(
            HR_AND_LESSORS,
            "reviews",
            "reviewLease",
            "HR, then the lessor, has begun to look at the application; it may be decided without that",
            command=_of_lease,
            use_case=offered.review,
            body=OfLease,
            example={"lease_id": examples.ID},
            shown={"state": "employer_review", "sides": ["hr"]},
        ),
        step(
            HR,
            "approvals",
            "decideOnLease",
            "The employer's yes or no; nobody decides on her own application",
            command=_decision,
            use_case=offered.decide,
            codes=(*REVIEWED, "conversion_barred", "employment_ends_before", "below_minimum_wage"),
            body=ApprovalRequest,
            example=examples.APPROVAL,
            shown={"state": "approved", "sides": ["hr"]},
        ),
        step(
            LESSORS,
            "orders",
            "orderLease",
            "The lessor's yes or no; a yes concludes the contract",
            command=_ordering,
            use_case=offered.order,
            codes=(*REVIEWED, "not_signed", "credit_line_used_up", "credit_not_granted"),
            body=OrderRequest,
            example={"lease_id": examples.ID, "accepted": True, "signed": True},
            shown={"state": "ordered", "sides": ["lessor"]},
        ),
        step(
            DEALERS,
            "pickups",
            "prepareLeasePickup",
            "The bike stands there: its holder finds a PIN in her lease, which nobody else is shown",
            command=_ready,
            use_case=offered.get_ready,
            codes=("serial_number_missing",),
            body=PickupRequest,
            example={"lease_id": examples.ID, "serial_number": "SN-4711"},
            shown={"state": "ready_for_pickup"},
        ),
        step(
            DEALERS,
            "pins",
            "reissueLeasePin",
            "Another PIN in place of one that has expired or was mistyped too often; a lease has four at the most",
            command=_another_pin,
            use_case=offered.another_pin,
            codes=("no_more_pins",),
            body=PinRequest,
            example={"lease_id": examples.ID},
            shown={"state": "ready_for_pickup"},
        ),
        step(
            LEASE_PARTNERS,
            "cancellations",
            "cancelLease",
            "Give a lease up before the bike is handed over",
            command=_given_up,
            use_case=offered.cancel,
            codes=("reason_missing",),
            body=CancellationRequest,
            example={"lease_id": examples.ID, "reason": "Die Stelle fällt weg"},
            shown={"state": "cancelled", "sides": ["hr"], "reason": "Die Stelle fällt weg"},
        ),
        step(
            HANDERS,
            "handovers",
            "handOverLease",
            "The bike is given to whoever says the PIN: it counts once, for a month, and for five tries",
            command=_handover,
            use_case=offered.hand_over,
            codes=("pin_does_not_fit", "pin_expired", "pin_used_up", "identity_not_checked", "defects"),
            body=HandoverRequest,
            example={
                "lease_id": examples.ID,
                "pin": "417205",
                "identity_checked": True,
                "free_of_defects": True,
            },
            shown={"state": "handed_over", "handed_over_on": "2026-12-10"},
        ),
    )


def _offering(ask: Ask, asked: OfferRequest) -> Offering:
    employer = PartyId(asked.employer) if asked.employer is not None else None
    parties = Parties(PersonId(asked.holder_id), PartyId(asked.dealer), PartyId(asked.lessor), employer)
    bike, until = LeasedBike(**asdict(asked.bike)), in_utc(asked.valid_until, pointer="/valid_until")
    return Offering(LeaseId(ask.edge.new_id()), parties, bike, until)


def _of_lease(_: Ask, asked: OfLease) -> LeaseId:
    return LeaseId(asked.lease_id)


def _applied_for(_: Ask, asked: ApplicationRequest) -> LeaseId:
    return LeaseId(asked.lease_id)


def _decision(_: Ask, asked: ApprovalRequest) -> Decide:
    pay, bars = _pay(asked.hourly_after), frozenset(asked.bars)
    return Decide(LeaseId(asked.lease_id), asked.approved, bars, asked.employed_until, pay, asked.reason)


def _ordering(_: Ask, asked: OrderRequest) -> Ordering:
    return Ordering(
        LeaseId(asked.lease_id),
        asked.accepted,
        asked.signed,
        asked.reason,
        asked.credit_granted,
        asked.told_of_withdrawal,
    )


def _ready(ask: Ask, asked: PickupRequest) -> GetReady:
    return GetReady(LeaseId(asked.lease_id), PinId(ask.edge.new_id()), asked.serial_number)


def _another_pin(ask: Ask, asked: PinRequest) -> AnotherPin:
    return AnotherPin(LeaseId(asked.lease_id), PinId(ask.edge.new_id()))


def _given_up(_: Ask, asked: CancellationRequest) -> GiveUp:
    return GiveUp(LeaseId(asked.lease_id), asked.reason)


def _handover(_: Ask, asked: HandoverRequest) -> Hand:
    return Hand(LeaseId(asked.lease_id), asked.pin, asked.identity_checked, asked.free_of_defects)


def _pay(hourly: Decimal) -> Decimal:
    """An hour's pay in euros; "NaN" and "Infinity" are decimals, and nobody's pay."""
    if not hourly.is_finite() or not 0 <= hourly < DEAREST:
        raise Rejected("invalid_input", errors=(Fault("from 0 to below a million euros", pointer="/hourly_after"),))
    return hourly
