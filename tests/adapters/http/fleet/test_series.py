"""A vehicle for work again and again, from the wire to the tables."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import text

from domain.identity import PersonId, Role
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.garage import Garage, problem
from tests.adapters.http.settled import settled
from tests.api import a_token
from tests.database import Databases
from tests.examples import BERLIN, TOWN_HALL

pytestmark = pytest.mark.database
ZONE = ZoneInfo(BERLIN)
KIM = PersonId(new_id())
DAY = timedelta(days=1)
FIRST = (now().astimezone(ZONE) + 5 * DAY).replace(hour=9, minute=0, second=0, microsecond=0)
DAILY = "FREQ=DAILY;COUNT=4"


@pytest.fixture
async def garage(http: httpx.AsyncClient, database: Databases) -> Garage:
    found = Garage(http, database, await database.new_city())
    await settled(database, found.seeded.city)
    return found


def driver(garage: Garage, person: PersonId = KIM, pool: str = TOWN_HALL) -> str:
    return a_token(garage.seeded.city, Role.DRIVER, person=person, pools=(pool,))


def wish(car: Any, **more: Any) -> dict[str, Any]:
    times = {"start": FIRST.isoformat(), "end": (FIRST + timedelta(hours=2)).isoformat(), "rrule": DAILY}
    return times | {"resource_id": str(car), "options": {"cost_centre": "5100"}} | more


async def make(garage: Garage, body: dict[str, Any], **more: Any) -> httpx.Response:
    return await garage.ask("POST", "fleet/series", body, **({"token": driver(garage), "key": new_id().hex} | more))


async def bookings(garage: Garage) -> list[tuple[Any, ...]]:
    found = "SELECT starts, state FROM bookings WHERE city = :city AND state <> 'cancelled' ORDER BY starts"
    return await garage.database.rows(garage.seeded.city, found)


def on(number: int, hour: int = 9) -> datetime:
    return (FIRST + number * DAY).replace(hour=hour).astimezone(UTC)


async def taken(garage: Garage, car: UUID, number: int) -> None:
    """Somebody else has the car that morning."""
    answer = await garage.drive(car, on(number, 8), hours=2)
    assert answer.status_code == 201, answer.text


async def test_a_preview_says_which_can_be_had_and_books_nothing(garage: Garage) -> None:
    car = garage.seeded.cars[1].id
    await taken(garage, car, 2)
    looked = await garage.ask("POST", "fleet/series", wish(car, preview=True), token=driver(garage))

    assert looked.status_code == 200, looked.text
    shown = looked.json()
    assert (shown["id"], shown["possible"], shown["time_zone"]) == (None, 3, BERLIN)
    assert [(each["number"], each["reason"], each["booking_id"]) for each in shown["occurrences"]] == [
        (1, None, None),
        (2, None, None),
        (3, "resource_taken", None),
        (4, None, None),
    ]
    assert [datetime.fromisoformat(each["start"]) for each in shown["occurrences"]] == [on(n) for n in range(4)]
    assert shown["occurrences"][2]["alternatives"], "when it could be had instead"
    assert [starts for starts, _ in await bookings(garage)] == [on(2, 8)]
    assert (
        await garage.database.rows(
            garage.seeded.city, "SELECT 1 FROM answers WHERE city = :city AND route LIKE 'createS%'"
        )
        == []
    )


async def test_with_a_conflict_nothing_is_booked_unless_it_may_be_left_out(garage: Garage) -> None:
    car = garage.seeded.cars[1].id
    await taken(garage, car, 2)
    refused = await make(garage, wish(car))
    assert problem(refused) == (409, "series_conflicts")
    assert [datetime.fromisoformat(each["start"]) for each in refused.json()["conflicts"]] == [on(2)]
    assert len(await bookings(garage)) == 1

    made = await make(garage, wish(car, on_conflict="skip"))
    assert (made.status_code, made.json()["possible"]) == (201, 3)
    assert [each["state"] for each in made.json()["occurrences"]] == ["confirmed", "confirmed", None, "confirmed"]
    path = f"fleet/series/{made.json()['id']}"
    seen = await garage.ask("GET", path, token=driver(garage))
    known = {"if-none-match": seen.headers["etag"]}
    assert (await garage.ask("GET", path, token=driver(garage), headers=known)).status_code == 304
    assert [each["number"] for each in seen.json()["occurrences"]] == [1, 2, 4]
    assert (seen.json()["rrule"], seen.json()["possible"]) == (DAILY, 3)


async def test_each_occurrence_is_a_booking_like_any_other(garage: Garage) -> None:
    made = (await make(garage, wish(garage.seeded.cars[1].id))).json()
    ids = [each["booking_id"] for each in made["occurrences"]]
    one = (await garage.ask("GET", f"bookings/{ids[1]}", token=driver(garage))).json()
    assert (one["state"], one["holder_id"], one["resource_id"]) == (
        "confirmed",
        str(KIM),
        str(garage.seeded.cars[1].id),
    )
    told = "SELECT kind, count(*) FROM outbox WHERE city = :city GROUP BY kind"
    assert await garage.database.rows(garage.seeded.city, told) == [("booking.confirmed", 4)]
    gone = await garage.ask("POST", f"bookings/{ids[1]}/cancel", {}, token=driver(garage))
    assert gone.json()["state"] == "cancelled"
    seen = (await garage.ask("GET", f"fleet/series/{made['id']}", token=driver(garage))).json()
    assert [each["state"] for each in seen["occurrences"]] == ["confirmed", "cancelled", "confirmed", "confirmed"]


async def test_one_key_makes_one_series(garage: Garage) -> None:
    body = wish(garage.seeded.cars[1].id)
    first, again = [await make(garage, body, key="one") for _ in range(2)]
    other = await make(garage, body | {"skip_holidays": True}, key="one")
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert problem(other) == (422, "key_reused")
    refused = [await make(garage, body, key="two") for _ in range(2)]
    assert problem(refused[0]) == (409, "series_conflicts")
    assert refused[1].content == refused[0].content
    assert refused[1].headers["idempotency-replayed"] == "true"
    assert len(await bookings(garage)) == 4


async def test_what_follows_or_all_of_it_is_given_back_at_once(garage: Garage) -> None:
    made = (await make(garage, wish(garage.seeded.cars[1].id))).json()
    path = f"fleet/series/{made['id']}/cancel"
    part, again = [
        await garage.ask("POST", path, {"from": 3, "reason": "Kurs zu Ende"}, token=driver(garage), key="c")
        for _ in range(2)
    ]
    assert [each["state"] for each in part.json()["occurrences"]] == ["confirmed"] * 2 + ["cancelled"] * 2
    assert (part.json()["possible"], again.content) == (2, part.content)
    everything = await garage.ask("POST", path, {}, token=garage.manager, key="d")
    assert {each["state"] for each in everything.json()["occurrences"]} == {"cancelled"}
    assert await bookings(garage) == []
    assert (await make(garage, wish(garage.seeded.cars[1].id))).status_code == 201, "its time is free again"


BEHIND = """SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
  AND CAST(:pid AS int) = ANY (pg_blocking_pids(pid)))"""


async def test_a_series_of_which_a_part_was_given_back_when_the_process_died_is_still_whole(garage: Garage) -> None:
    made = (await make(garage, wish(garage.seeded.cars[1].id))).json()
    third = made["occurrences"][2]["booking_id"]

    def give_back() -> Any:
        return garage.ask("POST", f"fleet/series/{made['id']}/cancel", {}, token=driver(garage), key="c")

    async with garage.database.app.transactions.city(garage.seeded.city) as connection:
        await connection.execute(text("SELECT FROM bookings WHERE id = :id FOR UPDATE"), {"id": third})
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
        dying = asyncio.create_task(give_back())
        while not (await garage.database.rows(garage.seeded.city, BEHIND, pid=pid))[0][0]:
            assert not dying.done(), "it waits for the third"
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)

    assert len(await bookings(garage)) == 4
    again = await give_back()
    assert {each["state"] for each in again.json()["occurrences"]} == {"cancelled"}


async def test_a_booking_names_its_series_which_is_listed_while_something_of_it_is_to_come(garage: Garage) -> None:
    car = garage.seeded.cars[1].id
    first = (await make(garage, wish(car, rrule="FREQ=DAILY;COUNT=2"))).json()
    later = (FIRST + 20 * DAY).isoformat(), (FIRST + 20 * DAY + timedelta(hours=1)).isoformat()
    second = (await make(garage, wish(car, rrule="FREQ=DAILY;COUNT=3", start=later[0], end=later[1]))).json()
    one, other = [each["booking_id"] for each in first["occurrences"]]
    await garage.ask("POST", f"bookings/{one}/cancel", {}, token=driver(garage))

    async def listed(token: str, **query: Any) -> list[dict[str, Any]]:
        shown = await garage.ask("GET", "fleet/series", token=token, **query)
        assert shown.status_code == 200, shown.text
        return [*shown.json()["items"], *([shown.json()["next_cursor"]] if shown.json()["next_cursor"] else [])]

    assert (await garage.ask("GET", f"bookings/{other}", token=driver(garage))).json()["series_id"] == first["id"]
    found = await listed(driver(garage))
    assert [(each["id"], each["possible"], datetime.fromisoformat(each["next_start"])) for each in found] == [
        (second["id"], 3, on(20)),
        (first["id"], 1, on(1)),
    ]
    assert (found[1]["holder_id"], datetime.fromisoformat(found[1]["start"])) == (str(KIM), on(0))
    for token in (garage.manager, garage.operator):
        assert await listed(token) == found
    assert [await listed(each) for each in (driver(garage, PersonId(new_id())), garage.stranger)] == [[], []]
    *page, cursor = await listed(driver(garage), limit="1")
    assert (page, await listed(driver(garage), limit="1", cursor=cursor)) == (found[:1], found[1:])
    assert await listed(driver(garage), **{"from": on(2).isoformat()}) == found[:1]
    await garage.ask("POST", f"fleet/series/{second['id']}/cancel", {}, token=driver(garage), key="x")
    assert [each["id"] for each in await listed(driver(garage))] == [first["id"]]


async def test_a_key_that_gave_a_part_back_does_not_give_back_the_rest(garage: Garage) -> None:
    made = (await make(garage, wish(garage.seeded.cars[1].id))).json()
    path = f"fleet/series/{made['id']}/cancel"
    part = await garage.ask("POST", path, {"from": 4}, token=driver(garage), key="c")
    other = await garage.ask("POST", path, {}, token=driver(garage), key="c")
    assert (part.json()["possible"], problem(other)) == (3, (422, "key_reused"))
    assert len(await bookings(garage)) == 3


async def test_a_series_by_class_takes_what_is_free_each_time(garage: Garage) -> None:
    second = await garage.added()
    await taken(garage, garage.seeded.cars[1].id, 1)
    await taken(garage, second, 2)
    body = wish(None, request={"pool_id": TOWN_HALL}) | {"resource_id": None}
    made = (await make(garage, body)).json()
    vehicles = [each["resource_id"] for each in made["occurrences"]]
    assert (vehicles[1], vehicles[2]) == (str(second), str(garage.seeded.cars[1].id))


async def test_who_runs_a_pool_sees_of_a_series_what_stands_in_it(garage: Garage) -> None:
    second = await garage.added()
    await taken(garage, garage.seeded.cars[1].id, 1)
    made = (await make(garage, wish(None, request={"pool_id": TOWN_HALL}) | {"resource_id": None})).json()
    moved = [each["number"] for each in made["occurrences"] if each["resource_id"] == str(second)]
    assert 0 < len(moved) < 4
    await garage.database.rows(
        garage.seeded.city, "UPDATE resources SET pool_id = NULL WHERE city = :city AND id = :id RETURNING 1", id=second
    )
    path = f"fleet/series/{made['id']}"
    shown = [(await garage.ask("GET", path, token=each)).json() for each in (garage.manager, driver(garage))]
    assert [len(each["occurrences"]) for each in shown] == [4 - len(moved), 4]
    given_back = await garage.ask("POST", f"{path}/cancel", {}, token=garage.manager, key="all")
    assert {each["state"] for each in given_back.json()["occurrences"]} == {"cancelled"}
    assert len(await bookings(garage)) == len(moved) + 1


async def test_the_series_of_others_is_not_there(garage: Garage) -> None:
    made = (await make(garage, wish(garage.seeded.cars[1].id))).json()
    one = f"fleet/series/{made['id']}"
    colleague = driver(garage, PersonId(new_id()))
    for token in (colleague, garage.stranger):
        assert problem(await garage.ask("GET", one, token=token)) == (404, "unknown_series")
        assert problem(await garage.ask("POST", f"{one}/cancel", {}, token=token, key="x")) == (404, "unknown_series")
    for token in (garage.manager, garage.operator):
        assert (await garage.ask("GET", one, token=token)).status_code == 200
    assert problem(await garage.ask("GET", f"fleet/series/{new_id()}", token=garage.operator)) == (
        404,
        "unknown_series",
    )
    assert len(await bookings(garage)) == 4


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"rrule": "FREQ=HOURLY;COUNT=2"}, 422, "rule_invalid"),
        ({"rrule": "FREQ=WEEKLY"}, 422, "rule_without_end"),
        ({"rrule": "FREQ=DAILY;COUNT=101"}, 422, "too_many_occurrences"),
        ({"options": {}}, 422, "cost_centre_missing"),
        ({"resource_id": str(new_id())}, 404, "unknown_resource"),
        ({"resource_id": None}, 422, "invalid_input"),
        ({"end": FIRST.isoformat()}, 422, "invalid_input"),
        ({"on_conflict": "perhaps"}, 422, "invalid_input"),
        ({"for": {"person_id": str(new_id())}}, 403, "forbidden"),
        ({"start": (FIRST - 9 * DAY).isoformat(), "end": (FIRST - 9 * DAY + timedelta(hours=1)).isoformat()}, 422, "period_in_the_past"),
        ({"rrule": "FREQ=WEEKLY;COUNT=20"}, 409, "series_conflicts"),
    ],
)  # fmt: skip
async def test_what_is_no_series_leaves_nothing(garage: Garage, more: dict[str, Any], status: int, code: str) -> None:
    body = wish(garage.seeded.cars[1].id) | more
    assert problem(await make(garage, body)) == (status, code)
    assert await bookings(garage) == []


async def test_only_a_preview_needs_no_key(garage: Garage) -> None:
    body, unkeyed = wish(garage.seeded.cars[1].id), {"idempotency-key": ""}
    made = await garage.ask("POST", "fleet/series", body, token=driver(garage), headers=unkeyed)
    looked = await garage.ask("POST", "fleet/series", body | {"preview": True}, token=driver(garage), headers=unkeyed)
    wrong = body | {"preview": True, "rrule": "FREQ=DAILY"}
    refused = await garage.ask("POST", "fleet/series", wrong, token=driver(garage), headers=unkeyed)
    assert (made.status_code, looked.status_code) == (400, 200)
    assert problem(refused) == (422, "rule_without_end")
    nobody_pays = body | {"preview": True, "options": {}}
    unpaid = await garage.ask("POST", "fleet/series", nobody_pays, token=driver(garage), headers=unkeyed)
    assert problem(unpaid) == (422, "cost_centre_missing")


async def test_other_pools_and_other_people_get_none(garage: Garage) -> None:
    elsewhere = await make(garage, wish(garage.seeded.cars[1].id), token=driver(garage, pool="harbour"))
    assert problem(elsewhere) == (404, "unknown_resource")
    resident = a_token(garage.seeded.city, Role.RESIDENT)
    assert problem(await make(garage, wish(garage.seeded.cars[1].id), token=resident)) == (403, "forbidden")


async def test_of_two_series_for_one_car_at_once_one_is_made(garage: Garage) -> None:
    people = [driver(garage, PersonId(new_id())) for _ in range(3)]
    answers = await asyncio.gather(*(make(garage, wish(garage.seeded.cars[1].id), token=each) for each in people))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409], [each.text for each in answers]
    assert len(await bookings(garage)) == 4
