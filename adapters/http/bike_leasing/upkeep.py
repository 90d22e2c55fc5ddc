"""`/v1/{city}/leasing/service-invoices` and `/service-budgets`: what dealers bill for the upkeep of leased bikes, and what is left for it."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct
from msgspec.structs import asdict

from adapters.http.bike_leasing.examples import ID
from adapters.http.bike_leasing.pages import PageQuery, wanted
from adapters.http.cursors import Place, following
from adapters.http.endpoints import DEALERS, LESSORS, RIDERS_DEALERS_AND_LESSORS, Ask, Endpoint, Reply, answer
from adapters.http.reading import Day
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.upkeep.budgets import ServiceBudget
from domain.bike_leasing.upkeep.invoices import (
    InvoiceState,
    ServiceInvoice,
    ServiceInvoiceId,
    ServiceKind,
    ServiceLine,
    SubmitInvoice,
)
from domain.bike_leasing.upkeep.packages import ServicePackage
from domain.money import Money
from domain.refusals import Refusal
from services.bike_leasing.upkeep import LeaseUpkeep
from services.bike_leasing.upkeep.billing import DecideInvoice
from services.bike_leasing.upkeep.views import ServiceInvoiceView, service_invoice_view
from services.calls import Answer

BASE = "/v1/{city:str}/leasing"
INVOICES = f"{BASE}/service-invoices"
PartyName: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,62}$", examples=["radhaus"])]
NUMBER = r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*$"


class ServiceLineGiven(Struct, forbid_unknown_fields=True, frozen=True):
    """`vat_percent` is the standard rate, or 0 where the dealer owes no tax; `gross` is `net` and `vat`."""

    kind: ServiceKind
    words: Annotated[str, Meta(min_length=1, max_length=200)]
    net: Money
    vat_percent: Decimal
    vat: Money
    gross: Money


class ServiceInvoiceRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """Of a `dealer` for whom one acts, under his own `number`. `serviced_on` says of which contract year it is."""

    lease_id: UUID
    dealer: PartyName
    number: Annotated[str, Meta(min_length=1, max_length=60, pattern=NUMBER)]
    issued_on: Day
    serviced_on: Day
    lines: Annotated[tuple[ServiceLineGiven, ...], Meta(min_length=1, max_length=50)]


class ServiceDecisionRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """A no says why."""

    accepted: bool
    reason: Annotated[str, Meta(max_length=200)] = ""


class InvoicesQuery(PageQuery, forbid_unknown_fields=True, frozen=True):
    """`state` may repeat; `cursor` is a page's `next_cursor`."""

    state: Annotated[tuple[InvoiceState, ...], Meta(examples=[["submitted"]])] = ()


class ServiceInvoiceList(Struct, frozen=True):
    """The newest first."""

    items: tuple[ServiceInvoiceView, ...]
    next_cursor: str | None


class BudgetYearView(Struct, frozen=True):
    """Both days included. `granted` and `used` are of the year, or of all years up to it where what is left carries over; `left` is what
    may still be spent on services of the year."""

    number: int
    begins: date
    ends: date
    granted: Money
    used: Money
    left: Money


class ServiceBudgetView(Struct, frozen=True):
    lease_id: UUID
    package: ServicePackage
    years: tuple[BudgetYearView, ...]


