"""The books of those who wait, in PostgreSQL: entries, and the claims of what is offered to them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace
from adapters.database.booking.blocked_time import fill
from adapters.database.booking.changes import write_note
from adapters.database.booking.reservations import SqlReservations, as_json, kind_of
from adapters.database.booking.waitlist_reading import ENTRY, IN_LINE, in_line
from adapters.database.connections import Within
from domain.booking.bookings import Basis, Booked, Grant
from domain.booking.holds import Order
from domain.booking.resources import Service
from domain.booking.waiting import (
    TimedOffer,
    WaitlistAccepted,
    WaitlistEntry,
    WaitlistEntryId,
    WaitlistEvent,
    WaitlistJoined,
    WaitlistLookedAt,
    WaitlistOffered,
)
from domain.identity import Actor, City, PersonId
from domain.periods import Period
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.waitlist.ports import InLine, Rules

# One after the other: two wishes that a person enters at once are counted.
ALONE = text(
    "SELECT pg_advisory_xact_lock(hashtextextended('waitlist ' || :city || ' ' || CAST(CAST(:person AS uuid) AS text), 0))"
)
RULES = text("""
SELECT time_zone, settings, (SELECT coalesce(json_object_agg(p.id, p.offer_min), '{}'::json) FROM pools p
  WHERE p.city = c.city AND p.offer_min IS NOT NULL) AS of_pools
FROM cities c WHERE city = :city
""")
OWN = text(f"""
SELECT {ENTRY}::text FROM waitlist_entries e
WHERE e.city = :city AND e.holder_id = :person AND e.settled_at IS NULL
""")
FIND = text(f"SELECT {ENTRY}::text FROM waitlist_entries e WHERE e.city = :city AND e.id = :id FOR UPDATE")
# Where it waits is that of the resource, or what was asked for.
ENTER = text("""
INSERT INTO waitlist_entries (city, id, holder_id, service, resource_id, request, station_id, pool_id, starts, ends, payer, options,
  early_start, roles, pools, joined_at, state, due_at)
SELECT :city, :id, :holder_id, :service, CAST(:resource_id AS uuid), CAST(:request AS json),
  coalesce(r.station_id, CAST(:station_id AS uuid)), coalesce(r.pool_id, :pool_id), :start, :end, :payer, CAST(:options AS json),
  :early_start, CAST(:roles AS text[]), CAST(:pools AS text[]), :joined_at, :state, :due_at
FROM (SELECT 1) one LEFT JOIN resources r ON r.city = :city AND r.id = CAST(:resource_id AS uuid)
""")
CHANGE = text("""
UPDATE waitlist_entries SET state = :state, due_at = :due_at, offer = CAST(:offer AS json), booking_id = :booking_id,
  settled_at = :settled_at
WHERE city = :city AND id = :id
""")
STANDS = text("SELECT still_powered(:city, :name, :version)")
CLAIM = text("""
INSERT INTO claims (city, resource_id, claimed_from, claimed_until, kind)
VALUES (:city, :resource_id, :start, :end, 'offer') ON CONFLICT DO NOTHING
""")
RELEASE = text("""
DELETE FROM claims WHERE city = :city AND resource_id = :resource_id AND claimed_from = :start AND kind = 'offer'
""")
# Whatever they wait for: what gets free may make room elsewhere. A time meets another with the buffers on both of its sides. In one
# order, so that two who look do not wait for each other.
LOOK = text("""
UPDATE waitlist_entries SET due_at = :now WHERE city = :city AND id IN (
  SELECT e.id FROM waitlist_entries e JOIN resources r ON r.city = e.city AND r.id = :resource_id AND r.service = e.service
  WHERE e.city = :city AND e.settled_at IS NULL AND e.state = 'waiting' AND e.due_at > :now
    AND e.starts < CAST(:until AS timestamptz) + make_interval(secs => r.buffer_before_s + r.buffer_after_s)
    AND e.ends > CAST(:since AS timestamptz) - make_interval(secs => r.buffer_before_s + r.buffer_after_s)
  ORDER BY e.id FOR UPDATE OF e)
""")
# What is refused leaves nothing: as an answer of its own it is not kept.
BOOKED, REFUSED = Answer(204, "", ""), Answer(412, "", "")
OF_A_WAITLIST = "waitlist.accept"

_entry = msgspec.json.Decoder(WaitlistEntry)


class Trial(Protocol):
    """A service's way of booking an order, at these books."""

    async def __call__(
        self, order: Order, books: SqlReservations, actor: Actor, now: datetime
    ) -> Booked | Refusal[Any]: ...


class _OnlyTried(SqlReservations):
    """Books in which nothing is recorded: what would be is all that is asked."""

    async def record(self, outcome: Booked | Refusal[Any]) -> None:
        """It is given back by whoever decided it."""


class SqlWishDesk:
    """Every service's desk, in the transaction of the books. Raises NeedsRoom where others might be `moved` for the wish."""

    def __init__(
        self,
        connection: AsyncConnection,
        call: Call[Any],
        trials: Mapping[Service, Trial],
        new_id: Callable[[], UUID],
        now: datetime,
        *,
        moved: set[UUID] | None = None,
    ) -> None:
        self._session = Within(connection)
        self._call = call
        self._trials = trials
        self._new_id = new_id
        self._now = now
        self._moved = moved

    async def tried(self, service: Service, order: Order, actor: Actor) -> Grant | Refusal[Any]:
        books = _OnlyTried(self._session, self._of(order, actor), self._new_id, self._now, self._moved)
        outcome = await self._trials[service](order, books, actor, self._now)
        return outcome if isinstance(outcome, Refusal) else outcome.grant

    async def booked(self, service: Service, order: Order, actor: Actor) -> Booked | Refusal[Any]:
        books = SqlReservations(self._session, self._of(order, actor), self._new_id, self._now, None)
        return await self._trials[service](order, books, actor, self._now)

    def _of(self, order: Order, actor: Actor) -> Call[Any]:
        """A call of its own, answered under the booking's id."""
        return Call(
            self._call.city,
            actor,
            OF_A_WAITLIST,
            str(order.booking_id),
            "",
            self._call.request_id,
            self._call.address,
            lambda outcome: REFUSED if isinstance(outcome, Refusal) else BOOKED,
        )


