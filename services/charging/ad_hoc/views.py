"""A charge of somebody without an account, as she follows it by her link."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.booking.bookings import LIVE, ReasonCode, State
from domain.charging.sessions.limits import Limit
from domain.charging.sessions.sessions import UNDER_WAY
from domain.money import Money
from domain.payments.payments import PaymentState
from services.booking.views import BookingView
from services.charging.sessions.views import SessionView


class AdHocState(StrEnum):
    """`starting`: the money is held, and the station is told to begin. `not_started`: it did not, or nobody plugged in; `expired`: nobody
    paid in time. Of these three, and of what is `cancelled`, all that was held goes back."""

    AWAITING_PAYMENT = "awaiting_payment"
    STARTING = "starting"
    CHARGING = "charging"
    ENDING = "ending"
    COMPLETED = "completed"
    NOT_STARTED = "not_started"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class AdHocView(Struct, frozen=True):
    """`held` is the most that it may cost, `until` when it ends at the latest, as somebody may come then. `payment` is how the money
    stands. `cost` is what it costs by now, and, `cost_is_final`, what was taken. `pay_by` is until when it has to be paid. `stopping` says
    that she wants to stop: what was held is taken or let go as soon as her station says what it did."""

    state: AdHocState
    charge_point: str
    place: str
    time_zone: str
    held: Money
    limit: Limit
    until: datetime
    pay_by: datetime | None
    payment: PaymentState | None
    began_at: datetime | None
    over_at: datetime | None
    minutes: int
    kwh: Decimal
    kw: Decimal | None
    soc: int | None
    cost: Money | None
    cost_is_final: bool
    stopping: bool


def ad_hoc_view(booking: BookingView, session: SessionView | None) -> AdHocView:
    """`session` is the booking's latest; None where it has none."""
    ad_hoc = booking.terms.ad_hoc
    return AdHocView(
        state=_state(booking, session),
        charge_point=booking.resource.name,
        place=booking.resource.station.name,
        time_zone=booking.time_zone,
        held=ad_hoc.most if ad_hoc is not None else booking.price,
        limit=Limit(ad_hoc.energy_kwh, ad_hoc.most) if ad_hoc is not None else Limit(),
        until=booking.end,
        pay_by=booking.hold_expires_at,
        payment=booking.payment.state if booking.payment is not None else None,
        began_at=session.began_at if session is not None else None,
        over_at=session.over_at if session is not None else None,
        minutes=session.minutes if session is not None else 0,
        kwh=session.kwh if session is not None else Decimal(0),
        kw=session.kw if session is not None else None,
        soc=session.soc if session is not None else None,
        cost=booking.fee if booking.fee is not None else session.cost if session is not None else None,
        cost_is_final=booking.fee is not None,
        stopping=is_left(booking) or (session is not None and session.stopping),
    )


def is_left(booking: BookingView) -> bool:
    return booking.state in LIVE and booking.reason_code is ReasonCode.BY_HOLDER


def _state(booking: BookingView, session: SessionView | None) -> AdHocState:
    match booking.state:
        case State.HELD:
            return AdHocState.AWAITING_PAYMENT
        case State.CONFIRMED | State.IN_USE:
            if session is None:
                return AdHocState.STARTING
            return AdHocState.CHARGING if session.state in UNDER_WAY else AdHocState.ENDING
        case State.COMPLETED:
            return AdHocState.COMPLETED
        case State.EXPIRED:
            return AdHocState.EXPIRED
        case State.NO_SHOW:
            return AdHocState.NOT_STARTED
        case State.CANCELLED:
            by_herself = booking.reason_code is ReasonCode.BY_HOLDER
            return AdHocState.CANCELLED if by_herself else AdHocState.NOT_STARTED
