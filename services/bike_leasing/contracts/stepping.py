"""One step of a lease: look at it, decide, write down what is otherwise since."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from domain.bike_leasing.calculation.annuity import Financing
from domain.bike_leasing.calculation.sheets import Sheet
from domain.bike_leasing.contracts.acts import Attempt, LeaseStepped, NotDone
from domain.bike_leasing.contracts.leases import Lease, LeaseId, sides_on
from domain.bike_leasing.contracts.plans import Calendar
from domain.bike_leasing.money.postings import LETS_GO, entries_of
from domain.identity import Actor
from domain.ledger.entries import Entry
from domain.refusals import Refusal
from services.bike_leasing.contracts.ports import LeaseBooks, LeaseDesk, LeaseFile, Outcome, Place, Refused, Written
from services.bike_leasing.contracts.reading import shown


async def stepped(
    lease_id: LeaseId,
    decide: Callable[[LeaseDesk, Place, Attempt], LeaseStepped | Refused],
    *,
    books: LeaseBooks,
    actor: Actor,
    now: datetime,
) -> Outcome:
    """For a step that needs no more than the desk."""
    desk = await at_desk(lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    place = await books.place()
    return await recorded(decide(desk, place, Attempt(actor, now, place.today)), books, actor)


def calendar_of(lease: Lease, place: Place) -> Calendar:
    """When its instalments are due."""
    return Calendar(lease.quote.due_day if lease.quote is not None else 1, place.state)


async def at_desk(lease_id: LeaseId, books: LeaseBooks, actor: Actor) -> LeaseDesk | Refusal[NotDone]:
    """The desk, for whoever stands on a side of the lease."""
    desk = await books.desk(lease_id)
    known = desk is not None and sides_on(desk.lease, actor)
    return desk if desk is not None and known else Refusal(NotDone.UNKNOWN_LEASE)


async def recorded(
    outcome: LeaseStepped | Refused,
    books: LeaseBooks,
    actor: Actor,
    sheets: dict[str, Sheet[Any]] | None = None,
    further: tuple[Entry, ...] = (),
) -> Outcome:
    """The lease as it is since, or the refusal. What it comes to is posted with it, and what `further` entries say."""
    if isinstance(outcome, Refusal):
        return outcome
    today = (await books.place()).day_of(outcome.at)
    financing = await _financing(outcome, books) if outcome.act in LETS_GO else None
    await books.record(Written(outcome, sheets or {}, (*entries_of(outcome, today, financing), *further)))
    return shown(LeaseFile(outcome.lease, frozenset(), sheets or {}, outcome.plan), actor)


async def _financing(step: LeaseStepped, books: LeaseBooks) -> Financing | None:
    file = await books.file(step.lease.id)
    asked = file.sheets["rate"].asked if file is not None else None
    return asked if isinstance(asked, Financing) else None