class SqlWaitlistBooks:
    """Open for one call, in the caller's transaction."""

    def __init__(self, connection: AsyncConnection, call: Call[Any], new_id: Callable[[], UUID], now: datetime) -> None:
        self._connection = connection
        self._call = call
        self._new_id = new_id
        self._now = now

    async def rules(self) -> Rules:
        found = (await self._connection.execute(RULES, {"city": self._call.city})).one()
        beside = {"time_zone": found.time_zone, "of_pools": found.of_pools}
        return msgspec.convert(found.settings | beside, Rules)

    async def own(self, person_id: PersonId) -> Sequence[WaitlistEntry]:
        scope = {"city": self._call.city, "person": person_id}
        await self._connection.execute(ALONE, scope)
        return [_entry.decode(row) for row in (await self._connection.execute(OWN, scope)).scalars()]

    async def find(self, entry_id: WaitlistEntryId) -> WaitlistEntry | None:
        found = await self._connection.execute(FIND, {"city": self._call.city, "id": entry_id})
        return _entry.decode(row) if (row := found.scalar_one_or_none()) else None

    async def in_line(self, entry_id: WaitlistEntryId) -> InLine:
        found = await self._connection.execute(IN_LINE, {"city": self._call.city, "id": entry_id})
        return in_line(found.scalar_one())

    async def record(self, event: WaitlistEvent) -> None:
        """Raises LostRace where what is offered was taken meanwhile."""
        entry, now = event.entry, self._now
        match event:
            case WaitlistJoined():
                await self._enter(entry)
            case WaitlistOffered():
                if event.basis is not None:
                    await self._stand_on(event.basis)
                await self._claim(event.offer)
                await self._change(entry)
            case _:
                await self._change(entry)
                if entry.offer is not None:
                    await self._release(entry.offer)
                    if not isinstance(event, WaitlistAccepted):
                        await fill(self._connection, self._call.city, entry.offer.resource_id, now)
                        await look_again(
                            self._connection, self._call.city, entry.offer.resource_id, entry.offer.claimed, now
                        )
        if not isinstance(event, WaitlistLookedAt):
            await write_note(
                self._connection, self._call, kind_of(event), entry.id, tell=True, new_id=self._new_id, now=now
            )

    async def _enter(self, entry: WaitlistEntry) -> None:
        request = entry.request
        row = {
            "holder_id": entry.holder_id,
            "service": entry.service.value,
            "resource_id": entry.resource_id,
            "request": as_json(request) if request is not None else None,
            "station_id": request.station_id if request is not None else None,
            "pool_id": request.pool_id if request is not None else None,
            "start": entry.start,
            "end": entry.end,
            "payer": entry.payer.value,
            "options": bytes(entry.options).decode(),
            "early_start": entry.early_start,
            "roles": sorted(role.value for role in entry.roles),
            "pools": sorted(entry.pools),
            "joined_at": entry.joined_at,
        }
        await self._connection.execute(ENTER, self._standing(entry) | row)

    async def _change(self, entry: WaitlistEntry) -> None:
        changed = {
            "offer": as_json(entry.offer) if entry.offer is not None else None,
            "booking_id": entry.booking_id,
            "settled_at": entry.settled_at,
        }
        await self._connection.execute(CHANGE, self._standing(entry) | changed)

    def _standing(self, entry: WaitlistEntry) -> dict[str, object]:
        """Whatever comes first: an end to the offer, the next look, or the start."""
        ends = entry.offer.term.until if entry.offer is not None else entry.looked_at_again or entry.start
        due_at = min(ends, entry.start) if entry.is_open else None
        return {"city": self._call.city, "id": entry.id, "state": entry.state.value, "due_at": due_at}

    async def _stand_on(self, basis: Basis) -> None:
        """As a booking does: of two for the last of the power, one is decided again."""
        of = {"city": self._call.city, "name": basis.name, "version": basis.version}
        if not (await self._connection.execute(STANDS, of)).scalar_one():
            raise LostRace

    async def _claim(self, offer: TimedOffer) -> None:
        if (await self._connection.execute(CLAIM, self._claimed(offer))).rowcount != 1:
            raise LostRace

    async def _release(self, offer: TimedOffer) -> None:
        await self._connection.execute(RELEASE, self._claimed(offer))

    def _claimed(self, offer: TimedOffer) -> dict[str, object]:
        claimed = offer.claimed
        return {
            "city": self._call.city,
            "resource_id": offer.resource_id,
            "start": claimed.start,
            "end": claimed.end,
        }


async def look_again(connection: AsyncConnection, city: City, resource_id: UUID, period: Period, now: datetime) -> None:
    """Whoever waits for something of the resource's service, in time that meets the period, may get it now."""
    scope = {"city": city, "resource_id": resource_id, "since": period.start, "until": period.end, "now": now}
    await connection.execute(LOOK, scope)
