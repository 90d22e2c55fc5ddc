"""Calendar feeds, from the wire to the tables."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from icalendar import Calendar
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text

from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.resources import Resource
from domain.identity import PersonId, Role
from domain.periods import Period
from infra.clock import now
from infra.ids import new_id
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL, a_booking, an_order, hours, minutes

pytestmark = pytest.mark.database

SOON = (now() + timedelta(days=3)).replace(minute=0, second=0, microsecond=0)


class Yard(Struct, frozen=True):
    """The town hall's car, its manager, and a driver; `stranger` runs the harbour's pool."""

    http: httpx.AsyncClient
    database: Databases
    city: SeededCity
    manager: UUID
    driver: UUID
    stranger: UUID

    @property
    def car(self) -> Resource:
        return self.city.cars[1]

    async def write(self, sql: str, **values: Any) -> None:
        async with self.database.app.transactions.city(self.city.city) as connection:
            await connection.execute(text(sql), {"city": self.city.city} | values)

    async def booked(self, start: datetime, state: State = State.CONFIRMED, **changes: Any) -> Booking:
        """By the driver, unless somebody else is named, for an hour."""
        period = Period(start, start + hours(1))
        order = replace(an_order(self.car, period=period, payer=Payer.COST_CENTRE), booking_id=BookingId(new_id()))
        holder = PersonId(changes.pop("holder", self.driver))
        booking = replace(a_booking(state, self.car, order=order, made_at=now() - hours(1)), holder_id=holder)
        booking = replace(booking, booked_by=holder, **changes)
        await self.database.place(self.city.city, booking, self.car)
        return booking

    async def ask(self, method: str, path: str, person: UUID, role: Role, pool: str) -> httpx.Response:
        token = a_token(self.city.city, role, person=person, pools=(pool,))
        return await self.http.request(method, f"/v1/{self.city.city}/{path}", headers=bearer(token))

    async def own(self, method: str = "POST") -> httpx.Response:
        return await self.ask(method, "me/calendar-feed", self.driver, Role.DRIVER, TOWN_HALL)

    async def of_car(self, method: str = "POST", person: UUID | None = None, pool: str = TOWN_HALL) -> httpx.Response:
        path = f"fleet/vehicles/{self.car.id}/calendar-feed"
        return await self.ask(method, path, person or self.manager, Role.FLEET_MANAGER, pool)

    async def read(self, made: httpx.Response, **headers: str) -> httpx.Response:
        assert made.status_code == 201, made.text
        return await self.http.get(made.json()["href"], headers=headers)


@pytest.fixture
async def yard(http: httpx.AsyncClient, database: Databases) -> Yard:
    yard = Yard(http, database, await database.new_city(), new_id(), new_id(), new_id())
    people = (
        (yard.manager, "mary@example.org", Role.FLEET_MANAGER, TOWN_HALL),
        (yard.driver, "kim@example.org", Role.DRIVER, TOWN_HALL),
        (yard.stranger, "hanna@example.org", Role.FLEET_MANAGER, "harbour"),
    )
    for person, email, role, pool in people:
        known = {"id": person, "email": email, "role": role.value, "pool": pool}
        await yard.write("INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now())",
                         id=person, email=email)  # fmt: skip
        grant = "INSERT INTO role_grants (city, person_id, role, pool_id, granted_at) VALUES (:city, :id, :role, :pool, now())"
        await yard.write(grant, **{name: known[name] for name in ("id", "role", "pool")})
    return yard


def events(answer: httpx.Response) -> list[tuple[str, str, datetime, datetime, str]]:
    """UID, summary, start, end and status of each."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    return [
        (str(each["uid"]), str(each["summary"]), each.decoded("dtstart"), each.decoded("dtend"), str(each["status"]))
        for each in Calendar.from_ical(answer.content).walk("VEVENT")
    ]


async def gone(yard: Yard, made: httpx.Response) -> bool:
    answer = await yard.read(made)
    return (answer.status_code, answer.headers["content-type"], answer.json()["code"]) == (
        404,
        "application/problem+json",
        "unknown_feed",
    )


