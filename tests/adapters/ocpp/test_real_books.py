"""Stations at the central system as it is wired, with its real books: what is told twice, late and out of order is one transaction."""

import json
from datetime import timedelta
from typing import Any

import pytest

from adapters.ocpp.central.serving import LARGEST_FRAME
from domain.charging.stations import ChargingStationId
from infra.charging.central import central_system
from infra.clock import now
from infra.ids import new_id
from services.charging.central import CentralSystem
from tests.adapters.ocpp.central import V16, V201, Office, station_at

pytestmark = pytest.mark.database


class RealOffice(Office, frozen=True):
    @property
    def central(self) -> CentralSystem:
        return central_system(self.databases.app, now, new_id, lambda: None)


@pytest.fixture
def real(office: Office) -> RealOffice:
    return RealOffice(office.databases, office.seeded, office.told, office.app_url)


async def sessions(real: RealOffice, station: ChargingStationId) -> list[tuple[int, bool]]:
    rows = await real.databases.rows(
        real.seeded.city,
        "SELECT number, over_at IS NOT NULL FROM charging_sessions WHERE city = :city AND charging_station_id = :id ORDER BY began_at",
        id=station,
    )
    return [(row[0], row[1]) for row in rows]


async def test_a_start_whose_answer_was_lost_in_a_kill_is_answered_alike_by_the_next_process(real: RealOffice) -> None:
    at = await real.station()
    began = (now() - timedelta(hours=3)).isoformat()
    start = {"connectorId": 1, "idTag": "NOBODYS", "meterStart": 1000, "timestamp": began}
    async with real.process() as first, station_at(first) as station:
        told = await station.call("StartTransaction", **start)
        assert told["idTagInfo"]["status"] == "Invalid"  # and answered all the same
        await station.socket.send(
            '[2, "x", "StopTransaction", {"transactionId": -5, "meterStop": 1, "timestamp": "2026-01-01T00:00:00Z"}]'
        )
        station.socket.transport.abort()
    async with real.process() as second, station_at(second) as station:
        station.obeys = True  # it is told to stop what nobody may charge
        for _ in range(2):
            assert await station.call("StartTransaction", **start) == told
        number = told["transactionId"]
        sample = [{"timestamp": now().isoformat(), "sampledValue": [{"value": "1500"}]}]
        assert await station.call("MeterValues", connectorId=1, transactionId=number, meterValue=sample) == {}
        stop = {"transactionId": number, "meterStop": 2000, "timestamp": now().isoformat()}
        assert await station.call("StopTransaction", **stop) == {}
        assert await station.call("StopTransaction", **stop) == {}
        assert await station.call("StartTransaction", **start) == told
        assert [each for each in await sessions(real, at.id) if each[0] == number] == [(number, True)]
        for status in ("Preparing", "Charging", "Charging", "Finishing", "Available"):
            said = {"connectorId": 1, "status": status, "errorCode": "NoError"}
            assert await station.call("StatusNotification", **said) == {}
        assert [row[:3] for row in await real.evses(at)] == [(1, "AVAILABLE", "Available")]


