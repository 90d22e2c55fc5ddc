"""A lease that is given up before anybody has the bike, or that a consumer withdraws from."""

from datetime import datetime

from msgspec import Struct

from domain.bike_leasing.contracts.acts import Attempt
from domain.bike_leasing.contracts.leases import LeaseId, LeaseState
from domain.bike_leasing.contracts.undoing import cancel, withdraw
from domain.bike_leasing.money.postings import taken_back
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.contracts.ports import ChargedMonths, LeaseBooks, Outcome
from services.bike_leasing.contracts.stepping import at_desk, recorded, stepped


class GiveUp(Struct, frozen=True):
    lease_id: LeaseId
    reason: str


class Declared(Struct, frozen=True):
    """A withdrawal that was declared without signing in, by whoever knows the holder's address."""

    lease_id: LeaseId
    at: datetime


async def withdraw_from_lease(
    declared: Declared, *, books: LeaseBooks, months: ChargedMonths, holder: Actor, now: datetime
) -> bool:
    """In time is what was sent in time, by the day in the city; false where there is no right to. Months that were charged are taken
    back in the ledger, and what was collected for them is given back. Any number of times."""
    desk = await at_desk(declared.lease_id, books, holder)
    if isinstance(desk, Refusal):
        return False
    if desk.lease.state is LeaseState.WITHDRAWN:
        return True
    place = await books.place()
    by = Attempt(holder, now, place.today)
    outcome = withdraw(desk.lease, desk.plan, place.day_of(declared.at), by)
    if isinstance(outcome, Refusal):
        return False
    await recorded(outcome, books, holder, further=taken_back(await months.charged(declared.lease_id), now))
    await months.owe_back(declared.lease_id)
    return True


async def cancel_lease(command: GiveUp, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(
        command.lease_id,
        lambda desk, _, by: cancel(desk.lease, command.reason, by),
        books=books,
        actor=actor,
        now=now,
    )
