"""What background work does at charging stations: plugs that are kept, power, faults, and sessions that are billed."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from msgspec import Struct

from adapters.database.charging.bills import SqlBills
from adapters.database.charging.plugs import SqlPlugs, due_plugs
from adapters.database.charging.power_steering import SqlSteering, due_groups
from adapters.database.charging.starts import SqlStarts
from adapters.database.charging.station_faults import SqlFaults, due_faults
from adapters.database.charging.station_orders import SqlStationOrders, due_orders
from adapters.database.charging.transactions import SqlTransactions, sessions_to_bill, sessions_to_settle
from adapters.database.connections import Database, Statements
from adapters.jobs.sweeps import Batch, each
from adapters.metering.signatures import EcdsaSignatures
from domain.charging.orders import OrderId
from domain.charging.sessions.sessions import SessionId
from domain.charging.stations import StationAt
from domain.identity import City
from infra.bootstrap.outside import Clock, Outside
from services.charging.central.following import following


class AtStations(Struct, frozen=True):
    """The books of stations, each within one city; `due` looks across them."""

    due: Statements
    clock: Clock
    plugs: SqlPlugs
    orders: SqlStationOrders
    starts: SqlStarts
    steering: SqlSteering
    faults: SqlFaults
    transactions: SqlTransactions
    bills: SqlBills

    async def bill(self, city: City, session_id: SessionId) -> bool:
        """Whatever was not billed for its meter's sake is seen to. False where there was nothing to bill yet."""
        if not await self.bills.bill(city, session_id):
            return False
        await self.faults.session_billed(city, session_id)
        return True

    def following_orders(self) -> Callable[[City, OrderId], Awaitable[None]]:
        return following(
            self.orders,
            (
                self.plugs.order_answered,
                self.steering.order_answered,
                self.faults.order_answered,
                self.starts.order_answered,
            ),
        )

    def following_starts(self) -> Callable[[City, OrderId], Awaitable[None]]:
        return following(self.orders, (self.starts.order_answered,))

    def looking_after_plugs(self) -> Batch:
        return each(
            lambda n: due_plugs(self.due, self.clock(), n), lambda due: self.plugs.look_after(*due), "look after plugs"
        )

    def lapsing_orders(self) -> Batch:
        return each(
            lambda n: due_orders(self.due, self.clock(), n),
            lambda due: self.orders.lapse(*due, self.clock()),
            "lapse orders",
        )

    def steering_groups(self) -> Batch:
        return each(
            lambda n: due_groups(self.due, self.clock(), n), lambda due: self.steering.steer(*due), "steer power groups"
        )

    def following_faults(self) -> Batch:
        return each(
            lambda n: due_faults(self.due, self.clock(), n),
            lambda due: self.faults.look_at(StationAt(*due)),
            "follow faults",
        )

    def settling_sessions(self) -> Batch:
        return each(
            lambda n: sessions_to_settle(self.due, self.clock(), n),
            lambda due: self.transactions.settle(*due),
            "settle charging sessions",
        )

    def billing_sessions(self) -> Batch:
        return each(
            lambda n: sessions_to_bill(self.due, self.clock(), n), lambda due: self.bill(*due), "bill charging sessions"
        )


def at_stations(
    app: Database,
    relay: Database,
    outside: Outside,
    expire_holds: Callable[[City, Sequence[UUID]], Awaitable[None]],
) -> AtStations:
    clock, new_id, written = outside.clock, outside.new_id, outside.written
    return AtStations(
        relay.statements,
        clock,
        plugs=SqlPlugs(
            app.transactions,
            clock,
            new_id,
            random_bytes=secrets.token_bytes,
            expire_holds=expire_holds,
            written=written,
        ),
        orders=SqlStationOrders(app, new_id, written),
        starts=SqlStarts(app.transactions, clock, new_id, written),
        steering=SqlSteering(app.transactions, clock, new_id, written),
        faults=SqlFaults(app.transactions, clock, new_id, written),
        transactions=SqlTransactions(app, clock, new_id, written),
        bills=SqlBills(app.transactions, clock, new_id, written, EcdsaSignatures()),
    )
