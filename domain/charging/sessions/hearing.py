"""What a station tells of a transaction is taken in, answered, and done once: `hear(told, known, ...) -> Heard`."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import State
from domain.booking.resources import ResourceId
from domain.charging.orders import StopTransaction
from domain.charging.reports import (
    StartAnswer,
    StatusReported,
    TokenAnswer,
    TokenVerdict,
    TransactionEnded,
    TransactionRef,
    TransactionStarted,
)
from domain.charging.sessions.acting import was_asked
from domain.charging.sessions.bills import Billing, metered, next_look, timed
from domain.charging.sessions.courses import Course, course
from domain.charging.sessions.limits import is_reached
from domain.charging.sessions.points import Point, Told, point_of, points_of
from domain.charging.sessions.rights import CLOCK_MAY_DIFFER, KnownToken, authorise, began_at
from domain.charging.sessions.sessions import (
    FINAL,
    Flag,
    Session,
    SessionBegun,
    SessionEnded,
    SessionEvent,
    SessionId,
    SessionIdle,
    SessionState,
    flagged,
    settled,
)
from domain.charging.sessions.thinning import MOST_POINTS, thinned, told_up_to
from domain.charging.stations import WHOLE_STATION, ChargingStationId
from domain.money import Money

PARTS_WITHIN = timedelta(minutes=15)
"""How long a session that is over waits for what was not told of it, since its last word."""
SILENT_AT_MOST = timedelta(hours=24)
"""How long one that nobody ended may say nothing; no meter is silent for so long while somebody charges."""
IDLE_AFTER = timedelta(minutes=10)
"""From when on a vehicle that takes nothing any more is told of, as pauses are short."""


class Known(Struct, frozen=True):
    """What we know when something is told. `session` is the one that it is about, with its points; `token` that which it names,
    or, where it names none, the session's. `resource_id` is sold of the EVSE. `superseded` says that another session began there
    later, `before` are those under way there that began earlier. `billing` is its booking's. `number` is free. `is_stopping` says that the
    station is to be told to stop it, and has not answered yet."""

    station_id: ChargingStationId
    number: int
    session: Session | None = None
    points: tuple[Point, ...] = ()
    resource_id: ResourceId | None = None
    token: KnownToken | None = None
    superseded: bool = False
    before: tuple[Session, ...] = ()
    billing: Billing | None = None
    is_stopping: bool = False


class Heard(Struct, frozen=True):
    """What is to be recorded: the session as it is now, the points that are new, and those that go, as there are too many; sessions that are over by it; and what
    follows. `cost` is what its booking costs by now, where that is known."""

    session: Session
    new: tuple[Point, ...] = ()
    gone: tuple[Point, ...] = ()
    over: tuple[Session, ...] = ()
    events: tuple[SessionEvent, ...] = ()
    stop: StopTransaction | None = None
    cost: Money | None = None

    @property
    def start_answer(self) -> StartAnswer:
        told = self.session.told or TokenAnswer(TokenVerdict.INVALID)
        return StartAnswer(told, self.session.number)


def hear(told: Told, known: Known, session_id: SessionId, now: datetime) -> Heard:
    """Take in what a station tells of a transaction; `session_id` names it where it is new.

    What was told before changes nothing, and gets the same answer. What comes after the end was settled is kept, and settles
    nothing anew.
    """
    session, new = known.session or _new(told, known, session_id, now), _fresh(points_of(told), known)
    if known.session is not None and not new:
        return Heard(session, cost=_cost(session, known.points, known.billing))
    if session.state not in FINAL:
        session = _judged(session, told, known, now)
    heard = _taken_in(session, new, known, now)
    return replace(heard, cost=_cost(heard.session, (*known.points, *new), known.billing))


def hear_status(status: StatusReported, known: Known, now: datetime) -> Heard | None:
    """What a connector says may be about the session that is under way there; None where there is none, or nothing new."""
    point, session = point_of(status), known.session
    if point is None or session is None or session.state is not SessionState.ACTIVE or not _fresh([point], known):
        return None
    return _taken_in(session, (point,), known, now)


def _fresh(points: Iterable[Point], known: Known) -> tuple[Point, ...]:
    there, told_to = frozenset(known.points), known.session.told_to if known.session is not None else None
    new = [point for point in dict.fromkeys(points) if point not in there]
    # What has a number up to which all was told was told, whether its points are there yet or not.
    return tuple(point for point in new if point.seq is None or told_to is None or point.seq > told_to)


def _taken_in(session: Session, new: tuple[Point, ...], known: Known, now: datetime) -> Heard:
    went = course((*known.points, *new), session.told_to)
    if session.state in FINAL:
        late = flagged(session, Flag.TOLD_LATE)
        return _bounded(Heard(replace(late, heard_at=now, version=session.version + 1), new), known)
    session = _standing(_counted(session, went, now), went, known.superseded)
    session = _priced(session, went, known.billing)
    events = [*_begun(session, known.session), *([SessionEnded(session.id)] if session.state in FINAL else [])]
    active = session.state is SessionState.ACTIVE
    idle = went.idle_since is not None and went.last >= went.idle_since + IDLE_AFTER
    booked = session.booking_id
    if active and idle and booked is not None and session.idle_told_at is None:
        session = replace(session, idle_told_at=now)
        events.append(SessionIdle(session.id, booked))
    stop = None
    if active and not known.is_stopping and not was_asked(session, now) and _is_unwanted(session, went, known, now):
        session, stop = replace(session, stop_asked_at=now), StopTransaction(session.ref)
    over = () if session.state is SessionState.PENDING else tuple(_superseded(each, now) for each in known.before)
    heard = Heard(replace(session, version=session.version + 1), new, (), over, tuple(events), stop)
    return _bounded(heard, known)


def _bounded(heard: Heard, known: Known) -> Heard:
    there = (*known.points, *heard.new)
    if len(there) <= MOST_POINTS:
        return heard
    stay, told_to = thinned(there), told_up_to(there, heard.session.told_to)
    return replace(
        heard,
        session=replace(heard.session, told_to=told_to),
        new=tuple(point for point in heard.new if point in stay),
        gone=tuple(point for point in known.points if point not in stay),
    )


def _begun(session: Session, before: Session | None) -> Sequence[SessionEvent]:
    """Once, when both are known: that it began, and that somebody may."""
    was = before is not None and before.booking_id is not None and before.began_at is not None
    return [SessionBegun(session.id)] if session.booking_id and session.began_at and not was else []


def _is_unwanted(session: Session, went: Course, known: Known, now: datetime) -> bool:
    """Whether nobody may charge, whoever did may not any more, as she withdrew or has no account and left or her time is up, or the
    limit is reached."""
    spent = _spent_soon(session, went, known.billing) if session.limit.budget is not None else None
    refused = session.told is not None and not session.is_authorised
    right = known.token.booking if known.token is not None else None
    lost = False
    if right is not None and right.id == session.booking_id:
        over = right.state in {State.CANCELLED, State.COMPLETED}
        lost = over or right.left or (right.leaves and now >= right.end)
    return refused or lost or is_reached(session.limit, went, spent)


def _priced(session: Session, went: Course, billing: Billing | None) -> Session:
    """With what the booking costs by now where that depends on what the session did when, and with that."""
    if billing is None or not billing.by_session:
        return session
    used = timed(session, went, session.measured)
    spent = billing.cost(used, _until(session, went)).total
    return replace(session, spent=spent, periods=billing.in_short(used))


def _cost(session: Session, points: Sequence[Point], billing: Billing | None) -> Money | None:
    """What the booking is to show for the session so far, with what else it costs; None where the session is nobody's."""
    if billing is None or session.booking_id != billing.booking.id:
        return None
    if not billing.booking.is_live:
        return billing.booking.fee
    went = course(points)
    measured = timed(session, went, session.measured) if billing.by_session else session.measured
    return billing.cost(measured, _until(session, went)).total


