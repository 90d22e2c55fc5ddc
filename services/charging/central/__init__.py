"""The central system: what stations tell it, and what it has them told."""

from msgspec import Struct

from services.charging.central.equipment import Equipment
from services.charging.central.ports import Faults, MessageLog, OpenOrders, Reservations, Stations, Transactions


class CentralSystem(Struct, frozen=True):
    """What whoever speaks with stations asks of the inside. Every call is recorded when it returns, and may come again."""

    stations: Stations
    transactions: Transactions
    reservations: Reservations
    faults: Faults
    equipment: Equipment
    orders: OpenOrders
    log: MessageLog
