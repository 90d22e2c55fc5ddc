"""Read, decide, record: what holders, staff and the clock do with a booking."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeAlias

from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.deposits import is_kept_out, no_deposit
from domain.booking.events import BookingStarted, Decision, NotPossible
from domain.booking.handover import no_key
from domain.booking.life import (
    CancelBooking,
    ConfirmBooking,
    FinishBooking,
    StartBooking,
    assign,
    cancel_unpaid,
    code_fits,
    confirm,
    expire,
    finish,
    is_covered,
    not_used,
    start,
)
from domain.booking.metered import finish_metered
from domain.booking.withdrawing import WithdrawFromBooking, cancel_or_withdraw, withdraw
from domain.identity import Actor
from domain.refusals import Refusal
from services.booking.ports import BookingStore, Done, LifeDesk, Outcome, Sheet
from services.booking.reading import acts_on, sheet_view

Reaches: TypeAlias = Callable[[Actor, Sheet, datetime], bool]


async def confirm_booking(command: ConfirmBooking, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Confirm what is secured by the payments as we know them; ask the provider before, where there is one."""

    def decide(desk: LifeDesk) -> Decision:
        booking, sharing = desk.sheet.booking, desk.sheet.resource.sharing
        return confirm(booking, is_covered(booking, desk.sheet.payments, now), now, sharing)

    return await act(command.booking_id, decide, seen=command.seen, store=store, actor=actor, now=now)


async def cancel_booking(command: CancelBooking, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Cancel for the holder, by withdrawal while that right runs, or as staff for the city."""

    def decide(desk: LifeDesk) -> Decision:
        booking = desk.sheet.booking
        by_holder = booking.holder_id == actor.id
        out = desk.sheet.lacks_plug or is_kept_out(booking, desk.sheet.payments, now)
        return cancel_or_withdraw(booking, desk.sheet.resource, by_holder, now, command.reason, kept_out=out)

    return await act(command.booking_id, decide, seen=command.seen, store=store, actor=actor, now=now)


async def withdraw_from_booking(
    command: WithdrawFromBooking, *, store: BookingStore, actor: Actor, now: datetime
) -> Outcome:
    """Undo the contract for its holder, who declared it without signing in."""

    def decide(desk: LifeDesk) -> Decision:
        return withdraw(desk.sheet.booking, desk.sheet.resource, command.declared_at, now)

    return await act(command.booking_id, decide, store=store, actor=actor, now=now)


async def start_booking(command: StartBooking, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LifeDesk) -> Decision:
        if not code_fits(command.code, desk.code):
            return Refusal(NotPossible.CODE_DOES_NOT_FIT, "/code")
        sheet, in_use = desk.sheet, desk.still_in_use
        decided = start(
            sheet.booking, sheet.resource, command.readings, now, stood_at=desk.stood_at, still_in_use=in_use
        )
        if isinstance(decided, Refusal):
            return decided
        refused = no_key(desk.handover, sheet.time_zone, now, sheet.booking.end)
        if refused is None and isinstance(decided, BookingStarted):
            refused = no_deposit(sheet.booking, sheet.payments, now)
        return refused or decided

    return await act(command.booking_id, decide, seen=command.seen, store=store, actor=actor, now=now)


async def finish_booking(command: FinishBooking, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    def decide(desk: LifeDesk) -> Decision:
        sheet, tariff = desk.sheet, desk.tariff
        if desk.charging and sheet.booking.is_live:
            return Refusal(NotPossible.STILL_CHARGING)
        if desk.measured is not None:
            zone, measured = sheet.time_zone, desk.measured
            booking, resource = sheet.booking, sheet.resource
            return finish_metered(booking, resource, measured, tariff=tariff, time_zone=zone, over_at=now, now=now)
        return finish(
            sheet.booking,
            sheet.resource,
            command.readings,
            tariff=tariff,
            time_zone=sheet.time_zone,
            now=now,
            stood_at=desk.stood_at,
        )

    return await act(command.booking_id, decide, seen=command.seen, store=store, actor=actor, now=now)


async def expire_hold(booking_id: BookingId, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Let go of a hold whose time is over; whoever was quicker has done it already."""
    return await act(booking_id, lambda desk: expire(desk.sheet.booking, now), store=store, actor=actor, now=now)


async def assign_resource(booking_id: BookingId, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Make the resource final of what was booked by class."""
    return await act(booking_id, lambda desk: assign(desk.sheet.booking, now), store=store, actor=actor, now=now)


async def close_unused(booking_id: BookingId, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Close a booking whose time passed without a start."""

    def decide(desk: LifeDesk) -> Decision:
        booking, in_use = desk.sheet.booking, desk.still_in_use
        out = desk.sheet.lacks_plug or is_kept_out(booking, desk.sheet.payments, now)
        return not_used(booking, desk.sheet.resource, now, still_in_use=in_use, kept_out=out)

    return await act(booking_id, decide, store=store, actor=actor, now=now)


async def cancel_unsecured(booking_id: BookingId, *, store: BookingStore, actor: Actor, now: datetime) -> Outcome:
    """Cancel a booking whose saved card was refused and not replaced in time."""

    def decide(desk: LifeDesk) -> Decision:
        return cancel_unpaid(desk.sheet.booking, desk.sheet.payments, now)

    return await act(booking_id, decide, store=store, actor=actor, now=now)


async def act(
    booking_id: BookingId,
    decide: Callable[[LifeDesk], Decision],
    *,
    seen: int | None = None,
    reaches: Reaches = acts_on,
    store: BookingStore,
    actor: Actor,
    now: datetime,
) -> Outcome:
    """Refusals are recorded too: the answer is given once and for all. For whom `reaches` says no there is no such booking."""
    desk = await store.desk(booking_id)
    outcome = _outcome(desk, decide, actor, now, seen=seen, reaches=reaches)
    await store.record(booking_id, outcome)
    return outcome


def _outcome(
    desk: LifeDesk | None,
    decide: Callable[[LifeDesk], Decision],
    actor: Actor,
    now: datetime,
    *,
    seen: int | None,
    reaches: Reaches,
) -> Outcome:
    if desk is None or not reaches(actor, desk.sheet, now):
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    sheet = desk.sheet
    if seen not in {None, sheet.booking.version}:
        return Refusal(NotPossible.VERSION_MISMATCH)
    decision = decide(desk)
    if isinstance(decision, Refusal):
        return decision
    return Done(decision, sheet_view(replace(sheet, booking=decision.booking), actor, now))
