"""One's own file, from the wire to the tables: what she sees and changes of it, and her copy."""

from typing import Any

import pytest
from msgspec.structs import replace

from adapters.database.exporting import ABOUT
from domain.booking.bookings import Booking, BookingId, State
from domain.identity import Role
from infra.ids import new_id
from tests.adapters.http.persons import Somebody, problem
from tests.api import a_token, bearer
from tests.database import Databases
from tests.examples import a_booking

pytestmark = pytest.mark.database


async def test_a_person_sees_her_file_and_changes_what_is_hers(ada: Somebody) -> None:
    await ada.database.rows(
        ada.city,
        "INSERT INTO role_grants (city, person_id, role, pool_id, granted_at)"
        " VALUES (:city, :id, 'driver', 'town-hall', now()) RETURNING role",
        id=ada.id,
    )
    seen = await ada.ask("GET")
    changed = await ada.ask("PATCH", json={"name": "Ada Lovelace", "language": "en"}, if_match=seen.headers["etag"])
    late = await ada.ask("PATCH", json={"name": None}, if_match=seen.headers["etag"])

    assert seen.status_code == 200
    assert {**seen.json(), "created_at": ""} == {
        "id": str(ada.id),
        "email": "ada@example.org",
        "name": None,
        "language": "de",
        "roles": [{"role": "driver", "pool": "town-hall", "party": None}],
        "accepted": [],
        "notices_off": [],
        "created_at": "",
        "version": 1,
    }
    assert changed.status_code == 200
    assert changed.json() == seen.json() | {"name": "Ada Lovelace", "language": "en", "version": 2}
    assert problem(late) == (412, "version_mismatch")
    assert (await ada.ask("GET", if_none_match=changed.headers["etag"])).status_code == 304
    assert await ada.database.rows(ada.city, "SELECT action, actor_id, subject_id FROM audit WHERE city = :city") == [
        ("person.profile_changed", ada.id, ada.id)
    ]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"email": "other@example.org"}, ["/email"]),
        ({"roles": ["operator"], "id": "x"}, ["/roles", "/id"]),
        ({"language": "fr"}, ["/language"]),
        ({"language": None}, ["/language"]),
        ({"name": ""}, ["/name"]),
        ({"name": "x" * 201}, ["/name"]),
        ({"name": "Ada\r\nBcc: all"}, ["/name"]),
        ({"name": "Ada\u202e"}, ["/name"]),
        ({"version": 9}, ["/version"]),
        ({"notices_off": ["start_near", "confirmed"]}, ["/notices_off/1"]),
        ({"notices_off": ["late"]}, ["/notices_off/0"]),
    ],
)
async def test_nobody_makes_herself_somebody_else(ada: Somebody, body: Any, pointers: list[str]) -> None:
    before = (await ada.ask("GET")).content
    answer = await ada.ask("PATCH", json=body)
    assert problem(answer) == (422, "invalid_input")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers
    assert (await ada.ask("GET")).content == before


async def test_whom_the_city_does_not_know_has_no_file(ada: Somebody) -> None:
    stranger = replace(ada, id=new_id())
    asked = (("GET", ""), ("DELETE", ""), ("POST", "/export"), ("GET", "/eligibility?service=fleet"))
    assert [problem(await stranger.ask(*each)) for each in asked] == [(404, "unknown_person")] * 4
    assert problem(await stranger.ask("PATCH", json={"language": "en"})) == (404, "unknown_person")


async def test_what_is_missing_are_the_terms_in_force(ada: Somebody) -> None:
    await ada.database.rows(
        ada.city,
        "INSERT INTO acceptances (city, person_id, document, version, accepted_at)"
        " VALUES (:city, :id, 'general', '2026-01', now()) RETURNING document",
        id=ada.id,
    )
    found = await ada.ask("GET", "/eligibility?service=fleet")
    assert found.json() == {
        "service": "fleet",
        "eligible": False,
        "missing": [{"kind": "terms", "document": "privacy", "version": "3", "min_age": None}],
        "before_start": [{"kind": "licence", "document": None, "version": None, "min_age": None}],
    }
    assert problem(await ada.ask("GET", "/eligibility?service=ships")) == (422, "invalid_input")
    assert problem(await ada.ask("GET", "/eligibility")) == (422, "invalid_input")


async def test_a_copy_holds_all_that_is_about_the_person_and_nothing_of_others(ada: Somebody) -> None:
    booking = await ada.booked(State.COMPLETED)
    await ada.database.place(ada.city, *_of_somebody_else(ada))
    await ada.ask("PATCH", json={"name": "Ada Lovelace"})
    await ada.database.rows(
        ada.city,
        "INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)"
        " VALUES (:city, gen_random_uuid(), now(), gen_random_uuid(), 'booking.priority_set:9', :id, '') RETURNING id",
        id=booking.id,
    )
    answer = await ada.ask("POST", "/export")
    found = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert set(found) == {"exported_at", "city", "person", *ABOUT}
    assert (found["person"]["email"], found["person"]["name"]) == ("ada@example.org", "Ada Lovelace")
    assert [each["id"] for each in found["bookings"]] == [str(booking.id)]
    assert [each["action"] for each in found["audit"]] == ["person.profile_changed"]
    assert not {"assigned", "priority", "priority_reason"} & set(found["bookings"][0])


def _of_somebody_else(ada: Somebody) -> tuple[Booking, Any]:
    point = ada.seeded.charge_points[1]
    return replace(a_booking(State.COMPLETED, point), id=BookingId(new_id()), holder_id=new_id()), point


async def test_every_table_that_is_about_persons_is_in_the_copy(database: Databases) -> None:
    """Whoever adds one adds it there too."""
    async with database.owner.transactions.everywhere() as connection:
        found = await connection.exec_driver_sql(
            "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name IN ('person_id', 'holder_id', 'actor_id', 'booked_by', 'email', 'reporter_id', 'resolver_id', 'made_by', 'debtor_id')"
        )
        assert {row[0] for row in found} - {"persons"} <= set(ABOUT)


async def test_staff_have_a_file_like_everybody(ada: Somebody) -> None:
    headers = bearer(a_token(ada.city, Role.FINANCE, person=ada.id))
    assert (await ada.http.get(ada.url, headers=headers)).status_code == 200
