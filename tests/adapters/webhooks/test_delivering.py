"""Subscribers are told what happens: in order, signed, again until they take it, and nowhere but where it may go."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.happenings import NOTHING, SqlLog
from adapters.database.subscriptions import due_subscriptions, open_books
from adapters.jobs.sweeps import PATIENCE_S
from adapters.webhooks.courier import LONGEST_S, HttpCourier
from adapters.webhooks.signing import StandardSigner
from domain.booking.bookings import Booking, BookingId, State
from domain.identity import PersonId, Role
from domain.periods import Period
from domain.subscriptions.event_types import EVENT_TYPES
from infra.bootstrap import Outside, api
from infra.clock import now
from infra.ids import new_id
from services.live.ports import EntrySeen, Mark, TicketSeen, reader
from services.subscriptions import telling
from services.subscriptions.delivering import Roads
from services.subscriptions.ports import Desk, Due, Message, NotDelivered
from tests.adapters.database.lives import World
from tests.adapters.database.offices import open_for_business
from tests.adapters.jobs.desk import Clock
from tests.adapters.webhooks.receiver import Received, Receiver, receiving
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_actor, an_order, hours

pytestmark = pytest.mark.database
WEBHOOK_KEY = b"k" * 32
WRITTEN = "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
LOOPBACK = (ip_network("127.0.0.0/8"),)


class City(Struct, frozen=True):
    """A city, its operator over HTTP, and the worker's side on a clock of the test's own."""

    database: Databases
    seeded: SeededCity
    http: httpx.AsyncClient
    clock: Clock
    courier: HttpCourier
    receiver: Receiver

    async def ask(self, method: str, path: str = "", body: Any = None, role: Role = Role.OPERATOR) -> httpx.Response:
        url = f"/v1/{self.seeded.city}/admin/webhooks{path}"
        return await self.http.request(method, url, json=body, headers=bearer(a_token(self.seeded.city, role)))

    async def subscribed(self, *types: str) -> Any:
        answer = await self.ask("POST", "", {"url": self.receiver.url, "types": list(types)})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def shown(self) -> Any:
        (one,) = (await self.ask("GET")).json()["items"]
        return one

    async def booked(self, nth: int) -> Booking:
        point, holder = self.seeded.charge_points[0], PersonId(new_id())
        start = now().replace(microsecond=0, minute=0) + timedelta(days=3, hours=2 * nth)
        order = an_order(point, period=Period(start, start + hours(1)))
        booking = replace(a_booking(State.CONFIRMED, point, order=order), id=BookingId(new_id()), holder_id=holder)
        await self.database.place(self.seeded.city, booking, point)
        return booking

    async def cancelled(self, nth: int = 0) -> Booking:
        """A booking that was just cancelled."""
        booking = await self.booked(nth)
        headers = bearer(a_token(self.seeded.city, person=booking.holder_id))
        path = f"/v1/{self.seeded.city}/bookings/{booking.id}/cancel"
        assert (await self.http.post(path, json={}, headers=headers)).status_code == 200
        return booking

    async def tell(self) -> int:
        """One sweep; how many subscribers were told, or could not be."""
        await self._in_sight()
        books = open_books(self.database.app.transactions, self.clock, new_id)
        desk = Desk(books, StandardSigner(WEBHOOK_KEY), self.clock)
        tell = telling(desk, Roads(SqlLog(self.database.app.statements), self.courier))
        # All of them: of other cities many more than a sweep takes may be due, and it takes any.
        due = await due_subscriptions(self.database.relay.statements, self.clock(), 10_000)
        mine = [each for each in due if each.city == self.seeded.city]
        return sum(await asyncio.gather(*map(tell, mine)))

    async def _in_sight(self) -> None:
        """The log ends before the oldest transaction under way: another one of the server may hold back what was written."""
        log = SqlLog(self.database.app.statements)
        async with self.database.app.statements.session() as session:
            written = int(await session.one(WRITTEN))
        async with asyncio.timeout(10):
            while (await log.here(self.seeded.city)).transaction < written:  # noqa: ASYNC110 - others end, and tell nobody
                await asyncio.sleep(0.005)


@pytest.fixture
async def city(database: Databases) -> AsyncIterator[City]:
    outside = Outside(now, new_id, lambda secret: secret, webhook_key=WEBHOOK_KEY, webhook_networks=LOOPBACK)
    app = api(database.app, outside, {KEY_ID: KEY.public_key()})
    courier = HttpCourier(LOOPBACK)
    async with client(app) as http, receiving() as receiver:
        yield City(database, await database.new_city(), http, Clock(now() + timedelta(minutes=1)), courier, receiver)
        await courier.close()


async def test_what_happens_is_told_in_order_once_and_signed(city: City) -> None:
    await city.cancelled(0)  # before anybody wanted to know
    made = await city.subscribed("booking.cancelled")
    bookings = [await city.cancelled(nth) for nth in (1, 2, 3)]
    assert await city.tell() == 1
    assert await city.tell() == 0
    told = city.receiver.received
    assert [each.json["data"]["booking"]["id"] for each in told] == [str(each.id) for each in bookings]
    assert len({each.id for each in told}) == 3
    assert all(each.is_signed_with(made["secret"]) for each in told)
    first = told[0].json
    assert first.pop("timestamp")
    booking = bookings[0]
    assert first == {
        "type": "booking.cancelled",
        "data": {
            "city": city.seeded.city,
            "booking": {
                "id": str(booking.id),
                "service": "charging",
                "state": "cancelled",
                "version": booking.version + 1,
                "start": booking.start.isoformat().replace("+00:00", "Z"),
                "end": booking.end.isoformat().replace("+00:00", "Z"),
            },
        },
    }


async def test_however_slow_a_subscriber_is_each_look_ends_in_time_and_keeps_how_far_it_came(city: City) -> None:
    taken: list[str] = []

    class Slow:
        async def deliver(self, message: Message) -> int:
            city.clock.forward(timedelta(seconds=LONGEST_S))
            taken.append(msgspec.json.decode(message.body)["data"]["booking"]["id"])
            return 200

    slow: Any = Slow()
    await city.subscribed("booking.cancelled")
    bookings = [await city.cancelled(nth) for nth in (1, 2, 3)]
    for told in (1, 2, 3):
        began = city.clock()
        assert await replace(city, courier=slow).tell() == 1
        assert city.clock() - began < timedelta(seconds=PATIENCE_S)
        assert taken == [str(each.id) for each in bookings[:told]]


async def test_neither_a_key_nor_a_logbook_makes_a_booking(city: City) -> None:
    await city.subscribed("booking.created")
    booking = await city.booked(1)
    for action in ("charging.charge_point_reserved", "key.unlock:done", "fleet.trip_entered", "key.lock:done"):
        await city.database.rows(
            city.seeded.city,
            "INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)"
            " VALUES (:city, :id, now(), :id, :action, :booking, 'test') RETURNING id",
            id=new_id(),
            action=action,
            booking=booking.id,
        )
    assert await city.tell() == 1
    assert [(each.json["type"], each.json["data"]["booking"]["id"]) for each in city.receiver.received] == [
        ("booking.created", str(booking.id))
    ]


async def test_of_tickets_is_told_how_they_stand_and_none_of_their_words(city: City) -> None:
    await city.subscribed("charging.ticket_opened", "charging.ticket_closed")
    path = f"/v1/{city.seeded.city}/charging/tickets"
    headers = bearer(a_token(city.seeded.city, Role.OPERATOR))
    spoken = {"title": "The keys are missing", "severity": "critical", "text": "Both"}
    opened = await city.http.post(path, json=spoken, headers=headers | {"idempotency-key": "keys-are-missing"})
    assert opened.status_code == 201, opened.text
    ticket, closing = opened.json()["id"], {"state": "closed", "note": "Found"}
    for change in ({"state": "in_work"}, closing):
        assert (await city.http.patch(f"{path}/{ticket}", json=change, headers=headers)).status_code == 200
    await city.tell()
    stands = {"id": ticket, "charging_station_id": None, "evse": 0, "kind": None, "severity": "critical"}
    now_closed = stands | {"state": "closed", "version": 3}
    assert [(each.json["type"], each.json["data"]) for each in city.receiver.received] == [
        (f"charging.ticket_{what}", {"city": city.seeded.city, "charging_ticket": now_closed})
        for what in ("opened", "closed")
    ]
    stretch = await SqlLog(city.database.app.statements).after(city.seeded.city, Mark(0, NOTHING), 1000)
    of_ticket = [each for each in stretch.happenings if isinstance(each.about, TicketSeen)]
    assert [each.type.removeprefix("charging.ticket_") for each in of_ticket] == ["opened", "changed", "closed"]
    operator, manager = (reader(an_actor("olga", role)) for role in (Role.OPERATOR, Role.FLEET_MANAGER))
    assert (operator.sees(of_ticket[0]), manager.sees(of_ticket[0])) == (True, False)


async def test_of_who_waits_ids_and_times_are_told_and_seen_by_who_may_see_the_entry(city: City) -> None:
    await city.subscribed("waitlist.offered", "waitlist.withdrawn")
    booking, of_city = await city.booked(1), f"/v1/{city.seeded.city}"
    wish = {"service": "charging", "resource_id": str(booking.resource_id), "options": {}}
    wish |= {"start": booking.start.isoformat(), "end": booking.end.isoformat()}
    anna = PersonId(new_id())
    headers = bearer(a_token(city.seeded.city, person=anna))
    joined = await city.http.post(f"{of_city}/waitlist", json=wish, headers=headers)
    assert joined.status_code == 201, joined.text
    cancelling = bearer(a_token(city.seeded.city, person=booking.holder_id))
    await city.http.post(f"{of_city}/bookings/{booking.id}/cancel", json={}, headers=cancelling)
    waitlist = open_for_business(World(city.database, city.seeded), now()).waitlist
    await waitlist.freed(city.seeded.city, booking.id)
    assert await waitlist.ask(city.seeded.city) == 1
    assert await city.tell() == 1
    (message,) = city.receiver.received
    entry, offered = joined.json(), message.json
    offer = offered["data"]["waitlist_entry"].pop("offer")
    assert (offered["type"], offered["data"]) == (
        "waitlist.offered",
        {
            "city": city.seeded.city,
            "waitlist_entry": {
                "id": entry["id"],
                "service": "charging",
                "state": "offered",
                "start": entry["start"],
                "end": entry["end"],
                "booking_id": None,
            },
        },
    )
    assert offer.pop("resource_id") == str(booking.resource_id)
    assert offer.keys() == {"told_from", "until"}
    await city.http.delete(f"{of_city}/waitlist/{entry['id']}", headers=headers)
    assert await city.tell() == 1
    assert city.receiver.received[-1].json["type"] == "waitlist.withdrawn"
    stretch = await SqlLog(city.database.app.statements).after(city.seeded.city, Mark(0, NOTHING), 1000)
    of_waiting = [each for each in stretch.happenings if isinstance(each.about, EntrySeen)]
    assert [each.type for each in of_waiting] == ["waitlist.joined", "waitlist.offered", "waitlist.withdrawn"]
    hers, others, operators = (
        reader(replace(an_actor("anna", role), id=person))
        for role, person in ((Role.RESIDENT, anna), (Role.RESIDENT, booking.holder_id), (Role.OPERATOR, new_id()))
    )
    assert [[eyes.sees(each) for each in of_waiting] for eyes in (hers, others, operators)] == [
        [True] * 3,
        [False] * 3,
        [True] * 3,
    ]


async def test_a_receiver_that_fails_is_told_again_later_and_nothing_overtakes(city: City) -> None:
    await city.subscribed()
    first, second = await city.cancelled(1), await city.cancelled(2)
    statuses = iter([500, None, 302])

    def moody(message: Received) -> int | None:
        return next(statuses, 200)

    city.receiver.answers = moody
    for error in ("answered 500", "no connection: RemoteProtocolError", "answered 302"):
        assert await city.tell() == 1
        shown = await city.shown()
        assert (shown["last_error"], shown["enabled"]) == (error, True)
        assert await city.tell() == 0  # not yet
        city.clock.forward(timedelta(minutes=2))
    assert await city.tell() == 1
    told = [each.json["data"]["booking"]["id"] for each in city.receiver.received]
    assert told == [str(first.id)] * 4 + [str(second.id)]
    assert len({each.id for each in city.receiver.received}) == 2
    assert (await city.shown())["failures"] == 0


async def test_a_receiver_that_is_gone_is_told_nothing_more_until_it_is_enabled_again(city: City) -> None:
    made = await city.subscribed()
    city.receiver.answers = lambda _: 410
    missed = await city.cancelled(1)
    assert await city.tell() == 1
    assert not (await city.shown())["enabled"]
    city.clock.forward(timedelta(days=1))
    assert await city.tell() == 0
    city.receiver.answers = lambda _: 200
    assert (await city.ask("PATCH", f"/{made['id']}", {"enabled": True})).status_code == 200
    assert await city.tell() == 1
    assert city.receiver.received[-1].json["data"]["booking"]["id"] == str(missed.id)


async def test_after_a_rotation_both_secrets_sign_and_one_subscriber_is_told_once_by_many_workers(city: City) -> None:
    made = await city.subscribed()
    turned = (await city.ask("POST", f"/{made['id']}/rotate")).json()
    assert turned["secret"] != made["secret"]
    await city.cancelled(1)
    assert sorted(await asyncio.gather(*(city.tell() for _ in range(6)))) == [0, 0, 0, 0, 0, 1]
    (told,) = city.receiver.received
    assert told.is_signed_with(made["secret"])
    assert told.is_signed_with(turned["secret"])
    city.clock.forward(timedelta(days=2))
    await city.cancelled(2)
    await city.tell()
    assert not city.receiver.received[1].is_signed_with(made["secret"])
    assert city.receiver.received[1].is_signed_with(turned["secret"])


async def test_more_than_one_look_takes_in_is_told_by_the_next_looks(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.subscriptions.delivering.AT_ONCE", 2)
    await city.subscribed("booking.cancelled")
    bookings = [await city.cancelled(nth) for nth in range(5)]
    while await city.tell():
        pass
    told = [each.json["data"]["booking"]["id"] for each in city.receiver.received]
    assert told == [str(each.id) for each in bookings]


async def test_operators_alone_manage_webhooks_and_only_their_citys(city: City) -> None:
    made = await city.subscribed()
    assert (await city.ask("GET", role=Role.FINANCE)).status_code == 403
    assert (await city.ask("DELETE", f"/{new_id()}")).json()["code"] == "unknown_subscription"
    other = await city.database.new_city()
    foreign = f"/v1/{other.city}/admin/webhooks/{made['id']}"
    headers = bearer(a_token(other.city, Role.OPERATOR))
    assert (await city.http.delete(foreign, headers=headers)).status_code == 404
    assert "secret" not in await city.shown()
    assert (await city.ask("DELETE", f"/{made['id']}")).status_code == 204
    assert (await city.ask("GET")).json() == {"items": [], "next_cursor": None}


async def test_events_that_nobody_is_told_of_are_refused_each_by_its_place_and_by_the_names_that_there_are(
    city: City,
) -> None:
    typed = {"url": city.receiver.url, "types": ["booking.creatd", "booking.cancelled", "waitlist.*"]}
    refused = await city.ask("POST", "", typed)
    assert (refused.status_code, refused.json()["code"]) == (422, "unknown_event_type")
    assert [(each["pointer"], each["detail"]) for each in refused.json()["errors"]] == [
        ("/types/0", "'booking.creatd' is no event"),
        ("/types/2", "'waitlist.*' is no event"),
    ]
    assert refused.json()["errors"][0]["allowed"] == list(EVENT_TYPES)
    assert (await city.ask("GET")).json()["items"] == []
    made = await city.subscribed("booking.cancelled")
    changed = await city.ask("PATCH", f"/{made['id']}", {"types": ["payment.charged"]})
    assert (changed.status_code, changed.json()["code"]) == (422, "unknown_event_type")
    assert (await city.shown())["types"] == ["booking.cancelled"]


async def test_a_subscription_of_old_to_an_event_that_nobody_is_told_of_is_shown_changed_and_removed(
    city: City,
) -> None:
    made = await city.subscribed("booking.cancelled")
    async with city.database.app.transactions.city(city.seeded.city) as connection:
        await connection.execute(text("UPDATE subscriptions SET types = '{booking.creatd}' WHERE id = :id"), made)
    assert (await city.shown())["types"] == ["booking.creatd"]
    off = await city.ask("PATCH", f"/{made['id']}", {"enabled": False})
    assert (off.status_code, off.json()["types"]) == (200, ["booking.creatd"])
    assert (await city.ask("DELETE", f"/{made['id']}")).status_code == 204


async def test_ten_who_subscribe_at_once_never_exceed_the_most(city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.subscriptions.subscriptions.MOST", 3)
    body = {"url": city.receiver.url}
    statuses = [each.status_code for each in await asyncio.gather(*(city.ask("POST", "", body) for _ in range(10)))]
    assert sorted(statuses) == [201] * 3 + [409] * 7


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/hook",
        "https://127.0.0.1:{port}/hook",
        "https://localhost:{port}/hook",
        "https://[::1]:{port}/hook",
        "https://[::ffff:127.0.0.1]:{port}/hook",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "https://0.0.0.0:{port}/",
        "https://2130706433:{port}/",
    ],
)
async def test_nothing_is_sent_into_networks_that_nobody_named(url: str) -> None:
    courier = HttpCourier()
    async with receiving() as receiver:
        with pytest.raises(NotDelivered):
            await courier.deliver(Message(url.format(port=receiver.port), {}, b"{}"))
        assert receiver.received == []
    await courier.close()


async def test_a_subscriber_that_was_removed_meanwhile_is_not_told(city: City) -> None:
    made = await city.subscribed()
    await city.cancelled(1)
    desk = Desk(open_books(city.database.app.transactions, city.clock, new_id), StandardSigner(WEBHOOK_KEY), city.clock)
    tell = telling(desk, Roads(SqlLog(city.database.app.statements), city.courier))
    await city.ask("DELETE", f"/{made['id']}")
    assert not await tell(Due(city.seeded.city, made["id"]))
    assert city.receiver.received == []
