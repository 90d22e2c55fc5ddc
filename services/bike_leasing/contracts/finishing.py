"""The end of a lease: an offer to buy that nobody was promised, or the bike goes back and is looked at."""

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from domain.bike_leasing.calculation.buyout import OFFERS, PURCHASE_RULES, OfferPolicy, Purchase
from domain.bike_leasing.calculation.buyout import purchase as price_of
from domain.bike_leasing.calculation.sheets import NotCalculable, RuleVersion, in_force
from domain.bike_leasing.contracts.acts import Act, Attempt, turn
from domain.bike_leasing.contracts.ending import (
    close,
    inspect,
    offer_purchase,
    purchase,
    revoke_purchase,
    schedule_return,
    take_back,
)
from domain.bike_leasing.contracts.leases import Lease, LeaseId, Protocol, PurchaseOffer
from domain.identity import Actor
from domain.money import Money
from domain.refusals import Refusal
from services.bike_leasing.contracts.ports import LeaseBooks, Outcome
from services.bike_leasing.contracts.stepping import at_desk, recorded, stepped


class OfferToBuy(Struct, frozen=True):
    """`percent` of the list price is asked; without it what the policy of the day says. `market_value` is what the bike is worth
    where somebody has looked, as has to be after other terms than the rule's."""

    lease_id: LeaseId
    expires_at: datetime
    percent: Decimal | None
    market_value: Money | None


class PickUp(Struct, frozen=True):
    lease_id: LeaseId
    on: date


class LookAt(Struct, frozen=True):
    lease_id: LeaseId
    findings: str
    charges: Money


async def offer_to_sell(command: OfferToBuy, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    """With the sheet of the flat tax that the seller pays."""
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    by = Attempt(actor, now, (await books.place()).today)
    if isinstance(no := turn(desk.lease, Act.OFFER_PURCHASE, by), Refusal):
        return no
    asked = _asked(command, desk.lease, by)
    sheet = price_of(asked) if not isinstance(asked, Refusal) else asked
    if isinstance(sheet, Refusal):
        return sheet
    offered = PurchaseOffer(sheet.results["offer"], command.expires_at)
    name = f"purchase-{desk.lease.version + 1}"
    return await recorded(offer_purchase(desk.lease, offered, by), books, actor, {name: sheet})


def _asked(command: OfferToBuy, lease: Lease, by: Attempt) -> Purchase | Refusal[NotCalculable]:
    rule, offer = in_force(PURCHASE_RULES, by.today), in_force(OFFERS, by.today)
    if rule is None or offer is None or lease.quote is None:
        return Refusal(NotCalculable.NO_RULE_THEN)
    if command.percent is not None:
        offer = OfferPolicy(RuleVersion("purchase_offer", by.today, "the lessor's own"), command.percent)
    return Purchase(lease.quote.bike.list_price, lease.quote.months, rule, offer, command.market_value)


async def take_offer_back(lease_id: LeaseId, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(
        lease_id, lambda desk, _, by: revoke_purchase(desk.lease, by), books=books, actor=actor, now=now
    )


async def buy_bike(lease_id: LeaseId, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(lease_id, lambda desk, _, by: purchase(desk.lease, by), books=books, actor=actor, now=now)


async def schedule_pickup(command: PickUp, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(
        command.lease_id,
        lambda desk, _, by: schedule_return(desk.lease, command.on, by),
        books=books,
        actor=actor,
        now=now,
    )


async def take_bike_back(lease_id: LeaseId, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(lease_id, lambda desk, _, by: take_back(desk.lease, by), books=books, actor=actor, now=now)


async def inspect_bike(command: LookAt, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(
        command.lease_id,
        lambda desk, _, by: inspect(desk.lease, Protocol(by.today, command.findings, command.charges), by),
        books=books,
        actor=actor,
        now=now,
    )


async def close_lease(lease_id: LeaseId, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    return await stepped(lease_id, lambda desk, _, by: close(desk.lease, by), books=books, actor=actor, now=now)
