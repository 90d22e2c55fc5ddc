"""Finding over HTTP: what is shown to whom, and how wrong questions are answered."""

import random
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from msgspec.structs import replace

from domain.booking.resources import ResourceId, Service, Station, StationId
from domain.identity import Role
from domain.places import Location
from infra.clock import now
from infra.ids import new_id
from tests.adapters.database.town import CENTER, LIBRARY, Listed, Town, write
from tests.api import a_token, bearer
from tests.database import Databases
from tests.examples import TARIFFS, TOWN_HALL, a_pool_car, a_resource, hours

pytestmark = pytest.mark.database
PLUG = {"connectors": ["IEC_62196_T2"], "power_kw": 22, "operator": "Stadtwerke", "public_key": None}
CAR = {"class": "compact", "seats": 5, "drive": "electric", "range_km": 300}
BIKE = {"bike_type": "cargo", "plans": ["monthly"]}
ATTRIBUTES: dict[Service, dict[str, Any]] = {Service.CHARGING: PLUG, Service.FLEET: CAR, Service.BIKE_LEASING: BIKE}
STATION = Station(StationId(new_id()), "Altstadtmarkt", Location(CENTER.lat + 0.0045, CENTER.lon))
HALF_A_KILOMETRE = 500


def tomorrow(hour: int = 17) -> datetime:
    return (now() + timedelta(days=1)).replace(hour=hour, minute=0, second=0, microsecond=0)


def a_town(*resources: Any) -> tuple[Listed, ...]:
    return tuple(
        Listed(
            replace(resource, id=ResourceId(new_id()), station=STATION),
            ATTRIBUTES[resource.service],
            TARIFFS[resource.service].id,
            code=f"CODE-{n}",
        )
        for n, resource in enumerate(resources)
    )


@pytest.fixture(scope="module")
async def town(database: Databases) -> Town:
    """A charger, a bike, and three cars: free for all, shared by the town hall, and for its own people."""
    cars = (a_resource(Service.FLEET), a_pool_car(name="fleet 2", shared=True), a_pool_car(name="fleet 3"))
    seeded = await database.new_city()
    town = Town(seeded.city, a_town(a_resource(), a_resource(Service.BIKE_LEASING), *cars))
    await write(database, town)
    return town


def question(service: str, changes: Mapping[str, str] | None = None, *, days: int = 0) -> str:
    asked = {
        "service": service,
        "start": tomorrow().isoformat(),
        "end": (tomorrow() + hours(2 + 24 * days)).isoformat(),
    }
    return urlencode(asked | dict(changes or {}))


async def test_a_charger_near_me_with_its_price_without_energy(http: httpx.AsyncClient, town: Town) -> None:
    near = f"{CENTER.lat},{CENTER.lon}"
    found = await http.get(f"/v1/{town.city}/availability?{question('charging', {'near': near})}")
    assert (found.status_code, found.json()) == (
        200,
        {
            "items": [
                {
                    "resource_id": str(town.listed[0].resource.id),
                    "service": "charging",
                    "name": "charging 1",
                    "station": {
                        "id": str(STATION.id),
                        "name": "Altstadtmarkt",
                        "location": {"lat": STATION.location.lat, "lon": STATION.location.lon},
                    },
                    "distance_m": HALF_A_KILOMETRE,
                    "time_zone": "Europe/Berlin",
                    "attributes": PLUG,
                    "price": {"amount": 480, "currency": "EUR"},
                    "price_basis": "time_only",
                    "unit_prices": [
                        {"per": "h", "gross": "2.40", "currency": "EUR"},
                        {"per": "kWh", "gross": "0.4850", "currency": "EUR"},
                    ],
                    "prices": [
                        {"per": "kwh", "cause": "energy", "gross": "0.4850", "unit": "kWh", "currency": "EUR"},
                        {
                            "per": "minute",
                            "cause": "time",
                            "gross": "0.0400",
                            "unit": "min",
                            "currency": "EUR",
                            "step": 3600,
                        },
                        {"per": "other", "cause": "most", "gross": "12.00", "unit": "day", "currency": "EUR"},
                    ],
                }
            ],
            "next_cursor": None,
        },
    )


async def test_a_bike_shows_the_price_of_one_month(http: httpx.AsyncClient, town: Town) -> None:
    found = await http.get(f"/v1/{town.city}/availability?{question('bike_leasing', days=90)}")
    [item] = found.json()["items"]
    assert (item["price"], item["price_basis"], item["distance_m"]) == (
        {"amount": 2900, "currency": "EUR"},
        "monthly",
        None,
    )


