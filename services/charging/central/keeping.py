"""What operators do with charging stations: register them, admit them, change their keys, and have them told something."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeAlias

from msgspec import Struct

from domain.booking.resources import ResourceId, StationId
from domain.charging.orders import Order, OrderId, StationOrder
from domain.charging.registering import NotRegistrable, Registered, Surroundings, change, may_order, register, rekey
from domain.charging.stations import Admission, ChargingStationId, EvseStatus, SecurityProfile, Version
from domain.identity import City
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.charging.central.equipment import EquipmentView
from services.charging.central.ports import Direction, FrameKind

Change: TypeAlias = Callable[[Registered], Registered]


class EvseView(Struct, frozen=True):
    """`status` is UNKNOWN where the station is out of reach; `said` and `error` are the station's own words."""

    number: int
    resource_id: ResourceId | None
    status: EvseStatus
    said: str | None
    error: str | None
    status_at: datetime | None


class ChargingStationView(Struct, frozen=True):
    """`connected` is whether some process holds its line; `key_pending` whether a new key waits to be shown by it."""

    id: ChargingStationId
    identity: str
    station_id: StationId
    security_profile: SecurityProfile
    admission: Admission
    heartbeat_s: int
    certificate_name: str | None
    key_pending: bool
    connected: bool
    version: Version | None
    vendor: str | None
    model: str | None
    serial: str | None
    firmware: str | None
    booted_at: datetime | None
    seen_at: datetime | None
    made_at: datetime
    evses: tuple[EvseView, ...]


class OrderView(Struct, frozen=True):
    """`order` is as it was placed. `answered` is null while nobody knows; `said` is the station's word, `values` what it was asked for."""

    id: OrderId
    order: dict[str, Any]
    made_at: datetime
    expires_at: datetime
    sent_at: datetime | None
    times: int
    answered_at: datetime | None
    answered: str | None
    said: str | None
    values: dict[str, str] | None


class MessageView(Struct, frozen=True):
    id: str
    at: datetime
    direction: Direction
    kind: FrameKind
    message_id: str | None
    action: str | None
    payload: Any
    fault: str | None
    frame: str | None


class MessagesWanted(Struct, frozen=True):
    """The latest first, before the place `after`; `contains` stands in a payload, a fault or a frame."""

    limit: int
    after: tuple[datetime, str] | None = None
    since: datetime | None = None
    until: datetime | None = None
    direction: Direction | None = None
    kind: FrameKind | None = None
    action: str | None = None
    contains: str | None = None


class StationBooks(Protocol):
    """Open in one city, in one transaction."""

    async def find(self, station_id: ChargingStationId) -> Registered | None:
        """As registered; nobody else changes it meanwhile."""

    async def around(self, station: Registered) -> Surroundings: ...
    async def keep(self, station: Registered, action: str) -> bool:
        """Write it with who did so; not where the name in its certificate is another station's, of whichever city."""

    async def place(self, order: StationOrder) -> None: ...
    async def view(self, station_id: ChargingStationId) -> ChargingStationView | None: ...
    async def order(self, order_id: OrderId) -> OrderView | None: ...


class PlaceOrder(Struct, frozen=True):
    id: OrderId
    station_id: ChargingStationId
    order: Order
    lasts: timedelta


Viewed: TypeAlias = ChargingStationView | Refusal[NotRegistrable]


class ChargingStations(Struct, frozen=True):
    """The use cases, bound. `page` and `orders` begin after a place in time; `new_key` makes keys of 20 random bytes, as hex."""

    register: Callable[[Call[Any], Registered], Awaitable[Answer]]
    change: Callable[[Call[Any], ChargingStationId, Change], Awaitable[Answer]]
    rekey: Callable[[Call[Any], ChargingStationId, str], Awaitable[Answer]]
    order: Callable[[Call[Any], PlaceOrder], Awaitable[Answer]]
    page: Callable[[City, tuple[datetime, Any] | None, int], Awaitable[Sequence[ChargingStationView]]]
    find: Callable[[City, ChargingStationId], Awaitable[ChargingStationView | None]]
    orders: Callable[[City, ChargingStationId, tuple[datetime, Any] | None, int], Awaitable[Sequence[OrderView]]]
    new_key: Callable[[], str]
    messages: Callable[[City, ChargingStationId, MessagesWanted], Awaitable[Sequence[MessageView]]]
    equipment: Callable[[City, ChargingStationId], Awaitable[EquipmentView | None]]


async def register_station(station: Registered, *, books: StationBooks) -> Viewed:
    decided = register(station, await books.around(station))
    return await _kept(decided, "charging_station.registered", books)


async def change_station(station_id: ChargingStationId, to: Change, *, books: StationBooks) -> Viewed:
    before = await books.find(station_id)
    if before is None:
        return Refusal(NotRegistrable.UNKNOWN_CHARGING_STATION)
    after = to(before)
    return await _kept(change(before, after, await books.around(after)), "charging_station.changed", books)


async def rekey_station(station_id: ChargingStationId, digest: str, *, books: StationBooks) -> Viewed:
    before = await books.find(station_id)
    if before is None:
        return Refusal(NotRegistrable.UNKNOWN_CHARGING_STATION)
    return await _kept(rekey(before, digest), "charging_station.key_changed", books)


async def order_station(
    command: PlaceOrder, *, books: StationBooks, now: datetime
) -> OrderView | Refusal[NotRegistrable]:
    if await books.find(command.station_id) is None:
        return Refusal(NotRegistrable.UNKNOWN_CHARGING_STATION)
    refused = may_order(command.order)
    if refused is not None:
        return refused
    await books.place(StationOrder(command.id, command.station_id, command.order, now, now + command.lasts))
    return await books.order(command.id) or Refusal(NotRegistrable.UNKNOWN_ORDER)


async def _kept(decided: Registered | Refusal[NotRegistrable], action: str, books: StationBooks) -> Viewed:
    if isinstance(decided, Refusal):
        return decided
    if not await books.keep(decided, action):
        return Refusal(NotRegistrable.CERTIFICATE_NAME_TAKEN, "/certificate_name")
    return await books.view(decided.id) or Refusal(NotRegistrable.UNKNOWN_CHARGING_STATION)
