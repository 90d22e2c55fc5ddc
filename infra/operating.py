"""The operator's use cases find their books here, whoever calls them: the command line, or the demo."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from adapters.database.charging.fault_tickets import SqlTicketBooks
from adapters.database.charging.sites import SqlSites
from adapters.database.charging.station_register import SqlStationBooks
from adapters.database.connections import Transactions
from adapters.database.documents import SqlDocumentBooks
from adapters.database.fleet.approvals import SqlApprovalBooks
from adapters.database.fleet.damages import SqlDamageBooks
from adapters.database.fleet.drivers import SqlDriverBooks
from adapters.database.fleet.logbooks import SqlLogbookBooks
from adapters.database.fleet.vehicles import SqlVehicleBooks
from adapters.database.inventory import SqlInventoryBooks
from adapters.database.operator import (
    SqlCityBooks,
    SqlDeadLetters,
    SqlPeopleBooks,
    SqlStaffBooks,
    SqlTariffBooks,
)
from adapters.database.pools import SqlPoolBooks
from adapters.database.proofs import SqlProofBooks
from adapters.database.sheets import Sheet
from domain.identity import City
from infra.clock import now
from infra.ids import new_id

COMMAND_LINE = UUID("0197e5a0-0000-7000-8000-000000000001")
"""The actor in the audit trail; no person has this id. The line also tells the system's account, as `cli:uid N`."""


class Desk:
    """The operator's books, open in one transaction in one city."""

    def __init__(self, sheet: Sheet) -> None:
        self.city = sheet.city
        self.now = sheet.now
        self.cities = SqlCityBooks(sheet)
        self.tariffs = SqlTariffBooks(sheet)
        self.people = SqlPeopleBooks(sheet)
        self.staff = SqlStaffBooks(sheet)
        self.proofs = SqlProofBooks(sheet)
        self.pools = SqlPoolBooks(sheet)
        self.documents = SqlDocumentBooks(sheet)
        self.dead_letters = SqlDeadLetters(sheet)
        self.inventory = SqlInventoryBooks(sheet)
        self.vehicles = SqlVehicleBooks(sheet)
        self.drivers = SqlDriverBooks(sheet)
        self.logbooks = SqlLogbookBooks(sheet)
        self.damages = SqlDamageBooks(sheet)
        self.approvals = SqlApprovalBooks(sheet)
        self.charging_stations = SqlStationBooks(sheet.connection, sheet.city, sheet.note, sheet.now)
        self.charging_tickets = SqlTicketBooks(sheet)
        self.charging_sites = SqlSites(sheet.connection, sheet.city)


@asynccontextmanager
async def open_desk(transactions: Transactions, city: City) -> AsyncIterator[Desk]:
    """Committed at the end, rolled back by an exception."""
    async with transactions.city(city) as connection:
        yield Desk(Sheet(connection, city, COMMAND_LINE, f"cli:uid {os.getuid()}", now(), new_id))