async def test_who_drives_for_work_pays_nothing_for_a_car_that_only_work_has(
    http: httpx.AsyncClient, town: Town
) -> None:
    """A shared car of the same pool costs the driver what it costs anybody, unless a cost centre is named."""
    viewers = {
        "anybody": None,
        "resident": a_token(town.city, Role.RESIDENT, pools=[TOWN_HALL]),
        "of the library": a_token(town.city, Role.DRIVER, pools=[LIBRARY]),
        "of the town hall": a_token(town.city, Role.DRIVER, pools=[TOWN_HALL]),
    }
    seen = {}
    for name, token in viewers.items():
        headers = bearer(token) if token else {}
        found = await http.get(f"/v1/{town.city}/availability?{question('fleet')}", headers=headers)
        seen[name] = sorted((i["name"], i["price"]["amount"], i["price_basis"]) for i in found.json()["items"])
    public = [("fleet 1", 1000, "time_only"), ("fleet 2", 1000, "time_only")]
    assert seen == {
        "anybody": public,
        "resident": public,
        "of the library": public,
        "of the town hall": [*public, ("fleet 3", 0, "total")],
    }


async def test_a_bad_token_and_one_of_another_city_are_not_taken_for_none(http: httpx.AsyncClient, town: Town) -> None:
    url = f"/v1/{town.city}/availability?{question('fleet')}"
    other = await http.get(url, headers=bearer(a_token(type(town.city)("elsewhere"))))
    bad = await http.get(url, headers={"authorization": "Bearer nonsense"})
    assert [(r.status_code, r.json()["code"]) for r in (other, bad)] == [(401, "wrong_city"), (401, "unauthorised")]


@pytest.mark.parametrize(
    ("changes", "code", "parameter"),
    [
        ({"service": "parking"}, "invalid_input", "service"),
        ({"start": "2030-06-03T12:00:00"}, "invalid_input", "start"),
        ({"start": "tomorrow"}, "invalid_input", "start"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "invalid_input", "start"),
        ({"end": "9999-12-31T23:59:59-12:00"}, "invalid_input", "end"),
        ({"end": tomorrow(16).isoformat()}, "invalid_input", "end"),
        ({"end": tomorrow(17).isoformat()}, "invalid_input", "end"),
        ({"start": (now() - timedelta(minutes=3)).isoformat()}, "period_in_the_past", "start"),
        ({"end": (tomorrow() + timedelta(days=400, seconds=1)).isoformat()}, "period_too_long", "end"),
        ({"near": "52.26"}, "invalid_input", "near"),
        ({"near": "NaN,10.5"}, "invalid_input", "near"),
        ({"near": "90.1,10.5"}, "invalid_input", "near"),
        ({"near": "52.2,-180.5"}, "invalid_input", "near"),
        ({"near": "inf,inf"}, "invalid_input", "near"),
        ({"near": "٥٢.٢,١٠"}, "invalid_input", "near"),
        ({"near": "52.2,10.5", "radius_m": "50001"}, "invalid_input", "radius_m"),
        ({"near": "52.2,10.5", "radius_m": "0"}, "invalid_input", "radius_m"),
        ({"near": "52.2,10.5", "radius_m": "nan"}, "invalid_input", "radius_m"),
        ({"radius_m": "2000"}, "invalid_input", "radius_m"),
        ({"limit": "101"}, "invalid_input", "limit"),
        ({"limit": "0"}, "invalid_input", "limit"),
        ({"limit": "1" * 40}, "invalid_input", "limit"),
        ({"min_power_kw": "NaN"}, "invalid_input", "min_power_kw"),
        ({"min_power_kw": "-1"}, "invalid_input", "min_power_kw"),
        ({"min_power_kw": "1e9"}, "invalid_input", "min_power_kw"),
        ({"connector": ""}, "invalid_input", "connector"),
        ({"connector": "a\x00b"}, "invalid_input", "connector"),
        ({"seats": "4"}, "invalid_input", "seats"),
        ({"class": "van"}, "invalid_input", "class"),
        ({"plan": "monthly"}, "invalid_input", "plan"),
        ({"colour": "blue"}, "invalid_input", "colour"),
        ({"cursor": "x"}, "invalid_input", "cursor"),
    ],
)
async def test_a_question_that_makes_no_sense_is_refused_by_name(
    http: httpx.AsyncClient, town: Town, changes: dict[str, str], code: str, parameter: str
) -> None:
    answer = await http.get(f"/v1/{town.city}/availability?{question('charging', changes)}")
    found = answer.json()
    assert (answer.status_code, found["code"], [e.get("parameter") for e in found["errors"]]) == (
        422,
        code,
        [parameter],
    )


async def test_seats_beyond_any_car_are_no_question_for_the_database(http: httpx.AsyncClient, town: Town) -> None:
    answers = [
        await http.get(f"/v1/{town.city}/availability?{question('fleet', {name: '99999999999'})}")
        for name in ("seats", "range_km")
    ]
    assert [answer.status_code for answer in answers] == [422, 422]


