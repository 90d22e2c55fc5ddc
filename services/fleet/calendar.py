"""A fleet's calendar: a lane for each vehicle, with what it is booked for, what used it, and when it stands still."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec
from msgspec import Struct

from domain.booking.blocks import BlockId
from domain.booking.bookings import BookingId, Payer, State
from domain.booking.resources import ResourceId, StationId
from domain.fleet.vehicles import Life, VehicleKind
from domain.identity import Actor, City, PoolId
from domain.periods import Period
from services.fleet.keeping import Reach, reach


class CalendarAsked(Struct, frozen=True):
    """A period, and one pool or all that one runs."""

    period: Period
    pool_id: PoolId | None = None


class LaneBooking(Struct, frozen=True, omit_defaults=True):
    """A booking that stands, from its start to its end; of one that is completed, the time in which the vehicle was used,
    to the second. Nothing says who has it.

    What goes without saying is left out: that the city pays for it, its own use and not a resident's; that the vehicle is
    `final`, and no other may come in its place; and `claimed_from` and `claimed_until`, unless a booking that stands claims
    other time than its own with the vehicle's buffers, more after an extension or past its end.
    """

    id: BookingId
    start: datetime
    end: datetime
    state: State
    payer: Payer = Payer.COST_CENTRE
    final: bool = True
    claimed_from: datetime | None = None
    claimed_until: datetime | None = None


class Stop(StrEnum):
    """Why a vehicle stands still: it was blocked, or is being made ready after a use that ended late."""

    BLOCK = "block"
    TURNAROUND = "turnaround"


class LaneBlock(Struct, frozen=True):
    """A time in which nobody gets the vehicle; a block that was lifted ends then. A turnaround has no id and no reason."""

    id: BlockId | None
    kind: Stop
    start: datetime
    end: datetime
    reason: str | None


class Lane(Struct, frozen=True, rename={"vehicle_class": "class"}):
    """A vehicle with all that lies in the period, each in order of time. It is not used from `usable_until` on, until its
    papers were renewed; buffers are what it needs before and after a use, in seconds."""

    vehicle_id: ResourceId
    name: str
    kind: VehicleKind
    vehicle_class: str
    pool_id: PoolId | None
    station_id: StationId
    state: Life
    bookable: bool
    usable_until: datetime | None
    buffer_before_s: int
    buffer_after_s: int
    bookings: tuple[LaneBooking, ...]
    blocks: tuple[LaneBlock, ...]


class Calendar(Struct, frozen=True):
    """The lanes by name. One that is retired is there where something of it lies in the period."""

    time_zone: str
    items: tuple[Lane, ...]
    next_cursor: None = None


class CalendarBooks(Protocol):
    async def lanes(self, city: City, within: Reach, asked: CalendarAsked, now: datetime) -> msgspec.Raw:
        """A `Calendar` as JSON: what is long is written once. A hold that has lapsed is not in it any more."""


async def show_calendar(asked: CalendarAsked, *, books: CalendarBooks, actor: Actor, now: datetime) -> msgspec.Raw:
    """What overlaps the half-open period, of the vehicles of the pools that one runs: a `Calendar` as JSON."""
    return await books.lanes(actor.city, reach(actor), asked, now)


ShowCalendar = Callable[[Actor, CalendarAsked], Awaitable[msgspec.Raw]]
