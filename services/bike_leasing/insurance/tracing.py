"""What helps to find a stolen bike is said, asked for, told and read."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeAlias

from msgspec import Struct

from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.insurance.tracing import (
    Consent,
    NoTracing,
    SayTracing,
    TellPlace,
    Tracing,
    consent,
    of_bike,
    say,
    sees,
    tell,
)
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.insurance.ports import TracingBooks
from services.calls import Answer, Call

Traced: TypeAlias = Tracing | NoTracing


Said: TypeAlias = SayTracing | Consent | TellPlace


class LeaseTracing(Struct, frozen=True):
    """The use cases, bound to their books."""

    keep: Callable[[Call[Traced], Said], Awaitable[Answer]]
    find: Callable[[Actor, LeaseId], Awaitable[Traced]]


async def keep_tracing(command: Said, *, books: TracingBooks, actor: Actor, now: datetime) -> Traced:
    """What the bike is known by, whether its place may be asked for, or where it was seen."""
    found = await books.find(command.lease_id, locked=True)
    if found is None:
        return Refusal(NotDone.UNKNOWN_LEASE)
    outcome, happened = _decided(command, *found, Attempt(actor, now, await books.today()))
    if isinstance(outcome, Tracing):
        await books.keep(outcome, happened)
    return outcome


def _decided(command: Said, lease: Lease, kept: Tracing | None, by: Attempt) -> tuple[Traced, str]:
    """And what is written down of it."""
    match command:
        case SayTracing():
            return say(command, lease, kept, by), "tracing_said"
        case Consent():
            return consent(command, lease, kept, by), "tracing_allowed" if command.given else "tracing_forbidden"
        case TellPlace():
            return tell(command, lease, kept, by), "place_told"


async def find_tracing(lease_id: LeaseId, *, books: TracingBooks, actor: Actor) -> Traced:
    found = await books.find(lease_id)
    if found is None or not sees(found[0], actor):
        return Refusal(NotDone.UNKNOWN_LEASE)
    return of_bike(*found) or Refusal(NotDone.WRONG_STATE)