async def test_a_start_within_the_last_minute_is_not_past(http: httpx.AsyncClient, town: Town) -> None:
    start = (now() - timedelta(seconds=50)).isoformat()
    answer = await http.get(f"/v1/{town.city}/availability?{question('charging', {'start': start})}")
    assert (answer.status_code, len(answer.json()["items"])) == (200, 1)


async def test_pages_of_stations_are_read_with_the_cursor_of_the_page_before(
    http: httpx.AsyncClient, database: Databases
) -> None:
    stations = [Station(StationId(new_id()), f"Ort {n}", Location(CENTER.lat + n / 1000, CENTER.lon)) for n in range(5)]
    city = (await database.new_city()).city
    charger = a_resource()
    listed = (Listed(replace(charger, id=ResourceId(new_id()), station=s), PLUG, None) for s in reversed(stations))
    unsold = (replace(each, resource=replace(each.resource, bookable=False)) for each in listed)
    await write(database, Town(city, tuple(unsold)))
    for order in ("", f"&near={CENTER.lat},{CENTER.lon}"):
        names: list[str] = []
        cursor = ""
        for _ in range(3):
            page = (await http.get(f"/v1/{city}/stations?limit=2{order}{cursor}")).json()
            names += [item["name"] for item in page["items"]]
            cursor = f"&cursor={page['next_cursor']}"
        assert (names, page["next_cursor"]) == ([station.name for station in stations], None)


async def test_pages_of_what_is_free_follow_each_other_though_much_stands_at_one_place(
    http: httpx.AsyncClient, database: Databases
) -> None:
    places = [Station(StationId(new_id()), f"Ort {n}", Location(CENTER.lat + n / 1000, CENTER.lon)) for n in range(3)]
    city = (await database.new_city()).city
    listed = tuple(
        Listed(
            replace(a_resource(), id=ResourceId(new_id()), station=place, name=f"Säule {n % 2}"),
            PLUG,
            TARIFFS[Service.CHARGING].id,
        )
        for place in places
        for n in range(4)
    )
    await write(database, Town(city, listed))
    start = now() + hours(24)
    period = {"service": "charging", "start": start.isoformat(), "end": (start + hours(1)).isoformat()}
    for where in ({}, {"near": f"{CENTER.lat},{CENTER.lon}"}):
        whole = (await http.get(f"/v1/{city}/availability", params=period | where | {"limit": 100})).json()
        cursor: dict[str, str] = {}
        ids, pages = [], 0
        while True:
            asked = period | where | cursor | {"limit": 3}
            page = (await http.get(f"/v1/{city}/availability", params=asked)).json()
            ids += [item["resource_id"] for item in page["items"]]
            pages += 1
            if page["next_cursor"] is None:
                break
            cursor = {"cursor": page["next_cursor"]}
        assert (ids, whole["next_cursor"]) == ([item["resource_id"] for item in whole["items"]], None)
        assert len(set(ids)) == len(ids) >= 12
        assert pages == -(-len(ids) // 3)


def encoded(content: str) -> str:
    return urlsafe_b64encode(content.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "ä",
        "x" * 5000,
        encoded("{}"),
        encoded("[]"),
        encoded('["a", "b"]'),
        encoded(f'["a\\u0000", "{STATION.id}"]'),
        encoded(f'["\\ud800", "{STATION.id}"]'),
        encoded(f'[1.5, "{STATION.id}"]'),
        encoded("[" * 500),
    ],
)
async def test_a_cursor_that_we_did_not_write_is_refused(http: httpx.AsyncClient, town: Town, cursor: str) -> None:
    answer = await http.get(f"/v1/{town.city}/stations?cursor={quote(cursor)}")
    assert (answer.status_code, answer.json()["errors"][0]["parameter"]) == (422, "cursor")


async def test_a_cursor_of_one_order_is_refused_by_the_other(http: httpx.AsyncClient, town: Town) -> None:
    by_name, by_distance = encoded(f'["a", "{STATION.id}"]'), encoded(f'[1.5, "{STATION.id}"]')
    near = f"near={CENTER.lat},{CENTER.lon}"
    asked = (f"cursor={by_name}", f"{near}&cursor={by_distance}", f"cursor={by_distance}", f"{near}&cursor={by_name}")
    answers = [(await http.get(f"/v1/{town.city}/stations?{query}")).status_code for query in asked]
    assert answers == [200, 200, 422, 422]


async def test_a_resource_is_not_sent_again_to_who_has_it(http: httpx.AsyncClient, town: Town) -> None:
    url = f"/v1/{town.city}/resources/{town.listed[0].resource.id}"
    first = await http.get(url)
    by_code = await http.get(f"/v1/{town.city}/resources?code=CODE-0")
    again = await http.get(url, headers={"if-none-match": f'"other", W/{first.headers["etag"]}'})
    other = await http.get(url, headers={"if-none-match": '"other"'})
    assert (first.status_code, first.json()["attributes"], first.json()["code"]) == (200, PLUG, "CODE-0")
    assert (by_code.status_code, by_code.content, by_code.headers["etag"]) == (
        200,
        first.content,
        first.headers["etag"],
    )
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"])
    assert (other.status_code, other.content) == (200, first.content)