async def test_a_driver_reads_their_own_bookings_in_any_calendar(yard: Yard) -> None:
    sure = await yard.booked(SOON)
    maybe = await yard.booked(SOON + hours(2), final_at=SOON + hours(1.5))
    held = await yard.booked(SOON + hours(4), State.HELD, hold_expires_at=now() + minutes(9))
    await yard.booked(SOON + hours(6), State.HELD, hold_expires_at=now() - minutes(1))
    await yard.booked(SOON + hours(8), State.CANCELLED)
    await yard.booked(SOON + hours(10), holder=yard.stranger)
    began = now().replace(microsecond=0) - hours(3)
    used = await yard.booked(began, State.COMPLETED, started_at=began + minutes(5), finished_at=began + minutes(20))

    made = await yard.own()
    found = events(await yard.read(made))

    place = f"{yard.car.name}, {yard.city.station.name}"
    uids = {each.id: f"{each.id}@{yard.city.city}.kommobil" for each in (sure, maybe, held, used)}
    assert found == [
        (uids[used.id], place, began + minutes(5), began + minutes(20), "CONFIRMED"),
        (uids[sure.id], place, sure.start, sure.end, "CONFIRMED"),
        (uids[maybe.id], place, maybe.start, maybe.end, "TENTATIVE"),
        (uids[held.id], place, held.start, held.end, "TENTATIVE"),
    ]
    assert made.json()["vehicle_id"] is None


async def test_a_vehicles_feed_says_when_and_never_who_or_why(yard: Yard) -> None:
    booking = await yard.booked(SOON)
    other = replace(
        a_booking(State.CONFIRMED, yard.city.cars[0]), id=BookingId(new_id()), start=SOON, end=SOON + hours(1)
    )
    own = replace(other, holder_id=PersonId(yard.manager))
    await yard.database.place(yard.city.city, own, yard.city.cars[0])
    block = new_id()
    await yard.write(
        "INSERT INTO blocks (city, id, resource_id, starts, ends, reason, made_by, made_at, lifted_at)"
        " VALUES (:city, :id, :car, :starts, :ends, 'Kim hat eine Delle gefahren', :by, now(), :lifted)",
        id=block,
        car=yard.car.id,
        by=yard.manager,
        starts=SOON + hours(3),
        ends=SOON + hours(9),
        lifted=SOON + hours(4),
    )

    answer = await yard.read(await yard.of_car())

    assert events(answer) == [
        (f"{booking.id}@{yard.city.city}.kommobil", "fleet 2: gebucht", booking.start, booking.end, "CONFIRMED"),
        (f"{block}@{yard.city.city}.kommobil", "fleet 2: gesperrt", SOON + hours(3), SOON + hours(4), "CONFIRMED"),
    ]
    for secret in (str(yard.driver), str(yard.manager), "example.org", "Kim", "Delle", "5100"):
        assert secret not in answer.text


async def test_its_language_is_its_owners(yard: Yard) -> None:
    await yard.booked(SOON)
    await yard.write("UPDATE persons SET language = 'en' WHERE city = :city AND id = :id", id=yard.manager)

    ((_, summary, *_),) = events(await yard.read(await yard.of_car()))

    assert summary == "fleet 2: booked"


async def test_a_new_address_ends_the_one_before_and_nobody_elses(yard: Yard) -> None:
    first, car = await yard.own(), await yard.of_car()
    second = await yard.own()

    assert await gone(yard, first)
    assert (await yard.read(second)).status_code == 200
    assert (await yard.own("DELETE")).status_code == 204
    assert (await yard.own("DELETE")).status_code == 204
    assert await gone(yard, second)
    assert (await yard.read(car)).status_code == 200
    assert (await yard.of_car("DELETE", yard.stranger)).status_code == 204
    assert (await yard.read(car)).status_code == 200, "what somebody else made is not hers to end"
    own = await yard.ask("POST", "me/calendar-feed", yard.manager, Role.FLEET_MANAGER, TOWN_HALL)
    assert (await yard.of_car("DELETE")).status_code == 204
    assert await gone(yard, car)
    assert (await yard.read(own)).status_code == 200, "one's own is another feed"
    noted = await yard.database.rows(
        yard.city.city, "SELECT action FROM audit WHERE city = :city AND action LIKE 'fleet.feed%' ORDER BY action"
    )
    assert [action for (action,) in noted] == ["fleet.feed_ended"] * 2 + ["fleet.feed_made"] * 4


