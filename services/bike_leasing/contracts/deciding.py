"""The yes or no of HR, and of the lessor."""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from domain.bike_leasing.calculation.schedule import WITHDRAWAL_RULES
from domain.bike_leasing.calculation.sheets import in_force
from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import MINIMUM_WAGES, Bar
from domain.bike_leasing.contracts.reviewing import Employment, Right, approve, order, reject, start_review
from domain.bike_leasing.papers.accepting import are_signed
from domain.identity import Actor
from domain.refusals import Refusal
from services.bike_leasing.contracts.ports import LeaseBooks, Outcome
from services.bike_leasing.contracts.stepping import at_desk, recorded, stepped


class Decide(Struct, frozen=True):
    """`approved` by what HR knows of the employment, which is looked at and not kept; else with a `reason`."""

    lease_id: LeaseId
    approved: bool
    bars: frozenset[Bar]
    employed_until: date | None
    hourly_after: Decimal
    reason: str


class Ordering(Struct, frozen=True):
    """`credit_granted` counts for consumers; `signed`, and whether they were `told` of their right of withdrawal, where no papers were drawn up
    for them. An employer's lease is signed by its papers alone."""

    lease_id: LeaseId
    accepted: bool
    signed: bool
    reason: str
    credit_granted: bool = False
    told: bool = False


async def decide_on_lease(command: Decide, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    by = Attempt(actor, now, (await books.place()).today)
    if not command.approved:
        return await recorded(reject(desk.lease, command.reason, by), books, actor)
    wage = in_force(MINIMUM_WAGES, by.today)
    if desk.framework is None or wage is None:
        return Refusal(NotDone.FRAMEWORK_NOT_ACTIVE)
    employment = Employment(command.bars, command.employed_until, command.hourly_after)
    return await recorded(approve(desk.lease, employment, desk.framework.agreement.bars, wage, by), books, actor)


async def review_lease(lease_id: LeaseId, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    """Somebody looks at it, so that whoever waits sees that."""
    return await stepped(lease_id, lambda desk, _, by: start_review(desk.lease, by), books=books, actor=actor, now=now)


async def order_lease(command: Ordering, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    place = await books.place()
    by = Attempt(actor, now, place.today)
    if not command.accepted:
        return await recorded(reject(desk.lease, command.reason, by), books, actor)
    # A consumer who signed elsewhere is the lessor's word; whoever said yes to her paper was told of her right by it.
    on_paper = desk.accepted is not None or not desk.lease.is_private
    signed = are_signed(desk.lease, desk.accepted or frozenset()) if on_paper else command.signed
    rule = in_force(WITHDRAWAL_RULES, by.today) or WITHDRAWAL_RULES[0]
    outcome = order(
        desk.lease,
        desk.framework,
        desk.credit_used,
        Right(rule, place.state, on_paper or command.told),
        by,
        signed=signed,
        credit_granted=command.credit_granted,
    )
    return await recorded(outcome, books, actor)
