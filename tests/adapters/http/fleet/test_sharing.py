"""A pool shared with residents in windows, from the wire to the tables."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import text

from domain.booking.bookings import Booking, BookingId, Payer, State
from domain.booking.resources import ResourceId
from domain.identity import PersonId, Role
from domain.periods import Period
from infra.ids import new_id
from tests.adapters.http.garage import HU, INSURANCE, NOON, REGISTRATION, UVV, Garage, day, problem
from tests.adapters.http.settled import settled
from tests.api import a_token
from tests.database import Databases
from tests.examples import BERLIN, TOWN_HALL, a_booking, a_payment, a_pool_car, an_order

pytestmark = pytest.mark.database
PATH = f"fleet/pools/{TOWN_HALL}/sharing"
RENTED = [REGISTRATION | {"rental": True}, INSURANCE | {"rental": True}, HU | {"done_on": day(-100)}, UVV]
HOUR = timedelta(hours=1)


@pytest.fixture
async def garage(http: httpx.AsyncClient, database: Databases) -> Garage:
    found = Garage(http, database, await database.new_city())
    await settled(database, found.seeded.city)
    return found


def clock(at: datetime) -> str:
    return at.astimezone(ZoneInfo(BERLIN)).strftime("%H:%M")


def window(start: datetime, end: datetime, **more: Any) -> dict[str, Any]:
    return {"from": clock(start), "to": clock(end)} | more


OPEN_LATER = [window(NOON + 4 * HOUR, NOON + 6 * HOUR)]


async def set_windows(garage: Garage, windows: Any, **more: Any) -> httpx.Response:
    return await garage.ask("PUT", PATH, {"windows": windows}, **more)


async def a_shared_car(garage: Garage, **more: Any) -> UUID:
    return await garage.added(shared=True, documents=RENTED, **more)


def resident(garage: Garage, person: UUID | None = None) -> str:
    return a_token(garage.seeded.city, Role.RESIDENT, person=PersonId(person or new_id()))


def wish(start: datetime, **what: Any) -> dict[str, Any]:
    return {"service": "fleet", "start": start.isoformat(), "end": (start + HOUR).isoformat()} | what


async def standing(garage: Garage, car: UUID, state: State, start: datetime, **more: Any) -> Booking:
    """A resident's booking of an hour."""
    resource = replace(a_pool_car(shared=True), id=ResourceId(car))
    order = an_order(resource, period=Period(start, start + HOUR), payer=more.pop("payer", Payer.SELF))
    booking = replace(a_booking(state, resource, order=order), id=BookingId(new_id()), **more)
    await garage.database.place(garage.seeded.city, booking, resource)
    return booking


async def test_whoever_runs_the_pool_sets_its_windows_and_sees_what_they_come_to(garage: Garage) -> None:
    fresh = await garage.ask("GET", PATH)
    assert (fresh.json()["windows"], fresh.json()["version"], fresh.json()["shared_vehicles"]) == (None, 0, 0)
    assert len(fresh.json()["openings"]) == 1, "without windows it is open all the time"

    await a_shared_car(garage)
    evenings = {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "17:00", "to": "07:00"}
    done = await set_windows(garage, [evenings])
    again = await set_windows(garage, [evenings])
    seen = await garage.ask("GET", PATH, **{"from": "2027-03-26", "to": "2027-03-30"})

    full: dict[str, Any] = evenings | {"dates": [], "holidays": None, "start_date": None, "end_date": None}
    assert (done.status_code, done.json()["windows"], done.json()["version"]) == (200, [full], 1)
    assert again.json() == done.json()
    assert seen.json() == done.json() | {
        "time_zone": BERLIN,
        "openings": [
            {"start": "2027-03-25T23:00:00Z", "end": "2027-03-26T06:00:00Z"},
            {"start": "2027-03-26T16:00:00Z", "end": "2027-03-27T06:00:00Z"},
            {"start": "2027-03-29T15:00:00Z", "end": "2027-03-29T22:00:00Z"},  # the clock went forward
        ],
        "shared_vehicles": 1,
        "outside": [],
        "outside_count": 0,
    }
    audit = "SELECT count(*) FROM audit WHERE city = :city AND action = 'fleet.sharing_set'"
    assert await garage.database.rows(garage.seeded.city, audit) == [(1,)]


