"""The bike stands there, and is given to whoever knows the PIN."""

from datetime import datetime
from hmac import compare_digest
from typing import Any

from msgspec import Struct

from domain.bike_leasing.calculation.consumers import from_handover
from domain.bike_leasing.calculation.schedule import START_POLICIES
from domain.bike_leasing.calculation.sheets import Sheet, in_force
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
from domain.refusals import Refusal
from services.bike_leasing.contracts.benefits import benefit_of
from services.bike_leasing.contracts.ports import LeaseBooks, Outcome, PinSeal, Written
from services.bike_leasing.contracts.stepping import at_desk, calendar_of, recorded


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
    """With the handover the benefit in kind is calculated, or a consumer's effective rate by its day."""
    desk = await at_desk(command.lease_id, books, actor)
    if isinstance(desk, Refusal):
        return desk
    place = await books.place()
    by, pin, policy = Attempt(actor, now, place.today), desk.lease.pin, in_force(START_POLICIES, place.today)
    if policy is None:
        return Refusal(NotDone.FRAMEWORK_NOT_ACTIVE)
    fits = pin is not None and compare_digest(seal.code(actor.city, pin.id).encode(), command.pin.encode())
    handed = HandOver(fits, command.identity_checked, command.free_of_defects)
    calendar = calendar_of(desk.lease, place)
    outcome = hand_over(handed, desk.lease, policy, calendar, by)
    if isinstance(outcome, Refusal):
        return outcome
    if isinstance(outcome, PinMistyped):
        await books.record(Written(outcome))
        return outcome
    return await recorded(outcome, books, actor, await _sheets(outcome.lease, books))


async def _sheets(lease: Lease, books: LeaseBooks) -> dict[str, Sheet[Any]]:
    """Of the lease that was just handed over."""
    day, first, quote = lease.handed_over_on, lease.first_month, lease.quote
    assert day is not None and first is not None and quote is not None  # noqa: PT018, S101 - it was just handed over
    if lease.is_private:
        file = await books.file(lease.id)
        return from_handover(file.sheets, day, first, quote.due_day) if file is not None else {}
    sheet = benefit_of(lease, day)
    return {"benefit": sheet} if isinstance(sheet, Sheet) else {}
