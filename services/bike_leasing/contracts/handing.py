"""The bike stands there, and is given to whoever knows the PIN."""

from datetime import datetime
from hmac import compare_digest

from msgspec import Struct

from domain.bike_leasing.calculation.benefit import BENEFIT_RULES, BikeGiven, benefit_in_kind
from domain.bike_leasing.calculation.fees import Fee
from domain.bike_leasing.calculation.schedule import START_POLICIES, instalments
from domain.bike_leasing.calculation.sheets import EUR, Sheet, in_force
from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.handing_over import (
    PIN_POLICIES,
    HandOver,
    PinMistyped,
    hand_over,
    make_ready,
    reissue_pin,
)
from domain.bike_leasing.contracts.leases import Lease, LeaseId, PinId
from domain.identity import Actor
from domain.money import Money
from domain.refusals import Refusal
from services.bike_leasing.contracts.offering import at_desk, recorded
from services.bike_leasing.contracts.ports import LeaseBooks, LeaseFile, Outcome, PinSeal, Written
from services.bike_leasing.contracts.reading import shown


class GetReady(Struct, frozen=True):
    lease_id: LeaseId
    pin_id: PinId
    serial_number: str


class AnotherPin(Struct, frozen=True):
    lease_id: LeaseId
    pin_id: PinId


class Hand(Struct, frozen=True):
    lease_id: LeaseId
    pin: str
    identity_checked: bool
    free_of_defects: bool


async def get_ready(command: GetReady, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    """The dealer never sees the PIN: it is derived for the holder when she looks."""
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    by = Attempt(actor, now, (await books.place()).today)
    policy = in_force(PIN_POLICIES, by.today) or PIN_POLICIES[0]
    pin = policy.pin(command.pin_id, now)
    return await recorded(make_ready(desk.lease, command.serial_number, pin, by), books, actor)


async def give_another_pin(command: AnotherPin, *, books: LeaseBooks, actor: Actor, now: datetime) -> Outcome:
    """The PIN before counts no more; the dealer sees this one as little."""
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    by = Attempt(actor, now, (await books.place()).today)
    policy = in_force(PIN_POLICIES, by.today) or PIN_POLICIES[0]
    return await recorded(reissue_pin(desk.lease, command.pin_id, policy, by), books, actor)


async def hand_lease_over(command: Hand, *, books: LeaseBooks, seal: PinSeal, actor: Actor, now: datetime) -> Outcome:
    """With the handover the instalments are planned, and the benefit in kind is calculated."""
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    place = await books.place()
    by, pin, policy = Attempt(actor, now, place.today), desk.lease.pin, in_force(START_POLICIES, place.today)
    if policy is None:
        return Refusal(NotDone.FRAMEWORK_NOT_ACTIVE)
    fits = pin is not None and compare_digest(seal.code(actor.city, pin.id).encode(), command.pin.encode())
    handed = HandOver(fits, command.identity_checked, command.free_of_defects)
    outcome = hand_over(handed, desk.lease, policy, by)
    if isinstance(outcome, Refusal):
        return outcome
    if isinstance(outcome, PinMistyped):
        await books.record(Written(outcome))
        return outcome
    lease = outcome.lease
    assert lease.quote is not None and lease.first_month is not None  # noqa: PT018, S101 - handed over with both
    rule = in_force(BENEFIT_RULES, place.today)
    sheet = benefit_in_kind(BikeGiven(lease.quote.bike.list_price, place.today, rule)) if rule is not None else None
    sheets = {"benefit": sheet} if isinstance(sheet, Sheet) else {}
    due_day = desk.framework.conditions.due_day if desk.framework is not None else 1
    plan = instalments(lease.first_month, lease.quote.months, due_day, _month(lease, lease.quote.fees), place.state)
    await books.record(Written(outcome, sheets, plan))
    return shown(LeaseFile(lease, frozenset(), sheets, plan), actor)


def _month(lease: Lease, fees: tuple[Fee, ...]) -> Money:
    rate = lease.quote.rate.amount if lease.quote is not None else 0
    return Money(rate + sum(fee.amount.amount for fee in fees), EUR)
