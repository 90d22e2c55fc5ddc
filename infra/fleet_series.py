"""Series, bound to their books and to the use case that cancels one booking."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from adapters.database.connections import Transactions
from adapters.database.fleet_series import SqlSeries, SqlSeriesBooks
from domain.booking.bookings import BookingId
from domain.booking.life import CancelBooking
from domain.fleet.series import NotASeries, Series, SeriesId
from domain.identity import Actor, City
from domain.refusals import Refusal
from services.booking.ports import Done
from services.calls import Answer, Call, UseCase
from services.fleet.series import (
    BookingSeries,
    CancelSeries,
    Made,
    MakeSeries,
    cancelling,
    find_series,
    make_series,
)

DONE = Answer(204, "", "")


class Serial:
    """The use cases over one desk."""

    def __init__(self, desk: SqlSeries, cancel: UseCase[Done, CancelBooking]) -> None:
        self._desk = desk
        self._cancel = cancel

    def bound(self) -> BookingSeries:
        return BookingSeries(self._make, self._look, self._find, self._cancel_series)

    async def _make(self, call: Call[Made], command: MakeSeries) -> Answer:
        async def do(books: SqlSeriesBooks, now: datetime) -> Made:
            return await make_series(command, books=books, actor=call.actor, now=now)

        return await self._desk.answered(call, do)

    async def _look(self, call: Call[Any], command: MakeSeries) -> Made:
        async def do(books: SqlSeriesBooks, now: datetime) -> Made:
            return await make_series(command, books=books, actor=call.actor, now=now, only_looking=True)

        return await self._desk.looked(call, do)

    async def _find(self, actor: Actor, series_id: SeriesId) -> Series | Refusal[NotASeries]:
        call: Call[Any] = Call(actor.city, actor, "getSeries", "", "", "", "", lambda _outcome: DONE)

        async def do(books: SqlSeriesBooks, _now: datetime) -> Series | Refusal[NotASeries]:
            return await find_series(series_id, books=books, actor=actor)

        return await self._desk.looked(call, do)

    async def _cancel_series(self, call: Call[Any], command: CancelSeries) -> Answer:
        """One booking after the other, each once for this key; whoever stops in between goes on by asking again."""

        earlier = await self._desk.answered_already(call)
        if earlier is not None:
            return earlier

        async def which(books: SqlSeriesBooks, now: datetime) -> tuple[BookingId, ...] | Refusal[NotASeries]:
            return await cancelling(command, books=books, actor=call.actor, now=now)

        found = await self._desk.looked(call, which)
        for booking_id in () if isinstance(found, Refusal) else found:
            key = f"{call.key}:{booking_id}"
            own = replace(call, route="cancelSeries.booking", key=key, answer=lambda _outcome: DONE)
            await self._cancel(own, CancelBooking(booking_id, command.reason))

        async def as_it_is(books: SqlSeriesBooks, _now: datetime) -> Series | Refusal[NotASeries]:
            return await find_series(command.id, books=books, actor=call.actor)

        return await self._desk.answered(call, as_it_is)


def booking_series(
    transactions: Transactions,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    *,
    cancel: UseCase[Done, CancelBooking],
    expire: Callable[[City, Sequence[UUID]], Awaitable[None]],
    written: Callable[[], None],
) -> BookingSeries:
    return Serial(SqlSeries(transactions, clock, new_id, expire=expire, written=written), cancel).bound()
