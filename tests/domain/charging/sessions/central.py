"""A central system without a database, for what stations tell: what it knows is found the way the books find it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from msgspec.structs import replace

from domain.booking.bookings import BookingId, State
from domain.charging.reports import (
    Context,
    IdToken,
    Reading,
    StatusReported,
    TransactionEnded,
    TransactionRef,
    TransactionStarted,
    TransactionUpdated,
)
from domain.charging.sessions.courses import course
from domain.charging.sessions.hearing import Heard, Known, give_up, hear, hear_status, start_key
from domain.charging.sessions.points import Point, Told
from domain.charging.sessions.rights import KnownToken, TokenBooking
from domain.charging.sessions.sessions import Session, SessionId, SessionState
from domain.charging.stations import ChargingStationId, EvseStatus
from tests.examples import NOON, a_resource, an_id, hours, minutes, person_id

STATION = ChargingStationId(an_id("station"))
TOKEN = IdToken("K7PQ2M4XW3ZB5TQA")
EVSE = a_resource()
BOOKING = TokenBooking(
    BookingId(an_id("booking")),
    EVSE.id,
    person_id("ada"),
    State.CONFIRMED,
    NOON - minutes(15),
    NOON + hours(3),
    NOON - hours(24),
)


def read(at: datetime, wh: int, context: Context = Context.PERIODIC) -> Reading:
    return Reading(at, context, Decimal(wh))


def started_16(at: datetime = NOON, wh: int = 5000, token: IdToken | None = TOKEN, evse: int = 1) -> TransactionStarted:
    return TransactionStarted(evse, evse, token, at, readings=(read(at, wh, Context.BEGIN),))


def status(at: datetime, said: str, evse: int = 1) -> StatusReported:
    return StatusReported(evse, 1, EvseStatus.CHARGING, said, at)


class Central:
    """`now` goes on by a second with each report. `stopping` is what is to be stopped, as soon as its station has answered."""

    def __init__(self, now: datetime, *bookings: tuple[IdToken, TokenBooking]) -> None:
        self.now = now
        self.bookings = dict(bookings or [(TOKEN, BOOKING)])
        self.sessions: dict[SessionId, Session] = {}
        self.points: dict[SessionId, tuple[Point, ...]] = {}
        self.heard = list[Heard]()
        self.stopping = set[TransactionRef]()
        self._keys: dict[tuple[object, ...], SessionId] = {}

    def tell(self, *reports: Told | StatusReported) -> Heard | None:
        found: Heard | None = None
        for report in reports:
            self.now += timedelta(seconds=1)
            found = self._status(report) if isinstance(report, StatusReported) else self._told(report)
            if found is not None:
                self._keep(found)
        return found

    def wait(self, length: timedelta) -> None:
        self.now += length
        for session in list(self.sessions.values()):
            settled = give_up(session, self.points[session.id], self.now)
            if settled is not None:
                self._keep(settled)

    @property
    def only(self) -> Session:
        (session,) = self.sessions.values()
        return session

    def _told(self, report: Told) -> Heard:
        key = _key(report)
        session = self.sessions.get(self._keys[key]) if key in self._keys else None
        new_id = SessionId(UUID(int=len(self.sessions) + 1))
        heard = hear(report, self._known(report, session), new_id, self.now)
        self._keys[key] = heard.session.id
        self._keys["ref", heard.session.ref] = heard.session.id
        return heard

    def _status(self, report: StatusReported) -> Heard | None:
        session = next(
            (s for s in self.sessions.values() if s.evse == report.evse and s.state is SessionState.ACTIVE), None
        )
        points = self.points[session.id] if session else ()
        return hear_status(report, Known(STATION, 0, session, points, is_stopping=self._is_stopping(session)), self.now)

    def _is_stopping(self, session: Session | None) -> bool:
        return session is not None and session.ref in self.stopping

    def _known(self, report: Told, session: Session | None) -> Known:
        began = report.at if isinstance(report, TransactionStarted) else session.began_at if session else None
        evse = (
            report.evse if not isinstance(report, TransactionEnded) and report.evse else session.evse if session else 0
        )
        there = [each for each in self.sessions.values() if each is not session and each.evse == evse and evse]
        token = report.id_token or (session.token if session else None)
        booking = self.bookings.get(token) if token else None
        charges = (
            any(s.booking_id == booking.id and s.state is SessionState.ACTIVE for s in there) if booking else False
        )
        return Known(
            station_id=STATION,
            number=len(self.sessions) + 1,
            session=session,
            points=self.points[session.id] if session else (),
            resource_id=EVSE.id,
            token=KnownToken(booking=booking, elsewhere=evse != 1, charges=charges) if booking else None,
            superseded=any(began and each.began_at and each.began_at > began for each in there),
            before=tuple(
                each
                for each in there
                if each.state is SessionState.ACTIVE and began and each.began_at and each.began_at <= began
            ),
            is_stopping=self._is_stopping(session),
        )

    def _keep(self, heard: Heard) -> None:
        self.heard.append(heard)
        for session in (heard.session, *heard.over):
            self.sessions[session.id] = session
        there = [point for point in self.points.get(heard.session.id, ()) if point not in set(heard.gone)]
        self.points[heard.session.id] = (*there, *heard.new)


def _key(report: Told) -> tuple[object, ...]:
    return ("ref", report.ref) if report.ref is not None else ("start", start_key(report))


def outcome(central: Central) -> tuple[object, ...]:
    """What is left of it in the end, whichever way it was told."""
    session = central.only
    went = course(central.points[session.id])
    same = replace(session, heard_at=NOON, version=0, stop_asked_at=None, idle_told_at=None)
    return same, went


def told_201(count: int, ref: str = "tx-1") -> Iterable[Told]:
    """Started, so many updates of 2.5 kWh each, ended; numbered from 0."""
    name, every = TransactionRef(ref), minutes(15)
    yield TransactionStarted(1, 1, TOKEN, NOON, name, offline=True, readings=(read(NOON, 1000, Context.BEGIN),))
    for number in range(1, count + 1):
        at = NOON + number * every
        yield TransactionUpdated(name, at, 1, seq=number, readings=(read(at, 1000 + number * 2500),))
    end = NOON + (count + 1) * every
    yield TransactionEnded(
        name, end, "EVDisconnected", seq=count + 1, readings=(read(end, 1000 + count * 2500, Context.END),)
    )
