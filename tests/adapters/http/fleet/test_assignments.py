"""Why a booking got its vehicle, from the wire to the tables, in words."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from adapters.http.fleet.assignment_words import DRIVES, WORDS, words
from domain.fleet.assignment.reasons import Reason, Why
from domain.fleet.vehicles import Drive
from domain.identity import PersonId, Role
from infra.clock import now
from infra.ids import new_id
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import BERLIN, NOON, TOWN_HALL

DRIVER = PersonId(new_id())


async def booked(http: httpx.AsyncClient, city: SeededCity, **wish: Any) -> dict[str, Any]:
    start = (now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    asked = {"service": "fleet", "start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
    asked |= {"options": {"cost_centre": "5100", "distance_km": "30"}} | wish
    driver = a_token(city.city, Role.DRIVER, person=DRIVER, pools=(TOWN_HALL,))
    answer = await http.post(f"/v1/{city.city}/bookings", json=asked, headers=bearer(driver))
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def asked(http: httpx.AsyncClient, city: SeededCity, booking: dict[str, Any], token: str, **headers: str) -> Any:
    url = f"/v1/{city.city}/fleet/bookings/{booking['id']}/assignment"
    return await http.get(url, headers=bearer(token) | headers)


@pytest.mark.database
async def test_whoever_runs_the_pool_reads_why_and_nobody_else(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    booking = await booked(http, city, request={"pool_id": TOWN_HALL})
    manager = a_token(city.city, Role.FLEET_MANAGER, pools=(TOWN_HALL,))

    told = await asked(http, city, booking, manager, **{"accept-language": "de"})

    assert told.status_code == 200, told.text
    shown = told.json()
    assert (shown["booking_id"], shown["vehicle_id"], shown["final"]) == (booking["id"], booking["resource_id"], False)
    assert [(reason["code"], reason["text"]) for reason in shown["reasons"]] == [
        ("only_one_that_fits", "Es ist das einzige, das frei und geeignet ist.")
    ]
    harbour = a_token(city.city, Role.FLEET_MANAGER, pools=("harbour",))
    driver = a_token(city.city, Role.DRIVER, person=DRIVER, pools=(TOWN_HALL,))
    resident = a_token(city.city, Role.RESIDENT, person=DRIVER)
    answers = [await asked(http, city, booking, token) for token in (harbour, driver, resident)]
    assert [answer.status_code for answer in answers] == [404, 403, 403]


@pytest.mark.database
async def test_who_asked_for_a_certain_vehicle_was_not_assigned_one(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    booking = await booked(http, city, resource_id=str(city.cars[1].id))

    told = await asked(http, city, booking, a_token(city.city, Role.OPERATOR))

    assert (told.status_code, told.json()["code"]) == (409, "wrong_state")


@pytest.mark.database
async def test_whoever_runs_the_pool_gives_another_vehicle(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    booking = await booked(http, city, request={"pool_id": TOWN_HALL})
    url = f"/v1/{city.city}/fleet/bookings/{booking['id']}/reassign"
    manager = a_token(city.city, Role.FLEET_MANAGER, pools=(TOWN_HALL,))

    same = await http.post(url, json={"vehicle_id": booking["resource_id"], "note": "bleibt"}, headers=bearer(manager))
    no_other = await http.post(url, json={}, headers=bearer(manager) | {"accept-language": "de"})
    unknown = await http.post(url, json={"vehicle_id": str(new_id())}, headers=bearer(manager))
    others = [
        await http.post(url, json={}, headers=bearer(a_token(city.city, role, pools=pools)))
        for role, pools in ((Role.FLEET_MANAGER, ("harbour",)), (Role.DRIVER, (TOWN_HALL,)))
    ]

    said = same.json()
    assert (same.status_code, said["note"], said["reasons"][0]["code"], said["final"]) == (
        200,
        "bleibt",
        "chosen_by_staff",
        True,
    )
    audited = "SELECT action, request_id FROM audit WHERE city = :city AND subject_id = :id ORDER BY at"
    trail = await database.rows(city.city, audited, id=booking["id"])
    assert trail[-1] == ("booking.assigned", same.headers["x-request-id"])
    assert (no_other.status_code, no_other.json()["code"], no_other.json()["vehicles"]) == (409, "nothing_fits", [])
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_vehicle")
    assert [answer.status_code for answer in others] == [404, 403]


@pytest.mark.database
async def test_whoever_runs_the_pool_gives_a_priority_that_no_driver_sees(
    http: httpx.AsyncClient, database: Databases
) -> None:
    city = await database.new_city()
    booking = await booked(http, city, request={"pool_id": TOWN_HALL})
    url = f"/v1/{city.city}/fleet/bookings/{booking['id']}/priority"
    manager = a_token(city.city, Role.FLEET_MANAGER, pools=(TOWN_HALL,))
    harbour = a_token(city.city, Role.FLEET_MANAGER, pools=("harbour",))
    driver = a_token(city.city, Role.DRIVER, person=DRIVER, pools=(TOWN_HALL,))
    wanted = {"priority": 9, "reason": "Katastrophenschutz"}

    given = await http.put(url, json=wanted, headers=bearer(manager))
    others = [await http.put(url, json=wanted, headers=bearer(token)) for token in (harbour, driver)]
    wrong = [
        await http.put(url, json=wanted | {field: value}, headers=bearer(manager))
        for field, value in (("priority", 10), ("priority", -1), ("reason", ""))
    ]

    assert (given.status_code, given.json()) == (200, {"booking_id": booking["id"], **wanted})
    assert [answer.status_code for answer in others] == [404, 403]
    assert [(answer.status_code, answer.json()["errors"][0]["pointer"]) for answer in wrong] == [
        (422, "/priority"),
        (422, "/priority"),
        (422, "/reason"),
    ]
    shown = (await asked(http, city, booking, manager, **{"accept-language": "de"})).json()
    assert (shown["priority"], shown["priority_reason"]) == (9, "Katastrophenschutz")
    assert shown["reasons"][0]["text"] == "Die Fahrt hat Vorrang vor anderen (Stufe 9 von 9)."
    own = await http.get(f"/v1/{city.city}/bookings/{booking['id']}", headers=bearer(driver))
    assert "priority" not in own.text
    audited = "SELECT action, request_id FROM audit WHERE city = :city AND subject_id = :id ORDER BY at"
    trail = await database.rows(city.city, audited, id=booking["id"])
    assert trail[-1] == ("booking.priority_set:9", given.headers["x-request-id"])


@pytest.mark.database
async def test_a_load_is_asked_for_like_seats(http: httpx.AsyncClient, database: Databases) -> None:
    city = await database.new_city()
    wish = {"pool_id": TOWN_HALL, "attributes": {"load_kg": 1}}
    start = (now() + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
    body = {"service": "fleet", "request": wish, "options": {"cost_centre": "5100"}}
    body |= {"start": start.isoformat(), "end": (start + timedelta(hours=2)).isoformat()}
    driver = a_token(city.city, Role.DRIVER, person=DRIVER, pools=(TOWN_HALL,))

    refused = await http.post(f"/v1/{city.city}/bookings", json=body, headers=bearer(driver))

    assert refused.status_code == 404, "none of the seeded cars says that it carries anything"


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_reason_has_words_that_name_its_facts(language: str) -> None:
    full = {"needed_percent": 65, "charge_percent": 50, "minutes": 52, "minutes_there": 51}
    for why in Why:
        said = words(Reason(why, wanted="6.5", has="5", until=NOON, **full), language, BERLIN)  # type: ignore[arg-type]
        assert "{" not in said
        assert "None" not in said
        assert said.endswith(".")
    assert set(WORDS[language]) == set(Why)
    assert set(DRIVES[language]) == {drive.value for drive in Drive}


def test_reasons_are_sentences_of_the_language() -> None:
    too_far = Reason(Why.TOO_FAR_FOR_A_BICYCLE, wanted="5.1", has="5")
    taken = Reason(Why.TAKEN, until=NOON)
    worse = Reason(Why.LESS_PREFERRED, wanted="electric", has="combustion_diesel")

    assert words(too_far, "de", BERLIN) == "5,1 km sind zu weit für ein Fahrrad (bis 5 km)."
    assert words(too_far, "en", BERLIN) == "5.1 km are too far for a bicycle (up to 5 km)."
    assert words(taken, "de", BERLIN) == "Es ist bis 03.06. 14:00 Uhr belegt."
    assert words(taken, "en", BERLIN) == "It is taken until 03 Jun 14:00."
    assert words(worse, "de", BERLIN) == "Geeignet, aber Diesel statt Elektroantrieb."
