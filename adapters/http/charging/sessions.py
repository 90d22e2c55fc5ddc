"""`/v1/{city}/charging/sessions` and `/v1/{city}/bookings/{id}/charge`: from plug to bill, as whoever charges follows it."""

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from litestar.response import Stream
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.booking.actions import ONE as BOOKING
from adapters.http.booking.actions import booking_id
from adapters.http.charging.examples import ASKED, LIMIT, PROGRESS, SESSION
from adapters.http.endpoints import BOOKERS_AND_OPERATOR, Ask, Endpoint, Reply, answer
from adapters.http.live import HEADERS, RETRY_MS, still_admitted
from adapters.http.problems import Rejected
from domain.booking.bookings import BookingId
from domain.charging.sessions.acting import ChargeBooking, LimitCharging, StopCharging
from domain.charging.sessions.limits import Limit
from domain.charging.sessions.sessions import FINAL, SessionId, SessionState
from domain.identity import PersonId
from domain.money import Money
from domain.refusals import Refusal
from services.charging.sessions import Sessions
from services.charging.sessions.acting import ChargingAsked
from services.charging.sessions.following import Bell
from services.charging.sessions.ports import After, Wanted
from services.charging.sessions.views import SessionView

LIST = "/v1/{city:str}/charging/sessions"
ONE = f"{LIST}/{{session_id:uuid}}"
PATIENCE_S = 15.0
"""Whoever was told nothing for so long looks by herself, as the clock alone may change what it costs, and is told that the connection lives."""
FOLLOWERS, FOLLOWERS_EACH = 500, 10


class LimitRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`budget` is the most that the booking is to cost in all, `energy_kwh` the energy to take; without both it runs on."""

    energy_kwh: Annotated[str, Meta(pattern=r"^[0-9]{1,3}(\.[0-9]{1,3})?$")] | None = None
    budget: Money | None = None


class SessionsQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """`state` may repeat."""

    booking_id: UUID | None = None
    state: Annotated[tuple[SessionState, ...], Meta(examples=[["active"]])] = ()
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class SessionList(Struct, frozen=True):
    items: tuple[SessionView, ...]
    next_cursor: str | None


def charging_sessions(offered: Sessions) -> tuple[Endpoint, ...]:
    following = _Followers()

    async def list_sessions(ask: Ask) -> Reply:
        asked = ask.query(SessionsQuery)
        after = cursors.read_as(After, asked.cursor) if asked.cursor is not None else None
        of = BookingId(asked.booking_id) if asked.booking_id is not None else None
        page = await offered.page(ask.actor, Wanted(asked.limit, of, frozenset(asked.state), after))
        return answer(SessionList(page.items, cursors.written(page.next) if page.next else None))

    async def get_session(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, session_id(ask))
        return ask.refuse(found) if isinstance(found, Refusal) else answer(found)

    async def follow_session(ask: Ask) -> Reply:
        found = await offered.find(ask.actor, session_id(ask))
        if isinstance(found, Refusal):
            return ask.refuse(found)
        if following.is_full(ask.actor.id):
            raise Rejected("rate_limited")
        ask.ending.enter_context(following.one_more(ask.actor.id))
        bell = ask.ending.enter_context(offered.follow(ask.city, SessionId(found.id)))
        return Stream(_progress(offered, ask, found, bell), media_type="text/event-stream", headers=HEADERS)

    async def stop(ask: Ask) -> Reply:
        of = session_id(ask)
        return await offered.stop(ask.call(of, answer), StopCharging(of))

    async def limit(ask: Ask) -> Reply:
        of, asked = session_id(ask), await ask.body(LimitRequest)
        energy = Decimal(asked.energy_kwh) if asked.energy_kwh is not None else None
        return await offered.limit(ask.call((of, asked), answer), LimitCharging(of, Limit(energy, asked.budget)))

    async def charge(ask: Ask) -> Reply:
        of = booking_id(ask)
        return await offered.charge(ask.call(of, lambda asked: answer(asked, 202)), ChargeBooking(of))

    def one(method: HttpMethod, path: str, operation: str, summary: str, handler: Any, **more: Any) -> Endpoint:
        codes = ("unknown_session", *more.pop("codes", ()))
        answers, examples = more.pop("answers", {200: SessionView}), more.pop("examples", {200: SESSION})
        return Endpoint(
            method,
            BOOKERS_AND_OPERATOR,
            path,
            operation,
            "charging",
            summary,
            handler,
            answers,
            codes=codes,
            examples=examples,
            **more,
        )

    return (
        Endpoint(
            HttpMethod.POST,
            BOOKERS_AND_OPERATOR,
            f"{BOOKING}/charge",
            "chargeBooking",
            "charging",
            "Have the booked charger begin, once the vehicle is plugged in; the session comes when the station says that it has",
            charge,
            {202: ChargingAsked},
            codes=("unknown_booking", "wrong_state", "too_early", "no_station", "station_offline", "already_charging"),
            keyed=True,
            examples={202: ASKED},
        ),
        Endpoint(
            HttpMethod.GET,
            BOOKERS_AND_OPERATOR,
            LIST,
            "listChargingSessions",
            "charging",
            "One's own charging sessions; for the city's operators all of them, also those that were nobody's. The latest first",
            list_sessions,
            {200: SessionList},
            query=SessionsQuery,
            examples={200: {"items": [SESSION], "next_cursor": None}},
        ),
        one(
            HttpMethod.GET,
            ONE,
            "getChargingSession",
            "How a charging session stands, and what it costs so far",
            get_session,
        ),
        one(
            HttpMethod.GET,
            f"{ONE}/progress",
            "followChargingSession",
            "The same as server-sent events, whenever something is new, until it is billed",
            follow_session,
            codes=("rate_limited",),
            answers={200: None},
            streams=True,
            media="text/event-stream",
            examples={200: PROGRESS},
        ),
        one(
            HttpMethod.POST,
            f"{ONE}/stop",
            "stopCharging",
            "Have the station stop; the session ends when it says that it has",
            stop,
            codes=("charging_over",),
            keyed=True,
        ),
        one(
            HttpMethod.POST,
            f"{ONE}/limit",
            "limitCharging",
            "Have the session stop by itself once so much energy was taken, or so much money is spent",
            limit,
            codes=("charging_over", "limit_out_of_range"),
            body=LimitRequest,
            example=LIMIT,
            keyed=True,
        ),
    )


def session_id(ask: Ask) -> SessionId:
    return SessionId(ask.path("session_id"))


async def _progress(offered: Sessions, ask: Ask, found: SessionView, bell: Bell) -> AsyncIterator[bytes]:
    """Ends when the token does, or when there will be nothing new any more."""
    yield f"retry: {RETRY_MS}\n\n".encode() + _written(found)
    while not _is_over(found) and await still_admitted(ask):
        rung = await bell.rings(PATIENCE_S)
        now = await offered.find(ask.actor, SessionId(found.id))
        if isinstance(now, Refusal):
            return
        if now != found:
            yield _written(now)
        elif not rung:
            yield b":\n\n"
        found = now


class _Followers:
    """Whoever follows a session in this process."""

    def __init__(self) -> None:
        self._count = Counter[PersonId]()

    def is_full(self, person: PersonId) -> bool:
        """Nobody follows so much that others cannot."""
        return self._count.total() >= FOLLOWERS or self._count[person] >= FOLLOWERS_EACH

    @contextmanager
    def one_more(self, person: PersonId) -> Iterator[None]:
        self._count[person] += 1
        try:
            yield
        finally:
            self._count -= Counter((person,))  # whoever follows nothing any more is forgotten


def _is_over(view: SessionView) -> bool:
    return view.state in FINAL and (view.cost_is_final or view.booking_id is None)


def _written(view: SessionView) -> bytes:
    return f"id: {view.version}\nevent: session\ndata: {msgspec.json.encode(view).decode()}\n\n".encode()
