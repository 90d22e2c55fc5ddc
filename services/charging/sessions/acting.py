"""Read, decide, record: what holders and the city's operators want of sessions and of their stations."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.events import NotPossible
from domain.booking.reach import may_act
from domain.charging.orders import OrderId, StationOrder
from domain.charging.sessions.acting import (
    ChargeBooking,
    LimitCharging,
    NotCharging,
    NotStarted,
    StopCharging,
    charge,
    set_limit,
    stop,
)
from domain.identity import Actor, Role
from domain.refusals import Refusal
from services.charging.sessions.hearing import stop_order
from services.charging.sessions.ports import ActingBooks, Charge
from services.charging.sessions.views import SessionView, session_view

START_WITHIN = timedelta(minutes=1)
"""Whoever stands there has tried something else by then."""


class ChargingAsked(Struct, frozen=True):
    """The station was told to begin, by `until`; the session comes once it has."""

    booking_id: BookingId
    evse: int
    until: datetime


def sees(actor: Actor, found: Charge) -> bool:
    """The holder, whoever else acts on her booking, and the city's operator, who sees also what is nobody's."""
    if actor.has(Role.OPERATOR):
        return True
    return found.billing is not None and may_act(actor, found.billing.booking, found.billing.resource)


async def charge_booking(
    command: ChargeBooking, *, books: ActingBooks, actor: Actor, order_id: OrderId, now: datetime
) -> ChargingAsked | NotStarted:
    """Have the station begin a session by the booking's token."""
    socket = await books.socket(command.booking_id, now)
    sheet = socket.life.sheet if socket is not None else None
    if socket is None or sheet is None or not may_act(actor, sheet.booking, sheet.resource):
        return Refusal(NotPossible.UNKNOWN_BOOKING)
    order = charge(sheet.booking, socket.plug, now)
    if isinstance(order, Refusal) or socket.plug is None:
        return order if isinstance(order, Refusal) else Refusal(NotCharging.NO_STATION)
    until = now + START_WITHIN
    await books.order(StationOrder(order_id, socket.plug.station_id, order, now, until, sheet.booking.id))
    return ChargingAsked(sheet.booking.id, socket.plug.evse, until)


async def stop_charging(
    command: StopCharging, *, books: ActingBooks, actor: Actor, order_id: OrderId, now: datetime
) -> SessionView | Refusal[NotCharging]:
    found = await books.session(command.session_id)
    if found is None or not sees(actor, found):
        return Refusal(NotCharging.UNKNOWN_SESSION)
    decided = stop(found.session, now)
    if isinstance(decided, Refusal):
        return decided
    session, order = decided
    if order is not None:
        await books.change(session, "charging.stop_asked")
        await books.order(stop_order(session, order, order_id, now))
    return session_view(replace(found, session=session), now)


async def limit_charging(
    command: LimitCharging, *, books: ActingBooks, actor: Actor, now: datetime
) -> SessionView | Refusal[NotCharging]:
    found = await books.session(command.session_id)
    if found is None or found.billing is None or not sees(actor, found):
        return Refusal(NotCharging.UNKNOWN_SESSION)
    session = set_limit(found.session, command.limit, found.billing.tariff.currency)
    if isinstance(session, Refusal):
        return session
    if session != found.session:
        await books.change(session, "charging.limited")
    return session_view(replace(found, session=session), now)
