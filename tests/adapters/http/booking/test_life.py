"""What is done with a booking that exists, from the wire to the tables."""

from datetime import timedelta
from typing import Any

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, BookingId, State
from domain.identity import PersonId, Role
from domain.periods import Period
from infra.clock import now
from infra.ids import new_id
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_order, hours, minutes

pytestmark = pytest.mark.database


class Bookings(msgspec.Struct, frozen=True):
    """One resident's bookings in a city of their own, and how to ask for them."""

    http: httpx.AsyncClient
    database: Databases
    city: SeededCity
    token: str
    holder: PersonId

    @property
    def url(self) -> str:
        return f"/v1/{self.city.city}/bookings"

    async def placed(self, state: State, starts_in: timedelta, resource: int = 0) -> Booking:
        point = self.city.charge_points[resource]
        start = (now() + starts_in).replace(microsecond=0)
        order = an_order(point, period=Period(start, start + hours(1)))
        booking = replace(a_booking(state, point, order=order), id=BookingId(new_id()), holder_id=self.holder)
        await self.database.place(self.city.city, booking, point)
        return booking

    async def get(self, path: str = "", **headers: str) -> httpx.Response:
        return await self._ask("GET", path, None, headers)

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        """`if_match="1"` is the header If-Match; a key of its own unless one is given."""
        return await self._ask("POST", path, body, headers)

    async def _ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(method, self.url + path, json=body, headers=bearer(self.token) | named)


@pytest.fixture
async def bookings(http: httpx.AsyncClient, database: Databases) -> Bookings:
    city, holder = await database.new_city(), PersonId(new_id())
    return Bookings(http, database, city, a_token(city.city, person=holder), holder)


