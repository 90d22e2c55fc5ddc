"""Server-sent events, from a server that really listens."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
import uvicorn
from msgspec import Struct
from msgspec.structs import replace

from adapters.http import live
from adapters.http.gate import Gate
from domain.booking.bookings import Booking, BookingId, State
from domain.identity import PersonId, Role
from domain.periods import Period
from infra.bootstrap import Outside, api
from infra.clock import now
from infra.ids import new_id
from tests.api import KEY, KEY_ID, a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_order, hours

pytestmark = pytest.mark.database


class Told(Struct, frozen=True):
    """One event, or the heartbeat of a connection where nothing happens."""

    id: str | None
    event: str | None
    data: str | None


class Serving(Struct, frozen=True):
    app: Gate
    client: httpx.AsyncClient
    city: SeededCity
    holder: PersonId

    @property
    def url(self) -> str:
        return f"/v1/{self.city.city}/events"

    @asynccontextmanager
    async def events(self, token: str | None = None, **headers: str) -> AsyncIterator[AsyncIterator[Told]]:
        sent = bearer(token or self.token) | {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.client.stream("GET", self.url, headers=sent) as answer:
            assert answer.status_code == 200, await answer.aread()
            assert answer.headers["content-type"].startswith("text/event-stream")
            yield _told(answer.aiter_lines())

    @property
    def token(self) -> str:
        return a_token(self.city.city, person=self.holder)

    async def cancel(self, booking: Booking) -> None:
        path = f"/v1/{self.city.city}/bookings/{booking.id}/cancel"
        assert (await self.client.post(path, json={}, headers=bearer(self.token))).status_code == 200


async def _told(lines: AsyncIterator[str]) -> AsyncIterator[Told]:
    fields: dict[str, str] = {}
    async for line in lines:
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif fields:
            if fields.keys() & {"event", "data"}:
                yield Told(fields.get("id"), fields.get("event"), fields.get("data"))
            fields = {}


@pytest.fixture
async def serving(database: Databases) -> AsyncIterator[Serving]:
    app = api(database.app, Outside(now, new_id, lambda secret: secret), {KEY_ID: KEY.public_key()})
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    running = asyncio.create_task(server.serve(sockets=[listener]))
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with httpx.AsyncClient(base_url=address, timeout=10) as client:
        yield Serving(app, client, await database.new_city(), PersonId(new_id()))
    app.state.stopping()
    server.should_exit = True
    await running


async def booked(database: Databases, serving: Serving, nth: int = 0) -> Booking:
    point = serving.city.charge_points[nth]
    start = now().replace(microsecond=0) + timedelta(days=3)
    order = an_order(point, period=Period(start, start + hours(1)))
    booking = replace(a_booking(State.CONFIRMED, point, order=order), id=BookingId(new_id()), holder_id=serving.holder)
    await database.place(serving.city.city, booking, point)
    return booking


async def test_a_holder_hears_of_a_cancellation_and_hears_it_again_from_where_an_earlier_connection_ended(
    database: Databases, serving: Serving
) -> None:
    first, second = await booked(database, serving), await booked(database, serving, 1)
    async with serving.events() as events, asyncio.timeout(10):
        await serving.cancel(first)
        told = await anext(events)
    assert told.event == "booking.cancelled"
    seen = json.loads(told.data or "")
    assert seen.pop("at")
    assert seen == {
        "type": "booking.cancelled",
        "booking": {
            "id": str(first.id),
            "service": "charging",
            "state": "cancelled",
            "version": first.version + 1,
            "start": first.start.isoformat().replace("+00:00", "Z"),
            "end": first.end.isoformat().replace("+00:00", "Z"),
        },
    }
    await serving.cancel(second)
    async with serving.events(last_event_id=told.id or "") as events, asyncio.timeout(10):
        again = await anext(events)
    assert json.loads(again.data or "")["booking"]["id"] == str(second.id)


async def test_one_who_was_away_for_days_is_told_to_read_all_bookings_again(serving: Serving) -> None:
    long_ago = "17-01912345-6789-7abc-8def-0123456789ab"
    async with serving.events(last_event_id=long_ago) as events, asyncio.timeout(10):
        assert await anext(events) == Told(None, "reset", "{}")


async def test_events_are_for_the_signed_in_of_the_city_and_begin_at_an_event(serving: Serving) -> None:
    url = serving.url
    assert (await serving.client.get(url)).status_code == 401
    finance = bearer(a_token(serving.city.city, Role.FINANCE))
    assert (await serving.client.get(url, headers=finance)).status_code == 403
    for place in ("yesterday", "1-2", "99999999999999999999-01912345-6789-7abc-8def-0123456789ab"):
        refused = await serving.client.get(url, headers=bearer(serving.token) | {"last-event-id": place})
        assert (refused.status_code, refused.json()["code"]) == (400, "malformed")


async def test_events_end_with_the_token_and_with_the_server(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.05)
    short = a_token(serving.city.city, person=serving.holder, exp=now() + timedelta(seconds=1.2))
    async with asyncio.timeout(10), serving.events(short) as events:
        assert [told async for told in events] == []
    async with asyncio.timeout(10), serving.events() as events:
        asyncio.get_running_loop().call_later(0.1, serving.app.state.stopping)
        assert [told async for told in events] == []
