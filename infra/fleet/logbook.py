"""The logbooks of a fleet, wired."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from adapters.database.connections import Transactions
from adapters.database.fleet.logbooks import SqlLogbookBooks
from adapters.database.sheets import Sheet, SqlSheets
from adapters.spreadsheets.logbook import logbook_csv, logbook_xlsx
from domain.booking.bookings import BookingId
from domain.fleet.logbook import NOT_FINAL, EnterTrip, NotGiven
from domain.identity import SYSTEM, Actor, City
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.exporting import File, Format
from services.fleet.logbook import (
    MOST_TRIPS,
    Entering,
    KnownTrip,
    Logbooks,
    Span,
    TripsWanted,
    enter_trip,
    find_trip,
    list_trips,
    logbook,
    open_trip,
)

WRITERS = {
    Format.CSV: ("text/csv", logbook_csv),
    Format.XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", logbook_xlsx),
}


def logbooks(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID], most: int = MOST_TRIPS
) -> Logbooks:
    desk = SqlSheets(transactions, clock, new_id)

    async def open_(city: City, booking_id: BookingId) -> None:
        await desk.work(city, SYSTEM, "", lambda sheet: open_trip(booking_id, books=SqlLogbookBooks(sheet)))

    async def enter(call: Call[Entering], command: EnterTrip) -> Answer:
        return await desk.answered(
            call, lambda sheet: enter_trip(command, books=SqlLogbookBooks(sheet), actor=call.actor), NOT_FINAL
        )

    async def find(actor: Actor, trip_id: BookingId) -> KnownTrip | None:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: find_trip(trip_id, books=SqlLogbookBooks(sheet), actor=actor)
        )

    async def page(actor: Actor, wanted: TripsWanted) -> Sequence[KnownTrip]:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: list_trips(wanted, books=SqlLogbookBooks(sheet), actor=actor)
        )

    async def give(actor: Actor, span: Span, form: Format) -> File | Refusal[NotGiven]:
        async def work(sheet: Sheet) -> tuple[list[KnownTrip] | Refusal[NotGiven], str]:
            books = SqlLogbookBooks(sheet)
            return await logbook(span, books=books, actor=actor, most=most), (await books.today()).time_zone

        trips, zone = await desk.work(actor.city, actor.id, "", work)
        if isinstance(trips, Refusal):
            return trips
        media_type, write = WRITERS[form]
        return File(
            f"logbook-{actor.city}.{form.value}", media_type, await asyncio.to_thread(write, trips, ZoneInfo(zone))
        )

    return Logbooks(open_, enter, find, page, give)
