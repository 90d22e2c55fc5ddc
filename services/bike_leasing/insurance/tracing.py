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


class LeaseTracing(Struct, frozen=True):
    """The use cases, bound to their books."""

    say: Callable[[Call[Traced], SayTracing], Awaitable[Answer]]
    consent: Callable[[Call[Traced], Consent], Awaitable[Answer]]
    tell: Callable[[Call[Traced], TellPlace], Awaitable[Answer]]
    find: Callable[[Actor, LeaseId], Awaitable[Traced]]


async def say_tracing(command: SayTracing, *, books: TracingBooks, actor: Actor, now: datetime) -> Traced:
    return await _kept(
        command.lease_id,
        lambda lease, kept, by: say(command, lease, kept, by),
        "tracing_said",
        books=books,
        actor=actor,
        now=now,
    )


async def consent_to_tracing(command: Consent, *, books: TracingBooks, actor: Actor, now: datetime) -> Traced:
    return await _kept(
        command.lease_id,
        lambda lease, kept, by: consent(command, lease, kept, by),
        "tracing_allowed" if command.given else "tracing_forbidden",
        books=books,
        actor=actor,
        now=now,
    )


async def tell_place(command: TellPlace, *, books: TracingBooks, actor: Actor, now: datetime) -> Traced:
    return await _kept(
        command.lease_id,
        lambda lease, kept, by: tell(command, lease, kept, by),
        "place_told",
        books=books,
        actor=actor,
        now=now,
    )


async def _kept(
    lease_id: LeaseId,
    decide: Callable[[Lease, Tracing | None, Attempt], Traced],
    happened: str,
    *,
    books: TracingBooks,
    actor: Actor,
    now: datetime,
) -> Traced:
    found = await books.find(lease_id, locked=True)
    if found is None:
        return Refusal(NotDone.UNKNOWN_LEASE)
    outcome = decide(*found, Attempt(actor, now, await books.today()))
    if isinstance(outcome, Tracing):
        await books.keep(outcome, happened)
    return outcome


async def find_tracing(lease_id: LeaseId, *, books: TracingBooks, actor: Actor) -> Traced:
    found = await books.find(lease_id)
    if found is None or not sees(found[0], actor):
        return Refusal(NotDone.UNKNOWN_LEASE)
    return of_bike(*found) or Refusal(NotDone.WRONG_STATE)
