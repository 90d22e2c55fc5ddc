"""`/v1/{city}/leasing/…`: a lease from the dealer's offer to the handover, each step by whoever's turn it is."""

from decimal import Decimal
from typing import Any

from litestar.enums import HttpMethod
from msgspec.structs import asdict

from adapters.http import lease_examples as examples
from adapters.http.endpoints import (
    BOOKERS,
    DEALERS,
    HANDERS,
    HR,
    LEASE_SIDES,
    LESSORS,
    Ask,
    Endpoint,
    Reply,
    Rule,
    answer,
)
from adapters.http.lease_shapes import (
    ApplicationRequest,
    ApprovalRequest,
    HandoverRequest,
    LeaseLine,
    LeaseList,
    LeaseView,
    OfferRequest,
    OrderRequest,
    PickupRequest,
)
from adapters.http.lease_simulations import sheet_view
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import in_utc
from domain.bike_leasing.contracts.acts import possible_from
from domain.bike_leasing.contracts.handing_over import PinMistyped
from domain.bike_leasing.contracts.leases import Lease, LeasedBike, LeaseId, PinId
from domain.bike_leasing.contracts.parties import Parties, PartyId
from domain.identity import PersonId
from services.bike_leasing.contracts import Leases
from services.bike_leasing.contracts.deciding import Decide, Ordering
from services.bike_leasing.contracts.handing import GetReady, Hand
from services.bike_leasing.contracts.offering import Offering
from services.bike_leasing.contracts.ports import LeaseFile, Outcome
from services.calls import Answer, Call

BASE = "/v1/{city:str}/leasing"
COMMON = ("unknown_lease", "not_yours_to_do", "lease_state_forbids")
DEAREST = 1_000_000
REVIEWED = ("framework_not_active", "reason_missing")


