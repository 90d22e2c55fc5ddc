"""A lease that ends early: notice, what it comes to, and how it goes on or is settled."""

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.annuity import Financing
from domain.bike_leasing.calculation.fees import FeeKind
from domain.bike_leasing.calculation.settlement import DISCOUNTING, SETTLEMENT_RULES, EarlyEnd, settlement
from domain.bike_leasing.calculation.sheets import EUR, NotCalculable, in_force
from domain.bike_leasing.contracts.acts import Act, Attempt, LeaseStepped, turn
from domain.bike_leasing.contracts.ending_early import (
    buy_out,
    continue_privately,
    make_out,
    settle,
    terminate,
    transfer,
)
from domain.bike_leasing.contracts.leases import LeaseId, MadeOut, Protocol, Termination
from domain.bike_leasing.contracts.parties import PartyId
from domain.bike_leasing.contracts.plans import waiting
from domain.identity import Actor
from domain.money import Money
from domain.refusals import Refusal
from services.bike_leasing.contracts.ports import LeaseBooks, LeaseDesk, NextEmployers, Outcome, Place, Refused
from services.bike_leasing.contracts.stepping import at_desk, calendar_of, recorded, stepped


class GiveNotice(Struct, frozen=True):
    lease_id: LeaseId
    termination: Termination


class WorkOut(Struct, frozen=True):
    """`proceeds` is what the bike brings or is taken to be worth; `services_paid` counts where a service was used. At
    `buyout_price` the holder may buy it instead, and with `credit_granted` go on by herself."""

    lease_id: LeaseId
    proceeds: Money
    service_used: bool
    buyout_price: Money | None
    credit_granted: bool


class Settle(Struct, frozen=True):
    """`sheet` is the name of the one that was shown."""

    lease_id: LeaseId
    sheet: str
    protocol: Protocol | None


class Transfer(Struct, frozen=True):
    lease_id: LeaseId
    employer: PartyId


async def give_notice(command: GiveNotice, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(
        command.lease_id,
        lambda desk, _, by: terminate(desk.lease, desk.plan, command.termination, by),
        books=books,
        actor=actor,
        now=now,
    )


async def work_out(command: WorkOut, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    """The sheet is kept with the lease, under a name that has the step's number in it; whoever settles names it."""
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    by = Attempt(actor, now, (await books.place()).today)
    if isinstance(no := turn(desk.lease, Act.MAKE_OUT, by), Refusal):
        return no
    file = await books.file(command.lease_id)
    asked = _asked(command, desk, file.sheets["rate"].asked if file is not None else None, by)
    if isinstance(asked, Refusal):
        return asked
    sheet = settlement(asked)
    if isinstance(sheet, Refusal):
        return sheet
    name = f"settlement-{desk.lease.version + 1}"
    made_out = MadeOut(
        name, sheet.results["owed"], asked.rates_left, by.today, command.buyout_price, command.credit_granted
    )
    return await recorded(make_out(desk.lease, made_out, by), books, actor, {name: sheet})


def _asked(command: WorkOut, desk: LeaseDesk, financed: object, by: Attempt) -> EarlyEnd | Refusal[NotCalculable]:
    """By the financing that the lease was calculated with, and as many rates as wait."""
    rule = in_force(SETTLEMENT_RULES, by.today)
    if rule is None or not isinstance(financed, Financing) or desk.lease.quote is None:
        return Refusal(NotCalculable.NO_RULE_THEN)
    left, quote = waiting(desk.plan), desk.lease.quote
    services = sum(fee.amount.amount for fee in quote.fees if fee.kind is FeeKind.SERVICE)
    return EarlyEnd(
        left,
        quote.rate,
        financed.residual,
        command.proceeds,
        financed.nominal_percent,
        DISCOUNTING if desk.framework is not None and desk.framework.discounts else rule,
        financed.due,
        Money(services, EUR),
        command.service_used,
        len(desk.plan) - left,
    )


async def settle_lease(command: Settle, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(
        command.lease_id,
        lambda desk, _, by: settle(desk.lease, desk.plan, command.sheet, command.protocol, by),
        books=books,
        actor=actor,
        now=now,
    )


async def buy_lease_out(lease_id: LeaseId, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(
        lease_id, lambda desk, _, by: buy_out(desk.lease, desk.plan, by), books=books, actor=actor, now=now
    )


async def go_on_alone(lease_id: LeaseId, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LeaseDesk, place: Place, by: Attempt) -> LeaseStepped | Refused:
        return continue_privately(desk.lease, desk.plan, calendar_of(desk.lease, place), by)

    return await stepped(lease_id, decide, books=books, actor=actor, now=now)


async def transfer_lease(
    command: Transfer, *, books: LeaseBooks, employers: NextEmployers, actor: Actor, now: datetime
) -> Outcome:
    """The new employer's framework is locked like the old one's, so that its credit line holds."""
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    place = await books.place()
    by = Attempt(actor, now, place.today)
    following = await employers.following(desk.lease.id, replace(desk.lease.parties, employer=command.employer))
    outcome = transfer(
        desk.lease,
        desk.plan,
        following.framework,
        following.credit_used,
        by,
        calendar=calendar_of(desk.lease, place),
    )
    return await recorded(outcome, books, actor)
