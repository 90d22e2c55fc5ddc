"""A charging session as it is shown."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.charging.reports import ChargingState
from domain.charging.sessions.acting import was_asked
from domain.charging.sessions.calculations import Calculation
from domain.charging.sessions.limits import Limit
from domain.charging.sessions.sessions import UNDER_WAY, Flag, SessionState
from domain.money import Money
from services.charging.sessions.ports import Charge


class SessionView(Struct, frozen=True):
    """`kwh` was taken so far, `kw` is what flows, `soc` the vehicle's battery in percent where it tells; `minutes` since it began,
    `parked_minutes` of those in which the vehicle took nothing though it could. `cost` is what its booking costs by now, with the time
    that was booked, and, `cost_is_final`, in the end; `calculation` is how that came about under a tariff of OCPI, for whoever looks at the
    session alone. `stopping` says that the station was told to stop a moment ago. `flags` are what
    is odd about it."""

    id: UUID
    state: SessionState
    booking_id: BookingId | None
    resource_id: ResourceId | None
    charge_point: str | None
    place: str
    evse: int
    began_at: datetime | None
    over_at: datetime | None
    reason: str | None
    minutes: int
    parked_minutes: int
    kwh: Decimal
    kw: Decimal | None
    soc: int | None
    doing: ChargingState | None
    cost: Money | None
    cost_is_final: bool
    limit: Limit
    stopping: bool
    flags: tuple[Flag, ...]
    told_at: datetime
    version: int
    calculation: Calculation | None = None


def session_view(charge: Charge, now: datetime) -> SessionView:
    session = charge.session
    active = session.state is SessionState.ACTIVE
    until = session.over_at or now
    return SessionView(
        id=session.id,
        state=session.state,
        booking_id=session.booking_id,
        resource_id=session.resource_id,
        charge_point=charge.charge_point,
        place=charge.place,
        evse=session.evse,
        began_at=session.began_at,
        over_at=session.over_at,
        reason=session.reason,
        minutes=int((until - session.began_at).total_seconds() // 60) if session.began_at is not None else 0,
        parked_minutes=session.parked_s // 60,
        kwh=session.measured.energy_kwh,
        kw=session.power_w / 1000 if active and session.power_w is not None else None,
        soc=int(session.soc_percent) if session.soc_percent is not None else None,
        doing=session.doing if active else None,
        cost=_cost(charge, until),
        cost_is_final=charge.billed,
        limit=session.limit,
        stopping=session.state in UNDER_WAY and was_asked(session, now),
        flags=session.flags,
        told_at=session.heard_at,
        version=session.version,
        calculation=charge.calculation,
    )


def _cost(charge: Charge, until: datetime) -> Money | None:
    if charge.billing is None:
        return None
    if charge.billed:
        return charge.billing.booking.fee
    if charge.billing.by_session:
        return charge.session.spent
    return charge.billing.cost(charge.session.measured, until).total
