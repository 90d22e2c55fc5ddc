"""Stations that keep reservations or only say so, cars that plug in where they may not, and our books: all in memory."""

from collections import deque
from datetime import datetime, timedelta
from uuid import UUID

from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import ResourceId
from domain.charging.orders import (
    Answered,
    CancelReservation,
    Order,
    OrderAnswer,
    OrderId,
    ReserveNow,
    StopTransaction,
)
from domain.charging.plugs.reservations import (
    POLICY,
    Answer,
    Facts,
    Plug,
    PlugReservation,
    PlugReservationId,
    Running,
    kept_until,
)
from domain.charging.plugs.steps import Release, Reserve, Settle, Spare, Stop
from domain.charging.plugs.tokens import same
from domain.charging.reports import IdToken, ReservationNumber, TransactionRef
from domain.charging.stations import ChargingStationId, EvseStatus
from services.charging.plugs import Recorded, look_after
from tests.examples import NOON, an_id


class AnEvse:
    """A strict one keeps reservations; another takes everybody and says yes to everything; the third knows none."""

    def __init__(self, station: ChargingStationId, number: int, kind: str) -> None:
        self.station, self.number, self.kind = station, number, kind
        self.resource_id = ResourceId(an_id(f"{station} {number}"))
        self.status, self.status_at = EvseStatus.AVAILABLE, NOON - timedelta(days=1)
        self.silent_since: datetime | None = None
        self.running: Running | None = None
        self.reserved: dict[ReservationNumber, ReserveNow] = {}

    @property
    def online(self) -> bool:
        return self.silent_since is None

    def told(self, order: Order, now: datetime) -> Answered:
        self.reserved = {n: each for n, each in self.reserved.items() if each.until > now}
        match order:
            case CancelReservation(number):
                return Answered.ACCEPTED if self.reserved.pop(number, None) else Answered.REJECTED
            case StopTransaction(ref):
                if self.running is None or self.running.ref != ref:
                    return Answered.REJECTED
                self.running = None
                return Answered.ACCEPTED
            case ReserveNow():
                return self._reserve(order)
        raise NotImplementedError(order)

    def _reserve(self, order: ReserveNow) -> Answered:
        if self.kind == "knows none":
            return Answered.NOT_SUPPORTED
        if self.kind == "strict":
            if self.status is EvseStatus.OUTOFORDER:
                return Answered.FAULTED
            if self.running is not None or set(self.reserved) - {order.number}:
                return Answered.OCCUPIED
        self.reserved[order.number] = order
        return Answered.ACCEPTED

    def plugged_in(self, running: Running, now: datetime) -> None:
        kept = [each for each in self.reserved.values() if each.until > now]
        if self.kind == "strict" and kept and not any(same(each.id_token, running.token) for each in kept):
            return
        if self.running is None:
            self.running = running