async def test_windows_are_set_in_place_of_those_that_were_seen_and_only_looked_at_in_a_dry_run(garage: Garage) -> None:
    read = (await garage.ask("GET", PATH)).headers["etag"]
    looked = await garage.ask("PUT", PATH, {"windows": [], "release_after_s": 60}, dry_run="true")
    assert looked.json()["release_after_s"] == 60
    done = await set_windows(garage, [], headers={"if-match": read})
    late = await set_windows(garage, None, headers={"if-match": read})
    same = await garage.ask("GET", PATH, headers={"if-none-match": done.headers["etag"]})

    assert (looked.json()["windows"], looked.json()["openings"]) == ([], [])
    assert done.status_code == 200, "the dry run wrote nothing"
    assert problem(late) == (412, "version_mismatch")
    assert same.status_code == 304
    back = await set_windows(garage, None)
    assert (back.json()["windows"], back.json()["version"]) == (None, 2)


@pytest.mark.parametrize(
    ("windows", "code", "pointer"),
    [
        ([{"from": "25:00"}], "invalid_input", "/windows/0/from"),
        ([{"from": "24:00"}], "invalid_input", "/windows/0/from"),
        ([{}, {"days": ["someday"]}], "invalid_input", "/windows/1/days/0"),
        ([{"dates": ["30.02."]}], "invalid_input", "/windows/0/dates/0"),
        ([{"dates": ["02-30"]}], "window_invalid", "/windows/0/dates"),
        ([{"start_date": "2027-01-01", "end_date": "2027-01-01"}], "window_invalid", "/windows/0/end_date"),
        ([{}], "window_invalid", "/windows/0"),
        ([{"from": "17:00"}, {"days": [], "dates": [], "holidays": None}], "window_invalid", "/windows/1"),
        ([{"opens": "08:00"}], "invalid_input", "/windows/0/opens"),
        ([{}] * 51, "invalid_input", "/windows"),
        ("always", "invalid_input", "/windows"),
    ],
)
async def test_what_is_no_window_says_where(garage: Garage, windows: Any, code: str, pointer: str) -> None:
    refused = await set_windows(garage, windows)
    assert problem(refused) == (422, code)
    assert [each["pointer"] for each in refused.json()["errors"]] == [pointer]
    assert problem(await garage.ask("PUT", PATH, {})) == (422, "invalid_input")


async def test_a_window_round_the_clock_is_one_that_says_so_and_what_it_leaves_out_are_whole_days(
    garage: Garage,
) -> None:
    always = await set_windows(garage, [{"from": "00:00", "to": "24:00"}])
    (shown,) = always.json()["windows"]
    assert (always.status_code, len(always.json()["openings"])) == (200, 1)
    assert (await set_windows(garage, [shown])).json() == always.json(), "what is shown is set again"
    weekend = (await set_windows(garage, [{"days": ["sat", "sun"]}])).json()
    assert [(each["from"], each["to"]) for each in weekend["windows"]] == [("00:00", "24:00")]
    assert all(opening["end"] > opening["start"] for opening in weekend["openings"])
    assert len(weekend["openings"]) in {2, 3}, "a fortnight's weekends, of which one is perhaps cut in two"


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "2027-01-01"},
        {"to": "2027-01-01"},
        {"from": "2027-01-02", "to": "2027-01-02"},
        {"from": "2027-01-01", "to": "2027-04-04"},
        {"from": "0001-01-01", "to": "0001-01-02"},
        {"from": "9999-12-30", "to": "9999-12-31"},
    ],
)
async def test_openings_are_shown_for_days_that_are_in_order(garage: Garage, asked: dict[str, str]) -> None:
    assert problem(await garage.ask("GET", PATH, **asked)) == (422, "invalid_input")


async def test_a_pool_that_one_does_not_run_is_not_there(garage: Garage) -> None:
    for method, body in (("GET", None), ("PUT", {"windows": []})):
        stranger = await garage.ask(method, PATH, body, token=garage.stranger)
        missing = await garage.ask(method, "fleet/pools/nowhere/sharing", body, token=garage.operator)
        assert problem(stranger) == problem(missing) == (404, "unknown_pool")
    assert (await set_windows(garage, [], token=garage.operator)).status_code == 200
    assert (await garage.ask("GET", PATH)).json()["version"] == 1


