"""Who decides on bookings for somebody while she is away."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import Actor, PersonId, Role
from domain.refusals import Refusal

DeputyId = NewType("DeputyId", UUID)
LONGEST = timedelta(days=366)
MOST = 20


class Deputyship(Struct, frozen=True):
    """From `start` on and before `end` the deputy decides for the person; `ended_at` where that was ended before."""

    id: DeputyId
    person_id: PersonId
    deputy_id: PersonId
    start: datetime
    end: datetime
    named_by: PersonId
    named_at: datetime
    ended_at: datetime | None = None


class NameDeputy(Struct, frozen=True):
    """`person_id` is who is away: whoever asks, unless an operator does for her."""

    id: DeputyId
    person_id: PersonId
    deputy_id: PersonId
    start: datetime
    end: datetime


class DeputyNamed(Struct, frozen=True):
    deputyship: Deputyship


class DeputyshipEnded(Struct, frozen=True):
    deputyship: Deputyship


class NoDeputy(StrEnum):
    UNKNOWN_DEPUTY = "unknown_deputy"
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_DEPUTYSHIP = "unknown_deputyship"
    OWN_DEPUTY = "own_deputy"
    DECIDES_NOTHING = "decides_nothing"
    PERIOD_INVALID = "deputy_period_invalid"
    TOO_MANY = "too_many_deputies"
    FORBIDDEN = "forbidden"


def name_deputy(
    command: NameDeputy,
    employees: frozenset[PersonId],
    standing: Sequence[Deputyship],
    actor: Actor,
    now: datetime,
    *,
    decides: bool,
) -> DeputyNamed | Refusal[NoDeputy]:
    """Let somebody who works for the city decide for somebody who `decides`, as she runs a pool or is named in its rules; `standing`
    are the deputyships that she has given and that are not over. Operators alone need none: each of them decides on everything."""
    if command.person_id != actor.id and not actor.has(Role.OPERATOR):
        return Refusal(NoDeputy.FORBIDDEN, "/for")
    if command.person_id == command.deputy_id:
        return Refusal(NoDeputy.OWN_DEPUTY, "/deputy_id")
    if command.deputy_id not in employees:
        return Refusal(NoDeputy.UNKNOWN_DEPUTY, "/deputy_id")
    if command.person_id != actor.id and command.person_id not in employees:
        return Refusal(NoDeputy.UNKNOWN_PERSON, "/for")
    if not decides:
        return Refusal(NoDeputy.DECIDES_NOTHING, "/for")
    if not command.start < command.end or command.end <= now or command.end - command.start > LONGEST:
        return Refusal(NoDeputy.PERIOD_INVALID, "/end")
    if len(standing) >= MOST:
        return Refusal(NoDeputy.TOO_MANY)
    return DeputyNamed(
        Deputyship(
            command.id,
            command.person_id,
            command.deputy_id,
            command.start,
            command.end,
            named_by=actor.id,
            named_at=now,
        )
    )


def end_deputyship(known: Deputyship | None, actor: Actor, now: datetime) -> DeputyshipEnded | Refusal[NoDeputy]:
    """Back sooner than thought, or no longer willing. What is over already stays as it was."""
    if known is None or not concerns(known, actor):
        return Refusal(NoDeputy.UNKNOWN_DEPUTYSHIP)
    ends = known.ended_at is None and now < known.end
    return DeputyshipEnded(replace(known, ended_at=now) if ends else known)


def concerns(deputyship: Deputyship, actor: Actor) -> bool:
    """Whether somebody sees it and may end it: who is away, her deputy, and the operators."""
    return actor.has(Role.OPERATOR) or actor.id in {deputyship.person_id, deputyship.deputy_id}
