"""Series in PostgreSQL: all occurrences are tried in one transaction, each by the statements that book one."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import retried
from adapters.database.booking.bookings import SqlBookingStore
from adapters.database.booking.reading import BOOKING, RESOURCE, WHERE_IT_STANDS
from adapters.database.booking.reservations import SqlReservations
from adapters.database.connections import Joined, Transactions, Within
from adapters.database.fleet.store import SqlFleetStore
from adapters.database.transacting import answered_unless_refused
from domain.booking.approving import ApproveBooking, RejectBooking
from domain.booking.bookings import BookingId
from domain.booking.events import NotPossible
from domain.booking.life import CancelBooking
from domain.booking.reach import Reach
from domain.fleet.series import Occurrence, Series, SeriesBooking, SeriesId, SeriesMade
from domain.identity import City, PersonId
from domain.refusals import Refusal
from services.booking.approving import approve_booking, reject_booking
from services.booking.life import cancel_booking
from services.calls import Answer, Call, NotAnswerable, Unavailable
from services.fleet.ports import FleetStore
from services.fleet.series import ListedSeries, Place, SeriesWanted

T = TypeVar("T")
PLACE = text("SELECT time_zone, settings ->> 'state' AS holidays_in FROM cities WHERE city = :city")
KEEP = text("""
INSERT INTO series_bookings (city, series_id, number, booking_id, rule, made_at)
VALUES (:city, :series_id, :number, :booking_id, :rule, :now)
""")
NOTE = text("""
INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
VALUES (:city, :id, :now, :actor_id, 'fleet.series_made', :series_id, :request_id)
""")
FIND = text(f"""
SELECT n.rule, n.made_at, y.time_zone,
  json_build_object('number', n.number, 'booking', {BOOKING}, 'resource', {RESOURCE})::text AS booking
FROM series_bookings n JOIN bookings b ON b.city = n.city AND b.id = n.booking_id {WHERE_IT_STANDS}
WHERE n.city = :city AND n.series_id = :id ORDER BY n.number
""")
# Whatever begins from then on leads to its series; of each all is counted that its reader sees.
SEEN = """(b.holder_id = :person OR (:staff AND (:everything OR (r.pool_id IS NOT NULL
  AND (cardinality(CAST(:pools AS text[])) = 0 OR r.pool_id = ANY (CAST(:pools AS text[])))))))"""
AHEAD = "b.city = :city AND b.service = 'fleet' AND b.starts >= :since AND b.state NOT IN ('cancelled', 'expired')"
PAGE = text(f"""
WITH ahead AS (
  SELECT b.id FROM bookings b WHERE {AHEAD} AND b.holder_id = :person
  UNION SELECT b.id FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id WHERE :staff AND {AHEAD} AND {SEEN}),
