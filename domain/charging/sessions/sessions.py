"""A charging session, from the first word of it to the last: what a station tells is taken in, answered, and done once.

States are OCPI's, and one of ours: ENDING is over, but not all of it was told yet. What a station tells may come twice, in another
order, hours late or never; a session's facts are a set of points, so only what is missing makes a difference, and it is flagged.
"""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import NewType, TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId
from domain.booking.metered import Metered
from domain.booking.resources import ResourceId
from domain.charging.reports import (
    ChargingState,
    IdToken,
    TokenAnswer,
    TokenVerdict,
    TransactionRef,
)
from domain.charging.sessions.limits import NO_LIMIT, Limit
from domain.charging.stations import ChargingStationId
from domain.identity import PersonId
from domain.money import Money
from domain.pricing.charging.sessions import ChargingPeriod

SessionId = NewType("SessionId", UUID)


class SessionState(StrEnum):
    PENDING = "pending"
    ACTIVE = "active"
    ENDING = "ending"
    COMPLETED = "completed"
    INVALID = "invalid"


FINAL = frozenset({SessionState.COMPLETED, SessionState.INVALID})
UNDER_WAY = frozenset({SessionState.PENDING, SessionState.ACTIVE})


class Flag(StrEnum):
    """What is odd about a session, for whoever looks after the stations."""

    METER_RAN_BACK = "meter_ran_back"
    CLOCK_WRONG = "clock_wrong"
    START_NOT_TOLD = "start_not_told"
    END_NOT_TOLD = "end_not_told"
    PARTS_MISSING = "parts_missing"
    TOLD_LATE = "told_late"
    NOT_AUTHORISED = "not_authorised"
    NOT_BILLED = "not_billed"
    METER_NOT_VERIFIED = "meter_not_verified"


class Session(Struct, frozen=True):
    """`ref` is its name at its station, `number` ours. `began_at` and `over_at` are the station's times, or ours where its clock is
    wrong. `token` is what was presented and `told` what the station was answered; `booking_id` whose right it was.

    `heard_at` is when something new was told last, `due_at` when it is looked at if nothing more is. `stop_asked_at` says that we
    told the station to stop, `told_to` up to which number all of its messages were told, where some of their points are gone, `idle_told_at` that the holder was told that her vehicle takes nothing any more. What is measured are
    whole watt-hours, and the seconds in which the vehicle stood there without asking for power; `doing`, `power_w` and
    `soc_percent` are what was told last. `spent` is what its booking costs by its last word, under a tariff that is OCPI's, and
    `periods` what it did when, as far as that price depends on it.
    """

    id: SessionId
    station_id: ChargingStationId
    evse: int
    ref: TransactionRef
    number: int
    state: SessionState
    heard_at: datetime
    resource_id: ResourceId | None = None
    token: IdToken | None = None
    told: TokenAnswer | None = None
    booking_id: BookingId | None = None
    holder_id: PersonId | None = None
    began_at: datetime | None = None
    over_at: datetime | None = None
    reason: str | None = None
    energy_wh: int = 0
    parked_s: int = 0
    doing: ChargingState | None = None
    power_w: Decimal | None = None
    soc_percent: Decimal | None = None
    flags: tuple[Flag, ...] = ()
    limit: Limit = NO_LIMIT
    spent: Money | None = None
    periods: tuple[ChargingPeriod, ...] | None = None
    due_at: datetime | None = None
    stop_asked_at: datetime | None = None
    idle_told_at: datetime | None = None
    told_to: int | None = None
    version: int = 1

    @property
    def measured(self) -> Metered:
        return Metered(Decimal(self.energy_wh) / 1000, timedelta(seconds=self.parked_s))

    @property
    def is_authorised(self) -> bool:
        return self.told is not None and self.told.verdict is TokenVerdict.ACCEPTED


class SessionBegun(Struct, frozen=True, tag="charging.session_begun"):
    """Somebody who may charges: what she booked is in use."""

    session_id: SessionId


class SessionIdle(Struct, frozen=True, tag="charging.session_idle"):
    """The vehicle takes nothing any more, though it could. Whoever hears of it is told of the booking."""

    session_id: SessionId
    booking_id: BookingId


class SessionEnded(Struct, frozen=True, tag="charging.session_ended"):
    """All of it was told, or nobody waits for the rest any more: it can be billed."""

    session_id: SessionId


SessionEvent: TypeAlias = SessionBegun | SessionIdle | SessionEnded


def settled(session: Session) -> Session:
    """Nobody is billed for what nobody was allowed to begin."""
    state = SessionState.COMPLETED if session.booking_id is not None else SessionState.INVALID
    return replace(session, state=state, due_at=None)


def flagged(session: Session, *flags: Flag) -> Session:
    return replace(session, flags=tuple(sorted({*session.flags, *flags})))