class World:
    """The books, too: see `PlugBooks`. A station gets its orders one after the other, each once or twice."""

    def __init__(self, evses: list[AnEvse], bookings: list[Booking]) -> None:
        self.now = NOON - timedelta(minutes=20)
        self.evses = {each.resource_id: each for each in evses}
        self.bookings = {each.id: each for each in bookings}
        self.rows: dict[PlugReservationId, PlugReservation] = {}
        self.queues: dict[ChargingStationId, deque[tuple[OrderId, Order, AnEvse, datetime]]] = {
            each.station: deque() for each in evses
        }
        self.answers: dict[OrderId, Answer] = {}
        self.used: set[BookingId] = set()
        self.compensated: set[BookingId] = set()
        self.was_kept: set[BookingId] = set()
        self._count = 0

    def new_id(self) -> UUID:
        self._count += 1
        return an_id(f"id {self._count}")

    async def look(self, booking_id: BookingId) -> None:
        await look_after(booking_id, books=self, policy=POLICY, now=self.now)
        live = [(row.station_id, row.evse) for row in self.rows.values() if row.is_live]
        assert len(live) == len(set(live)), "two live reservations at one plug"
        whose = [row.booking_id for row in self.rows.values() if row.is_live]
        assert len(whose) == len(set(whose)), "two live plugs for one booking"

    def deliver(self, station: ChargingStationId, *, twice: bool = False, answered: bool = True) -> None:
        """The next order; one that is too late is not sent, and what is not heard of is as good as not answered."""
        queue = self.queues[station]
        if not queue:
            return
        order_id, order, evse, within = queue[0]
        if self.now < within and not evse.online:
            return
        queue.popleft()
        said = Answered.NOT_THERE
        if self.now < within:
            said = evse.told(order, self.now)
            said = evse.told(order, self.now) if twice else said
        if answered:
            self.answers.setdefault(order_id, Answer(order_id, OrderAnswer(said), self.now))

    def charge(self, evse: AnEvse, booking: Booking | None) -> None:
        """With the token of the booking, or with somebody else's."""
        token = IdToken(f"T{booking.id}"[:20] if booking else "SOMEBODY")
        ref = TransactionRef(str(self.new_id()))
        evse.plugged_in(Running(ref, token, None, booking.id if booking else None, self.now), self.now)
        if booking is not None and evse.running is not None and evse.running.ref == ref:
            self.used.add(booking.id)
            self.bookings[booking.id] = replace(booking, state=State.IN_USE)

    # -- the books

    async def facts(self, booking_id: BookingId) -> Facts | None:
        booking = self.bookings[booking_id]
        rows = tuple(row for row in self.rows.values() if row.booking_id == booking_id)
        evse = self.evses[booking.resource_id]
        here = (evse.station, evse.number)
        taken = any(
            row.is_live and (row.station_id, row.evse) == here and row.booking_id != booking_id
            for row in self.rows.values()
        )
        busy = any(
            each.id != booking_id and each.resource_id == booking.resource_id and self._is_before(each, booking)
            for each in self.bookings.values()
        )
        place = (*here, evse.resource_id, evse.status, evse.status_at)
        plug = Plug(*place, evse.online, taken, busy, running=evse.running, silent_since=evse.silent_since)
        live = next((row for row in rows if row.is_live), None)
        answer = self.answers.get(live.order_id) if live else None
        return Facts(booking, plug, rows, answer, token_used=booking_id in self.used)

    def _is_before(self, other: Booking, booking: Booking) -> bool:
        if other.state is State.IN_USE:
            return True
        return other.state is State.CONFIRMED and other.start < booking.start and other.end > self.now

    async def spare(self, facts: Facts) -> Spare:
        self._count += 1
        number, token = ReservationNumber(self._count), IdToken(f"T{facts.booking.id}"[:20])
        return Spare(PlugReservationId(self.new_id()), OrderId(self.new_id()), number, token)

    async def record(self, step: Recorded, now: datetime) -> None:
        row = step.reservation
        self.rows[row.id] = row
        if row.honoured or row.state == "guarded":
            self.was_kept.add(row.booking_id)
        if not isinstance(step, Settle):
            order_id = row.order_id if isinstance(step, Reserve) else OrderId(self.new_id())
            evse = self.evses[row.resource_id]
            self.queues[row.station_id].append((order_id, step.order, evse, step.within))
        assert isinstance(step, Settle | Reserve | Release | Stop)
        assert now == self.now

    async def rebind(self, facts: Facts, now: datetime) -> bool:
        booking = facts.booking
        refused = {row.resource_id for row in facts.reservations}
        others = [each for each in self.bookings.values() if each.id != booking.id and each.is_live]
        for evse in self.evses.values():
            works = evse.online and evse.status is not EvseStatus.OUTOFORDER and evse.resource_id not in refused
            free = not any(
                each.resource_id == evse.resource_id and each.period.overlaps(booking.period) for each in others
            )
            if works and free and evse.resource_id != booking.resource_id:
                self.bookings[booking.id] = replace(booking, resource_id=evse.resource_id)
                return True
        assert now == self.now
        return False

    async def compensate(self, booking: Booking, now: datetime) -> None:
        assert booking.state is State.CONFIRMED
        self.bookings[booking.id] = replace(booking, state=State.CANCELLED, updated_at=now)
        self.compensated.add(booking.id)

    async def wait(self, facts: Facts, until: datetime | None) -> None:
        """Whoever waits for nothing any more keeps nothing either, but where there is a plug to be kept."""
        if until is None and self.now >= kept_until(facts.booking):
            assert not any(row.is_live for row in facts.reservations)