def lease_services(offered: LeaseUpkeep) -> tuple[Endpoint, ...]:
    async def submit_invoice(ask: Ask) -> Reply:
        asked = await ask.document(ServiceInvoiceRequest)
        return await offered.submit(
            ask.call(asked, lambda made: answer(service_invoice_view(made), 201)), _submitted(ask, asked)
        )

    async def list_invoices(ask: Ask) -> Reply:
        asked = ask.query(InvoicesQuery)
        found = await offered.invoices(ask.actor, wanted(asked), asked.state)
        more = following(found, asked.limit, lambda each: Place(each.submitted_at, each.id))
        return answer(ServiceInvoiceList(tuple(map(service_invoice_view, found[: asked.limit])), more))

    async def decide_on_invoice(ask: Ask) -> Reply:
        asked = await ask.body(ServiceDecisionRequest)
        of = ServiceInvoiceId(ask.path("invoice_id"))

        def told(decided: ServiceInvoice) -> Answer:
            return answer(service_invoice_view(decided))

        return await offered.decide(ask.call((of, asked), told), DecideInvoice(of, asked.accepted, asked.reason))

    async def get_budget(ask: Ask) -> Reply:
        of = LeaseId(ask.path("lease_id"))
        found = await offered.budget(ask.actor, of)
        return ask.refuse(found) if isinstance(found, Refusal) else answer(_budget(of, found))

    return (
        Endpoint(
            HttpMethod.POST,
            DEALERS,
            INVOICES,
            "submitServiceInvoice",
            "leasing",
            "A dealer bills the upkeep of a leased bike, within the budget of the lease's contract year; any dealer whose offers the"
            " lessor takes",
            submit_invoice,
            {201: ServiceInvoiceView},
            codes=(
                *("unknown_lease", "unknown_party", "not_yours_to_do", "lease_state_forbids", "dealer_not_accredited"),
                *("no_service_package", "bad_service_invoice", "not_serviced_then", "service_invoice_known"),
                "service_budget_exceeded",
            ),
            body=ServiceInvoiceRequest,
            keyed=True,
            example=INVOICE,
            examples={201: SUBMITTED},
        ),
        Endpoint(
            HttpMethod.GET,
            RIDERS_DEALERS_AND_LESSORS,
            INVOICES,
            "listServiceInvoices",
            "leasing",
            "What was billed for one's own leased bike, to the lessor, or by the dealer for whom one acts",
            list_invoices,
            {200: ServiceInvoiceList},
            query=InvoicesQuery,
            examples={200: {"items": [SUBMITTED], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.POST,
            LESSORS,
            f"{INVOICES}/{{invoice_id:uuid}}/decisions",
            "decideOnServiceInvoice",
            "leasing",
            "The lessor's yes, by which the dealer is owed it, or no, which gives the budget back",
            decide_on_invoice,
            {200: ServiceInvoiceView},
            codes=("unknown_service_invoice", "not_yours_to_do", "service_invoice_decided", "reason_missing"),
            body=ServiceDecisionRequest,
            keyed=True,
            example={"accepted": True},
            examples={200: ACCEPTED},
        ),
        Endpoint(
            HttpMethod.GET,
            RIDERS_DEALERS_AND_LESSORS,
            f"{BASE}/service-budgets/{{lease_id:uuid}}",
            "getServiceBudget",
            "leasing",
            "What a lease's service package has left, by contract year: for its holder, its lessor, and whoever sold the bike",
            get_budget,
            {200: ServiceBudgetView},
            codes=("unknown_lease", "no_service_package"),
            examples={200: BUDGET},
        ),
    )


def _submitted(ask: Ask, asked: ServiceInvoiceRequest) -> SubmitInvoice:
    return SubmitInvoice(
        ServiceInvoiceId(ask.edge.new_id()),
        LeaseId(asked.lease_id),
        PartyId(asked.dealer),
        asked.number,
        asked.issued_on,
        asked.serviced_on,
        tuple(ServiceLine(**asdict(line)) for line in asked.lines),
    )


def _budget(of: LeaseId, found: ServiceBudget) -> ServiceBudgetView:
    years = tuple(BudgetYearView(**asdict(year), left=found.left(year.number)) for year in found.years)
    return ServiceBudgetView(of, found.package, years)


def _eur(cents: int) -> dict[str, Any]:
    return {"amount": cents, "currency": "EUR"}


_LINE: dict[str, Any] = {
    "kind": "inspection",
    "words": "Jahresinspektion",
    "net": _eur(3_500),
    "vat_percent": "19",
    "vat": _eur(665),
    "gross": _eur(4_165),
}
INVOICE: dict[str, Any] = {
    "lease_id": ID,
    "dealer": "radhaus",
    "number": "W-2027-0117",
    "issued_on": "2027-11-22",
    "serviced_on": "2027-11-22",
    "lines": [_LINE],
}
SUBMITTED: dict[str, Any] = INVOICE | {
    "id": "01a22834-a599-7c37-b25a-5e49c7c14001",
    "net": _eur(3_500),
    "vat": _eur(665),
    "gross": _eur(4_165),
    "year": 1,
    "state": "submitted",
    "submitted_at": "2027-11-22T15:04:00Z",
    "decided_by": None,
    "decided_at": None,
    "reason": None,
}
ACCEPTED: dict[str, Any] = SUBMITTED | {
    "state": "accepted",
    "decided_by": "01890a5d-ac96-774b-bcce-b302099a8057",
    "decided_at": "2027-11-23T09:12:00Z",
}
BUDGET: dict[str, Any] = {
    "lease_id": ID,
    "package": {"budget": _eur(8_330), "carries_over": True, "accepted_up_to": _eur(5_000)},
    "years": [
        {
            "number": 1,
            "begins": "2026-12-10",
            "ends": "2027-12-31",
            "granted": _eur(8_330),
            "used": _eur(4_165),
            "left": _eur(4_165),
        },
        {
            "number": 2,
            "begins": "2028-01-01",
            "ends": "2028-12-31",
            "granted": _eur(16_660),
            "used": _eur(4_165),
            "left": _eur(12_495),
        },
    ],
}
