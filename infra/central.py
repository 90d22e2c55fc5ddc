"""The central system, wired: what stations tell and are told, on the database of the app's role."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from adapters.database.charging_stations import SqlStations
from adapters.database.charging_transactions import SqlTransactions
from adapters.database.connections import Database
from adapters.database.station_messages import SqlMessageLog
from adapters.database.station_orders import SqlStationOrders
from domain.charging.reports import StatusReported
from domain.charging.stations import StationAt
from services.charging.central import CentralSystem


class _Statuses(SqlStations):
    """What a connector says is kept for whoever looks for a plug, and is about the session that is under way there."""

    def __init__(self, app: Database, transactions: SqlTransactions) -> None:
        super().__init__(app)
        self._of_sessions = transactions

    async def status_reported(self, at: StationAt, report: StatusReported, now: datetime) -> None:
        await super().status_reported(at, report, now)
        await self._of_sessions.status_reported(at, report)


def central_system(
    app: Database, clock: Callable[[], datetime], new_id: Callable[[], UUID], written: Callable[[], None]
) -> CentralSystem:
    """`written` wakes whoever reads the outbox."""
    transactions = SqlTransactions(app.transactions, clock, new_id, written)
    return CentralSystem(
        _Statuses(app, transactions),
        transactions,
        transactions,
        SqlStationOrders(app.transactions, new_id, written),
        SqlMessageLog(app.transactions, new_id),
    )