def leases(offered: Leases) -> tuple[Endpoint, ...]:
    """The operations, over their use cases."""

    async def list_leases(ask: Ask) -> Reply:
        return answer(LeaseList(tuple(map(_line, await offered.page(ask.actor)))))

    async def get_lease(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, LeaseId(ask.path("lease_id")))
        return answer(_view(found)) if found is not None else ask.problem("unknown_lease")

    async def offer_lease(ask: Ask) -> Reply:
        asked = await ask.document(OfferRequest)
        parties = Parties(
            PersonId(asked.holder_id), PartyId(asked.dealer), PartyId(asked.lessor), PartyId(asked.employer)
        )
        bike, until = LeasedBike(**asdict(asked.bike)), in_utc(asked.valid_until, pointer="/valid_until")
        command = Offering(LeaseId(ask.edge.new_id()), parties, bike, until)
        return await offered.offer(_call(ask, asked, 201), command)

    async def apply_for_lease(ask: Ask) -> Reply:
        asked = await ask.document(ApplicationRequest)
        return await offered.apply(_call(ask, asked), LeaseId(asked.lease_id))

    async def decide_on_lease(ask: Ask) -> Reply:
        asked = await ask.document(ApprovalRequest)
        command = Decide(
            LeaseId(asked.lease_id),
            asked.approved,
            frozenset(asked.bars),
            asked.employed_until,
            _pay(asked.hourly_after),
            asked.reason,
        )
        return await offered.decide(_call(ask, asked), command)

    async def order_lease(ask: Ask) -> Reply:
        asked = await ask.document(OrderRequest)
        command = Ordering(LeaseId(asked.lease_id), asked.accepted, asked.signed, asked.reason)
        return await offered.order(_call(ask, asked), command)

    async def prepare_pickup(ask: Ask) -> Reply:
        asked = await ask.document(PickupRequest)
        command = GetReady(LeaseId(asked.lease_id), PinId(ask.edge.new_id()), asked.serial_number)
        return await offered.get_ready(_call(ask, asked), command)

    async def hand_over_lease(ask: Ask) -> Reply:
        asked = await ask.document(HandoverRequest)
        command = Hand(LeaseId(asked.lease_id), asked.pin, asked.identity_checked, asked.free_of_defects)
        return await offered.hand_over(_call(ask, asked), command)

    def step(rule: Rule, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        status = more.pop("status", 200)
        shown = {status: examples.LEASE | more.pop("shown")}
        codes = COMMON + more.pop("codes")
        return Endpoint(
            HttpMethod.POST,
            rule,
            f"{BASE}/{path}",
            operation_id,
            "leasing",
            summary,
            answers={status: LeaseView},
            examples=shown,
            codes=codes,
            keyed=True,
            **more,
        )

    return (
        Endpoint(
            HttpMethod.GET,
            LEASE_SIDES,
            f"{BASE}/leases",
            "listLeases",
            "leasing",
            "One's own leases, and those of the parties for which one acts",
            list_leases,
            {200: LeaseList},
            examples={200: {"items": [examples.LINE]}},
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
            handler=offer_lease,
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
            shown={},
        ),
        step(
            BOOKERS,
            "applications",
            "applyForLease",
            "The employee takes the offer up",
            handler=apply_for_lease,
            codes=(
                *("lease_offer_expired", "no_bike_by_law", "framework_not_active", "below_least_price", "above_cap"),
                "too_many_bikes",
            ),
            body=ApplicationRequest,
            example={"lease_id": examples.ID},
            shown={"state": "applied", "sides": ["employee"]},
        ),
        step(
            HR,
            "approvals",
            "decideOnLease",
            "The employer's yes or no; nobody decides on her own application",
            handler=decide_on_lease,
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
            handler=order_lease,
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
            handler=prepare_pickup,
            codes=("serial_number_missing",),
            body=PickupRequest,
            example={"lease_id": examples.ID, "serial_number": "SN-4711"},
            shown={"state": "ready_for_pickup"},
        ),
        step(
            HANDERS,
            "handovers",
            "handOverLease",
            "The bike is given to whoever says the PIN: it counts once, for a month, and for five tries",
            handler=hand_over_lease,
            codes=("pin_does_not_fit", "pin_expired", "pin_used_up", "identity_not_checked", "defects"),
            body=HandoverRequest,
            example={
                "lease_id": examples.ID,
                "pin": "417205",
                "identity_checked": True,
                "free_of_defects": True,
            },
            shown={"state": "handed_over"},
        ),
    )


def _pay(hourly: Decimal) -> Decimal:
    """An hour's pay in euros; "NaN" and "Infinity" are decimals, and nobody's pay."""
    if not hourly.is_finite() or not 0 <= hourly < DEAREST:
        raise Rejected("invalid_input", errors=(Fault("from 0 to below a million euros", pointer="/hourly_after"),))
    return hourly


def _call(ask: Ask, asked: object, status: int = 200) -> Call[Outcome]:
    def rendered(outcome: Outcome) -> Answer:
        if isinstance(outcome, PinMistyped):
            left = outcome.lease.pin.tries_left if outcome.lease.pin is not None else 0
            return ask.problem("pin_does_not_fit", detail=f"{left} tries are left")
        assert isinstance(outcome, LeaseFile)  # noqa: S101 - refusals are told before
        return answer(_view(outcome), status)

    return ask.call(asked, rendered)


def _line(lease: Lease) -> LeaseLine:
    parties, quote = lease.parties, lease.quote
    assert quote is not None  # noqa: S101 - what is kept was offered
    return LeaseLine(
        lease.id,
        lease.state,
        parties.holder,
        parties.dealer,
        parties.lessor,
        parties.employer,
        quote.bike,
        quote.months,
        quote.rate,
    )


def _view(file: LeaseFile) -> LeaseView:
    lease, line = file.lease, _line(file.lease)
    assert lease.quote is not None  # noqa: S101 - what is kept was offered
    return LeaseView(
        **asdict(line),
        version=lease.version,
        valid_until=lease.quote.valid_until,
        fees=lease.quote.fees,
        concluded_on=lease.concluded_on,
        handed_over_on=lease.handed_over_on,
        first_month=lease.first_month,
        last_day=lease.last_day,
        reason=lease.reason,
        pin=file.pin,
        sides=tuple(sorted(file.sides)),
        acts=possible_from(lease, file.sides),
        sheets={name: sheet_view(sheet) for name, sheet in file.sheets.items()},
        instalments=tuple(file.instalments),
    )
