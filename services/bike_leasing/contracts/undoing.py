"""A lease that is given up before anybody has the bike."""

from datetime import datetime

from msgspec import Struct

from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.undoing import cancel
from domain.identity import Actor
from services.bike_leasing.contracts.ports import LeaseBooks, Outcome
from services.bike_leasing.contracts.stepping import stepped


class GiveUp(Struct, frozen=True):
    lease_id: LeaseId
    reason: str


async def cancel_lease(command: GiveUp, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(
        command.lease_id,
        lambda desk, _, by: cancel(desk.lease, command.reason, by),
        books=books,
        actor=actor,
        now=now,
    )
