"""`/v1/{city}/charging/faults` and `/tickets`: what goes wrong at charging stations, and who sees to it."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import UNSET, Meta, Struct, UnsetType

from adapters.http.administration import PageQuery
from adapters.http.charging.fault_examples import ASSIGNEE, BY_HAND, FAULT, OPENED, TICKET
from adapters.http.charging.stations import after, page
from adapters.http.endpoints import OPERATORS, Ask, Endpoint, Reply, answer
from domain.charging.faults.faults import FaultKind, TicketId
from domain.charging.faults.tickets import ChangeTicket, NotTicketed, OpenTicket, Severity, TicketState
from domain.charging.stations import WHOLE_STATION, ChargingStationId
from domain.identity import PersonId
from domain.refusals import Refusal
from services.charging.faults import FaultDesk
from services.charging.faults.views import FaultsWanted, FaultView, TicketsWanted, TicketView

FAULTS = "/v1/{city:str}/charging/faults"
TICKETS = "/v1/{city:str}/charging/tickets"
ONE = f"{TICKETS}/{{ticket_id:uuid}}"


class FaultsQuery(PageQuery, frozen=True):
    charging_station_id: Annotated[UUID | None, Meta(examples=[FAULT["charging_station_id"]])] = None
    kind: Annotated[FaultKind | None, Meta(examples=["out_of_order"])] = None
    lasting: Annotated[
        bool | None, Meta(description="Only those that are not over, or only those that are", examples=[True])
    ] = None


class TicketsQuery(PageQuery, frozen=True):
    charging_station_id: Annotated[UUID | None, Meta(examples=[FAULT["charging_station_id"]])] = None
    assignee: Annotated[UUID | None, Meta(description="Who sees to it", examples=[ASSIGNEE])] = None
    severity: Annotated[tuple[Severity, ...], Meta(description="May repeat", examples=[["high"]])] = ()
    state: Annotated[tuple[TicketState, ...], Meta(description="May repeat", examples=[["open"]])] = ()


class TicketRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """What somebody saw or was told of. `evse` is 0 for the whole station; without a station it is of none. `text` becomes the first note.
    Whoever it is assigned to is written to, else the city's operators, all but whoever opens it."""

    title: Annotated[str, Meta(min_length=1, max_length=200)]
    severity: Severity = Severity.MEDIUM
    text: Annotated[str, Meta(max_length=1000)] | None = None
    charging_station_id: UUID | None = None
    evse: Annotated[int, Meta(ge=0, le=999)] = WHOLE_STATION
    assignee: UUID | None = None


class TicketChange(Struct, forbid_unknown_fields=True, frozen=True):
    """What is absent stays as it is; null takes it off whoever had it. Whoever closes a ticket says why in the `note`, and has brought
    its point back into service, or does so with the same call. With `out_of_service` the station is told to take the point out of
    service, nobody can book it, and what is booked there gets another plug in time, or its money back."""

    state: TicketState | None = None
    severity: Severity | None = None
    assignee: UUID | UnsetType | None = UNSET
    out_of_service: bool | None = None
    note: Annotated[str, Meta(max_length=1000)] | None = None


class FaultList(Struct, frozen=True):
    items: tuple[FaultView, ...]
    next_cursor: str | None


class TicketList(Struct, frozen=True):
    items: tuple[TicketView, ...]
    next_cursor: str | None


def charging_faults(offered: FaultDesk) -> tuple[Endpoint, ...]:
    async def list_faults(ask: Ask) -> Reply:
        asked = ask.query(FaultsQuery)
        station = _station(asked.charging_station_id)
        wanted = FaultsWanted(asked.limit + 1, after(asked.cursor), station, asked.kind, asked.lasting)
        found = await offered.faults(ask.city, wanted)
        return answer(FaultList(*page(found, asked.limit, lambda each: (each.began_at, each.id))))

    async def list_tickets(ask: Ask) -> Reply:
        asked = ask.query(TicketsQuery)
        assignee = PersonId(asked.assignee) if asked.assignee is not None else None
        station = _station(asked.charging_station_id)
        ones = (frozenset(asked.severity), frozenset(asked.state))
        wanted = TicketsWanted(asked.limit + 1, after(asked.cursor), station, assignee, *ones)
        found = await offered.tickets(ask.city, wanted)
        return answer(TicketList(*page(found, asked.limit, _place)))

    async def show_ticket(ask: Ask) -> Reply:
        found = await offered.find(ask.city, _ticket_id(ask))
        return ask.refuse(Refusal(NotTicketed.UNKNOWN_TICKET)) if found is None else answer(found)

    async def open_ticket(ask: Ask) -> Reply:
        asked = await ask.body(TicketRequest)
        command = OpenTicket(
            TicketId(ask.edge.new_id()),
            asked.title,
            asked.severity,
            asked.text,
            _station(asked.charging_station_id),
            asked.evse,
            PersonId(asked.assignee) if asked.assignee is not None else None,
        )
        return await offered.open(ask.call(asked, lambda view: answer(view, 201)), command)

    async def change_ticket(ask: Ask) -> Reply:
        asked = await ask.body(TicketChange)
        assignee = PersonId(asked.assignee) if isinstance(asked.assignee, UUID) else asked.assignee
        command = ChangeTicket(_ticket_id(ask), asked.state, asked.severity, assignee, asked.out_of_service, asked.note)
        return await offered.change(ask.unkeyed(answer), command)

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, OPERATORS, path, operation_id, "admin", summary, **more)

    return (
        endpoint(
            HttpMethod.GET,
            FAULTS,
            "listChargingFaults",
            "What went wrong at charging stations, the latest first",
            handler=list_faults,
            answers={200: FaultList},
            query=FaultsQuery,
            examples={200: {"items": [FAULT], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.GET,
            TICKETS,
            "listChargingTickets",
            "What somebody sees to, or is to see to, the latest first",
            handler=list_tickets,
            answers={200: TicketList},
            query=TicketsQuery,
            examples={200: {"items": [TICKET], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.POST,
            TICKETS,
            "openChargingTicket",
            "Have somebody see to what no station tells",
            handler=open_ticket,
            answers={201: TicketView},
            codes=("no_words", "unknown_charge_point", "unknown_assignee"),
            body=TicketRequest,
            keyed=True,
            example=BY_HAND,
            examples={201: OPENED},
        ),
        endpoint(
            HttpMethod.GET,
            ONE,
            "showChargingTicket",
            "A ticket with its faults and notes",
            handler=show_ticket,
            answers={200: TicketView},
            codes=(NotTicketed.UNKNOWN_TICKET.value,),
            examples={200: TICKET},
        ),
        endpoint(
            HttpMethod.PATCH,
            ONE,
            "changeChargingTicket",
            "Give it to somebody, say how grave it is, note what was done, take its point out of service or bring it back, close it with a reason",
            handler=change_ticket,
            answers={200: TicketView},
            codes=tuple(reason.value for reason in NotTicketed),
            body=TicketChange,
            example={"state": "in_work", "note": "The fitter comes tomorrow at nine"},
            examples={200: TICKET},
        ),
    )


def _station(told: UUID | None) -> ChargingStationId | None:
    return ChargingStationId(told) if told is not None else None


def _ticket_id(ask: Ask) -> TicketId:
    return TicketId(ask.path("ticket_id"))


def _place(ticket: TicketView) -> tuple[datetime, UUID]:
    return ticket.opened_at, ticket.id