async def test_residents_find_and_book_the_car_in_the_window_and_its_pool_at_any_time(garage: Garage) -> None:
    car = str(await a_shared_car(garage))
    await set_windows(garage, OPEN_LATER)
    later, driver = NOON + 4 * HOUR, a_token(garage.seeded.city, Role.DRIVER, pools=(TOWN_HALL,))

    async def found(start: datetime, token: str) -> dict[str, Any]:
        times = {name: said for name, said in wish(start).items() if name != "service"}
        answer = await garage.ask("GET", "availability", token=token, service="fleet", limit="100", **times)
        return {each["resource_id"]: each["price"]["amount"] for each in answer.json()["items"]}

    ada = resident(garage)
    assert car not in await found(NOON, ada)
    assert (await found(later, ada))[car] == 500
    assert (await found(NOON, driver))[car] == 0, "then it can be had for work only"
    assert (await found(later, driver))[car] == 500

    quoted = await garage.ask("POST", "quotes", wish(NOON, resource_id=car), token=ada)
    refused = await garage.ask("POST", "bookings", wish(NOON, resource_id=car), token=ada)
    over = await garage.ask("POST", "bookings", wish(later + 90 * HOUR / 60, resource_id=car), token=ada)
    booked = await garage.ask("POST", "bookings", wish(later, resource_id=car), token=ada)
    assert problem(quoted) == problem(refused) == problem(over) == (409, "outside_sharing")
    instead = {"start": f"{later:%FT%TZ}", "end": f"{later + HOUR:%FT%TZ}"}
    assert (refused.json()["alternatives"], over.json()["latest_end"]) == ([instead], f"{later + 2 * HOUR:%FT%TZ}")
    assert (booked.status_code, booked.json()["state"]) == (201, "held")
    assert (await garage.drive(UUID(car), NOON, hours=1)).json()["state"] == "confirmed"
    assert problem(await garage.drive(UUID(car), later)) == (409, "resource_taken")


async def test_free_time_is_the_openings_for_residents_and_all_of_it_for_the_pool(garage: Garage) -> None:
    car = await a_shared_car(garage)
    await set_windows(garage, OPEN_LATER)
    driver = a_token(garage.seeded.city, Role.DRIVER, pools=(TOWN_HALL,))
    asked = {"from": NOON.isoformat(), "to": (NOON + 5 * HOUR).isoformat()}

    def span(start: datetime, end: datetime) -> dict[str, str]:
        return {"start": f"{start:%FT%TZ}", "end": f"{end:%FT%TZ}"}

    seen = [
        await garage.ask("GET", f"resources/{car}/free", token=each, **asked) for each in (resident(garage), driver)
    ]
    assert seen[0].json()["items"] == [span(NOON + 4 * HOUR, NOON + 5 * HOUR)], seen[0].text
    assert seen[1].json()["items"] == [span(NOON, NOON + 5 * HOUR)]


async def test_who_asks_for_any_car_gets_one_that_is_shared_then(garage: Garage) -> None:
    """Of the cars at the station, those of the pool are the tighter fit: they have fewer seats."""
    seats = "UPDATE vehicles SET seats = 9 WHERE city = :city AND id = :id"
    async with garage.database.app.transactions.city(garage.seeded.city) as connection:
        scope = {"city": garage.seeded.city, "id": garage.seeded.cars[0].id}
        await connection.execute(text(seats), scope)
    pool_car, everybodys = str(await a_shared_car(garage)), str(garage.seeded.cars[0].id)
    await set_windows(garage, OPEN_LATER)
    any_car = {"request": {"station_id": str(garage.seeded.station.id)}}
    driver = a_token(garage.seeded.city, Role.DRIVER, pools=(TOWN_HALL,))

    async def got(start: datetime, token: str, **more: Any) -> str:
        answer = await garage.ask("POST", "bookings", wish(start, **any_car, **more), token=token)
        assert answer.status_code == 201, answer.text
        resource: str = answer.json()["resource_id"]
        return resource

    assert await got(NOON, resident(garage)) == everybodys
    assert await got(NOON + 4 * HOUR, resident(garage)) == pool_car
    assert await got(NOON + 9 * HOUR, driver) == everybodys, "what she pays herself"
    assert await got(NOON + 12 * HOUR, driver, options={"cost_centre": "5100"}) != everybodys
    of_the_pool = wish(NOON + 14 * HOUR, request={"pool_id": TOWN_HALL})
    refused = await garage.ask("POST", "bookings", of_the_pool, token=resident(garage))
    assert problem(refused) == (409, "outside_sharing")