def _until(session: Session, went: Course) -> datetime:
    """So far it lasts, by our clock where the station's is ahead: time that has not come costs nothing, and stops nobody."""
    if session.over_at is not None:
        return session.over_at
    return session.heard_at if Flag.CLOCK_WRONG in session.flags else min(went.last, session.heard_at)


def _spent_soon(session: Session, went: Course, billing: Billing | None) -> Money | None:
    """What it will cost when the meter is read again: so much flows until then as since it was read last."""
    if billing is None:
        return None
    measured = timed(session, went, session.measured) if billing.by_session else session.measured
    timed_right = went.periods and Flag.CLOCK_WRONG not in session.flags
    ahead = went.periods[-1].period.length if timed_right else timedelta()
    return billing.cost(next_look(measured, went), _until(session, went) + ahead, agreed=False).total


def give_up(session: Session, points: Sequence[Point], now: datetime) -> Heard | None:
    """Settle what has waited long enough for words that did not come, at what was told last; None where it is not time yet."""
    if session.state in FINAL or session.due_at is None or now < session.due_at:
        return None
    went = course(points, session.told_to)
    missing = [
        *([Flag.START_NOT_TOLD] if went.started_at is None else []),
        *([Flag.END_NOT_TOLD] if went.ended_at is None else []),
        *([Flag.PARTS_MISSING] if not went.whole else []),
    ]
    over = _not_before(session, session.over_at or min(went.last, now))
    over_now = replace(flagged(session, *missing), over_at=over, version=session.version + 1)
    return Heard(settled(over_now), events=(SessionEnded(session.id),))


