"""What somebody wants of a session: to begin one from afar, to stop it, or that it stops by itself."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, State
from domain.booking.events import NotPossible
from domain.charging.orders import StartTransaction, StopTransaction
from domain.charging.reports import IdToken
from domain.charging.sessions.limits import Limit
from domain.charging.sessions.sessions import UNDER_WAY, Session, SessionId
from domain.charging.stations import ChargingStationId
from domain.pricing.quotes import within
from domain.refusals import Refusal

STOPS_WITHIN = timedelta(minutes=1)
"""How long a station that was told to stop has, before it is told again."""


class NotCharging(StrEnum):
    UNKNOWN_SESSION = "unknown_session"
    CHARGING_OVER = "charging_over"
    ALREADY_CHARGING = "already_charging"
    NO_STATION = "no_station"
    STATION_OFFLINE = "station_offline"
    LIMIT_OUT_OF_RANGE = "limit_out_of_range"


NotStarted: TypeAlias = Refusal[NotPossible] | Refusal[NotCharging]
NOT_FINAL = frozenset(
    {NotPossible.TOO_EARLY, NotCharging.ALREADY_CHARGING, NotCharging.NO_STATION, NotCharging.STATION_OFFLINE}
)
"""What may be otherwise in a moment, and is asked again with the same key."""


class ChargeBooking(Struct, frozen=True):
    booking_id: BookingId


class StopCharging(Struct, frozen=True):
    session_id: SessionId


class LimitCharging(Struct, frozen=True):
    """Without both it runs until somebody stops it."""

    session_id: SessionId
    limit: Limit


class Plug(Struct, frozen=True):
    """Where what is booked is plugged in, and the booking's token. `number` names the start for its station, `online` says that it is
    there. `charging` is the booking's session that is under way."""

    station_id: ChargingStationId
    evse: int
    token: IdToken
    number: int
    online: bool
    charging: Session | None = None


def charge(booking: Booking, plug: Plug | None, now: datetime) -> StartTransaction | NotStarted:
    """Have the station begin, for whoever stands there with a cable in her hand."""
    if booking.state not in {State.CONFIRMED, State.IN_USE} or (
        booking.state is State.CONFIRMED and now >= booking.end
    ):
        return Refusal(NotPossible.WRONG_STATE)
    if now < booking.terms.earliest_start:
        return Refusal(NotPossible.TOO_EARLY)
    if plug is None:
        return Refusal(NotCharging.NO_STATION)
    if plug.charging is not None:
        return Refusal(NotCharging.ALREADY_CHARGING)
    if not plug.online:
        return Refusal(NotCharging.STATION_OFFLINE)
    return StartTransaction(plug.evse, plug.token, plug.number)


def stop(session: Session, now: datetime) -> tuple[Session, StopTransaction | None] | Refusal[NotCharging]:
    """Have the station stop; it was told so a moment ago where there is nothing to tell it. Whoever is heard of charges, also where
    nobody told us yet that she began."""
    if session.state not in UNDER_WAY:
        return Refusal(NotCharging.CHARGING_OVER)
    if was_asked(session, now):
        return session, None
    return replace(session, stop_asked_at=now, version=session.version + 1), StopTransaction(session.ref)


def set_limit(session: Session, limit: Limit, currency: str) -> Session | Refusal[NotCharging]:
    """From the next look at the meter on it stops by itself."""
    if session.state not in UNDER_WAY:
        return Refusal(NotCharging.CHARGING_OVER)
    if limit.energy_kwh is not None and not within(limit.energy_kwh, 500):
        return Refusal(NotCharging.LIMIT_OUT_OF_RANGE, "/energy_kwh")
    budget = limit.budget
    if budget is not None and (budget.currency != currency or not 0 < budget.amount <= 100_000):
        return Refusal(NotCharging.LIMIT_OUT_OF_RANGE, "/budget")
    return session if limit == session.limit else replace(session, limit=limit, version=session.version + 1)


def was_asked(session: Session, now: datetime) -> bool:
    return session.stop_asked_at is not None and now < session.stop_asked_at + STOPS_WITHIN
