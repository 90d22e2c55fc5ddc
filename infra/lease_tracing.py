"""The tracing of stolen leased bikes, bound to its books."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from adapters.database.connections import Transactions
from adapters.database.fleet_desk import SqlFleetDesk
from adapters.database.lease_tracings import SqlTracingBooks
from domain.bike_leasing.contracts.leases import LeaseId
from domain.identity import Actor
from services.bike_leasing.insurance.tracing import (
    LeaseTracing,
    Traced,
    consent_to_tracing,
    find_tracing,
    say_tracing,
    tell_place,
)
from services.calls import Answer, Call


def lease_tracing(
    transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> LeaseTracing:
    desk = SqlFleetDesk(transactions, clock, new_id)

    def keeping(use_case: Callable[..., Awaitable[Traced]]) -> Callable[[Call[Traced], Any], Awaitable[Answer]]:
        async def kept(call: Call[Traced], command: Any) -> Answer:
            return await desk.answered(
                call, lambda sheet: use_case(command, books=SqlTracingBooks(sheet), actor=call.actor, now=sheet.now)
            )

        return kept

    async def find(actor: Actor, lease_id: LeaseId) -> Traced:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: find_tracing(lease_id, books=SqlTracingBooks(sheet), actor=actor)
        )

    return LeaseTracing(keeping(say_tracing), keeping(consent_to_tracing), keeping(tell_place), find)
