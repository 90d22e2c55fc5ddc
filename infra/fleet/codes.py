"""QR codes of vehicles, wired: the fleet's books with whoever draws."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from adapters.database.connections import Transactions
from adapters.database.fleet.vehicles import SqlVehicleBooks
from adapters.database.operator import SqlCityBooks
from adapters.database.sheets import Sheet, SqlSheets
from adapters.documents.qr import qr_png, qr_svg
from domain.booking.resources import ResourceId
from domain.cities.links import link_of
from domain.identity import Actor, City
from services.fleet.codes import DashboardCodes, Picture
from services.fleet.keeping import find_vehicle

DRAWN = {Picture.SVG: qr_svg, Picture.PNG: qr_png}


def dashboard_codes(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> DashboardCodes:
    desk = SqlSheets(transactions, clock, new_id)

    async def draw(city: City, actor: Actor, vehicle_id: ResourceId, picture: Picture) -> bytes | None:
        async def look(sheet: Sheet) -> str | None:
            kept = await find_vehicle(vehicle_id, books=SqlVehicleBooks(sheet), actor=actor)
            code = kept.vehicle.placement.code if kept is not None else None
            settings = await SqlCityBooks(sheet).settings()
            return link_of(settings.booking_link if settings else None, code) if code is not None else None

        text = await desk.work(city, actor.id, "", look)
        return await asyncio.to_thread(DRAWN[picture], text) if text is not None else None

    return DashboardCodes(draw)
