"""A lease that is given up before anybody has the bike."""

from datetime import datetime

from msgspec import Struct

from domain.bike_leasing.contracts.acts import Attempt
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.undoing import cancel
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.contracts.offering import at_desk, recorded
from services.bike_leasing.contracts.ports import LeaseBooks, Outcome


class GiveUp(Struct, frozen=True):
    lease_id: LeaseId
    reason: str


async def cancel_lease(command: GiveUp, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    by = Attempt(actor, now, (await books.place()).today)
    return await recorded(cancel(desk.lease, command.reason, by), books, actor)
