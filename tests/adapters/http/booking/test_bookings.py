"""POST /quotes and POST /bookings, from the wire to the tables."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from adapters.database.tables import persons
from domain.identity import PersonId, Role
from infra.clock import now
from infra.ids import new_id
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity

pytestmark = pytest.mark.database


def tomorrow(hour: int) -> datetime:
    return (now() + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)


def a_charge(city: SeededCity, start: int = 17, end: int = 19, **changes: Any) -> dict[str, Any]:
    return {
        "service": "charging",
        "resource_id": str(city.charge_points[0].id),
        "start": tomorrow(start).isoformat(),
        "end": tomorrow(end).isoformat(),
    } | changes


async def test_a_resident_holds_a_charger_and_nobody_else_gets_it(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    url = f"/v1/{city.city}/bookings"

    held = await http.post(url, json=a_charge(city), headers=bearer(a_token(city.city)))
    refused = await http.post(url, json=a_charge(city, 18, 20), headers=bearer(a_token(city.city)))
    after = await http.post(url, json=a_charge(city, 19, 20), headers=bearer(a_token(city.city)))

    assert (held.status_code, held.json()["state"], held.json()["actions"]) == (201, "held", ["pay", "cancel"])
    assert held.json()["price"] == {"amount": 480, "currency": "EUR"}
    assert refused.status_code == 409
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["code"] == "resource_taken"
    assert [c["start"] for c in refused.json()["conflicts"]] == [tomorrow(17).isoformat().replace("+00:00", "Z")]
    assert [a["start"] for a in refused.json()["alternatives"]] == [tomorrow(19).isoformat().replace("+00:00", "Z")]
    assert after.status_code == 201


async def test_the_same_key_gives_the_same_answer_byte_for_byte(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    url, headers = f"/v1/{city.city}/bookings", bearer(a_token(city.city))

    answers = await asyncio.gather(*(http.post(url, json=a_charge(city), headers=headers) for _ in range(12)))

    assert {a.status_code for a in answers} == {201}
    assert len({a.content for a in answers}) == 1
    assert sum(a.headers.get("idempotency-replayed") == "true" for a in answers) == 11
    async with database.app.transactions.city(city.city) as connection:
        booked = await connection.exec_driver_sql("SELECT count(*) FROM bookings")
        assert booked.scalar_one() == 1


async def test_a_key_with_another_request_is_refused(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    url, headers = f"/v1/{city.city}/bookings", bearer(a_token(city.city))
    await http.post(url, json=a_charge(city), headers=headers)

    other = await http.post(url, json=a_charge(city, 20, 21), headers=headers)

    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


async def test_a_refusal_is_the_answer_to_its_key_for_good(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    url, headers = f"/v1/{city.city}/bookings", bearer(a_token(city.city))
    past = a_charge(city, start=17) | {"start": "2026-01-01T10:00:00Z", "end": "2026-01-01T11:00:00Z"}

    first = await http.post(url, json=past, headers=headers)
    again = await http.post(url, json=past, headers=headers)

    assert (first.status_code, first.json()["code"]) == (422, "period_in_the_past")
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"


async def test_a_quote_freezes_price_and_terms_for_the_booking(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    headers = bearer(a_token(city.city))

    quote = await http.post(f"/v1/{city.city}/quotes", json=a_charge(city), headers=headers)
    booking = await http.post(f"/v1/{city.city}/bookings", json={"quote_id": quote.json()["id"]}, headers=headers)

    assert quote.status_code == 201
    assert booking.status_code == 201
    assert booking.json()["price"] == quote.json()["total"]
    assert booking.json()["terms"] == quote.json()["terms"]


async def test_an_old_quote_is_refused_with_a_fresh_one(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    headers = bearer(a_token(city.city))
    quote = await http.post(f"/v1/{city.city}/quotes", json=a_charge(city), headers=headers)
    async with database.app.transactions.city(city.city) as connection:
        await connection.exec_driver_sql(
            "UPDATE quotes SET quoted = jsonb_set(quoted::jsonb, '{expires_at}', '\"2026-01-01T00:00:00Z\"')::json"
        )

    late = await http.post(f"/v1/{city.city}/bookings", json={"quote_id": quote.json()["id"]}, headers=headers)
    again = await http.post(f"/v1/{city.city}/bookings", json={"quote_id": quote.json()["id"]}, headers=headers)

    assert (late.status_code, late.json()["code"]) == (409, "quote_expired")
    assert late.json()["quote"]["total"] == quote.json()["total"]
    assert late.json()["quote"]["id"] != quote.json()["id"]
    assert again.content == late.content


async def test_somebody_elses_quote_is_unknown(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    quote = await http.post(f"/v1/{city.city}/quotes", json=a_charge(city), headers=bearer(a_token(city.city)))

    stolen = await http.post(
        f"/v1/{city.city}/bookings", json={"quote_id": quote.json()["id"]}, headers=bearer(a_token(city.city))
    )

    assert (stolen.status_code, stolen.json()["code"]) == (404, "unknown_quote")


async def test_an_employee_books_a_pool_car_on_a_cost_centre_and_is_confirmed_at_once(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    trip = a_charge(city) | {
        "service": "fleet",
        "resource_id": str(city.cars[1].id),
        "options": {"purpose": "Baustellentermin", "cost_centre": "5100"},
    }
    url = f"/v1/{city.city}/bookings"

    by_resident = await http.post(url, json=trip, headers=bearer(a_token(city.city)))
    by_driver = await http.post(url, json=trip, headers=bearer(a_token(city.city, Role.DRIVER)))

    assert (by_resident.status_code, by_resident.json()["code"]) == (404, "unknown_resource")
    assert (by_driver.status_code, by_driver.json()["state"], by_driver.json()["payer"]) == (
        201,
        "confirmed",
        "cost_centre",
    )
    assert by_driver.json()["price"]["amount"] == 0


async def test_a_fleet_manager_books_for_a_colleague_whom_the_city_knows(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    colleague = new_id()
    async with database.app.transactions.city(city.city) as connection:
        await connection.execute(
            insert(persons).values(
                city=city.city, id=colleague, email="kim@example.org", language="de", made_at=tomorrow(0)
            )
        )
    url, manager = f"/v1/{city.city}/bookings", a_token(city.city, Role.FLEET_MANAGER)
    trip = a_charge(city) | {
        "service": "fleet",
        "resource_id": str(city.cars[1].id),
        "options": {"cost_centre": "5100"},
        "for": {"person_id": str(colleague)},
    }

    for_nobody = await http.post(url, json=trip | {"for": {"person_id": str(new_id())}}, headers=bearer(manager))
    by_a_driver = await http.post(url, json=trip, headers=bearer(a_token(city.city, Role.DRIVER)))
    booked = await http.post(url, json=trip, headers=bearer(manager))

    assert (for_nobody.status_code, for_nobody.json()["code"]) == (404, "unknown_person")
    assert (by_a_driver.status_code, by_a_driver.json()["code"]) == (403, "forbidden")
    assert (booked.status_code, booked.json()["holder_id"]) == (201, str(colleague))


async def test_a_lease_of_three_months_takes_its_first_month_now(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    lease = {
        "service": "bike_leasing",
        "resource_id": str(city.bikes[0].id),
        "start": tomorrow(8).isoformat(),
        "end": (tomorrow(8) + timedelta(days=80)).isoformat(),
        "options": {"plan": "monthly"},
    }

    booked = await http.post(f"/v1/{city.city}/bookings", json=lease, headers=bearer(a_token(city.city)))

    assert booked.status_code == 201
    quote = booked.json()["quote"]
    assert quote["total"]["amount"] == 3 * quote["due_now"]["amount"] > 0


@pytest.mark.parametrize(
    ("changes", "status", "code", "pointer"),
    [
        ({"start": "2030-01-01T10:00:00"}, 422, "invalid_input", "/start"),
        ({"start": 5}, 422, "invalid_input", "/start"),
        ({"end": "2001-01-01T10:00:00Z"}, 422, "invalid_input", "/end"),
        ({"end": "9999-12-31T23:59:59-12:00"}, 422, "invalid_input", "/end"),
        ({"service": "parking"}, 422, "invalid_input", "/service"),
        ({"options": {"conector": "x"}}, 422, "invalid_input", "/options/conector"),
        ({"options": {"connector": "CHADEMO"}}, 422, "plug_does_not_fit", "/options/connector"),
        ({"options": {"departure": "2030-01-01T10:00:00"}}, 422, "invalid_input", "/options/departure"),
        ({"options": []}, 422, "invalid_input", "/options"),
        ({"options": {"energy_kwh": "NaN"}}, 422, "energy_out_of_range", "/options/energy_kwh"),
        ({"options": {"energy_kwh": "sNaN"}}, 422, "energy_out_of_range", "/options/energy_kwh"),
        ({"options": {"energy_kwh": "Infinity"}}, 422, "energy_out_of_range", "/options/energy_kwh"),
        ({"options": {"energy_kwh": "1e-999999"}}, 422, "energy_out_of_range", "/options/energy_kwh"),
        ({"price": 0}, 422, "invalid_input", "/price"),
        ({"payer": "cost_centre"}, 403, "cost_centre_not_allowed", "/payer"),
    ],
)
async def test_bad_input_is_pointed_at(
    http: httpx.AsyncClient, database: Databases, changes: dict[str, Any], status: int, code: str, pointer: str
) -> None:
    city = await database.new_city()

    answer = await http.post(
        f"/v1/{city.city}/bookings", json=a_charge(city) | changes, headers=bearer(a_token(city.city))
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert [fault.get("pointer") for fault in answer.json()["errors"]] == [pointer]


ONE_CHARGE = (
    b'{"service": "charging", "resource_id": "0b0f5a56-0b5e-5a0f-8f53-3f2a5a0d7c11",'
    b' "start": "2030-01-01T10:00:00Z", "end": "2030-01-01T11:00:00Z", "options": %b}'
)


@pytest.mark.parametrize(
    ("content", "media_type", "status", "code"),
    [
        (b"{", "application/json", 400, "malformed"),
        (b"\xff\xfe{}", "application/json", 400, "malformed"),
        (b'{"options":' + b"[" * 100_000, "application/json", 400, "malformed"),
        (ONE_CHARGE % b'{"connector": "\xff"}', "application/json", 400, "malformed"),
        (b"{}", "text/plain", 415, "unsupported_media_type"),
        (b"{}", "application/json; charset=latin-1", 415, "unsupported_media_type"),
        (b"{}", "application/json; charset=UTF-16", 415, "unsupported_media_type"),
        (b"{}", 'Application/JSON; charset="UTF-8"', 422, "invalid_input"),
        (b"{}", "application/json", 422, "invalid_input"),
        (b" " * 300_000, "application/json", 413, "too_large"),
    ],
)
async def test_what_cannot_be_read_is_a_problem_too(
    http: httpx.AsyncClient, database: Databases, content: bytes, media_type: str, status: int, code: str
) -> None:
    city = await database.new_city()

    answer = await http.post(
        f"/v1/{city.city}/bookings",
        content=content,
        headers=bearer(a_token(city.city)) | {"content-type": media_type},
    )

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


async def test_what_a_role_forbade_is_allowed_under_the_same_key_once_there_is_the_role(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    person, car = PersonId(new_id()), city.cars[1]
    await database.rows(
        city.city, "UPDATE resources SET shared = true WHERE city = :city AND id = :id RETURNING id", id=car.id
    )
    trip = a_charge(city) | {"service": "fleet", "resource_id": str(car.id), "payer": "cost_centre"}
    trip |= {"options": {"cost_centre": "5100"}}

    async def ask(role: Role) -> httpx.Response:
        token = a_token(city.city, role, person=person)
        return await http.post(f"/v1/{city.city}/bookings", json=trip, headers=bearer(token, "same-key"))

    refused, granted = await ask(Role.RESIDENT), await ask(Role.DRIVER)

    assert (refused.status_code, refused.json()["code"]) == (403, "cost_centre_not_allowed")
    assert granted.status_code == 201


async def test_a_manager_books_for_others_what_is_in_her_pools(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    colleague = new_id()
    await database.rows(
        city.city,
        "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, 'kim@example.org', now()) RETURNING id",
        id=colleague,
    )
    body = a_charge(city) | {"for": {"person_id": str(colleague)}}

    answer = await http.post(
        f"/v1/{city.city}/bookings", json=body, headers=bearer(a_token(city.city, Role.FLEET_MANAGER))
    )

    assert (answer.status_code, answer.json()["code"], answer.json()["errors"][0]["pointer"]) == (
        403,
        "forbidden",
        "/for",
    )


async def test_without_a_key_nothing_is_booked(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    headers = {"authorization": bearer(a_token(city.city))["authorization"]}

    answer = await http.post(f"/v1/{city.city}/bookings", json=a_charge(city), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "key_missing")


@pytest.mark.parametrize("key", ["x" * 256, "ein schlüssel".encode(), " a", "a b"])
async def test_a_key_that_is_none_is_told_apart_from_no_key(
    http: httpx.AsyncClient, database: Databases, key: str | bytes
) -> None:
    city = await database.new_city()
    sent = key if isinstance(key, bytes) else key.encode()
    headers = {b"authorization": bearer(a_token(city.city))["authorization"].encode(), b"idempotency-key": sent}

    answer = await http.post(f"/v1/{city.city}/bookings", json=a_charge(city), headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (400, "key_invalid")


async def test_titles_follow_the_callers_language(http: httpx.AsyncClient) -> None:
    answer = await http.get("/nothing/here", headers={"accept-language": "fr, de-DE;q=0.9, en;q=0.8"})

    assert (answer.status_code, answer.json()["code"], answer.json()["title"]) == (404, "not_found", "Hier ist nichts")
