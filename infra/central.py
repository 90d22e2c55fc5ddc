"""The central system, wired: what stations tell and are told, on the database of the app's role."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from adapters.database.charging_stations import SqlStations
from adapters.database.charging_transactions import SqlTransactions
from adapters.database.connections import Database
from adapters.database.station_messages import SqlMessageLog
from adapters.database.station_orders import SqlStationOrders
from domain.charging.reports import ReservationEnded
from domain.charging.stations import StationAt
from services.charging.central import CentralSystem


class _Nobody:
    """Nobody asks stations to reserve anything."""

    async def reservation_ended(self, at: StationAt, report: ReservationEnded) -> None:
        """It stands in the log of messages."""


def central_system(
    app: Database, clock: Callable[[], datetime], new_id: Callable[[], UUID], written: Callable[[], None]
) -> CentralSystem:
    """`written` wakes whoever reads the outbox."""
    return CentralSystem(
        SqlStations(app),
        SqlTransactions(app.transactions, clock, new_id, written),
        _Nobody(),
        SqlStationOrders(app.transactions, new_id, written),
        SqlMessageLog(app.transactions, new_id),
    )
