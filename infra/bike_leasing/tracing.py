"""The tracing of stolen leased bikes, bound to its books."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from adapters.database.bike_leasing.tracings import SqlTracingBooks
from adapters.database.connections import Transactions
from adapters.database.sheets import SqlSheets
from domain.bike_leasing.contracts.leases import LeaseId
from domain.identity import Actor
from services.bike_leasing.insurance.tracing import LeaseTracing, Said, Traced, find_tracing, keep_tracing
from services.calls import Answer, Call


def lease_tracing(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> LeaseTracing:
    desk = SqlSheets(transactions, clock, new_id)

    async def keep(call: Call[Traced], command: Said) -> Answer:
        return await desk.answered(
            call, lambda sheet: keep_tracing(command, books=SqlTracingBooks(sheet), actor=call.actor, now=sheet.now)
        )

    async def find(actor: Actor, lease_id: LeaseId) -> Traced:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: find_tracing(lease_id, books=SqlTracingBooks(sheet), actor=actor)
        )

    return LeaseTracing(keep, find)
