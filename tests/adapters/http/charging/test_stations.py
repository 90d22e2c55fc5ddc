"""Operators register charging stations, change their keys, have them told something, and see what was said."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import httpx
import pytest

from adapters.database.charging.station_messages import SqlMessageLog
from adapters.database.charging.station_orders import SqlStationOrders
from domain.charging.orders import Answered, OrderAnswer, OrderId
from domain.charging.stations import ChargingStationId, StationAt
from domain.identity import Role
from infra.clock import now
from infra.ids import new_id
from services.charging.central.ports import Direction, FrameKind, Message
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity

pytestmark = pytest.mark.database

Asked = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
async def seeded(database: Databases) -> SeededCity:
    return await database.new_city()


@pytest.fixture
def ask(http: httpx.AsyncClient, seeded: SeededCity) -> Asked:
    token = bearer(a_token(seeded.city, Role.OPERATOR))

    async def asked(method: str, path: str = "", **more: Any) -> httpx.Response:
        url = f"/v1/{seeded.city}/charging/stations{path}"
        return await http.request(method, url, headers=token | {"idempotency-key": new_id().hex}, **more)

    return asked


def wanted(seeded: SeededCity, **more: Any) -> dict[str, Any]:
    evses = [{"number": 1, "resource_id": str(seeded.charge_points[0].id)}]
    station = {"identity": "BS-1", "station_id": str(seeded.station.id), "security_profile": "basic", "evses": evses}
    return station | more


async def test_a_station_is_registered_with_a_key_that_is_shown_once(
    ask: Asked, seeded: SeededCity, database: Databases
) -> None:
    made = await ask("POST", json=wanted(seeded))
    assert made.status_code == 201
    station = made.json()
    key = station.pop("key")
    assert len(bytes.fromhex(key)) == 20
    kept = await database.rows(
        seeded.city, "SELECT key_digest, next_key_digest FROM charging_stations WHERE city = :city"
    )
    assert kept == [(sha256(key.encode()).hexdigest(), None)]
    assert (station["connected"], station["evses"][0]["status"]) == (False, "UNKNOWN")
    assert (await ask("GET", f"/{station['id']}")).json() == station
    assert (await ask("GET")).json() == {"items": [station], "next_cursor": None}

    again = (await ask("POST", f"/{station['id']}/key")).json()
    assert again["key_pending"]
    assert again["key"] != key
    kept = await database.rows(
        seeded.city, "SELECT key_digest, next_key_digest FROM charging_stations WHERE city = :city"
    )
    assert kept == [(sha256(key.encode()).hexdigest(), sha256(again["key"].encode()).hexdigest())]
    actions = await database.rows(
        seeded.city, "SELECT action FROM audit WHERE city = :city AND action LIKE 'charging_station.%' ORDER BY at, id"
    )
    assert actions == [("charging_station.registered",), ("charging_station.key_changed",)]


@pytest.mark.parametrize(
    ("wrong", "status", "code"),
    [
        ({"identity": "BS-1"}, 409, "identity_taken"),
        ({"identity": "BS 2"}, 422, "identity_not_allowed"),
        ({"station_id": "0192a0c4-11d2-7c1e-8a37-2b6f0c9d4e52"}, 404, "unknown_station"),
        ({"evses": [{"number": 1, "resource_id": "0192a0c4-11d2-7c1e-8a37-2b6f0c9d4e52"}]}, 404, "unknown_resource"),
        ({}, 409, "resource_of_another_evse"),
        ({"evses": [{"number": 1000, "resource_id": "0192a0c4-11d2-7c1e-8a37-2b6f0c9d4e52"}]}, 422, "invalid_input"),
    ],
)
async def test_what_cannot_be_registered_is_refused(
    ask: Asked, seeded: SeededCity, wrong: dict[str, Any], status: int, code: str
) -> None:
    assert (await ask("POST", json=wanted(seeded))).status_code == 201
    refused = await ask("POST", json=wanted(seeded, identity="BS-2") | wrong)
    assert (refused.status_code, refused.json()["code"]) == (status, code)


async def test_the_name_in_a_certificate_leads_to_one_station_of_all_cities(
    ask: Asked, seeded: SeededCity, database: Databases
) -> None:
    other, taken = await database.new_city(), f"serial-{seeded.city}"
    await database.rows(
        other.city,
        "INSERT INTO charging_stations (city, id, station_id, identity, security_profile, certificate_name)"
        " VALUES (:city, :id, :station, 'BS-1', 'certificate', :taken) RETURNING id",
        id=new_id(),
        station=other.station.id,
        taken=taken,
    )
    refused = await ask("POST", json=wanted(seeded, certificate_name=taken))
    assert (refused.status_code, refused.json()["code"]) == (409, "certificate_name_taken")
    assert other.city not in refused.text
    assert (await ask("GET")).json()["items"] == []
    made = await ask("POST", json=wanted(seeded, certificate_name=f"{taken}-2"))
    renamed = await ask("PATCH", f"/{made.json()['id']}", json={"certificate_name": taken})
    assert (renamed.status_code, renamed.json()["code"]) == (409, "certificate_name_taken")
    assert (await ask("GET", f"/{made.json()['id']}")).json()["certificate_name"] == f"{taken}-2"


async def test_a_station_is_changed_but_never_secured_less(ask: Asked, seeded: SeededCity) -> None:
    one = f"/{(await ask('POST', json=wanted(seeded, security_profile='tls'))).json()['id']}"
    evses = [{"number": 2, "resource_id": str(seeded.charge_points[1].id)}]
    changed = (await ask("PATCH", one, json={"admission": "rejected", "heartbeat_s": 60, "evses": evses})).json()
    assert (changed["admission"], changed["heartbeat_s"]) == ("rejected", 60)
    assert [(each["number"], each["resource_id"]) for each in changed["evses"]] == [
        (1, None),
        (2, evses[0]["resource_id"]),
    ]
    lowered = await ask("PATCH", one, json={"security_profile": "basic"})
    assert (lowered.status_code, lowered.json()["code"]) == (409, "profile_not_lowered")
    assert (await ask("PATCH", one, json={"security_profile": "certificate"})).json()[
        "security_profile"
    ] == "certificate"
    keyless = await ask("POST", f"{one}/key")
    assert (keyless.status_code, keyless.json()["code"]) == (409, "no_key")
    assert (await ask("PATCH", f"/{new_id()}", json={})).json()["code"] == "unknown_charging_station"


async def test_what_a_station_is_told_and_answers_is_seen(ask: Asked, seeded: SeededCity, database: Databases) -> None:
    made = (await ask("POST", json=wanted(seeded))).json()
    one = f"/{made['id']}"
    reset = {"order": {"type": "reset", "at_once": True}, "lasts_s": 60}
    placed = (await ask("POST", f"{one}/orders", json=reset)).json()
    assert (placed["order"], placed["times"], placed["answered"]) == (reset["order"], 0, None)
    start = {"order": {"type": "start_transaction", "evse": 1, "id_token": "A1B2", "remote_start": 5}}
    assert (await ask("POST", f"{one}/orders", json=start)).status_code == 201
    secret = {"order": {"type": "write_setting", "name": "SecurityCtrlr.BasicAuthPassword", "value": "x"}}
    refused = await ask("POST", f"{one}/orders", json=secret)
    assert (refused.status_code, refused.json()["code"]) == (422, "setting_not_writable")
    assert (await ask("POST", f"{one}/orders", json={"order": {"type": "reserve_now"}})).status_code == 422

    at = StationAt(seeded.city, ChargingStationId(UUID(made["id"])))
    orders = SqlStationOrders(database.app, new_id)
    answer = OrderAnswer(Answered.ACCEPTED, "Accepted")
    assert await orders.answered(at, OrderId(UUID(placed["id"])), answer, now())
    page = (await ask("GET", f"{one}/orders", params={"limit": 1})).json()
    assert [each["order"]["type"] for each in page["items"]] == ["start_transaction"]
    (last,) = (await ask("GET", f"{one}/orders", params={"cursor": page["next_cursor"]})).json()["items"]
    assert (last["id"], last["answered"], last["said"]) == (placed["id"], "accepted", "Accepted")


async def test_what_was_said_is_searched(ask: Asked, seeded: SeededCity, database: Databases) -> None:
    one = f"/{(await ask('POST', json=wanted(seeded))).json()['id']}"
    at, noon = StationAt(seeded.city, ChargingStationId(UUID(one[1:]))), now()
    said = [
        Message(at, noon - timedelta(hours=2), Direction.IN, FrameKind.CALL, "1", "Heartbeat", "{}"),
        Message(
            at, noon - timedelta(hours=1), Direction.OUT, FrameKind.RESULT, "1", "Heartbeat", '{"currentTime": "x"}'
        ),
        Message(at, noon, Direction.IN, FrameKind.MALFORMED, fault="no JSON", frame="hello"),
    ]
    await SqlMessageLog(database.app.transactions, new_id).keep(seeded.city, said)

    async def found(**query: Any) -> list[Any]:
        return [each["at"] for each in (await ask("GET", f"{one}/messages", params=query)).json()["items"]]

    everything = await found()
    assert len(everything) == 3
    assert everything == sorted(everything, reverse=True)
    assert await found(direction="in") == [everything[0], everything[2]]
    assert await found(action="Heartbeat", kind="result") == [everything[1]]
    assert await found(contains="hello") == [everything[0]]
    assert await found(contains="currentTime") == [everything[1]]
    assert await found(since=(noon - timedelta(minutes=90)).isoformat(), until=noon.isoformat()) == [everything[1]]
    page = (await ask("GET", f"{one}/messages", params={"limit": 2})).json()
    assert [each["at"] for each in page["items"]] == everything[:2]
    rest = (await ask("GET", f"{one}/messages", params={"cursor": page["next_cursor"]})).json()
    assert ([each["at"] for each in rest["items"]], rest["next_cursor"]) == (everything[2:], None)