async def test_bookings_that_new_windows_would_not_allow_stay_and_are_listed(garage: Garage) -> None:
    car = await a_shared_car(garage)
    ada = new_id()
    kept = await standing(garage, car, State.CONFIRMED, NOON, holder_id=PersonId(ada))
    held = await standing(garage, car, State.HELD, NOON + 2 * HOUR)
    await standing(garage, car, State.CONFIRMED, NOON + 4 * HOUR)
    await standing(garage, car, State.CONFIRMED, NOON + 7 * HOUR, payer=Payer.COST_CENTRE)

    seen = await garage.ask("PUT", PATH, {"windows": OPEN_LATER}, dry_run="true")
    done = await set_windows(garage, OPEN_LATER)

    def told(booking: Booking) -> dict[str, Any]:
        times = {"start": f"{booking.start:%FT%TZ}", "end": f"{booking.end:%FT%TZ}"}
        named = {"booking_id": str(booking.id), "vehicle_id": str(car), "vehicle": "ID.3"}
        return named | {"state": booking.state.value} | times

    assert done.json()["outside"] == seen.json()["outside"] == [told(kept), told(held)]
    assert done.json()["outside_count"] == 2
    token = resident(garage, ada)
    shown = await garage.ask("GET", f"bookings/{kept.id}", token=token)
    assert shown.json()["state"] == "confirmed"
    longer = {"end": (NOON + 2 * HOUR).isoformat()}
    refused = await garage.ask("POST", f"bookings/{kept.id}/extend", longer, token=token)
    assert problem(refused) == (409, "outside_sharing")
    assert refused.json()["latest_end"] == f"{kept.end:%FT%TZ}"
    await garage.ask("POST", f"bookings/{kept.id}/cancel", {})
    left = (await garage.ask("GET", PATH)).json()
    assert ([each["booking_id"] for each in left["outside"]], left["outside_count"]) == ([str(held.id)], 1)


@pytest.mark.parametrize(("windows", "status"), [(OPEN_LATER, 409), (None, 200)])
async def test_a_hold_is_confirmed_only_while_the_pool_still_shares_it(
    garage: Garage, windows: Any, status: int
) -> None:
    car, ada = await a_shared_car(garage), new_id()
    held = await standing(garage, car, State.HELD, NOON, holder_id=PersonId(ada), hold_expires_at=NOON)
    await garage.database.pay(garage.seeded.city, replace(a_payment(held), booking_id=held.id, id=new_id()))
    await set_windows(garage, windows)

    confirmed = await garage.ask("POST", f"bookings/{held.id}/confirm", {}, token=resident(garage, ada))

    assert confirmed.status_code == status, confirmed.text
    assert confirmed.json().get("code") in {None, "outside_sharing"}


async def test_whoever_books_while_the_windows_change_is_decided_by_the_new_ones(garage: Garage) -> None:
    car, city = await a_shared_car(garage), garage.seeded.city
    await set_windows(garage, [window(NOON, NOON + 2 * HOUR)])
    waits = "SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE NOT l.granted"
    async with garage.database.app.transactions.city(city) as connection:
        closing = (
            "UPDATE pools SET sharing = '[]', sharing_version = sharing_version + 1 WHERE city = :city AND id = :id"
        )
        await connection.execute(text(closing), {"city": city, "id": TOWN_HALL})
        booking = asyncio.create_task(
            garage.ask("POST", "bookings", wish(NOON, resource_id=str(car)), token=resident(garage))
        )
        while not booking.done() and await garage.database.rows(city, waits) == [(0,)]:
            pass
        assert not booking.done(), "it waits for whoever changes the windows"
    assert problem(await booking) == (409, "outside_sharing")
    assert (await garage.ask("GET", PATH)).json()["outside_count"] == 0


async def test_the_openings_of_today_are_seen_in_the_zone_of_the_city(garage: Garage) -> None:
    """Fourteen days are shown where none are asked for, each with one opening."""
    await set_windows(garage, [{"from": "09:00", "to": "10:00"}])
    openings = (await garage.ask("GET", PATH)).json()["openings"]
    local = [datetime.fromisoformat(each["start"]).astimezone(ZoneInfo(BERLIN)) for each in openings]
    assert [each.hour for each in local] == [9] * 14
    assert (local[-1].date() - local[0].date()).days == 13
    assert all(datetime.fromisoformat(each["end"]).tzinfo == UTC for each in openings)
