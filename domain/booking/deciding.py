"""Who says yes or no to a booking that waits for it: four eyes, and somebody else's while she is away."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.booking.events import NotPossible
from domain.booking.resources import Resource
from domain.identity import Actor, PersonId, PoolId, Role
from domain.refusals import Refusal


class Deputy(Struct, frozen=True):
    """From `start` on and before `end` the deputy decides for the person, as she could herself."""

    person_id: PersonId
    deputy_id: PersonId
    start: datetime
    end: datetime

    def counts(self, now: datetime) -> bool:
        return self.start <= now < self.end


class Deciders(Struct, frozen=True):
    """Who approves the bookings of a pool: those who are named, or whoever runs it where none are; and the `deputies` of those
    who do. Only those who still work for the city are among them: where `all_left`, some are named and none of them does, so
    that the operators are left."""

    named: tuple[PersonId, ...] = ()
    deputies: tuple[Deputy, ...] = ()
    all_left: bool = False


class Capacity(StrEnum):
    APPROVER = "approver"
    OPERATOR = "operator"
    DEPUTY = "deputy"


class Authority(Struct, frozen=True):
    """As what somebody decides, and for whom as a deputy."""

    capacity: Capacity
    deputy_for: PersonId | None = None


def may_decide(actor: Actor, resource: Resource) -> bool:
    """Whoever runs the pool, and the city's operator."""
    return actor.has(Role.OPERATOR) or (actor.has(Role.FLEET_MANAGER) and actor.works_in(resource.pool_id))


def authorities(actor: Actor, pool_id: PoolId | None, deciders: Deciders, now: datetime) -> tuple[Authority, ...]:
    """As what somebody may decide in a pool, the best first."""
    runs_it = actor.has(Role.FLEET_MANAGER) and actor.works_in(pool_id)
    found = []
    if actor.id in deciders.named or (runs_it and not deciders.named and not deciders.all_left):
        found.append(Authority(Capacity.APPROVER))
    if actor.has(Role.OPERATOR):
        found.append(Authority(Capacity.OPERATOR))
    found += [
        Authority(Capacity.DEPUTY, each.person_id)
        for each in deciders.deputies
        if each.deputy_id == actor.id and each.counts(now)
    ]
    return tuple(found)


def authority(
    actor: Actor, own: frozenset[PersonId], pool_id: PoolId | None, deciders: Deciders, now: datetime
) -> Authority | Refusal[NotPossible]:
    """As what somebody decides on a booking. Nobody does whose `own` it is, because she made it or has it, nor does her deputy
    for her."""
    return entitled(actor, own, authorities(actor, pool_id, deciders, now))


def entitled(actor: Actor, own: frozenset[PersonId], found: Sequence[Authority]) -> Authority | Refusal[NotPossible]:
    """The same, of what she may decide as."""
    if not found:
        return Refusal(NotPossible.FORBIDDEN)
    if actor.id not in own:
        for each in found:
            if each.deputy_for not in own:
                return each
    return Refusal(NotPossible.OWN_BOOKING)