BLANKS, WHEN = "CARD   ", "2026-01-01T00:00:00Z"
TIMES = ("0001-01-01T00:00:00Z", "1970-01-01T00:00:07Z", "2036-02-07T06:28:16", "9999-12-31T23:59:59Z")
LARGEST = 2**31 - 1
ODD_16: tuple[tuple[str, dict[str, Any]], ...] = (
    *(
        (
            "StartTransaction",
            {"connectorId": 1, "idTag": BLANKS, "meterStart": wh, "timestamp": at, "reservationId": -1},
        )
        for wh, at in zip((-7, 0, LARGEST, 5), TIMES, strict=True)
    ),
    ("StartTransaction", {"connectorId": 0, "idTag": "", "meterStart": 5, "timestamp": WHEN}),
    ("StartTransaction", {"connectorId": 1, "idTag": "ß" * 20, "meterStart": 5, "timestamp": WHEN}),
    *(
        ("StopTransaction", {"transactionId": name, "meterStop": wh, "timestamp": at, "idTag": BLANKS})
        for name, wh, at in zip((-1, 0, 1, LARGEST), (0, LARGEST, -7, 5), TIMES, strict=True)
    ),
    *(
        (
            "MeterValues",
            {
                "connectorId": 1,
                "transactionId": name,
                "meterValue": [{"timestamp": at, "sampledValue": [{"value": value}]}],
            },
        )
        for name, value, at in zip((-1, 2, 3, LARGEST), ("NaN", "999999999999", "1e-300", " 7_0 "), TIMES, strict=True)
    ),
    *(
        ("StatusNotification", {"connectorId": n, "status": "Faulted", "errorCode": "OtherError", "timestamp": at})
        for n, at in zip((0, 1, 1, LARGEST), TIMES, strict=True)
    ),
    ("Authorize", {"idTag": BLANKS}),
)
EVENT: dict[str, Any] = {
    "triggerReason": "Authorized",
    "transactionInfo": {"transactionId": "t"},
    "evse": {"id": 1, "connectorId": LARGEST},
}
SAID: dict[str, Any] = {
    "eventId": LARGEST,
    "trigger": "Alerting",
    "actualValue": "x" * 2500,
    "eventNotificationType": "CustomMonitor",
}
ABOUT: dict[str, Any] = {
    "component": {"name": "Connector", "evse": {"id": 1}},
    "variable": {"name": "Problem", "instance": "é"},
}
ODD_201: tuple[tuple[str, dict[str, Any]], ...] = (
    *(
        ("TransactionEvent", EVENT | {"eventType": kind, "timestamp": at, "seqNo": seq, "reservationId": LARGEST})
        for kind, at, seq in zip(
            ("Updated", "Ended", "Started", "Updated"), reversed(TIMES), (LARGEST, 2, 0, 1), strict=True
        )
    ),
    (
        "TransactionEvent",
        EVENT
        | {
            "eventType": "Started",
            "timestamp": WHEN,
            "seqNo": 0,
            "transactionInfo": {"transactionId": "", "remoteStartId": -5},
        }
        | {"idToken": {"idToken": "x" * 35 + " ", "type": "ISO14443"}, "evse": {"id": 0}},
    ),
    *(
        ("NotifyEvent", {"generatedAt": at, "seqNo": 0, "eventData": [SAID | ABOUT | {"timestamp": at}]})
        for at in TIMES
    ),
    ("ReservationStatusUpdate", {"reservationId": -LARGEST, "reservationUpdateStatus": "Expired"}),
    (
        "NotifyReport",
        {
            "requestId": 1,
            "generatedAt": WHEN,
            "seqNo": 0,
            "reportData": [
                ABOUT
                | {
                    "variableAttribute": [{"value": "x" * 2500}],
                    "variableCharacteristics": {"dataType": "decimal", "maxLimit": 1e300, "supportsMonitoring": False},
                }
            ],
        },
    ),
)


@pytest.mark.parametrize(("version", "odd"), [(V16, ODD_16), (V201, ODD_201)], ids=[V16, V201])
async def test_nothing_that_a_station_may_say_is_so_odd_that_it_is_not_taken_in(
    real: RealOffice, version: str, odd: tuple[tuple[str, dict[str, Any]], ...]
) -> None:
    await real.station()
    async with real.process() as process, station_at(process, versions=(version,)) as station:
        station.obeys = True
        for action, payload in odd:
            said = await station.call(action, **payload)
            assert isinstance(said, dict), (said, action, payload)


async def test_a_stop_that_tells_all_readings_of_a_day_again_is_taken_in(real: RealOffice) -> None:
    at = await real.station()
    began = now() - timedelta(days=1)
    async with real.process() as process, station_at(process) as station:
        station.obeys = True
        start = {"connectorId": 1, "idTag": "NOBODYS", "meterStart": 0, "timestamp": began.isoformat()}
        number = (await station.call("StartTransaction", **start))["transactionId"]
        measured = [
            {"value": "230.5", "measurand": name} for name in ("Voltage", "Current.Import", "Temperature", "SoC")
        ]
        data = [
            {
                "timestamp": (began + timedelta(minutes=n)).isoformat(),
                "sampledValue": [{"value": str(n * 10), "context": "Sample.Periodic"}, *measured],
            }
            for n in range(1441)
        ]
        stop = {"transactionId": number, "meterStop": 14_400, "timestamp": now().isoformat(), "transactionData": data}
        assert 300_000 < len(json.dumps(stop)) < LARGEST_FRAME
        assert await station.call("StopTransaction", **stop) == {}
    assert await sessions(real, at.id) == [(number, True)]
