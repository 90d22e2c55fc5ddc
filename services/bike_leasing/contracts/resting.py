"""A lease that rests, and goes on again."""

from datetime import date, datetime

from msgspec import Struct

from domain.bike_leasing.calculation.sheets import in_force
from domain.bike_leasing.contracts.acts import Attempt, LeaseStepped
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.pausing import resume, suspend
from domain.bike_leasing.contracts.suspensions import NO_PROTECTION, REST_RULES, RESUMPTION_POLICIES, Pause, Suspension
from domain.identity import Actor
from services.bike_leasing.contracts.ports import LeaseBooks, LeaseDesk, Outcome, Place, Refused
from services.bike_leasing.contracts.stepping import calendar_of, stepped


class Rest(Struct, frozen=True):
    lease_id: LeaseId
    pause: Pause
    since: date


class GoOn(Struct, frozen=True):
    lease_id: LeaseId
    on: date


async def rest_lease(command: Rest, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    """By the insurer's terms that the employer's framework names, and the rule of the day for what nobody pays."""

    def decide(desk: LeaseDesk, _: Place, by: Attempt) -> LeaseStepped | Refused:
        return suspend(
            desk.lease,
            desk.plan,
            Suspension(command.pause, command.since),
            by,
            protection=desk.framework.protection if desk.framework is not None else NO_PROTECTION,
            rule=in_force(REST_RULES, by.today) or REST_RULES[0],
        )

    return await stepped(command.lease_id, decide, books=books, actor=actor, now=now)


async def let_go_on(command: GoOn, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LeaseDesk, place: Place, by: Attempt) -> LeaseStepped | Refused:
        policy = in_force(RESUMPTION_POLICIES, by.today) or RESUMPTION_POLICIES[0]
        return resume(desk.lease, desk.plan, command.on, calendar_of(desk.lease, place), by, policy=policy)

    return await stepped(command.lease_id, decide, books=books, actor=actor, now=now)
