"""Asking for a class instead of a resource, from the wire to the tables."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.identity import PersonId, Role
from infra.clock import now
from infra.ids import new_id
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity

pytestmark = pytest.mark.database


def a_wish(city: SeededCity, service: str = "charging", days: int = 1, **changes: Any) -> dict[str, Any]:
    start = (now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    wish = {"service": service, "request": {"station_id": str(city.station.id)}, "start": start.isoformat()}
    end = start + (timedelta(hours=1) if service != "bike_leasing" else timedelta(days=days))
    return wish | {"end": end.isoformat()} | changes


async def test_a_class_is_booked_provisionally_until_none_is_left(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    url = f"/v1/{city.city}/bookings"

    answers = [await http.post(url, json=a_wish(city), headers=bearer(a_token(city.city))) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [201, 201, 409]
    booked = [answer.json() for answer in answers[:2]]
    assert {each["resource_id"] for each in booked} == {str(point.id) for point in city.charge_points}
    assert {(each["state"], each["resource_final"]) for each in booked} == {("held", False)}
    assert answers[2].json()["code"] == "resource_taken"
    assert len(answers[2].json()["conflicts"]) == len(answers[2].json()["alternatives"]) == 1


async def test_a_quote_for_a_class_is_booked_at_its_price(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    headers = bearer(a_token(city.city, person=PersonId(new_id())))
    wish = a_wish(city, request={"station_id": str(city.station.id), "attributes": {"min_power_kw": 11}})

    quote = await http.post(f"/v1/{city.city}/quotes", json=wish, headers=headers)
    booking = await http.post(f"/v1/{city.city}/bookings", json={"quote_id": quote.json()["id"]}, headers=headers)
    again = await http.post(f"/v1/{city.city}/bookings", json={"quote_id": quote.json()["id"]}, headers=headers)

    assert (quote.status_code, quote.json()["resource_final"]) == (201, False)
    assert (booking.status_code, booking.json()["resource_final"]) == (201, False)
    assert booking.json()["resource_id"] == quote.json()["resource_id"]
    assert booking.json()["price"] == quote.json()["total"]
    assert again.content == booking.content


@pytest.mark.parametrize(
    ("service", "request_"),
    [
        ("charging", {"attributes": {"connector": "IEC_62196_T2", "min_power_kw": "22.0"}}),
        ("fleet", {"class": "compact", "attributes": {"seats": 5, "drive": "electric", "range_km": 250}}),
        ("bike_leasing", {"class": "city", "attributes": {"plan": "monthly"}}),
    ],
)
async def test_every_service_has_its_own_words_for_what_is_asked(
    http: httpx.AsyncClient, database: Databases, service: str, request_: dict[str, Any]
) -> None:
    city = await database.new_city()
    wish = a_wish(city, service, days=80)
    wish["request"] |= request_
    booked = await http.post(f"/v1/{city.city}/bookings", json=wish, headers=bearer(a_token(city.city)))
    assert (booked.status_code, booked.json()["service"]) == (201, service)


async def test_a_pool_is_asked_for_by_its_drivers(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    wish = a_wish(city, "fleet", request={"pool_id": "town-hall"}, options={"cost_centre": "5100"})
    url = f"/v1/{city.city}/bookings"
    booked = await http.post(url, json=wish, headers=bearer(a_token(city.city, Role.DRIVER)))
    by_resident = await http.post(url, json=wish, headers=bearer(a_token(city.city)))
    assert (booked.status_code, booked.json()["resource_id"]) == (201, str(city.cars[1].id))
    assert (booked.json()["state"], booked.json()["resource_final"]) == ("confirmed", False)
    assert (by_resident.status_code, by_resident.json()["code"]) == (404, "unknown_resource")


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"request": {}}, "/request"),
        ({"request": None}, "/resource_id"),
        ({"resource_id": str(new_id())}, "/request"),
        ({"request": {"station_id": "x"}}, "/request/station_id"),
        ({"request": {"pool_id": ""}}, "/request/pool_id"),
        ({"request": {"pool_id": "p", "near": "1,2"}}, "/request/near"),
        ({"request": {"pool_id": "p", "class": "fast"}}, "/request/class"),
        ({"request": {"pool_id": "p", "attributes": {"seats": 5}}}, "/request/attributes/seats"),
        ({"request": {"pool_id": "p", "attributes": {"min_power_kw": "much"}}}, "/request/attributes/min_power_kw"),
        ({"request": {"pool_id": "p", "attributes": {"min_power_kw": -1}}}, "/request/attributes/min_power_kw"),
        ({"request": {"pool_id": "p", "attributes": {"connector": 5}}}, "/request/attributes/connector"),
        ({"request": {"pool_id": "p", "attributes": []}}, "/request/attributes"),
    ],
)
@pytest.mark.parametrize("path", ["quotes", "bookings"])
async def test_a_request_that_means_nothing_is_pointed_at(
    http: httpx.AsyncClient, database: Databases, path: str, changes: dict[str, Any], pointer: str
) -> None:
    city = await database.new_city()
    answer = await http.post(f"/v1/{city.city}/{path}", json=a_wish(city) | changes, headers=bearer(a_token(city.city)))
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input"), answer.text
    assert [fault.get("pointer") for fault in answer.json()["errors"]] == [pointer]


@pytest.mark.parametrize("power", [1e300, 10**40, "1e400", "NaN", "-0", 0.1 + 0.2])
async def test_no_number_breaks_the_choice(http: httpx.AsyncClient, database: Databases, power: object) -> None:
    city = await database.new_city()
    wish = a_wish(city, request={"station_id": str(city.station.id), "attributes": {"min_power_kw": power}})
    answer = await http.post(f"/v1/{city.city}/bookings", json=wish, headers=bearer(a_token(city.city)))
    assert answer.status_code in {201, 404, 422}, answer.text