def start_key(told: Told) -> str | None:
    """By what the same start is known again where the station gave it no name (OCPP 1.6)."""
    if not isinstance(told, TransactionStarted) or told.ref is not None:
        return None
    meter = next((reading.energy_wh for reading in told.readings if reading.energy_wh is not None), None)
    return f"{told.evse} {told.at.astimezone(UTC).isoformat()} {meter} {(told.id_token or '').casefold()}"


def _new(told: Told, known: Known, session_id: SessionId, now: datetime) -> Session:
    evse = told.evse if not isinstance(told, TransactionEnded) and told.evse is not None else WHOLE_STATION
    ref = told.ref if told.ref is not None else TransactionRef(str(known.number))
    return Session(session_id, known.station_id, evse, ref, known.number, SessionState.PENDING, now, version=0)


def _judged(session: Session, told: Told, known: Known, now: datetime) -> Session:
    """Whose it is, by the first word of it that names a token; and where, by the first that says so."""
    evse = None if isinstance(told, TransactionEnded) else told.evse
    if session.evse == WHOLE_STATION and evse is not None:
        session = replace(session, evse=evse)
    if session.resource_id is None and session.evse != WHOLE_STATION:
        session = replace(session, resource_id=known.resource_id)
    if isinstance(told, TransactionEnded):
        return session
    began = began_at(told.at, now, known.token)
    if isinstance(told, TransactionStarted) and session.began_at is None:
        wrong = [Flag.CLOCK_WRONG] if abs(told.at - began) > CLOCK_MAY_DIFFER else []
        session = replace(flagged(session, *wrong), began_at=began)
    if told.id_token is None or session.told is not None:
        return session
    answer = authorise(known.token, began)
    booking = known.token.booking if known.token is not None and answer.verdict is TokenVerdict.ACCEPTED else None
    session = replace(
        session,
        token=told.id_token,
        told=answer,
        booking_id=booking.id if booking is not None else None,
        holder_id=booking.holder_id if booking is not None else None,
        limit=booking.limit if booking is not None else session.limit,
    )
    return session if session.is_authorised else flagged(session, Flag.NOT_AUTHORISED)


def _counted(session: Session, went: Course, now: datetime) -> Session:
    """What the points say so far. Times that the station's clock cannot have right are ours."""
    wrong = went.clock_jumps or went.last > now + CLOCK_MAY_DIFFER
    odd = [*([Flag.METER_RAN_BACK] if went.runs_back else []), *([Flag.CLOCK_WRONG] if wrong else [])]
    session = flagged(session, *odd)
    over, clock_wrong = session.over_at, Flag.CLOCK_WRONG in session.flags
    if over is None and went.ended_at is not None:
        over = now if clock_wrong else min(went.ended_at, now)
    over = _not_before(session, over)
    measured = metered(went, clock_wrong=clock_wrong)
    return replace(
        session,
        over_at=over,
        reason=went.reason,
        energy_wh=int(measured.energy_kwh * 1000),
        parked_s=int(measured.parked.total_seconds()),
        doing=went.state,
        power_w=went.power_w,
        soc_percent=went.soc_percent,
        heard_at=now,
    )


def _not_before(session: Session, over: datetime | None) -> datetime | None:
    """Where the beginning is our time, a station that is minutes behind says of an end that it was before."""
    return over if over is None or session.began_at is None else max(over, session.began_at)


def _standing(session: Session, went: Course, superseded: bool) -> Session:
    if went.ended_at is not None and went.started_at is not None and went.whole:
        return settled(session)
    if went.ended_at is not None or superseded:
        return replace(session, state=SessionState.ENDING, due_at=session.heard_at + PARTS_WITHIN)
    state = SessionState.ACTIVE if went.started_at is not None else SessionState.PENDING
    return replace(session, state=state, due_at=session.heard_at + SILENT_AT_MOST)


def _superseded(session: Session, now: datetime) -> Session:
    """Whoever begins where another session is under way proves that it is over."""
    due = now + PARTS_WITHIN
    return replace(session, state=SessionState.ENDING, due_at=due, version=session.version + 1)
