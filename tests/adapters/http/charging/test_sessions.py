"""From plug to bill over HTTP, with a station that tells the central system and Stripe's sandbox behind the city's payments."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from adapters.database.charging.transactions import SqlTransactions
from adapters.database.payments.accounts import SqlAccounts
from adapters.http.charging.sessions import FOLLOWERS_EACH
from adapters.jobs.routes import routes
from adapters.mail.files import FileMailer
from adapters.payments.accounts import StripeClients
from domain.booking.bookings import Booking, BookingId, State
from domain.charging.reports import IdToken, TransactionEnded, TransactionRef, TransactionStarted, TransactionUpdated
from domain.charging.stations import ChargingStationId, StationAt
from domain.identity import Role
from domain.periods import Period
from infra.bootstrap import Outside, Post, application, effects
from infra.clock import now
from infra.ids import new_id
from services.jobs.ports import Entry
from tests.adapters.http.leaving import BODY, START, left, uncollected
from tests.adapters.http.tills import Till, opened
from tests.api import a_token, bearer
from tests.database import Databases
from tests.domain.charging.sessions.central import read
from tests.examples import a_booking, an_order, hours, minutes
from tests.invoices import CITY

pytestmark = pytest.mark.database
TOKEN = IdToken("K7PQ2M4XW3ZB5TQA")


class Plugged:
    """A resident before a charger that she has booked and paid, the station, and the worker."""

    def __init__(self, till: Till, folder: Path, point: int, token: IdToken) -> None:
        self.till, self.point, self.token = till, till.city.charge_points[point], token
        self.city = till.city.city
        self.at = StationAt(self.city, ChargingStationId(new_id()))
        self.start = now().replace(microsecond=0) - minutes(5)
        self.central = SqlTransactions(till.database.app, now, new_id)
        app, outside = till.database.app, Outside(now, new_id, lambda secret: secret)
        self.clients = StripeClients(SqlAccounts(app.transactions), lambda secret: secret, till.sandbox.url)
        worker = effects(app, till.database.relay, outside, Post(FileMailer(folder)))
        self.offered = application(app, outside, self.clients)
        self._routes = routes(replace(worker, settle=self.offered.payments.settle))
        self._done = set[UUID]()

    async def arrive(self) -> Booking:
        point, till = self.point, self.till
        await self.rows(
            "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now()) ON CONFLICT DO NOTHING RETURNING id",
            id=till.holder,
            email=f"{till.holder}@example.org",
        )
        order = an_order(point, period=Period(self.start, self.start + hours(1)))
        booking = a_booking(State.HELD, point, order=order, made_at=self.start - hours(1))
        booking = replace(booking, id=BookingId(new_id()), holder_id=till.holder, hold_expires_at=now() + minutes(9))
        await till.database.place(self.city, booking, point)
        assert (await till.pay(booking.id, {"payment_method_id": "pm_card_visa"})).status_code == 200
        await self.stand()
        await self.rows(
            """INSERT INTO charging_tokens (city, token, booking_id, valid_from, valid_until)
              VALUES (:city, :token, :id, now(), now()) RETURNING city""",
            token=self.token,
            id=booking.id,
        )
        return booking

    async def stand(self) -> None:
        """The station is there, and online."""
        point = self.point
        await self.rows(
            """INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest, held_by, held_over, held_until)
              VALUES (:city, :id, :place, :token, 'basic', 'd', :id, :id, now() + interval '1 hour') RETURNING id""",
            id=self.at.id,
            place=point.station.id,
            token=self.token,
        )
        await self.rows(
            """INSERT INTO evses (city, charging_station_id, number, resource_id) VALUES (:city, :id, 1, :point) RETURNING city""",
            id=self.at.id,
            point=point.id,
        )

    async def work(self) -> None:
        """All that follows from what was written, and from that."""
        while entries := [
            each
            for each in await self.rows(
                "SELECT id, kind, subject_id, written_at FROM outbox WHERE city = :city ORDER BY id"
            )
            if each[0] not in self._done
        ]:
            for id_, kind, subject, written in entries:
                self._done.add(id_)
                for job in self._routes[kind]:
                    await job.run(
                        Entry(id=id_, city=self.city, kind=kind, subject_id=subject, written_at=written, attempts=1)
                    )

    async def rows(self, sql: str, **values: object) -> list[tuple[Any, ...]]:
        return await self.till.database.rows(self.city, sql, **values)

    async def get(self, path: str = "", **query: Any) -> httpx.Response:
        headers = bearer(a_token(self.city, person=self.till.holder))
        return await self.till.http.get(f"/v1/{self.city}/charging/sessions{path}", headers=headers, params=query)

    async def post(self, path: str, body: Any = None) -> httpx.Response:
        headers = bearer(a_token(self.city, person=self.till.holder), new_id().hex)
        return await self.till.http.post(f"/v1/{self.city}/charging/sessions/{path}", headers=headers, json=body)

    async def told(self) -> list[tuple[str, dict[str, Any]]]:
        rows = await self.rows(
            "SELECT kind, wanted FROM station_orders WHERE city = :city AND charging_station_id = :id ORDER BY made_at, id",
            id=self.at.id,
        )
        return [(kind, wanted) for kind, wanted in rows]


@pytest.fixture(scope="module")
async def town(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Till]:
    says = {name: value for name, value in msgspec.to_builtins(CITY).items() if name not in {"stripe", "city"}}
    async with opened(database, tmp_path_factory.mktemp("stripe"), **says) as till:
        yield till


async def test_from_plug_to_bill(town: Till, tmp_path: Path) -> None:
    plugged = Plugged(town, tmp_path, 0, TOKEN)
    try:
        await from_plug_to_bill(plugged)
    finally:
        await plugged.clients.close()


async def from_plug_to_bill(plugged: Plugged) -> None:
    booking, central, at = await plugged.arrive(), plugged.central, plugged.at

    asked = await plugged.till.act(booking.id, "charge", key="go")
    assert (asked.status_code, asked.json()["evse"]) == (202, 1)
    ((kind, wanted),) = await plugged.told()
    assert (kind, wanted["evse"], wanted["id_token"]) == ("start_transaction", 1, TOKEN)

    began = plugged.start + minutes(1)
    answer = await central.started(at, TransactionStarted(1, 1, TOKEN, began, readings=(read(began, 5000),)))
    ref = TransactionRef(str(answer.number))
    await plugged.work()
    (shown,) = (await plugged.get(booking_id=str(booking.id))).json()["items"]
    assert (shown["state"], shown["kwh"], shown["cost"]["amount"]) == ("active", "0", 240)
    assert (await plugged.till.show(booking))["state"] == "in_use"
    assert (await plugged.till.act(booking.id, "finish", {}, key="f")).json()["code"] == "still_charging"
    assert (await plugged.till.act(booking.id, "charge", key="again")).json()["code"] == "already_charging"

    limited = await plugged.post(f"{shown['id']}/limit", {"budget": {"amount": 600, "currency": "EUR"}})
    assert limited.json()["limit"] == {"budget": {"amount": 600, "currency": "EUR"}}
    followed = asyncio.create_task(plugged.get(f"/{shown['id']}/progress"))
    for minute, wh in ((2, 8000), (3, 13_000)):
        time = plugged.start + minutes(minute)
        await central.updated(at, TransactionUpdated(ref, time, readings=(read(time, wh),)))
    assert (await plugged.told())[1] == ("stop_transaction", {"type": "stop_transaction", "ref": ref})
    assert (await plugged.post(f"{shown['id']}/stop")).json()["stopping"] is True

    over = plugged.start + minutes(4)
    last = TransactionEnded(ref, over, "Remote", readings=(read(over, 15_000),))
    for _ in range(2):
        await central.ended(at, last)
        await plugged.work()
    events = [line for line in (await followed).text.splitlines() if line.startswith("data: ")]
    final = msgspec.json.decode(events[-1].removeprefix("data: "))
    assert (final["state"], final["kwh"], final["cost"], final["cost_is_final"]) == (
        "completed", "10", {"amount": 725, "currency": "EUR"}, True,
    )  # fmt: skip
    assert (await plugged.post(f"{shown['id']}/stop")).json()["code"] == "charging_over"

    done = await plugged.till.show(booking)
    assert (done["state"], done["fee"]["amount"]) == ("completed", 725)
    assert await plugged.rows("SELECT captured FROM payments WHERE city = :city ORDER BY made_at") == [(240,), (485,)]
    assert await plugged.rows("SELECT gross FROM invoices WHERE city = :city") == [(725,)]
    assert await plugged.rows(
        "SELECT sum(amount) FILTER (WHERE side = 'debit') = sum(amount) FILTER (WHERE side = 'credit'), count(*) > 0"
        " FROM ledger_legs WHERE city = :city"
    ) == [(True, True)]


async def test_a_session_is_its_holders_and_the_operators_and_nobody_elses(town: Till, tmp_path: Path) -> None:
    plugged = Plugged(town, tmp_path, 1, IdToken("ANOTHER"))
    booking, at, began = await plugged.arrive(), plugged.at, now()
    for away, code in (
        (
            "UPDATE charging_stations SET held_until = now() WHERE city = :city AND id = :id RETURNING id",
            "station_offline",
        ),
        (
            "UPDATE evses SET resource_id = NULL WHERE city = :city AND charging_station_id = :id RETURNING city",
            "no_station",
        ),
    ):
        await plugged.rows(away, id=at.id)
        assert (await plugged.till.act(booking.id, "charge", key="go")).json()["code"] == code
    back = "UPDATE evses SET resource_id = :point WHERE city = :city AND charging_station_id = :id RETURNING city"
    await plugged.rows(back, id=at.id, point=plugged.point.id)

    await plugged.central.started(at, TransactionStarted(1, 1, plugged.token, began, readings=(read(began, 5000),)))
    await plugged.central.started(at, TransactionStarted(2, 1, IdToken("NOBODY"), began, TransactionRef("tx")))
    (mine,) = (await plugged.get(booking_id=str(booking.id), limit=1)).json()["items"]
    path = f"/v1/{plugged.city}/charging/sessions"
    others = await town.http.get(f"{path}/{mine['id']}", headers=bearer(a_token(plugged.city)))
    assert (others.status_code, others.json()["code"]) == (404, "unknown_session")
    operator = bearer(a_token(plugged.city, Role.OPERATOR))
    first = (await town.http.get(path, headers=operator, params={"limit": 1})).json()
    second = await town.http.get(path, headers=operator, params={"limit": 1, "cursor": first["next_cursor"]})
    (strange,), (known,) = first["items"], second.json()["items"]
    assert (strange["flags"], strange["cost"], known["id"]) == (["not_authorised"], None, mine["id"])

    for body, pointer in (
        ({"energy_kwh": "501"}, "/energy_kwh"),
        ({"budget": {"amount": 600, "currency": "CHF"}}, "/budget"),
        ({"budget": {"amount": 0, "currency": "EUR"}}, "/budget"),
    ):
        answer = await plugged.post(f"{mine['id']}/limit", body)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_one_person_follows_so_many_sessions_and_leaves_room_for_others(town: Till, tmp_path: Path) -> None:
    plugged = Plugged(town, tmp_path, 0, IdToken("FOLLOWED"))
    freed = "UPDATE evses SET resource_id = NULL WHERE city = :city AND resource_id = :point RETURNING city"
    await plugged.rows(freed, point=plugged.point.id)
    booking, began = await plugged.arrive(), now()
    started = TransactionStarted(1, 1, plugged.token, began, readings=(read(began, 5000),))
    await plugged.central.started(plugged.at, started)
    (mine,) = (await plugged.get(booking_id=str(booking.id))).json()["items"]
    progress = f"/{mine['id']}/progress"
    following = list[asyncio.Task[httpx.Response]]()
    async with asyncio.timeout(10):
        while True:
            one_more = asyncio.create_task(plugged.get(progress))
            if (await asyncio.wait({one_more}, timeout=0.2))[0]:
                break
            following.append(one_more)
    answer = await one_more
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert len(following) >= FOLLOWERS_EACH
    operator = bearer(a_token(plugged.city, Role.OPERATOR))
    path = f"/v1/{plugged.city}/charging/sessions{progress}"
    driver = bearer(a_token(plugged.city, person=plugged.till.holder))
    for whose in (operator, driver):
        request = asyncio.create_task(town.http.get(path, headers=whose))
        assert not (await asyncio.wait({request}, timeout=0.5))[0]
        for each in (*following, request):
            each.cancel()
        await asyncio.gather(*following, request, return_exceptions=True)
    asked = list[int]()
    with uncollected():
        for _ in range(FOLLOWERS_EACH + 1):
            asked += [
                await left(town.app, path, driver["authorization"].removeprefix("Bearer "), at) for at in (START, BODY)
            ]
    assert asked == [200] * 2 * (FOLLOWERS_EACH + 1), "whoever leaves before she is told anything keeps no place"
