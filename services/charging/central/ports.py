"""What the central system needs to know and keep, and what of it others do."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from domain.charging.orders import Order, OrderAnswer, OrderAnswered, OrderId, StationOrder
from domain.charging.reports import (
    Booted,
    EventReported,
    IdToken,
    ReservationEnded,
    StartAnswer,
    StatusReported,
    TokenAnswer,
    TransactionAnswer,
    TransactionEnded,
    TransactionStarted,
    TransactionUpdated,
)
from domain.charging.stations import (
    Admission,
    ChargingStationId,
    Credentials,
    Identity,
    SecurityProfile,
    StationAt,
    Version,
)
from domain.identity import City


class Knock(Struct, frozen=True):
    """Somebody is at the door and says who it is; nothing of it is proven yet."""

    at: StationAt
    credentials: Credentials


class Hold(Struct, frozen=True):
    """One connection of a station, held by one process until `until`, unless that says again that it is there."""

    at: StationAt
    process: UUID
    connection: UUID
    until: datetime


class Entry(Struct, frozen=True):
    """How a station came in: what it speaks, and what it has shown; `digest` is its key's."""

    version: Version
    profile: SecurityProfile
    digest: str | None = None


class Welcome(Struct, frozen=True):
    """How a station stands that is back: whether it was admitted when it last booted, and how often it is to be heard. `to_be_told`
    is whether somebody waits for what it is to be told; None where that is nothing."""

    admission: Admission
    heartbeat_s: int
    to_be_told: bool | None = None


class UnknownStation(Exception):
    """It is none of the city's any more."""


class Stations(Protocol):
    """How stations come, stay and go, and how they do; a transaction for each."""

    async def knock(self, city: City, identity: Identity) -> Knock | None:
        """None where the city has no such station."""

    async def hold(self, hold: Hold, entry: Entry, now: datetime) -> Welcome | None:
        """From now on it is reached over this connection, whoever held it before; None where there is no such station any more. An
        older key counts no more, and a lower profile opens no door again."""

    async def renew(self, city: City, holds: Sequence[Hold], now: datetime) -> frozenset[UUID]:
        """Of these connections those by which their station is still held; the others are to be hung up."""

    async def let_go(self, hold: Hold) -> None:
        """Unless somebody else holds it by now."""

    async def booted(self, at: StationAt, report: Booted, now: datetime) -> Welcome:
        """How it stands from now on. Raises UnknownStation where it was taken out meanwhile."""

    async def status_reported(self, at: StationAt, report: StatusReported, now: datetime) -> None:
        """What is older than what is known changes nothing."""


class Transactions(Protocol):
    """Who may charge, what was charged, and what it costs; a transaction for each. Whatever is reported is taken in, in any order
    and however often it comes, and answered alike; nothing of it is refused, as it has happened."""

    async def authorise(self, at: StationAt, token: IdToken) -> TokenAnswer: ...

    async def started(self, at: StationAt, report: TransactionStarted) -> StartAnswer: ...

    async def updated(self, at: StationAt, report: TransactionUpdated) -> TransactionAnswer: ...

    async def ended(self, at: StationAt, report: TransactionEnded) -> TransactionAnswer: ...

    async def status_reported(self, at: StationAt, report: StatusReported) -> None:
        """What a connector says may be about the transaction that is under way there."""


class Faults(Protocol):
    """What goes wrong there; a transaction for each, and each may come again."""

    async def look_at(self, at: StationAt) -> None:
        """Whether what is kept of the station's faults is what its standing says."""

    async def hear(self, at: StationAt, reports: Sequence[EventReported]) -> None: ...


class Reservations(Protocol):
    async def reservation_ended(self, at: StationAt, report: ReservationEnded) -> None:
        """A station holds it no more. It may have been said before, or of one that is long over."""


class Orders(Protocol):
    """Open in the transaction of whoever wants something of a station."""

    async def place(self, order: StationOrder) -> None:
        """It is told as soon as the transaction is through. The same id is placed once."""


class Taken(Struct, frozen=True):
    """What a station is about to be told. `further` is whether somebody waits for what it is to be told after that; None where that is
    nothing."""

    order: StationOrder
    awaited: bool
    further: bool | None = None


class OpenOrders(Protocol):
    """Orders on their way; a transaction for each."""

    async def waiting(self, city: City, process: UUID, now: datetime) -> Sequence[tuple[ChargingStationId, bool]]:
        """Which stations that the process holds are to be told something, and whether somebody waits for that."""

    async def take(
        self, at: StationAt, connection: UUID, now: datetime, but: Sequence[type[Order]] = ()
    ) -> Taken | None:
        """What the station is to be told next over this connection, if that holds it: first what somebody waits for, and of that the
        oldest. It is written down as told, so that nobody else does so. None where there is nothing, `but` what it may not be told
        now."""

    async def answered(self, at: StationAt, order: OrderId, answer: OrderAnswer, now: datetime) -> bool:
        """Keep the answer, and tell whoever waits for it. False where there is one already."""


class AnsweredOrders(Protocol):
    """Orders that are over, for whoever follows them."""

    async def find(self, city: City, order: OrderId) -> OrderAnswered | None: ...

    async def lapse(self, city: City, order: OrderId, now: datetime) -> None:
        """Answer it ourselves, if it is too late for it."""


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class FrameKind(StrEnum):
    CALL = "call"
    RESULT = "result"
    ERROR = "error"
    MALFORMED = "malformed"


class Message(Struct, frozen=True):
    """A frame. `payload` is JSON; `fault` the error's code and words; `frame` the beginning of what could not be read."""

    at: StationAt
    when: datetime
    direction: Direction
    kind: FrameKind
    message_id: str | None = None
    action: str | None = None
    payload: str | None = None
    fault: str | None = None
    frame: str | None = None


class MessageLog(Protocol):
    """What was said, for whoever looks for a fault. Nothing else rests on it, and a kill may cost its last moment."""

    async def keep(self, city: City, messages: Sequence[Message]) -> None: ...
