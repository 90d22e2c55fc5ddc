"""Who decides for somebody while she is away: named, looked at, ended."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.fleet.deputies import (
    DeputyId,
    DeputyNamed,
    Deputyship,
    DeputyshipEnded,
    NameDeputy,
    NoDeputy,
    end_deputyship,
    name_deputy,
)
from domain.identity import Actor, City, PersonId, Role
from domain.refusals import Refusal
from services.calls import Answer, Call


class DeputyBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def employees(self, people: Sequence[PersonId]) -> frozenset[PersonId]: ...
    async def decides(self, person_id: PersonId) -> bool:
        """Whether she runs a pool, or is named as somebody who approves in one."""
        ...

    async def of(self, person_id: PersonId, now: datetime) -> Sequence[Deputyship]:
        """Those that she has given and that are not over, one writer after the other."""

    async def find(self, deputy_id: DeputyId) -> Deputyship | None: ...
    async def page(self, concerning: PersonId | None, now: datetime) -> Sequence[Deputyship]:
        """Those that are not over, of anybody or of whoever is away or decides in them, by their start."""

    async def keep(self, event: DeputyNamed | DeputyshipEnded) -> None: ...


Named: TypeAlias = Deputyship | Refusal[NoDeputy]


class Deputies(Struct, frozen=True):
    """The use cases, bound to their books."""

    name: Callable[[Call[Named], NameDeputy], Awaitable[Answer]]
    end: Callable[[Call[Named], DeputyId], Awaitable[Named]]
    page: Callable[[City, Actor], Awaitable[Sequence[Deputyship]]]


async def name(command: NameDeputy, *, books: DeputyBooks, actor: Actor, now: datetime) -> Named:
    employees = await books.employees([command.person_id, command.deputy_id])
    standing, decides = await books.of(command.person_id, now), await books.decides(command.person_id)
    outcome = name_deputy(command, employees, standing, actor, now, decides=decides)
    if isinstance(outcome, Refusal):
        return outcome
    await books.keep(outcome)
    return outcome.deputyship


async def end(deputy_id: DeputyId, *, books: DeputyBooks, actor: Actor, now: datetime) -> Named:
    known = await books.find(deputy_id)
    outcome = end_deputyship(known, actor, now)
    if isinstance(outcome, Refusal):
        return outcome
    if outcome.deputyship != known:
        await books.keep(outcome)
    return outcome.deputyship


async def page(*, books: DeputyBooks, actor: Actor, now: datetime) -> Sequence[Deputyship]:
    """One's own and those in which one decides; all of them for operators."""
    return await books.page(None if actor.has(Role.OPERATOR) else actor.id, now)
