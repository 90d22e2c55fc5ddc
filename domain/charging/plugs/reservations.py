"""A plug that a station keeps for a booking: one for each booking and EVSE, however often it is asked for."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import ResourceId
from domain.charging.orders import Answered, OrderAnswer, OrderId
from domain.charging.plugs.tokens import same
from domain.charging.reports import IdToken, ReservationNumber, TransactionRef
from domain.charging.stations import ChargingStationId, EvseStatus
from domain.charging_settings import PlugSettings

PlugReservationId = NewType("PlugReservationId", UUID)


class PlugState(StrEnum):
    """`GUARDED` is what a station cannot reserve: nobody but us keeps others away from it, by what we answer to tokens and by
    stopping who charges all the same. `REFUSED` may be asked for again; the last three are over."""

    ORDERED = "ordered"
    HONOURED = "honoured"
    GUARDED = "guarded"
    REFUSED = "refused"
    USED = "used"
    RELEASED = "released"
    ENDED = "ended"


LIVE = frozenset({PlugState.ORDERED, PlugState.HONOURED, PlugState.GUARDED})
KEPT = frozenset({PlugState.HONOURED, PlugState.GUARDED})
OVER = frozenset({PlugState.USED, PlugState.RELEASED, PlugState.ENDED})


class PlugPolicy(Struct, frozen=True):
    """Seconds. A station is told `lead_s` before the start and has `answer_s` to answer; what it refuses is tried again after
    `retry_s`. Where there is nothing, the holder is told at the latest `tell_before_s` before the start, or `patience_s` after
    it was first tried, if that is later; whoever stands in the way may leave until `occupied_s` after the start. One plug is
    asked for `most_orders` times at most. What is kept is looked at every `watch_s`."""

    lead_s: int = 900
    answer_s: int = 60
    retry_s: int = 60
    tell_before_s: int = 300
    patience_s: int = 120
    occupied_s: int = 600
    most_orders: int = 12
    watch_s: int = 60

    @property
    def lead(self) -> timedelta:
        return timedelta(seconds=self.lead_s)

    @property
    def retry(self) -> timedelta:
        return timedelta(seconds=self.retry_s)


POLICY = PlugPolicy()


def policy_of(settings: PlugSettings) -> PlugPolicy:
    """A city's own; how fast a line is, and how often one looks, is no matter of the city's."""
    return PlugPolicy(
        lead_s=settings.lead_min * 60,
        tell_before_s=settings.tell_before_min * 60,
        occupied_s=settings.occupied_min * 60,
        most_orders=settings.most_orders,
    )


OUT = frozenset({EvseStatus.OUTOFORDER, EvseStatus.INOPERATIVE})
"""Statuses with which nobody charges."""


class PlugReservation(Struct, frozen=True):
    """`number` is its name at the station, `order_id` the order whose answer counts, the `orders`-th. `honoured` says that the
    station said yes to the number before. `stands` that the station may hold it, whatever we think of it. `stopped` is the
    last transaction that was told to stop for it. `first_at` is when it was first asked for."""

    id: PlugReservationId
    booking_id: BookingId
    station_id: ChargingStationId
    evse: int
    resource_id: ResourceId
    number: ReservationNumber
    token: IdToken
    group: IdToken | None
    until: datetime
    state: PlugState
    order_id: OrderId
    orders: int
    first_at: datetime
    ordered_at: datetime
    answered_at: datetime | None = None
    refusal: Answered | None = None
    honoured: bool = False
    stands: bool = True
    stopped: TransactionRef | None = None
    stopped_at: datetime | None = None

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class Running(Struct, frozen=True):
    """A transaction at an EVSE that has not ended; `booking_id` is the one that it belongs to, if any."""

    ref: TransactionRef
    token: IdToken | None
    group: IdToken | None
    booking_id: BookingId | None
    began_at: datetime


class Plug(Struct, frozen=True):
    """The EVSE of a booking's resource. `status_at` is when we were told its status; `taken` that another booking's
    reservation is live there, `busy` that another booking is in use there, or comes first. `silent_since` is when a station that is not online
    was last heard of."""

    station_id: ChargingStationId
    evse: int
    resource_id: ResourceId
    status: EvseStatus
    status_at: datetime | None
    online: bool
    taken: bool = False
    busy: bool = False
    running: Running | None = None
    silent_since: datetime | None = None


class Answer(Struct, frozen=True):
    """What the station said to an order, and when we heard it."""

    order_id: OrderId
    answer: OrderAnswer
    at: datetime


class Facts(Struct, frozen=True):
    """All that there is to know of a booking's plug. `plug` is None where no station of ours has the resource;
    `reservations` are the booking's, `answer` is the one to the order of the live one, `taken_back_at` when its station said that it
    does not hold it any more. `token_used` says that the booking's token began a transaction."""

    booking: Booking
    plug: Plug | None
    reservations: tuple[PlugReservation, ...] = ()
    answer: Answer | None = None
    taken_back_at: datetime | None = None
    token_used: bool = False

    @property
    def live(self) -> PlugReservation | None:
        return next((each for each in self.reservations if each.is_live), None)

    @property
    def here(self) -> PlugReservation | None:
        """The one for the plug that the booking has now."""
        if self.plug is None:
            return None
        place = (self.plug.station_id, self.plug.evse)
        return next((each for each in self.reservations if (each.station_id, each.evse) == place), None)


def kept_until(booking: Booking) -> datetime:
    """How long the plug waits for the holder: as long as her terms do."""
    return min(booking.terms.no_show_from or booking.end, booking.end)


def is_wanted(facts: Facts, now: datetime) -> bool:
    """Whether a plug is to be kept for the booking, now or later."""
    if facts.token_used or facts.booking.state not in {State.CONFIRMED, State.IN_USE}:
        return False
    return now < kept_until(facts.booking)


def is_foreign(running: Running, reservation: PlugReservation) -> bool:
    """Whether somebody charges who is neither the holder nor of her group."""
    if running.booking_id == reservation.booking_id or same(running.token, reservation.token):
        return False
    return not same(running.group, reservation.group)
