"""The dealer's offer, calculated by what lessor and employer have agreed, and the employee's application."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from domain.bike_leasing.calculation.annuity import Financing, monthly_rate
from domain.bike_leasing.calculation.consumers import ConsumersLease, consumers_sheets
from domain.bike_leasing.calculation.fees import MonthOfLease, month_of_lease
from domain.bike_leasing.calculation.sheets import EUR, NotCalculable, Sheet
from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.leases import Lease, LeasedBike, LeaseId, LeaseQuote, LeaseState
from domain.bike_leasing.contracts.offering import apply, offer
from domain.bike_leasing.contracts.parties import Conditions, Parties
from domain.identity import Actor
from domain.money import Money, to_the_cent
from domain.refusals import Refusal
from services.bike_leasing.contracts.ports import LeaseBooks, Outcome
from services.bike_leasing.contracts.stepping import at_desk, recorded


class Offering(Struct, frozen=True):
    lease_id: LeaseId
    parties: Parties
    bike: LeasedBike
    valid_until: datetime


async def offer_lease(command: Offering, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    """The rate is calculated here, whatever the dealer's till says."""
    desk = await books.offer_desk(command.parties)
    if not desk.holder_known:
        return Refusal(NotDone.UNKNOWN_HOLDER, "/holder_id")
    by = Attempt(actor, now, (await books.place()).today)
    if (conditions := desk.conditions(by.today)) is None:
        return Refusal(NotDone.FRAMEWORK_NOT_ACTIVE, "/employer")
    own = command.parties.employer is None
    sheets = told_to_consumer(command.bike, conditions, by) if own else calculated(command.bike, conditions)
    if isinstance(sheets, Refusal):
        return sheets
    quote = LeaseQuote(
        command.bike,
        command.valid_until,
        conditions.months,
        sheets["rate"].results["rate"],
        conditions.fees,
        due_day=conditions.due_day,
        subsidy=conditions.subsidy,
        service=conditions.service,
    )
    draft = Lease(command.lease_id, LeaseState.DRAFT, command.parties, version=0)
    return await recorded(offer(draft, quote, desk.accreditation, by), books, actor, sheets)


def calculated(bike: LeasedBike, conditions: Conditions) -> dict[str, Sheet[Any]] | Refusal[NotCalculable]:
    """What the bike costs in a month, by its dealer's price."""
    residual = residual_of(bike, conditions)
    rate = monthly_rate(
        Financing(bike.sale_price, residual, conditions.months, conditions.nominal_percent, conditions.due)
    )
    if isinstance(rate, Refusal):
        return rate
    month = month_of_lease(MonthOfLease(rate.results["rate"], conditions.fees, conditions.subsidy))
    return month if isinstance(month, Refusal) else {"rate": rate, "month": month}


def told_to_consumer(
    bike: LeasedBike, conditions: Conditions, by: Attempt
) -> dict[str, Sheet[Any]] | Refusal[NotCalculable]:
    """The same for whoever leases for herself, and what that is as a credit."""
    return consumers_sheets(
        ConsumersLease(
            bike.sale_price,
            residual_of(bike, conditions),
            conditions.months,
            conditions.nominal_percent,
            by.today,
            conditions.due,
            conditions.due_day,
            conditions.fees,
        )
    )


def residual_of(bike: LeasedBike, conditions: Conditions) -> Money:
    return Money(to_the_cent(conditions.residual_share * bike.sale_price.amount / 100), EUR)


async def apply_for_lease(lease_id: LeaseId, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    desk = await at_desk(lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    by = Attempt(actor, now, (await books.place()).today)
    return await recorded(apply(desk.lease, desk.framework, desk.bikes_held, by), books, actor)
