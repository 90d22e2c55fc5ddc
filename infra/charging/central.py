"""The central system, wired: what stations tell and are told, on the database of the app's role."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from adapters.database.charging.station_equipment import SqlEquipment
from adapters.database.charging.station_faults import SqlFaults
from adapters.database.charging.station_messages import SqlMessageLog
from adapters.database.charging.station_orders import SqlStationOrders
from adapters.database.charging.stations import SqlStations
from adapters.database.charging.transactions import SqlTransactions
from adapters.database.connections import Database
from services.charging.central import CentralSystem


def central_system(
    app: Database, clock: Callable[[], datetime], new_id: Callable[[], UUID], written: Callable[[], None]
) -> CentralSystem:
    """`written` wakes whoever reads the outbox."""
    transactions = SqlTransactions(app, clock, new_id, written)
    return CentralSystem(
        SqlStations(app, new_id),
        transactions,
        transactions,
        SqlFaults(app.transactions, clock, new_id, written),
        SqlEquipment(app, clock),
        SqlStationOrders(app, new_id, written),
        SqlMessageLog(app.transactions, new_id),
    )
