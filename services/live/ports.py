"""A city's log of what happened to its bookings, waitlists and charging tickets and in its fleet, as its followers need it."""

from datetime import datetime
from typing import Generic, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import BookingId, State
from domain.booking.reach import Reach, reach
from domain.booking.resources import ResourceId, Service
from domain.booking.waiting import EntryState, WaitlistEntryId
from domain.charging.faults.faults import FaultKind, TicketId
from domain.charging.faults.tickets import Severity, TicketState
from domain.charging.stations import ChargingStationId
from domain.identity import Actor, City, PersonId, PoolId

TOLD_AS_THEY_ARE = ("booking.", "payment.", "waitlist.", "charging.ticket_")


class Mark(Struct, frozen=True, order=True):
    """A place in the log: the transaction that wrote there, and the entry among that transaction's.

    Entries come into sight transaction by transaction in this order, so nothing ever turns up before a mark that was
    passed: commits that overlap are held back until the earlier one is over.
    """

    transaction: int
    entry: UUID


class BookingSeen(Struct, frozen=True):
    """The booking as it stands when it is told of, which may be later than what happened."""

    id: BookingId
    service: Service
    state: State
    version: int
    start: datetime
    end: datetime
    holder_id: PersonId
    pool_id: PoolId | None


class OfferSeen(Struct, frozen=True):
    """What somebody who waits is offered: until when it counts, and from when on she is told, which is not in the night."""

    resource_id: ResourceId
    told_from: datetime
    until: datetime


class EntrySeen(Struct, frozen=True):
    """An entry of a waitlist, likewise as it stands. `pool_id` is that of what is offered or asked for, None where that is no
    certain one; `booking_id` is there once the offer was accepted."""

    id: WaitlistEntryId
    service: Service
    state: EntryState
    start: datetime
    end: datetime
    offer: OfferSeen | None
    booking_id: BookingId | None
    holder_id: PersonId
    pool_id: PoolId | None


class TicketSeen(Struct, frozen=True):
    """A ticket of the city's charging stations, likewise as it stands. `evse` is 0 for the whole station; one by hand has no `kind`, and
    need not be of a station."""

    id: TicketId
    charging_station_id: ChargingStationId | None
    evse: int
    kind: FaultKind | None
    severity: Severity
    state: TicketState
    version: int


class Happening(Struct, frozen=True):
    """`kind` is the event's tag, as in `booking.confirmed`, `waitlist.offered` or `charging.ticket_opened`."""

    mark: Mark
    at: datetime
    kind: str
    about: BookingSeen | EntrySeen | TicketSeen

    @property
    def type(self) -> str:
        """What followers know it by: whatever service made a booking, it was created."""
        return self.kind if self.kind.startswith(TOLD_AS_THEY_ARE) else "booking.created"


class FleetBooking(Struct, frozen=True):
    """A booking of a vehicle as it stands when it is told of. Whose it is is nobody's affair here."""

    id: BookingId
    state: State
    version: int
    start: datetime
    end: datetime


class FleetHappening(Struct, frozen=True):
    """Something about a vehicle, and the booking that it is about where there is one. `kind` is the action of the audit trail,
    as in `fleet.paper_entered:hu`."""

    mark: Mark
    at: datetime
    kind: str
    vehicle_id: ResourceId
    pool_id: PoolId | None
    booking: FleetBooking | None = None

    @property
    def type(self) -> str:
        """What followers know it by: a booking was created, by whatever name."""
        return "booking.created" if self.kind == "fleet.vehicle_reserved" else self.kind.partition(":")[0]

    @property
    def detail(self) -> str | None:
        """What more is said: which paper it was, or what the lock said."""
        return self.kind.partition(":")[2] or None


class Marked(Protocol):
    """Something that stands in the log."""

    @property
    def mark(self) -> Mark: ...


H = TypeVar("H", bound=Marked)
H_co = TypeVar("H_co", bound=Marked, covariant=True)
H_contra = TypeVar("H_contra", bound=Marked, contravariant=True)


class Stretch(Struct, Generic[H], frozen=True):
    """What lies after a mark: `passed` is the last entry that was looked at, `more` whether others follow it."""

    happenings: tuple[H, ...]
    passed: Mark
    more: bool


class Eyes(Protocol[H_contra]):
    """Whose, and what they see."""

    @property
    def id(self) -> PersonId: ...

    def sees(self, happening: H_contra) -> bool: ...


class Reader(Struct, frozen=True):
    """Whose eyes: one's own bookings and entries, those within reach, and tickets where that is the whole city."""

    id: PersonId
    within: Reach

    def sees(self, happening: Happening) -> bool:
        """The rule of `may_act`, said of what the log tells."""
        if isinstance(happening.about, TicketSeen):
            return self.within.whole_city
        return happening.about.holder_id == self.id or self.within.covers(happening.about.pool_id)


class FleetReader(Struct, frozen=True):
    """Whoever runs pools: what happens in those, and nothing because it is one's own."""

    id: PersonId
    within: Reach

    def sees(self, happening: FleetHappening) -> bool:
        return self.within.covers(happening.pool_id)


def reader(actor: Actor) -> Reader:
    return Reader(actor.id, reach(actor))


def fleet_reader(actor: Actor) -> FleetReader:
    return FleetReader(actor.id, reach(actor))


class Log(Protocol[H]):
    async def here(self, city: City) -> Mark:
        """Before everything that is not in sight yet."""

    async def holds(self, city: City, mark: Mark) -> bool:
        """Whether the mark is of this log: one that `here` gave, or an entry that stands where the mark says.

        A restored backup counts anew; a mark from before it says where nothing is, or something else.
        """

    async def after(self, city: City, mark: Mark, limit: int) -> Stretch[H]:
        """The next `limit` entries of the log; those that are about something else are passed over."""


class Feed(Protocol[H_co]):
    """One follower's happenings."""

    @property
    def begins_anew(self) -> bool:
        """Whether the mark meant nothing here, so that something may have been missed."""

    async def next(self, patience_s: float) -> tuple[H_co, ...] | None:
        """What happened, oldest first; empty where nothing did in time, None where no more will come."""

    def leave(self) -> None: ...


class Follow(Protocol[H_co]):
    async def __call__(self, actor: Actor, after: Mark | None) -> "Feed[H_co] | None":
        """Follow from the mark, or from now on; None where there are too many followers."""
