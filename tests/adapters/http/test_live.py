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
from domain.booking.resources import Resource
from domain.identity import PersonId, Role
from domain.periods import Period
from infra.bootstrap import Outside, api
from infra.clock import now
from infra.ids import new_id
from services.live.hub import FOLLOWERS_EACH
from tests.adapters.http.leaving import BODY, START, left, uncollected
from tests.adapters.http.settled import settled
from tests.api import KEY, KEY_ID, a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL, a_booking, an_order, hours

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
    async def events(
        self, token: str | None = None, path: str = "events", **headers: str
    ) -> AsyncIterator[AsyncIterator[Told]]:
        sent = bearer(token or self.token) | {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"/v1/{self.city.city}/{path}"
        async with self.client.stream("GET", url, headers=sent) as answer:
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


async def booked(database: Databases, serving: Serving, nth: int = 0, resource: Resource | None = None) -> Booking:
    point = resource or serving.city.charge_points[nth]
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


@pytest.mark.parametrize("at", [START, BODY])
async def test_whoever_leaves_before_she_is_told_anything_keeps_no_place(serving: Serving, at: str) -> None:
    with uncollected():
        asked = [await left(serving.app, serving.url, serving.token, at) for _ in range(FOLLOWERS_EACH + 1)]
    assert asked == [200] * (FOLLOWERS_EACH + 1)


async def test_whoever_runs_a_pool_follows_its_vehicles_from_where_an_earlier_connection_ended(
    database: Databases, serving: Serving
) -> None:
    city, pool_car = serving.city.city, serving.city.cars[1]
    trip = await booked(database, serving, resource=pool_car)
    manager = a_token(city, Role.FLEET_MANAGER, pools=[TOWN_HALL])
    times = {"start": (now() + timedelta(days=9)).isoformat(), "end": (now() + timedelta(days=10)).isoformat()}
    async with serving.events(manager, "fleet/events") as events, asyncio.timeout(10):
        await serving.cancel(await booked(database, serving))
        await serving.cancel(trip)
        told = await anext(events)
    seen = json.loads(told.data or "")
    assert seen.pop("at")
    assert (told.event, seen) == (
        "booking.cancelled",
        {
            "type": "booking.cancelled",
            "vehicle_id": str(pool_car.id),
            "pool_id": TOWN_HALL,
            "detail": None,
            "booking": {
                "id": str(trip.id),
                "state": "cancelled",
                "version": trip.version + 1,
                "start": trip.start.isoformat().replace("+00:00", "Z"),
                "end": trip.end.isoformat().replace("+00:00", "Z"),
            },
        },
    )
    blocked = await serving.client.post(
        f"/v1/{city}/resources/{pool_car.id}/blocks", json=times | {"reason": "Bremsen"}, headers=bearer(manager)
    )
    assert blocked.status_code == 201, blocked.text
    async with serving.events(manager, "fleet/events", last_event_id=told.id or "") as events, asyncio.timeout(10):
        again = json.loads((await anext(events)).data or "")
    assert (again["type"], again["vehicle_id"], again["booking"]) == ("resource.blocked", str(pool_car.id), None)


async def test_a_fleet_is_followed_by_its_managers_only_and_until_they_are_none(
    database: Databases, serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.05)
    base, operator = f"/v1/{serving.city.city}", bearer(a_token(serving.city.city, Role.OPERATOR))
    for role in (Role.RESIDENT, Role.DRIVER, Role.FINANCE):
        headers = bearer(a_token(serving.city.city, role))
        assert (await serving.client.get(f"{base}/fleet/events", headers=headers)).status_code == 403
    await settled(database, serving.city.city)
    grant = {"email": "gerd@example.org", "role": "fleet_manager", "pool": TOWN_HALL}
    await serving.client.post(f"{base}/admin/roles", json=grant, headers=operator)
    (held,) = (await serving.client.get(f"{base}/admin/roles", headers=operator)).json()["items"]
    gerd = a_token(serving.city.city, Role.FLEET_MANAGER, person=held["person_id"], pools=[TOWN_HALL])
    async with asyncio.timeout(10), serving.events(gerd, "fleet/events") as events:
        gone = await serving.client.delete(f"{base}/admin/roles", params=grant, headers=operator)
        assert gone.status_code == 204
        assert [told async for told in events] == []
