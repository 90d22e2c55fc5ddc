"""The log of notices, as the person and the city's operators read it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from adapters.database.notices.log import SqlNoticeLog
from domain.booking.bookings import Booking, State
from domain.identity import Role
from domain.notices.log import NoticeId, Planned, failed
from domain.notices.occasions import Occasion
from domain.notices.planning import ATTEMPTS, Unsent
from infra.ids import new_id
from tests.adapters.http.persons import Somebody, problem
from tests.api import a_token, bearer
from tests.examples import NOON, hours

pytestmark = pytest.mark.database


async def planned(
    ada: Somebody, booking: Booking, occasion: Occasion, at: datetime, unsent: Unsent | None = None
) -> NoticeId:
    notice = Planned(NoticeId(new_id()), booking.id, booking.holder_id, occasion, str(at), at, at, at, unsent)
    return await log_of(ada).enter(ada.city, notice)


def log_of(ada: Somebody) -> SqlNoticeLog:
    return SqlNoticeLog(ada.database.app.transactions, lambda: NOON)


async def listed(ada: Somebody, query: str = "", by: Role | None = None) -> list[dict[str, Any]]:
    if by is None:
        answer = await ada.ask("GET", f"/notices{query}")
    else:
        url = f"/v1/{ada.city}/admin/notices{query}"
        answer = await ada.http.get(url, headers=bearer(a_token(ada.city, by)))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def ids(items: list[dict[str, Any]]) -> list[UUID]:
    return [UUID(item["id"]) for item in items]


async def test_a_person_sees_what_she_was_told_and_will_be(ada: Somebody) -> None:
    booking = await ada.booked(State.COMPLETED)
    ahead = await planned(ada, booking, Occasion.LATE, NOON + hours(2))
    skipped = await planned(ada, booking, Occasion.START_NEAR, NOON - hours(1), Unsent.QUIET_HOURS)
    same = {"booking_id": str(booking.id), "person_id": str(ada.id), "attempts": 0, "failure": None}
    same |= {"waitlist_entry_id": None}
    assert await listed(ada) == [
        same
        | {
            "id": str(ahead),
            "occasion": "late",
            "planned_for": "2030-06-03T14:00:00Z",
            "state": "planned",
            "unsent": None,
            "settled_at": None,
        },
        same
        | {
            "id": str(skipped),
            "occasion": "start_near",
            "planned_for": "2030-06-03T11:00:00Z",
            "state": "skipped",
            "unsent": "quiet_hours",
            "settled_at": "2030-06-03T12:00:00Z",
        },
    ]


async def test_nobody_sees_what_another_was_told(ada: Somebody) -> None:
    await planned(ada, await ada.booked(State.COMPLETED), Occasion.LATE, NOON)
    answer = await ada.http.get(f"{ada.url}/notices", headers=bearer(a_token(ada.city)))
    assert (answer.status_code, answer.json()["items"]) == (200, [])
    mine = await ada.http.get(f"/v1/{ada.city}/admin/notices", headers=bearer(a_token(ada.city, person=ada.id)))
    assert problem(mine) == (403, "forbidden")


async def test_the_log_comes_by_pages_and_by_booking(ada: Somebody) -> None:
    first, second = await ada.booked(State.COMPLETED), await ada.booked(State.COMPLETED)
    of_first = [await planned(ada, first, Occasion.LATE, NOON + timedelta(hours=n)) for n in range(3)]
    of_second = await planned(ada, second, Occasion.LATE, NOON)
    assert ids(await listed(ada, f"?booking_id={second.id}")) == [of_second]
    page = (await ada.ask("GET", f"/notices?limit=2&booking_id={first.id}")).json()
    rest = (await ada.ask("GET", f"/notices?limit=2&booking_id={first.id}&cursor={page['next_cursor']}")).json()
    assert ids(page["items"]) + ids(rest["items"]) == of_first[::-1]
    assert rest["next_cursor"] is None


async def test_operators_see_what_could_not_be_sent_and_to_whom(ada: Somebody) -> None:
    booking = await ada.booked(State.COMPLETED)
    notice = await given_up(ada, booking, NOON)
    await planned(ada, booking, Occasion.END_NEAR, NOON)
    (found,) = await listed(ada, "?state=failed", Role.OPERATOR)
    assert (found["id"], found["failure"], found["attempts"]) == (str(notice), "OSError", 1)
    assert ada.email not in str(found)
    assert len(await listed(ada, f"?person_id={ada.id}", Role.OPERATOR)) == 2
    assert await listed(ada, f"?person_id={new_id()}", Role.OPERATOR) == []
    assert ids(await listed(ada, f"?person_id={ada.id}&booking_id={booking.id}&state=failed", Role.OPERATOR)) == [
        notice
    ]


async def test_operators_have_tried_again_what_was_given_up(ada: Somebody) -> None:
    booking = await ada.booked(State.COMPLETED)
    first, second, third = [await given_up(ada, booking, NOON - hours(n)) for n in (3, 2, 1)]
    planned_still = await planned(ada, booking, Occasion.LATE, NOON)

    assert await retried(ada, {"notice_id": str(second)}) == 1
    assert await retried(ada, {"notice_id": str(second)}) == 0
    assert await retried(ada, {"notice_id": str(planned_still)}) == 0
    assert ids(await listed(ada, "?state=failed", Role.OPERATOR)) == [third, first]
    assert await retried(ada, {"since": (NOON - hours(2)).isoformat()}) == 1
    assert ids(await listed(ada, "?state=failed", Role.OPERATOR)) == [first]
    rows = await ada.database.rows(
        ada.city,
        "SELECT attempts, due_at > now() - interval '1 minute' FROM notices WHERE city = :city AND id = :id",
        id=third,
    )
    assert rows == [(0, True)]
    noted = await ada.database.rows(ada.city, "SELECT action FROM audit WHERE city = :city AND action LIKE 'notice.%'")
    assert noted == [("notice.tried_again",)] * 4


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"notice_id": str(new_id()), "since": "2026-11-23T00:00:00Z"},
        {"since": "0001-01-01T00:00:00+23:59"},
        {"since": "9999-12-31T23:59:59-23:59"},
    ],
)
async def test_one_is_tried_again_or_all_since_then(ada: Somebody, body: dict[str, str]) -> None:
    url = f"/v1/{ada.city}/admin/notices/retry"
    answer = await ada.http.post(url, json=body, headers=bearer(a_token(ada.city, Role.OPERATOR)))
    assert problem(answer) == (422, "invalid_input")


async def given_up(ada: Somebody, booking: Booking, at: datetime) -> NoticeId:
    notice = await planned(ada, booking, Occasion.LATE, at)
    due = await log_of(ada).take(ada.city, notice, NOON + hours(1))
    assert due is not None
    await log_of(ada).settle(ada.city, due, failed("OSError", ATTEMPTS, NOON))
    return notice


async def retried(ada: Somebody, body: dict[str, str]) -> int:
    url = f"/v1/{ada.city}/admin/notices/retry"
    answer = await ada.http.post(url, json=body, headers=bearer(a_token(ada.city, Role.OPERATOR)))
    assert answer.status_code == 200, answer.text
    count: int = answer.json()["count"]
    return count


async def test_what_she_does_without_stands_in_her_profile(ada: Somebody) -> None:
    changed = await ada.ask("PATCH", json={"notices_off": ["start_near", "end_near", "start_near"]})
    assert changed.json()["notices_off"] == ["end_near", "start_near"]
    assert (await ada.ask("PATCH", json={"name": "Ada"})).json()["notices_off"] == ["end_near", "start_near"]
    assert (await ada.ask("PATCH", json={"notices_off": []})).json()["notices_off"] == []
