"""What stations of both versions tell becomes the same report, and is answered in their own words."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.database.charging.station_equipment import SqlEquipment
from adapters.ocpp.central.words import EARLIEST, LATEST, instant
from domain.charging.orders import AskFor
from domain.charging.reports import (
    ChargingState,
    Context,
    IdToken,
    Reading,
    ReservationEnd,
    ReservationEnded,
    ReservationNumber,
    SignedValue,
    StatusReported,
    TokenAnswer,
    TokenVerdict,
    TransactionAnswer,
    TransactionEnded,
    TransactionRef,
    TransactionStarted,
    TransactionUpdated,
)
from domain.charging.stations import EvseStatus
from infra.clock import now
from services.charging.central.equipment import ConnectorView, EvseEquipment
from tests.adapters.ocpp.central import V16, V201, Office, station_at

pytestmark = pytest.mark.database

GOOD = {"idToken": "GOOD", "type": "ISO14443"}


def just_now() -> tuple[datetime, str]:
    """A moment, and as a station says it. What it says of more than two minutes ago counts as said while it was away."""
    moment = now().replace(microsecond=0)
    return moment, moment.isoformat().replace("+00:00", "Z")


def energy(value: str, **more: str) -> dict[str, str]:
    return {"value": value, **more}


async def test_a_station_of_1_6_tells_of_itself_and_of_a_transaction(office: Office) -> None:
    moment, when = just_now()
    at = await office.station()
    told = office.told
    async with office.process() as process, station_at(process, versions=(V16,)) as station:
        boot = await station.call(
            "BootNotification",
            chargePointVendor="V",
            chargePointModel="M",
            chargePointSerialNumber="S",
            firmwareVersion="1",
        )
        assert (boot["status"], boot["interval"]) == ("Accepted", 900)
        assert await office.state(at, "vendor, model, serial, firmware, booted_at IS NOT NULL") == (
            "V",
            "M",
            "S",
            "1",
            True,
        )
        for connector, status, error in (
            (0, "Available", "NoError"),
            (1, "Charging", "NoError"),
            (2, "Faulted", "GroundFailure"),
        ):
            said = {"connectorId": connector, "status": status, "errorCode": error, "timestamp": when, "info": "i"}
            assert await station.call("StatusNotification", **said) == {}
        assert await office.evses(at) == [
            (1, "CHARGING", "Charging", None),
            (2, "OUTOFORDER", "Faulted", "GroundFailure i"),
        ]
        assert await office.state(at, "status, said") == ("AVAILABLE", "Available")
        assert told.reports.pop() == StatusReported(2, 1, EvseStatus.OUTOFORDER, "Faulted", moment, "GroundFailure i")
        earlier = (moment - timedelta(minutes=1)).isoformat()
        await station.call(
            "StatusNotification", connectorId=1, status="Available", errorCode="NoError", timestamp=earlier
        )
        assert (await office.evses(at))[0][1] == "CHARGING"

        info = (await station.call("Authorize", idTag="GOOD"))["idTagInfo"]
        assert (info["status"], info["parentIdTag"], info["expiryDate"][:4]) == ("Accepted", "FLEET", "2040")
        assert (await station.call("Authorize", idTag="BAD"))["idTagInfo"]["status"] == "Invalid"

        started = await station.call(
            "StartTransaction", connectorId=1, idTag="GOOD", meterStart=1000, timestamp=when, reservationId=12
        )
        assert started == {"transactionId": 7, "idTagInfo": {"status": "Accepted"}}
        begin = Reading(moment, Context.BEGIN, energy_wh=Decimal(1000))
        assert told.reports.pop() == TransactionStarted(
            1, 1, IdToken("GOOD"), moment, reservation=ReservationNumber(12), readings=(begin,)
        )
        values = [
            energy("1.5", unit="kWh"),
            energy("3.5", measurand="Power.Active.Import", phase="L1", unit="kW"),
            energy("2500", measurand="Power.Active.Import", phase="L2", unit="W"),
            energy("11000", measurand="Power.Offered"),
            energy("15.9", measurand="Current.Import", phase="L1"),
            energy("55", measurand="SoC", location="EV"),
            energy("NaN", measurand="Voltage"),
            energy("OCMF|{}|{}", format="SignedData"),
        ]
        meter = [{"timestamp": when, "sampledValue": values}]
        assert await station.call("MeterValues", connectorId=1, transactionId=7, meterValue=meter) == {}
        reading = Reading(
            moment,
            Context.PERIODIC,
            energy_wh=Decimal("1500.0"),
            power_w=Decimal("6000.0"),
            offered_w=Decimal(11000),
            current_a=Decimal("15.9"),
            soc_percent=Decimal(55),
            signed=SignedValue(b"OCMF|{}|{}"),
        )
        assert told.reports.pop() == TransactionUpdated(TransactionRef("7"), moment, 1, readings=(reading,))
        count = len(told.reports)
        assert await station.call("MeterValues", connectorId=1, meterValue=meter) == {}
        assert len(told.reports) == count

        hours_ago = moment - timedelta(hours=5)
        signed = '{"signedMeterData": "T0NNRnx7fQ==", "encodingMethod": "OCMF", "publicKey": ""}'
        data = [
            {
                "timestamp": hours_ago.isoformat(),
                "sampledValue": [energy(signed, format="SignedData", context="Transaction.End")],
            }
        ]
        told.answer = TransactionAnswer(TokenAnswer(TokenVerdict.BLOCKED))
        stopped = await station.call(
            "StopTransaction",
            transactionId=7,
            idTag="GOOD",
            meterStop=3000,
            timestamp=hours_ago.isoformat(),
            reason="EVDisconnected",
            transactionData=data,
        )
        assert stopped == {"idTagInfo": {"status": "Blocked"}}
        end = Reading(hours_ago, Context.END, energy_wh=Decimal(3000))
        signed_end = Reading(hours_ago, Context.END, signed=SignedValue(b"OCMF|{}", "OCMF"))
        assert told.reports.pop() == TransactionEnded(
            TransactionRef("7"), hours_ago, "EVDisconnected", IdToken("GOOD"), offline=True, readings=(signed_end, end)
        )
        assert await station.call("StopTransaction", transactionId=7, meterStop=1, timestamp=when) == {}
        noted: dict[str, dict[str, Any]] = {
            "FirmwareStatusNotification": {"status": "Installed"},
            "DiagnosticsStatusNotification": {"status": "Uploaded"},
            "LogStatusNotification": {"status": "Uploaded"},
            "SecurityEventNotification": {"type": "t", "timestamp": when},
        }
        for action, about in noted.items():
            assert await station.call(action, **about) == {}
        assert await station.call("DataTransfer", vendorId="v", data="d") == {"status": "UnknownVendorId"}
    log = await office.databases.rows(
        at.city, "SELECT direction, kind, action, message_id FROM station_messages WHERE city = :city ORDER BY at, id"
    )
    assert [row for row in log if row[2] == "DataTransfer"] == [
        ("in", "call", "DataTransfer", log[-2][3]),
        ("out", "result", "DataTransfer", log[-2][3]),
    ]


async def test_a_station_of_2_0_1_tells_of_itself_and_of_a_transaction(office: Office) -> None:
    moment, when = just_now()
    at = await office.station()
    told = office.told
    async with office.process() as process, station_at(process, versions=(V201,)) as station:
        boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M", "serialNumber": "S"}}
        assert (await station.call("BootNotification", **boot))["status"] == "Accepted"
        assert await office.state(at, "vendor, model, serial, firmware") == ("V", "M", "S", None)

        async def status(connector: int, said: str) -> str:
            about = {"evseId": 1, "connectorId": connector, "connectorStatus": said, "timestamp": when}
            assert await station.call("StatusNotification", **about) == {}
            return str((await office.evses(at))[0][1])

        assert [await status(1, "Available"), await status(2, "Occupied"), await status(1, "Faulted")] == [
            "AVAILABLE",
            "CHARGING",
            "CHARGING",
        ]
        assert await status(2, "Unavailable") == "INOPERATIVE"
        alarm = {"eventId": 1, "timestamp": when, "trigger": "Alerting", "actualValue": "90", "techCode": "E7"}
        alarm |= {"eventNotificationType": "CustomMonitor", "variable": {"name": "Temperature"}}
        alarm["component"] = {"name": "Connector", "instance": "left", "evse": {"id": 1}}
        told_of = {"generatedAt": when, "seqNo": 0, "eventData": [alarm]}
        assert await station.call("NotifyEvent", **told_of) == {}
        faults = (
            "SELECT evse, kind, what, says FROM charging_faults WHERE city = :city AND ended_at IS NULL ORDER BY kind"
        )
        wrong = [(1, "event", "Connector/left.Temperature", "E7"), (1, "out_of_order", "1", "Faulted")]
        assert await office.databases.rows(at.city, faults) == wrong
        assert await status(1, "Available") == "AVAILABLE"
        assert await office.databases.rows(at.city, faults) == wrong[:1]
        told.reports.clear()

        answer = await station.call("Authorize", idToken=GOOD)
        assert answer["idTokenInfo"]["groupIdToken"] == {"idToken": "FLEET", "type": "Central"}
        event: dict[str, Any] = {"timestamp": when, "triggerReason": "Authorized"}
        started = event | {
            "eventType": "Started",
            "seqNo": 0,
            "transactionInfo": {"transactionId": "t-1", "chargingState": "EVConnected", "remoteStartId": 4},
            "evse": {"id": 1, "connectorId": 2},
            "idToken": GOOD,
            "reservationId": 12,
        }
        assert await station.call("TransactionEvent", **started) == {"idTokenInfo": {"status": "Accepted"}}
        assert told.reports.pop() == TransactionStarted(
            1,
            2,
            IdToken("GOOD"),
            moment,
            TransactionRef("t-1"),
            ReservationNumber(12),
            remote_start=4,
            state=ChargingState.EV_CONNECTED,
        )
        signed = {"signedMeterData": "T0NNRnx7fQ==", "signingMethod": "", "encodingMethod": "OCMF", "publicKey": "pk"}
        sample = {"value": 1.5, "unitOfMeasure": {"unit": "Wh", "multiplier": 3}, "signedMeterValue": signed}
        meter = [{"timestamp": when, "sampledValue": [sample | {"context": "Transaction.Begin"}]}]
        updated = event | {"eventType": "Updated", "seqNo": 1, "offline": True, "meterValue": meter}
        updated |= {"transactionInfo": {"transactionId": "t-1", "chargingState": "SuspendedEVSE"}}
        told.answer = TransactionAnswer(total_cost=Decimal("3.25"))
        assert await station.call("TransactionEvent", **updated) == {"totalCost": 3.25}
        reading = Reading(
            moment, Context.BEGIN, energy_wh=Decimal("1500.0"), signed=SignedValue(b"OCMF|{}", "OCMF", "pk")
        )
        assert told.reports.pop() == TransactionUpdated(
            TransactionRef("t-1"), moment, state=ChargingState.SUSPENDED_EVSE, offline=True, seq=1, readings=(reading,)
        )
        ended = event | {"eventType": "Ended", "seqNo": 2, "triggerReason": "StopAuthorized"}
        ended |= {"transactionInfo": {"transactionId": "t-1", "stoppedReason": "Remote"}, "idToken": GOOD}
        told.answer = TransactionAnswer(TokenAnswer(TokenVerdict.CONCURRENT), Decimal(4))
        assert await station.call("TransactionEvent", **ended) == {
            "idTokenInfo": {"status": "ConcurrentTx"},
            "totalCost": 4.0,
        }
        assert told.reports.pop() == TransactionEnded(TransactionRef("t-1"), moment, "Remote", IdToken("GOOD"), seq=2)
        over = {"reservationId": 12, "reservationUpdateStatus": "Expired"}
        assert await station.call("ReservationStatusUpdate", **over) == {}
        assert told.reports.pop() == ReservationEnded(ReservationNumber(12), ReservationEnd.EXPIRED)
        noted: dict[str, dict[str, Any]] = {
            "FirmwareStatusNotification": {"status": "Installed"},
            "MeterValues": {"evseId": 1, "meterValue": meter},
        }
        for action, about in noted.items():
            assert await station.call(action, **about) == {}
        assert await station.call("DataTransfer", vendorId="v") == {"status": "UnknownVendorId"}


async def test_a_vehicle_that_asks_for_a_contract_certificate_is_told_that_there_is_none(office: Office) -> None:
    await office.station()
    async with office.process() as process, station_at(process, versions=(V201,)) as station:
        asked = {"iso15118SchemaVersion": "urn:iso:15118:2:2013:MsgDef", "action": "Install", "exiRequest": "gJg="}
        assert await station.call("Get15118EVCertificate", **asked) == {"status": "Failed", "exiResponse": ""}


async def test_a_station_of_2_0_1_tells_what_it_has_in_pages(office: Office) -> None:
    _, when = just_now()
    at = await office.station()
    async with office.process() as process, station_at(process, versions=(V201,)) as station:
        limits = {"dataType": "decimal", "unit": "kW", "maxLimit": 22, "supportsMonitoring": False}
        power = {
            "component": {"name": "EVSE", "evse": {"id": 1}},
            "variable": {"name": "Power"},
            "variableAttribute": [{"value": "0"}],
        }
        plug = {
            "component": {"name": "Connector", "evse": {"id": 1, "connectorId": 2}},
            "variable": {"name": "ConnectorType"},
        }
        plug["variableAttribute"] = [{"type": "Target", "value": "x"}, {"value": "cCCS2"}]
        pages = ([power | {"variableCharacteristics": limits}], [plug])
        for number, page in enumerate(pages):
            report = {"requestId": 1, "generatedAt": when, "seqNo": number, "tbc": number == 0, "reportData": page}
            assert await station.call("NotifyReport", **report) == {}
        seen = await SqlEquipment(office.databases.app, now).find(at.city, at.id)
        assert seen is not None
        assert seen.evses == (EvseEquipment(1, 22_000, None, (ConnectorView(2, "cCCS2"),), None),)


async def test_a_station_is_admitted_kept_waiting_or_turned_away_as_the_city_has_it(office: Office) -> None:
    await office.station("new", admission="pending", heartbeat_s=60)
    await office.station("old", admission="rejected")
    boot = {"chargePointVendor": "v", "chargePointModel": "m"}
    async with office.process() as process:
        async with station_at(process, "new") as station:
            answer = await station.call("BootNotification", **boot)
            assert (answer["status"], answer["interval"]) == ("Pending", 60)
            assert "currentTime" in await station.call("Heartbeat")
        async with station_at(process, "old") as station:
            assert (await station.call("BootNotification", **boot))["status"] == "Rejected"
            assert await station.call("Heartbeat") == ("error", "SecurityError")


async def test_a_station_that_waits_to_be_admitted_says_what_it_is_asked_for_and_what_has_happened(
    office: Office,
) -> None:
    """In 2.0.1; 1.6 says nothing of how it is answered."""
    _, when = just_now()
    at = await office.station(admission="pending")
    status = {"timestamp": when, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    refused = ("error", "SecurityError")
    async with office.process() as process, station_at(process, versions=(V201,)) as station:
        boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "v", "model": "m"}}
        assert (await station.call("BootNotification", **boot))["status"] == "Pending"
        assert await station.call("StatusNotification", **status) == refused
        assert await station.call("StatusNotification") == refused  # whatever is in it
        ended = {"eventType": "Ended", "timestamp": when, "triggerReason": "EVDeparted", "seqNo": 3}
        assert await station.call("TransactionEvent", **ended, transactionInfo={"transactionId": "t"}) == {}
        assert await station.call("NotifyReport", requestId=1, generatedAt=when, seqNo=0) == {}
        await office.place(at, AskFor("StatusNotification", 1))
        await station.obey({"status": "Accepted"})
        assert await station.call("StatusNotification", **status) == {}
        assert await station.call("Heartbeat") == refused


async def test_a_station_that_comes_back_without_a_boot_is_not_told_to_wait_and_is_heard(office: Office) -> None:
    _, when = just_now()
    await office.station(admission="pending")
    status = {"timestamp": when, "connectorStatus": "Available", "evseId": 1, "connectorId": 1}
    boot = {"reason": "PowerUp", "chargingStation": {"vendorName": "v", "model": "m"}}
    async with office.process() as process, station_at(process, versions=(V201,)) as station:
        assert await station.call("StatusNotification", **status) == {}
        assert (await station.call("BootNotification", **boot))["status"] == "Pending"
        assert await station.call("StatusNotification", **status) == ("error", "SecurityError")


async def test_what_must_arrive_is_not_answered_before_it_is_written_down(office: Office) -> None:
    _, when = just_now()
    await office.station()
    start = {"connectorId": 1, "idTag": "GOOD", "meterStart": 1, "timestamp": when}
    async with office.process() as process, station_at(process) as station:
        office.told.closed = 1
        assert await station.call("Authorize", idTag="GOOD") == ("error", "InternalError")
        office.told.closed = 2
        assert (await station.call("StartTransaction", **start))["transactionId"] == 7
        assert len(office.told.reports) == 1


async def test_a_transaction_at_an_evse_that_no_station_has_is_refused(office: Office) -> None:
    _, when = just_now()
    await office.station()
    refused = ("error", "PropertyConstraintViolation")
    start = {"idTag": "GOOD", "meterStart": 1, "timestamp": when}
    async with office.process() as process, station_at(process, versions=(V16,)) as station:
        assert await station.call("StartTransaction", connectorId=1000, **start) == refused
        assert office.told.reports == []
        assert (await station.call("StartTransaction", connectorId=999, **start))["transactionId"] == 7


async def test_a_status_that_is_said_again_is_told_to_sessions_once_until_another_one_begins(office: Office) -> None:
    await office.station()
    status = {"connectorId": 1, "errorCode": "NoError", "status": "SuspendedEV", "timestamp": "2026-11-29T12:00:00Z"}
    start = {"connectorId": 1, "idTag": "GOOD", "meterStart": 1, "timestamp": "2026-11-29T12:00:00Z"}

    def told() -> int:
        return sum(isinstance(report, StatusReported) for report in office.told.reports)

    async with office.process() as process, station_at(process) as station:
        for _ in range(3):
            await station.call("StatusNotification", **status)
        assert told() == 1
        await station.call("StartTransaction", **start)
        await station.call("StatusNotification", **status)
        assert told() == 2
    async with office.process() as process, station_at(process) as station:
        await station.call("StatusNotification", **status)
        assert told() == 3


async def test_a_token_that_its_reader_fills_up_with_blanks_is_the_same(office: Office) -> None:
    await office.station()
    async with office.process() as process:
        async with station_at(process, versions=(V16,)) as station:
            assert (await station.call("Authorize", idTag="GOOD   "))["idTagInfo"]["status"] == "Accepted"
        async with station_at(process, versions=(V201,)) as station:
            shown = GOOD | {"idToken": " GOOD "}
            assert (await station.call("Authorize", idToken=shown))["idTokenInfo"]["status"] == "Accepted"


async def test_a_station_without_a_reader_is_told_what_becomes_of_its_token_of_no_letters(office: Office) -> None:
    await office.station()
    _, when = just_now()
    nobody = {"idToken": "", "type": "NoAuthorization"}
    began = {
        "eventType": "Started",
        "timestamp": when,
        "triggerReason": "CablePluggedIn",
        "seqNo": 0,
        "idToken": nobody,
    }
    async with office.process() as process, station_at(process, versions=(V201,)) as station:
        told = await station.call("TransactionEvent", **began, transactionInfo={"transactionId": "t"}, evse={"id": 1})
    assert told["idTokenInfo"]["status"] == "Accepted"


def test_a_clock_that_is_off_by_lives_is_taken_at_the_bounds_of_what_can_be_reckoned() -> None:
    assert (instant("9999-12-31T23:59:59Z"), instant("0001-01-01T00:00:00Z")) == (LATEST, EARLIEST)
    assert instant("1970-01-01T00:00:07") == EARLIEST + timedelta(seconds=7)