def said(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


async def test_a_booking_is_shown_to_its_holder_and_does_not_exist_for_others(bookings: Bookings) -> None:
    booking = await bookings.placed(State.CONFIRMED, hours(48))
    strangers = {"authorization": f"Bearer {a_token(bookings.city.city)}"}

    shown = await bookings.get(f"/{booking.id}")

    assert shown.status_code == 200
    assert set(shown.json()) == {
        *("id", "city", "service", "resource_id", "resource", "resource_final", "holder_id", "start", "end"),
        *("time_zone", "state", "reason_code", "price", "quote", "payment", "deposit", "approval", "extension"),
        *(
            "hold_expires_at",
            "overdue_since",
            "terms",
            "actions",
            "version",
            "created_at",
            "updated_at",
            "plug",
            "series_id",
        ),
        *("fee", "fee_lines", "payer", "options", "started_at", "finished_at"),
    }
    assert shown.json()["actions"] == ["cancel", "extend", "shorten"]
    assert shown.json()["resource"]["station"]["location"] == {"lat": 52.2638, "lon": 10.518}
    assert shown.json()["start"].endswith("Z")
    assert said(await bookings.get(f"/{booking.id}", **strangers)) == (404, "unknown_booking")
    assert said(await bookings.get(f"/{new_id()}")) == (404, "unknown_booking")
    assert said(await bookings.get("/no-id")) == (404, "not_found")
    for action in ("confirm", "cancel", "start", "finish"):
        assert said(await bookings.post(f"/{booking.id}/{action}", **strangers)) == (404, "unknown_booking")


async def test_what_has_not_changed_is_not_sent_again(bookings: Bookings) -> None:
    booking = await bookings.placed(State.CONFIRMED, hours(48))
    first = await bookings.get(f"/{booking.id}")

    same = await bookings.get(f"/{booking.id}", if_none_match=first.headers["etag"])
    await bookings.post(f"/{booking.id}/cancel")
    changed = await bookings.get(f"/{booking.id}", if_none_match=first.headers["etag"])

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (changed.status_code, changed.json()["state"]) == (200, "cancelled")


async def test_a_dry_run_says_what_cancelling_will_cost_and_changes_nothing(bookings: Bookings) -> None:
    booking = await bookings.placed(State.CONFIRMED, hours(5))
    keyless = {"authorization": f"Bearer {bookings.token}"}

    tried = await bookings.http.post(f"{bookings.url}/{booking.id}/cancel", params={"dry_run": "true"}, headers=keyless)
    assert (await bookings.get(f"/{booking.id}")).json()["version"] == booking.version
    done = await bookings.post(f"/{booking.id}/cancel", {"reason": "Anders entschieden"})

    assert tried.json() == {
        "allowed": True,
        "end": booking.end.isoformat().replace("+00:00", "Z"),
        "price": {"amount": 120, "currency": "EUR"},
        "delta": {"amount": -120, "currency": "EUR"},
        "fee": {"amount": 120, "currency": "EUR"},
        "refund": {"amount": 0, "currency": "EUR"},
        "latest_end": None,
        "needs_approval": False,
        "valid_until": (booking.start - hours(1)).isoformat().replace("+00:00", "Z"),
    }
    assert (done.json()["state"], done.json()["fee"]) == ("cancelled", tried.json()["fee"])


async def test_cancelling_again_answers_200_and_changes_nothing(bookings: Bookings) -> None:
    booking = await bookings.placed(State.CONFIRMED, hours(48))

    first = await bookings.post(f"/{booking.id}/cancel", idempotency_key="k1")
    replayed = await bookings.post(f"/{booking.id}/cancel", idempotency_key="k1")
    again = await bookings.post(f"/{booking.id}/cancel", idempotency_key="k2")
    other = await bookings.post(f"/{booking.id}/cancel", {"reason": "x"}, idempotency_key="k1")

    assert (first.status_code, first.json()["state"], first.json()["version"]) == (200, "cancelled", 3)
    assert (replayed.content, replayed.headers["idempotency-replayed"]) == (first.content, "true")
    assert (again.status_code, again.json()) == (200, first.json())
    assert "idempotency-replayed" not in again.headers
    assert said(other) == (422, "key_reused")


async def test_whoever_has_an_older_version_in_mind_is_stopped(bookings: Bookings) -> None:
    booking = await bookings.placed(State.CONFIRMED, hours(48))
    tag = (await bookings.get(f"/{booking.id}")).headers["etag"]

    for stale in ('"1"', '"1-00000000"', '"what"', "7"):
        stopped = await bookings.post(f"/{booking.id}/cancel", idempotency_key="k1", if_match=stale)
        assert said(stopped) == (412, "version_mismatch")
    done = await bookings.post(f"/{booking.id}/cancel", idempotency_key="k1", if_match=f'"1-00000000", {tag}')

    assert (done.status_code, done.json()["state"]) == (200, "cancelled")


async def test_a_use_is_started_at_the_resource_and_finished(bookings: Bookings) -> None:
    booking = await bookings.placed(State.CONFIRMED, minutes(5))
    keyless = {"authorization": f"Bearer {bookings.token}"}

    started = await bookings.http.post(f"{bookings.url}/{booking.id}/start", json={"soc": 40}, headers=keyless)
    finished = await bookings.post(f"/{booking.id}/finish", {"soc": 90})
    late = await bookings.post(f"/{booking.id}/cancel")

    assert (started.status_code, started.json()["state"], started.json()["actions"]) == (
        200,
        "in_use",
        ["finish", "extend", "shorten"],
    )
    assert (finished.status_code, finished.json()["state"], finished.json()["actions"]) == (200, "completed", [])
    assert finished.json()["fee"] == {"amount": 240, "currency": "EUR"}
    assert said(late) == (409, "wrong_state")


async def test_a_use_does_not_start_before_its_time(bookings: Bookings) -> None:
    booking = await bookings.placed(State.CONFIRMED, hours(2))
    assert said(await bookings.post(f"/{booking.id}/start")) == (409, "too_early")


async def test_an_unpaid_hold_may_be_asked_for_again_with_the_same_key(bookings: Bookings) -> None:
    booking = await bookings.placed(State.HELD, hours(48))
    first = await bookings.post(f"/{booking.id}/confirm", idempotency_key="k1")
    second = await bookings.post(f"/{booking.id}/confirm", idempotency_key="k1")

    assert said(first) == (409, "payment_required")
    assert said(second) == (409, "payment_required")
    assert "idempotency-replayed" not in second.headers


async def test_a_lapsed_hold_does_not_stand_in_the_way_of_the_next_booking(bookings: Bookings) -> None:
    lapsed = await bookings.placed(State.HELD, hours(3))
    wish = {"service": "charging", "resource_id": str(lapsed.resource_id)}
    times = {"start": lapsed.start.isoformat(), "end": lapsed.end.isoformat()}

    booked = await bookings.post("", wish | times)

    assert (booked.status_code, booked.json()["state"]) == (201, "held")
    assert (await bookings.get(f"/{lapsed.id}")).json()["state"] == "expired"


async def test_a_list_is_read_page_by_page_whatever_is_booked_meanwhile(bookings: Bookings) -> None:
    wanted = [await bookings.placed(State.CONFIRMED, hours(24 + 2 * n)) for n in range(5)]

    pages, cursor = [], None
    while True:
        page = (await bookings.get("?limit=2" + (f"&cursor={cursor}" if cursor else ""))).json()
        pages.append([item["id"] for item in page["items"]])
        await bookings.placed(State.CONFIRMED, hours(100 + 2 * len(pages)))
        cursor = page["next_cursor"]
        if cursor is None:
            break

    newest_first = [str(booking.id) for booking in reversed(wanted)]
    assert pages == [newest_first[:2], newest_first[2:4], newest_first[4:]]


async def test_a_list_is_narrowed_by_state_service_and_overlap(bookings: Bookings) -> None:
    day = hours(24)
    first = await bookings.placed(State.CONFIRMED, day)
    second = await bookings.placed(State.CANCELLED, day + hours(2))
    third = await bookings.placed(State.HELD, day + hours(4))

    async def ids(**narrowed: Any) -> set[str]:
        answer = await bookings.http.get(bookings.url, params=narrowed, headers=bearer(bookings.token))
        return {item["id"] for item in answer.json()["items"]}

    assert await ids(state=["confirmed", "held"]) == {str(first.id), str(third.id)}
    assert await ids(service="fleet") == set()
    assert await ids(**{"from": first.end.isoformat(), "to": third.start.isoformat()}) == {str(second.id)}
    assert await ids(to=third.start.isoformat(), state="confirmed") == {str(first.id)}


@pytest.mark.parametrize(
    ("query", "parameter"),
    [
        ("limit=101", "limit"),
        ("limit=0", "limit"),
        ("limit=many", "limit"),
        ("state=lost", "state"),
        ("service=parking", "service"),
        ("from=2030-01-01T00:00:00", "from"),
        ("from=0001-01-01T00:00:00%2B14:00", "from"),
        ("cursor=", "cursor"),
        ("cursor=nonsense", "cursor"),
        ("cursor=%C3%A4", "cursor"),
        ("cursor=WyIyMDMwLTAxLTAxVDAwOjAwOjAwIiwieCJd", "cursor"),
        ("order=up", "order"),
    ],
)
async def test_a_query_that_means_nothing_is_pointed_at(bookings: Bookings, query: str, parameter: str) -> None:
    answer = await bookings.get(f"?{query}")

    assert said(answer) == (422, "invalid_input")
    assert [fault.get("parameter") for fault in answer.json()["errors"]] == [parameter]


@pytest.mark.parametrize(
    ("action", "body", "pointer"),
    [
        ("start", {"odometer_km": -1}, "/odometer_km"),
        ("start", {"soc": 101}, "/soc"),
        ("finish", {"soc": "full"}, "/soc"),
        ("finish", {"cleanliness": "x" * 501}, "/cleanliness"),
        ("cancel", {"reason": 1}, "/reason"),
        ("cancel", {"fee": 0}, "/fee"),
    ],
)
async def test_a_body_that_means_nothing_is_pointed_at(
    bookings: Bookings, action: str, body: dict[str, Any], pointer: str
) -> None:
    answer = await bookings.post(f"/{new_id()}/{action}", body)

    assert said(answer) == (422, "invalid_input")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


async def test_the_manager_of_a_pool_sees_its_bookings_and_the_operator_sees_all(bookings: Bookings) -> None:
    city = bookings.city
    pool_car, shared_car = city.cars[1], city.cars[0]
    trips = []
    for car in (pool_car, shared_car):
        order = an_order(car, period=Period(now() + hours(24), now() + hours(25)))
        trip = replace(a_booking(State.CONFIRMED, car, order=order), id=BookingId(new_id()))
        await bookings.database.place(city.city, trip, car)
        trips.append(str(trip.id))

    async def seen(*roles: Role, pools: tuple[str, ...] = ()) -> set[str]:
        headers = bearer(a_token(city.city, *roles, pools=pools))
        page = (await bookings.http.get(bookings.url, headers=headers)).json()
        return {item["id"] for item in page["items"]}

    assert await seen(Role.OPERATOR) == set(trips)
    assert await seen(Role.FLEET_MANAGER, pools=("town-hall",)) == {trips[0]}
    assert await seen(Role.FLEET_MANAGER) == {trips[0]}
    assert await seen(Role.FLEET_MANAGER, pools=("fire-brigade",)) == set()
    assert await seen(Role.DRIVER, pools=("town-hall",)) == set()