led_to AS (SELECT DISTINCT n.series_id, n.rule, n.made_at FROM series_bookings n JOIN ahead a ON a.id = n.booking_id
  WHERE n.city = :city AND (n.made_at, n.series_id) < (coalesce(CAST(:at AS timestamptz), 'infinity'),
    coalesce(CAST(:after AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
  ORDER BY n.made_at DESC, n.series_id DESC LIMIT :limit)
SELECT json_build_object('id', l.series_id, 'rule', l.rule, 'made_at', l.made_at, 'time_zone', y.time_zone,
  'holder_id', s.holder_id, 'live', s.live, 'start', s.starts, 'end', s.ends, 'next', s.next)::text
FROM led_to l JOIN cities y ON y.city = :city CROSS JOIN LATERAL (
  SELECT min(b.starts) AS starts, max(b.ends) AS ends, (array_agg(b.holder_id ORDER BY n.number))[1] AS holder_id,
    count(*) FILTER (WHERE b.state IN ('held', 'confirmed', 'in_use')) AS live,
    min(b.starts) FILTER (WHERE b.state IN ('held', 'confirmed')) AS next
  FROM series_bookings n JOIN bookings b ON b.city = n.city AND b.id = n.booking_id
    JOIN resources r ON r.city = b.city AND r.id = b.resource_id
  WHERE n.city = :city AND n.series_id = l.series_id AND {SEEN}) s
ORDER BY l.made_at DESC, l.series_id DESC
""")
OF_A_SERIES, GIVEN_BACK, DECIDED = "createSeries.occurrence", "cancelSeries.booking", "decideSeries.booking"
# What is refused is told with the series: as an answer of its own it is not kept.
BOOKED, REFUSED = Answer(204, "", ""), Answer(412, "", "")

_booking = msgspec.json.Decoder(SeriesBooking)
_listed = msgspec.json.Decoder(ListedSeries)


class SqlSeriesBooks:
    """Open for one call, in the caller's transaction."""

    def __init__(self, connection: AsyncConnection, call: Call[Any], now: datetime, new_id: Callable[[], UUID]) -> None:
        self._connection = connection
        self._call = call
        self._now = now
        self._new_id = new_id

    def new_id(self) -> BookingId:
        return BookingId(self._new_id())

    async def place(self) -> Place:
        found = (await self._connection.execute(PLACE, {"city": self._call.city})).one()
        return Place(found.time_zone, found.holidays_in)

    def store(self, occurrence: Occurrence) -> FleetStore:
        own = self._part(OF_A_SERIES, str(occurrence.booking_id))
        # Nobody is moved for one of many.
        return SqlFleetStore(SqlReservations(Within(self._connection), own, self._new_id, self._now, None))

    def _part(self, route: str, key: str) -> Call[Any]:
        call = self._call
        return Call(
            call.city,
            call.actor,
            route,
            key,
            "",
            call.request_id,
            call.address,
            lambda outcome: REFUSED if isinstance(outcome, Refusal) else BOOKED,
        )

    async def give_back(self, booking_id: BookingId, reason: str | None) -> None:
        own, now = self._part(GIVEN_BACK, ""), self._now
        store = SqlBookingStore(Joined(self._connection), own, self._new_id, now)
        await cancel_booking(CancelBooking(booking_id, reason), store=store, actor=own.actor, now=now)

    async def approve(self, booking_id: BookingId) -> Refusal[NotPossible] | None:
        own, now = self._part(DECIDED, ""), self._now
        store = SqlBookingStore(Joined(self._connection), own, self._new_id, now)
        outcome = await approve_booking(ApproveBooking(booking_id), store=store, actor=own.actor, now=now)
        return outcome if isinstance(outcome, Refusal) else None

    async def reject(self, booking_id: BookingId, reason: str | None) -> Refusal[NotPossible] | None:
        own, now = self._part(DECIDED, ""), self._now
        store = SqlBookingStore(Joined(self._connection), own, self._new_id, now)
        outcome = await reject_booking(RejectBooking(booking_id, reason), store=store, actor=own.actor, now=now)
        return outcome if isinstance(outcome, Refusal) else None

    async def keep(self, event: SeriesMade) -> None:
        scope = {"city": self._call.city, "series_id": event.series_id, "now": self._now}
        rows = [
            scope | {"number": each.number, "booking_id": each.booking.id, "rule": event.rule}
            for each in event.tried
            if each.booking is not None
        ]
        await self._connection.execute(KEEP, rows)
        who = {"id": self._new_id(), "actor_id": self._call.actor.id, "request_id": self._call.request_id}
        await self._connection.execute(NOTE, scope | who)

    async def find(self, series_id: SeriesId) -> Series | None:
        scope = {"city": self._call.city, "id": series_id}
        rows = (await self._connection.execute(FIND, scope)).all()
        if not rows:
            return None
        bookings = tuple(_booking.decode(row.booking) for row in rows)
        return Series(series_id, rows[0].rule, rows[0].made_at, rows[0].time_zone, bookings)

    async def page(self, person_id: PersonId, within: Reach, wanted: SeriesWanted) -> tuple[ListedSeries, ...]:
        after = wanted.after
        values = {
            "city": self._call.city,
            "person": person_id,
            "staff": within.whole_city or within.runs_pools,
            "everything": within.whole_city,
            "pools": sorted(within.pools),
            "since": wanted.since,
            "limit": wanted.limit,
            "at": after.made_at if after is not None else None,
            "after": after.id if after is not None else None,
        }
        return tuple(_listed.decode(row) for row in (await self._connection.execute(PAGE, values)).scalars())


class _OnlyLooked(Exception):
    """Ends a transaction of which nothing is to stay."""


class SqlSeries:
    """Opens the books for one call: again where somebody was quicker, and after what expired in the way was released."""

    def __init__(
        self,
        transactions: Transactions,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        *,
        expire: Callable[[City, Sequence[UUID]], Awaitable[None]],
        written: Callable[[], None],
    ) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id
        self._expire = expire
        self._written = written

    async def answered(self, call: Call[Any], do: Callable[[SqlSeriesBooks, datetime], Awaitable[Any]]) -> Answer:
        """What is refused leaves nothing but its answer, if that is kept."""
        answer = await answered_unless_refused(
            self._transactions,
            call,
            lambda connection, now: do(SqlSeriesBooks(connection, call, now, self._new_id), now),
            self._clock,
            lambda ids: self._expire(call.city, ids),
        )
        self._written()
        return answer

    async def looked(self, call: Call[Any], do: Callable[[SqlSeriesBooks, datetime], Awaitable[T]]) -> T:
        """Do it, and undo it. Raises Unavailable."""
        found: list[T] = []

        async def once() -> Answer:
            now = self._clock()
            try:
                async with self._transactions.city(call.city) as connection:
                    found.append(await do(SqlSeriesBooks(connection, call, now, self._new_id), now))
                    raise _OnlyLooked
            except _OnlyLooked:
                return BOOKED

        await retried(
            once, lambda ids: self._expire(call.city, ids), lambda: call.answer(Refusal(NotAnswerable.IN_FLIGHT))
        )
        if not found:
            raise Unavailable("somebody was quicker each time")
        return found[-1]