async def test_what_does_not_exist_is_not_found(http: httpx.AsyncClient, town: Town) -> None:
    pooled = town.listed[4].resource.id
    window = urlencode({"from": tomorrow().isoformat(), "to": (tomorrow() + hours(1)).isoformat()})
    asked = {
        f"/v1/atlantis/availability?{question('fleet')}": "unknown_city",
        "/v1/atlantis/stations": "unknown_city",
        "/v1/%00/stations": "unknown_city",
        "/v1/At Lantis/stations": "unknown_city",
        f"/v1/{town.city}/resources/{new_id()}": "unknown_resource",
        f"/v1/{town.city}/resources/{pooled}": "unknown_resource",
        f"/v1/{town.city}/resources/{pooled}/free?{window}": "unknown_resource",
        f"/v1/{town.city}/resources/not-an-id": "not_found",
        f"/v1/{town.city}/resources?code=CODE-9": "unknown_resource",
        f"/v1/atlantis/resources/{pooled}": "unknown_resource",
    }
    answers = {url: await http.get(url) for url in asked}
    assert {url: (a.status_code, a.json()["code"]) for url, a in answers.items()} == {
        url: (404, code) for url, code in asked.items()
    }


async def test_when_a_resource_is_free(http: httpx.AsyncClient, town: Town) -> None:
    url = f"/v1/{town.city}/resources/{town.listed[0].resource.id}/free"
    start, end = tomorrow(), tomorrow() + hours(3)
    free = await http.get(url, params={"from": start.isoformat(), "to": end.isoformat()})
    backwards = await http.get(url, params={"from": end.isoformat(), "to": start.isoformat()})
    past = await http.get(url, params={"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"})
    too_long = await http.get(url, params={"from": start.isoformat(), "to": (start + timedelta(days=401)).isoformat()})
    nothing = await http.get(url)
    period = {"start": start.isoformat().replace("+00:00", "Z"), "end": end.isoformat().replace("+00:00", "Z")}
    assert free.json() == {"time_zone": "Europe/Berlin", "items": [period], "next_cursor": None}
    assert [
        (a.status_code, a.json()["code"], a.json()["errors"][0]["parameter"]) for a in (backwards, past, too_long)
    ] == [
        (422, "invalid_input", "to"),
        (422, "period_in_the_past", "to"),
        (422, "period_too_long", "to"),
    ]
    assert nothing.status_code == 422


async def test_the_cities_are_public_and_their_secrets_are_not(http: httpx.AsyncClient, town: Town) -> None:
    found = await http.get("/v1/cities?limit=1")
    wrong = [await http.get(f"/v1/cities?{query}") for query in ("limit=0", "cursor=!", "colour=blue")]
    assert found.status_code == 200
    assert len(found.json()["items"]) == 1
    assert [answer.status_code for answer in wrong] == [422, 422, 422]


WORDS = (
    *(
        "",
        "charging",
        "fleet",
        "bike_leasing",
        "52.26,10.52",
        "-90,180",
        "0,0",
        "NaN",
        "1e400",
        "-1",
        "0",
        "1",
        "50000",
    ),
    *(
        "99999999999999999999",
        "%00",
        "%ff",
        "%ed%a0%80",
        "a%27--",
        "%F0%9F%9A%B2",
        "[]",
        "null",
        "2030-01-01T00:00:00Z",
    ),
    *("2030-01-02T00:00:00%2B01:00", "2030-01-02T00:00:00+01:00", "2099-12-31T23:59:59Z", "WyJhIl0", "x" * 3000),
)
NAMES = "service start end near radius_m limit connector min_power_kw class seats drive range_km bike_type plan cursor from to code"


async def test_no_question_breaks_the_server(http: httpx.AsyncClient, town: Town) -> None:
    dice = random.Random(5)
    paths = ("availability", "stations", "resources", f"resources/{town.listed[0].resource.id}/free")
    met = set()
    for _ in range(600):
        names = dice.sample(NAMES.split(), dice.randint(0, 5))
        sense = question(dice.choice(["charging", "fleet", "bike_leasing"])) if dice.random() < 0.5 else ""
        nonsense = "&".join(f"{name}={dice.choice(WORDS)}" for name in names)
        url = f"/v1/{town.city}/{dice.choice(paths)}?{sense}&{nonsense}"
        answer = await http.get(url)
        assert answer.status_code in {200, 400, 404, 422}, (url, answer.text)
        met.add(answer.status_code)
    assert met == {200, 400, 404, 422}
