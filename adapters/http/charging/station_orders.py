"""What charging stations are told for whoever runs the city's, and what was said with them."""

from datetime import timedelta
from typing import Annotated, Any
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.administration import PageQuery
from adapters.http.charging.station_examples import MESSAGE, ORDER, RESET
from adapters.http.charging.stations import ONE, after, page, station_id
from adapters.http.endpoints import OPERATORS, Ask, Endpoint, Reply, answer
from adapters.http.reading import Instant, asked_in_utc
from domain.charging.orders import (
    AskFor,
    ChangeAvailability,
    ClearProfile,
    Order,
    OrderId,
    ReadSettings,
    Reset,
    StartTransaction,
    StopTransaction,
    Unlock,
    WriteSetting,
)
from domain.charging.registering import NotRegistrable
from domain.charging.reports import IdToken
from services.charging.central.keeping import ChargingStations, MessagesWanted, MessageView, OrderView, PlaceOrder
from services.charging.central.ports import Direction, FrameKind


class RemoteStart(Struct, forbid_unknown_fields=True, frozen=True, tag="start_transaction"):
    """Who charges and whether she may is judged by the token, as at the station."""

    evse: Annotated[int, Meta(ge=1, le=999)]
    id_token: Annotated[str, Meta(min_length=1, max_length=20)]
    remote_start: Annotated[int, Meta(ge=0, le=2_000_000_000)]


class OrderRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """It is told within `lasts_s` seconds or not at all. Reservations and limits of power are not ordered by hand."""

    order: (
        Reset
        | Unlock
        | ChangeAvailability
        | ReadSettings
        | WriteSetting
        | AskFor
        | RemoteStart
        | StopTransaction
        | ClearProfile
    )
    lasts_s: Annotated[int, Meta(ge=5, le=604_800)] = 300


class OrderList(Struct, frozen=True):
    items: tuple[OrderView, ...]
    next_cursor: str | None


class MessagesQuery(PageQuery, frozen=True):
    since: Annotated[Instant | None, Meta(description="Not before", examples=["2026-11-29T16:00:00Z"])] = None
    until: Annotated[Instant | None, Meta(description="Before", examples=["2026-11-29T17:00:00Z"])] = None
    direction: Annotated[Direction | None, Meta(examples=["in"])] = None
    kind: Annotated[FrameKind | None, Meta(examples=["call"])] = None
    action: Annotated[str, Meta(max_length=50, examples=["StatusNotification"])] | None = None
    contains: Annotated[str, Meta(max_length=100, description="Within what was said", examples=["Faulted"])] | None = (
        None
    )


class MessageList(Struct, frozen=True):
    items: tuple[MessageView, ...]
    next_cursor: str | None


def station_orders(offered: ChargingStations) -> tuple[Endpoint, ...]:
    async def list_orders(ask: Ask) -> Reply:
        asked = ask.query(PageQuery)
        found = await offered.orders(ask.city, station_id(ask), after(asked.cursor), asked.limit + 1)
        return answer(OrderList(*page(found, asked.limit, lambda each: (each.made_at, each.id))))

    async def place_order(ask: Ask) -> Reply:
        asked = await ask.body(OrderRequest)
        order: Order
        if isinstance(wanted := asked.order, RemoteStart):
            order = StartTransaction(wanted.evse, IdToken(wanted.id_token), wanted.remote_start)
        else:
            order = wanted
        command = PlaceOrder(OrderId(ask.edge.new_id()), station_id(ask), order, timedelta(seconds=asked.lasts_s))
        return await offered.order(ask.call((station_id(ask), asked), lambda view: answer(view, 201)), command)

    async def list_messages(ask: Ask) -> Reply:
        asked = ask.query(MessagesQuery)
        wanted = MessagesWanted(
            asked.limit + 1,
            after(asked.cursor),
            asked_in_utc("since", asked.since),
            asked_in_utc("until", asked.until),
            asked.direction,
            asked.kind,
            asked.action,
            asked.contains,
        )
        found = await offered.messages(ask.city, station_id(ask), wanted)
        return answer(MessageList(*page(found, asked.limit, lambda each: (each.at, UUID(each.id)))))

    def endpoint(method: HttpMethod, path: str, operation_id: str, summary: str, **more: Any) -> Endpoint:
        return Endpoint(method, OPERATORS, path, operation_id, "admin", summary, **more)

    unknown = NotRegistrable.UNKNOWN_CHARGING_STATION.value
    return (
        endpoint(
            HttpMethod.GET,
            f"{ONE}/orders",
            "listStationOrders",
            "What the station was told, and what it answered, the latest first",
            handler=list_orders,
            answers={200: OrderList},
            query=PageQuery,
            examples={200: {"items": [ORDER], "next_cursor": None}},
        ),
        endpoint(
            HttpMethod.POST,
            f"{ONE}/orders",
            "orderStation",
            "Have the station told something, by whichever process holds it",
            handler=place_order,
            answers={201: OrderView},
            codes=(unknown, "setting_not_writable", "unknown_order"),
            body=OrderRequest,
            example={"order": RESET},
            examples={201: ORDER | {"sent_at": None, "times": 0, "answered_at": None, "answered": None, "said": None}},
            keyed=True,
        ),
        endpoint(
            HttpMethod.GET,
            f"{ONE}/messages",
            "listStationMessages",
            "Every message to and from the station of the last days, the latest first",
            handler=list_messages,
            answers={200: MessageList},
            query=MessagesQuery,
            examples={200: {"items": [MESSAGE], "next_cursor": None}},
        ),
    )
