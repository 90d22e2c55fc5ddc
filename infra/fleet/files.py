"""A fleet as a file, wired: the readers and writers of tables with the fleet's books."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from adapters.database.connections import Transactions
from adapters.database.fleet.vehicles import SqlVehicleBooks
from adapters.database.sheets import Sheet, SqlSheets
from adapters.registers.fleet_file import read_fleet
from adapters.spreadsheets.fleet import fleet_csv, fleet_xlsx
from domain.fleet.keeping import Vehicle
from domain.identity import Actor, City
from services.calls import Answer, Call
from services.fleet.exporting import File, FleetFiles, Format
from services.fleet.files import Report, import_vehicles
from services.fleet.keeping import Wanted
from services.fleet.listing import PAGE, every_vehicle

WRITERS = {
    Format.CSV: ("text/csv", fleet_csv),
    Format.XLSX: ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", fleet_xlsx),
}


def fleet_files(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> FleetFiles:
    desk = SqlSheets(transactions, clock, new_id)

    async def give(city: City, actor: Actor, form: Format) -> File:
        async def work(sheet: Sheet) -> tuple[list[Vehicle], str]:
            books = SqlVehicleBooks(sheet)
            kept = await every_vehicle(books, actor, Wanted(PAGE))
            return [each.vehicle for each in kept], (await books.today()).time_zone

        vehicles, zone = await desk.work(city, actor.id, "", work)
        media_type, write = WRITERS[form]
        content = await asyncio.to_thread(write, vehicles, ZoneInfo(zone))
        return File(f"vehicles-{city}.{form.value}", media_type, content)

    async def take_in(call: Call[Report], content: bytes) -> Answer:
        rows = await asyncio.to_thread(read_fleet, content)
        return await desk.answered(
            call,
            lambda sheet: import_vehicles(rows, books=SqlVehicleBooks(sheet), actor=call.actor, new_id=new_id),
        )

    return FleetFiles(give, take_in)
