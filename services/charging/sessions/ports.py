"""The sessions' books, as their use cases need them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.events import Changed
from domain.booking.reach import Reach
from domain.charging.metering.proofs import MeterProof
from domain.charging.orders import StationOrder
from domain.charging.reports import IdToken, SignedValue
from domain.charging.sessions.acting import Plug
from domain.charging.sessions.bills import Billing
from domain.charging.sessions.calculations import Calculation
from domain.charging.sessions.hearing import Heard, Known
from domain.charging.sessions.points import Point, Told
from domain.charging.sessions.rights import KnownToken
from domain.charging.sessions.sessions import Flag, Session, SessionId, SessionState
from domain.charging.stations import ChargingStationId
from domain.identity import PersonId
from services.booking.ports import LifeDesk


class HearingBooks(Protocol):
    """Open in a city, for what its stations tell. Others may write between reading and recording; what they changed is not recorded over."""

    async def known(self, station: ChargingStationId, told: Told, now: datetime) -> Known:
        """In one statement."""

    async def running(self, station: ChargingStationId, evse: int) -> Known:
        """The session under way at the EVSE, if there is one."""

    async def token(self, station: ChargingStationId, token: IdToken, now: datetime) -> KnownToken | None: ...

    async def points(self, session_id: SessionId) -> tuple[Session, Sequence[Point]] | None: ...

    async def record(self, heard: Heard, told: Told | None, orders: Sequence[StationOrder]) -> None:
        """All of it or nothing, and that only where the session is as it was read."""


class Account(Struct, frozen=True):
    """A booking with the sessions that were charged by it, the earliest first. `points` are those of each session, in this order, where
    the price depends on what it did when. `reached` is whether their stations can say by now what they did meanwhile."""

    life: LifeDesk
    sessions: tuple[Session, ...]
    points: tuple[tuple[Point, ...], ...] = ()
    reached: bool = True


class Signed(Struct, frozen=True):
    """What was signed of a session, in the order of its coming. `key` is the meter's by the charging register, empty where that has
    none; `proof` what was found when it was examined, if it was."""

    session_id: SessionId
    values: tuple[SignedValue, ...]
    key: str
    proof: MeterProof | None = None


class BillingBooks(Protocol):
    """Open in one transaction of a city, for what follows for a booking; its sessions stay as they are until it is over."""

    async def account(self, session_id: SessionId) -> Account | None:
        """None where the session is nobody's."""

    async def change(self, change: Changed, by: Calculation | None = None) -> None:
        """`by` is kept for good."""

    async def billed(self, sessions: Sequence[SessionId], flag: Flag | None = None) -> None: ...

    async def later(self, sessions: Sequence[SessionId], at: datetime) -> None:
        """Look again then."""

    async def signed(self, sessions: Sequence[SessionId]) -> Sequence[Signed]:
        """Of those of which anything was."""

    async def prove(self, signed: Signed, proof: MeterProof) -> bool:
        """Keep it, for good; False where it is verified and another session has counted the same page of the same meter."""


class Charge(Struct, frozen=True):
    """A session as it is shown. `charge_point` and `place` are where it is, by name; `billing` is what its cost depends on, `billed`
    that this is final. `calculation` is how it came about, where it was kept and the session is looked at alone."""

    session: Session
    charge_point: str | None
    place: str
    billing: Billing | None
    billed: bool
    calculation: Calculation | None = None


class After(Struct, frozen=True, array_like=True):
    """The last session of a page; ids are in the order in which sessions were first heard of."""

    id: SessionId


class Wanted(Struct, frozen=True):
    limit: int
    booking_id: BookingId | None = None
    states: frozenset[SessionState] = frozenset()
    after: After | None = None


class SessionReader(Protocol):
    async def find(self, session_id: SessionId) -> Charge | None: ...

    async def page(self, reader: PersonId, within: Reach, wanted: Wanted) -> Sequence[Charge]:
        """The reader's own, and everybody's where she looks after the whole city; the latest first."""


class Socket(Struct, frozen=True):
    """A booking, and where it is plugged in; None where what is booked stands at no station of ours."""

    life: LifeDesk
    plug: Plug | None


class ActingBooks(Protocol):
    """Open in one transaction of a city, for what somebody wants of a session or of its station."""

    async def session(self, session_id: SessionId) -> Charge | None:
        """Nobody else changes it until this is over."""

    async def socket(self, booking_id: BookingId, now: datetime) -> Socket | None: ...

    async def change(self, session: Session, action: str) -> None: ...

    async def order(self, order: StationOrder) -> None: ...
