"""Whatever comes over the line is answered as its version has it, and nothing of it brings anybody down."""

import json
import random
from contextlib import suppress
from typing import Any

import pytest

from adapters.ocpp.central.checking import ACTIONS, check_call
from adapters.ocpp.central.dialects import DIALECTS
from adapters.ocpp.central.frames import DEEPEST, Code, Error, Fault, Unreadable, kept, read, spelt
from domain.charging.stations import Version
from tests.adapters.ocpp.central import V16, V201, Office, Station, station_at

SEED = 20261129
# A frame, and the id and code that it is answered with in 1.6 and in 2.0.1; None where it is ignored.
WRONG: list[tuple[str | bytes, tuple[str, str] | None, tuple[str, str] | None]] = [
    ("", ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    ("not json", ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (b"\x00\x01", ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    ("{}", ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    ("[" * 5000, ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    ('[2, "a", "Heartbeat"]', ("a", "FormationViolation"), ("a", "RpcFrameworkError")),
    ('[2, "a", "Heartbeat", []]', ("a", "FormationViolation"), ("a", "RpcFrameworkError")),
    ('[2, "a", 7, {}]', ("a", "FormationViolation"), ("a", "RpcFrameworkError")),
    ('[2, 7, "Heartbeat", {}]', ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    (f'[2, "{"x" * 37}", "Heartbeat", {{}}]', ("-1", "FormationViolation"), ("-1", "RpcFrameworkError")),
    ('[9, "a", "Heartbeat", {}]', None, ("a", "MessageTypeNotSupported")),
    ('["2", "a", "Heartbeat", {}]', None, ("a", "MessageTypeNotSupported")),
    ('[3, "nobody asked", {}]', None, None),
    ('[4, "nobody asked", "GenericError", "", {}]', None, None),
    ("[3]", None, None),
    ('[2, "a", "MakeCoffee", {}]', ("a", "NotImplemented"), ("a", "NotImplemented")),
    ('[2, "a", "Reset", {"type": "Soft"}]', ("a", "NotSupported"), ("a", "NotSupported")),
    ('[2, "a", "Heartbeat", {"x": 1}]', ("a", "FormationViolation"), ("a", "FormatViolation")),
    ('[2, "a", "BootNotification", {}]', ("a", "OccurenceConstraintViolation"), ("a", "OccurrenceConstraintViolation")),
    ('[2, "a", "DataTransfer", {"vendorId": 7}]', ("a", "TypeConstraintViolation"), ("a", "TypeConstraintViolation")),
    (
        f'[2, "a", "DataTransfer", {{"vendorId": "{"x" * 256}"}}]',
        ("a", "PropertyConstraintViolation"),
        ("a", "PropertyConstraintViolation"),
    ),
    (
        '[2, "a", "DataTransfer", {"vendorId": "x\\u0000"}]',
        ("a", "PropertyConstraintViolation"),
        ("a", "PropertyConstraintViolation"),
    ),
]


@pytest.mark.parametrize("version", [V16, V201])
@pytest.mark.database
async def test_what_is_wrong_is_answered_in_the_words_of_its_version(office: Office, version: str) -> None:
    await office.station()
    async with office.process() as process, station_at(process, versions=(version,)) as station:
        for frame, in_16, in_201 in WRONG:
            expected = in_16 if version == V16 else in_201
            await station.socket.send(frame)
            if expected is not None:
                kind, name, code, words, details = await station.hear()
                assert (kind, (name, code), details) == (4, expected, {}), frame
                assert len(words) <= 255
        assert "currentTime" in await station.call("Heartbeat")
    log = await office.databases.rows(
        office.seeded.city, "SELECT count(*), count(frame), count(fault) FROM station_messages WHERE city = :city"
    )
    assert log[0][0] > len(WRONG)


@pytest.mark.parametrize("version", list(Version))
def test_every_action_that_stations_call_has_its_answer(version: Version) -> None:
    assert DIALECTS[version].heard.keys() <= ACTIONS[version]
    assert DIALECTS[version].must_arrive <= DIALECTS[version].heard.keys()


@pytest.mark.parametrize("version", list(Version))
def test_no_frame_is_so_odd_that_reading_it_fails(version: Version) -> None:
    chance = random.Random(SEED)
    for _ in range(3000):
        frame = mangled(chance, version)
        found = read(frame, version)
        if isinstance(found, Unreadable) and found.fault is not None:
            assert spelt(found.fault.code, version) in {
                "FormationViolation",
                "RpcFrameworkError",
                "MessageTypeNotSupported",
            }
        elif not isinstance(found, Unreadable | Error) and hasattr(found, "action"):
            with suppress(Fault):
                check_call("Heartbeat", found.payload, version)


@pytest.mark.parametrize("version", [V16, V201])
@pytest.mark.database
async def test_a_station_gone_mad_is_answered_until_it_comes_to_its_senses(office: Office, version: str) -> None:
    await office.station()
    chance = random.Random(SEED)
    known = Version(version)
    codes = {spelt(code, known) for code in Code}
    async with office.process() as process, station_at(process, versions=(version,)) as station:
        for number in range(45):
            frame = mangled(chance, known)
            await station.socket.send(frame)
            for said in await _until(station, f"sane {number}"):
                assert said[0] == 3 or said[2] in codes, (frame, said)
                assert said[0] == 3 or said[2] != "InternalError", (frame, said)


async def _until(station: Station, name: str) -> list[Any]:
    """What is said before the answer to a heartbeat."""
    await station.socket.send(json.dumps([2, name, "Heartbeat", {}]))
    heard = []
    while (said := await station.hear())[1] != name:
        heard.append(said)
    assert said[0] == 3
    return heard


def mangled(chance: random.Random, version: Version) -> str:
    """A frame with something odd about it."""
    actions = sorted(DIALECTS[version].heard)
    good = json.dumps([2, "m", chance.choice(actions), payload(chance)])
    match chance.randrange(4):
        case 0:
            cut = chance.randrange(len(good))
            return good[:cut] + chance.choice('{}[]",:0x') + good[cut + chance.randrange(3) :]
        case 1:
            return json.dumps([odd(chance, 1) for _ in range(chance.randrange(6))])
        case 2:
            return json.dumps([2, odd(chance, 1), chance.choice(actions), odd(chance, 3)])
        case _:
            return good


FIELDS = (
    *(
        "connectorId",
        "idTag",
        "meterStart",
        "timestamp",
        "transactionId",
        "meterStop",
        "meterValue",
        "reason",
        "status",
    ),
    *(
        "errorCode",
        "idToken",
        "eventType",
        "seqNo",
        "transactionInfo",
        "evse",
        "evseId",
        "triggerReason",
        "vendorId",
        "data",
    ),
    *("connectorStatus", "reservationId", "chargePointVendor", "chargePointModel", "chargingStation", "sampledValue"),
    *("reservationUpdateStatus", "type", "value", "id", "customData", "transactionData", "requestId", "generatedAt"),
)


def payload(chance: random.Random) -> dict[str, Any]:
    return {name: odd(chance, 3) for name in chance.sample(FIELDS, chance.randrange(1, 7))}


def odd(chance: random.Random, depth: int) -> Any:
    simple: list[Any] = [
        *(
            None,
            True,
            0,
            -1,
            1,
            2**31,
            2**63,
            2**70,
            1.5,
            -0.0,
            1e300,
            "",
            "GOOD",
            "\x00",
            "\ud800",
            "ä" * 300,
            "x" * 5000,
        ),
        *(
            "Started",
            "Available",
            "NoError",
            "Accepted",
            "2026-11-29T12:00:00Z",
            "0001-01-01T00:00:00+14:00",
            "2026-13-45",
        ),
        *("9999-12-31T23:59:59-14:00", "NaN", "1e999999999", "'; DROP TABLE evses; --"),
    ]
    kind = chance.randrange(6) if depth else 0
    if kind == 4:
        return [odd(chance, depth - 1) for _ in range(chance.randrange(4))]
    if kind == 5:
        return payload(chance) if depth > 1 else {}
    return chance.choice(simple)


def test_the_log_shows_no_secret_and_of_a_token_only_its_beginning() -> None:
    key, password = {"key": "AuthorizationKey", "value": "0123abcd"}, {"name": "BasicAuthPassword"}
    variable = {"component": {"name": "SecurityCtrlr"}, "variable": password}
    said = {
        "configurationKey": [key, {"key": "HeartbeatInterval", "value": "60"}],
        "getVariableResult": [variable | {"attributeValue": "hush"}],
        "reportData": [variable | {"variableAttribute": [{"type": "Actual", "value": "hush"}]}],
        "idTag": "A1B2C3D4",
        "idTagInfo": {"parentIdTag": "FLEET-7", "status": "Accepted"},
        "idToken": {"idToken": "04AABBCC", "type": "ISO14443"},
    }
    assert json.loads(kept(said)) == {
        "configurationKey": [key | {"value": "***"}, {"key": "HeartbeatInterval", "value": "60"}],
        "getVariableResult": [variable | {"attributeValue": "***"}],
        "reportData": [variable | {"variableAttribute": [{"type": "Actual", "value": "***"}]}],
        "idTag": "A1B2…",
        "idTagInfo": {"parentIdTag": "FLEE…", "status": "Accepted"},
        "idToken": {"idToken": "04AA…", "type": "ISO14443"},
    }


def test_nonsense_of_any_depth_is_kept_without_its_depth() -> None:
    deep: Any = "x"
    for _ in range(2000):
        deep = [deep]
    assert kept({"a": deep}).count("[") == DEEPEST