async def test_only_whoever_runs_the_pool_gets_a_vehicles_feed(yard: Yard) -> None:
    strange = await yard.of_car(person=yard.stranger, pool="harbour")
    driver = await yard.ask("POST", f"fleet/vehicles/{yard.car.id}/calendar-feed", yard.driver, Role.DRIVER, TOWN_HALL)
    nobody = await yard.of_car(person=new_id())

    assert (strange.status_code, strange.json()["code"]) == (404, "unknown_vehicle")
    assert (driver.status_code, driver.json()["code"]) == (403, "forbidden")
    assert (nobody.status_code, nobody.json()["code"]) == (404, "unknown_person")


async def test_a_vehicles_feed_takes_a_role_that_the_city_granted_not_one_that_only_a_token_names(yard: Yard) -> None:
    await yard.write("DELETE FROM role_grants WHERE city = :city AND person_id = :id", id=yard.manager)

    refused = await yard.of_car()

    assert (refused.status_code, refused.json()["code"]) == (409, "role_not_granted")
    assert await yard.database.rows(yard.city.city, "SELECT id FROM calendar_feeds WHERE city = :city") == []


@pytest.mark.parametrize(
    "losing",
    [
        "DELETE FROM role_grants WHERE city = :city AND person_id = :id",
        "UPDATE role_grants SET role = 'driver' WHERE city = :city AND person_id = :id",
        "UPDATE role_grants SET pool_id = 'harbour' WHERE city = :city AND person_id = :id",
        "UPDATE resources SET pool_id = NULL WHERE city = :city AND name = 'fleet 2' AND :id IS NOT NULL",
        "UPDATE persons SET erased_at = now(), email = NULL WHERE city = :city AND id = :id",
    ],
)
async def test_a_vehicles_feed_ends_with_the_right_to_look(yard: Yard, losing: str) -> None:
    made = await yard.of_car()
    assert (await yard.read(made)).status_code == 200

    await yard.write(losing.replace(":id IS", "cast(:id AS uuid) IS"), id=yard.manager)

    assert await gone(yard, made)


async def test_an_erasure_takes_the_feeds_along(yard: Yard) -> None:
    made = await yard.own()

    assert (await yard.ask("DELETE", "me", yard.driver, Role.DRIVER, TOWN_HALL)).status_code == 204

    assert await gone(yard, made)
    assert await yard.database.rows(yard.city.city, "SELECT id FROM calendar_feeds WHERE city = :city") == []


async def test_an_address_that_nobody_made_is_not_there(yard: Yard, database: Databases) -> None:
    made = await yard.own()
    href: str = made.json()["href"]
    abroad = await database.new_city()
    token = href.rpartition("/")[2].removesuffix(".ics")
    other = "B" if token[-12] == "A" else "A"
    wrong = (
        href.replace(yard.city.city, abroad.city),
        href.replace(yard.city.city, "No City"),
        href.removesuffix(".ics"),
        href.replace(token, token[:-12] + other + token[-11:]),
        href.replace(token, token[:22]),
        href.replace(token, "ä" * 64),
        href.replace(token, ""),
    )
    for each in wrong:
        answer = await yard.http.get(each)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_feed"), each


async def test_what_has_not_changed_is_not_sent_again(yard: Yard) -> None:
    booking = await yard.booked(SOON)
    made = await yard.own()
    first = await yard.read(made)
    tag = first.headers["etag"]

    again = await yard.read(made, **{"if-none-match": f'"other", W/{tag}'})
    await yard.write(
        "UPDATE bookings SET version = version + 1, updated_at = now(), ends = ends + interval '1 hour'"
        " WHERE city = :city AND id = :id",
        id=booking.id,
    )
    changed = await yard.read(made, **{"if-none-match": tag})

    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag
    assert changed.headers["cache-control"] == "private, no-cache"
    (event,) = Calendar.from_ical(changed.content).walk("VEVENT")
    assert (event.decoded("dtend"), event["sequence"]) == (booking.end + hours(1), booking.version + 1)


async def test_a_feed_reaches_a_month_back_and_a_year_ahead(yard: Yard) -> None:
    then = now().replace(microsecond=0)
    for days in (-32, -30, 399, 401):
        began = then + timedelta(days=days)
        used = {"started_at": began, "finished_at": began + minutes(20)}
        await yard.booked(began, State.COMPLETED if days < 0 else State.CONFIRMED, **(used if days < 0 else {}))

    found = events(await yard.read(await yard.own()))

    assert [start for _, _, start, _, _ in found] == [then + timedelta(days=days) for days in (-30, 399)]
