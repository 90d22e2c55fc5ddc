"""What stations are told, in the words of either version, by whichever process holds them."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from websockets.exceptions import ConnectionClosed

from adapters.database.charging.station_orders import SqlStationOrders
from adapters.ocpp.central import link, v16_orders, v201_orders
from adapters.ocpp.central.checking import check_call
from adapters.ocpp.central.serving import LARGEST_FRAME
from adapters.ocpp.central.words import RateUnit, UnspeakableError
from domain.charging.orders import (
    Answered,
    AskFor,
    CancelReservation,
    ChangeAvailability,
    ClearProfile,
    Order,
    OrderAnswer,
    OrderId,
    PowerStep,
    Profile,
    ProfilePurpose,
    ReadSettings,
    ReserveNow,
    Reset,
    SetProfile,
    StartTransaction,
    StopTransaction,
    Unlock,
    WriteSetting,
)
from domain.charging.reports import IdToken, ReservationNumber, TransactionRef
from domain.charging.stations import StationAt, Version
from infra.clock import now
from services.calls import Unavailable
from tests.adapters.ocpp import central
from tests.adapters.ocpp.central import V16, V201, Office, station_at

AT = datetime(2026, 12, 1, 12, tzinfo=UTC)
WHEN = "2026-12-01T12:00:00.000Z"
CARD = IdToken("A1B2")
DEFAULT = Profile(3, 1, ProfilePurpose.DEFAULT, AT, 3600, (PowerStep(0, 11000), PowerStep(60, 4140, 1)))
OWN = Profile(4, 0, ProfilePurpose.TRANSACTION, AT, None, (PowerStep(0, 0),), TransactionRef("7"))
STEPS = [{"startPeriod": 0, "limit": 11000}, {"startPeriod": 60, "limit": 4140, "numberPhases": 1}]
SCHEDULE = {"startSchedule": WHEN, "chargingRateUnit": "W", "chargingSchedulePeriod": STEPS, "duration": 3600}
OWN_SCHEDULE = {
    "startSchedule": WHEN,
    "chargingRateUnit": "W",
    "chargingSchedulePeriod": [{"startPeriod": 0, "limit": 0}],
}
CENTRAL = {"idToken": "A1B2", "type": "Central"}
# An order, and what it is called in 1.6 and in 2.0.1.
WORDS: list[tuple[Order, tuple[str, dict[str, Any]], tuple[str, dict[str, Any]]]] = [
    (
        ReserveNow(ReservationNumber(5), 2, CARD, AT, IdToken("FLEET")),
        (
            "ReserveNow",
            {"connectorId": 2, "expiryDate": WHEN, "idTag": "A1B2", "parentIdTag": "FLEET", "reservationId": 5},
        ),
        (
            "ReserveNow",
            {
                "id": 5,
                "expiryDateTime": WHEN,
                "idToken": CENTRAL,
                "groupIdToken": {"idToken": "FLEET", "type": "Central"},
                "evseId": 2,
            },
        ),
    ),
    (
        ReserveNow(ReservationNumber(5), 0, CARD, AT),
        ("ReserveNow", {"connectorId": 0, "expiryDate": WHEN, "idTag": "A1B2", "reservationId": 5}),
        ("ReserveNow", {"id": 5, "expiryDateTime": WHEN, "idToken": CENTRAL}),
    ),
    (
        CancelReservation(ReservationNumber(5)),
        ("CancelReservation", {"reservationId": 5}),
        ("CancelReservation", {"reservationId": 5}),
    ),
    (
        SetProfile(1, DEFAULT),
        (
            "SetChargingProfile",
            {
                "connectorId": 1,
                "csChargingProfiles": {
                    "chargingProfileId": 3,
                    "stackLevel": 1,
                    "chargingProfileKind": "Absolute",
                    "chargingProfilePurpose": "TxDefaultProfile",
                    "chargingSchedule": SCHEDULE,
                },
            },
        ),
        (
            "SetChargingProfile",
            {
                "evseId": 1,
                "chargingProfile": {
                    "id": 3,
                    "stackLevel": 1,
                    "chargingProfileKind": "Absolute",
                    "chargingProfilePurpose": "TxDefaultProfile",
                    "chargingSchedule": [{"id": 3, **SCHEDULE}],
                },
            },
        ),
    ),
    (
        ClearProfile(1, 3, ProfilePurpose.WHOLE),
        ("ClearChargingProfile", {"id": 3, "connectorId": 1, "chargingProfilePurpose": "ChargePointMaxProfile"}),
        (
            "ClearChargingProfile",
            {
                "chargingProfileId": 3,
                "chargingProfileCriteria": {"evseId": 1, "chargingProfilePurpose": "ChargingStationMaxProfile"},
            },
        ),
    ),
    (ClearProfile(), ("ClearChargingProfile", {}), ("ClearChargingProfile", {})),
    (
        StartTransaction(1, CARD, 9, OWN),
        (
            "RemoteStartTransaction",
            {
                "idTag": "A1B2",
                "connectorId": 1,
                "chargingProfile": {
                    "chargingProfileId": 4,
                    "stackLevel": 0,
                    "chargingProfileKind": "Absolute",
                    "chargingProfilePurpose": "TxProfile",
                    "chargingSchedule": OWN_SCHEDULE,
                    "transactionId": 7,
                },
            },
        ),
        (
            "RequestStartTransaction",
            {
                "idToken": CENTRAL,
                "remoteStartId": 9,
                "evseId": 1,
                "chargingProfile": {
                    "id": 4,
                    "stackLevel": 0,
                    "chargingProfileKind": "Absolute",
                    "chargingProfilePurpose": "TxProfile",
                    "chargingSchedule": [{"id": 4, **OWN_SCHEDULE}],
                    "transactionId": "7",
                },
            },
        ),
    ),
    (
        StopTransaction(TransactionRef("7")),
        ("RemoteStopTransaction", {"transactionId": 7}),
        ("RequestStopTransaction", {"transactionId": "7"}),
    ),
    (
        ChangeAvailability(operative=False),
        ("ChangeAvailability", {"connectorId": 0, "type": "Inoperative"}),
        ("ChangeAvailability", {"operationalStatus": "Inoperative"}),
    ),
    (
        ChangeAvailability(operative=True, evse=2),
        ("ChangeAvailability", {"connectorId": 2, "type": "Operative"}),
        ("ChangeAvailability", {"operationalStatus": "Operative", "evse": {"id": 2}}),
    ),
    (Reset(at_once=True), ("Reset", {"type": "Hard"}), ("Reset", {"type": "Immediate"})),
    (Reset(), ("Reset", {"type": "Soft"}), ("Reset", {"type": "OnIdle"})),
    (Unlock(2), ("UnlockConnector", {"connectorId": 2}), ("UnlockConnector", {"evseId": 2, "connectorId": 1})),
    (
        ReadSettings(),
        ("GetConfiguration", {}),
        ("GetBaseReport", {"requestId": 1, "reportBase": "FullInventory"}),
    ),
    (
        ReadSettings(("A.B",)),
        ("GetConfiguration", {"key": ["A.B"]}),
        ("GetVariables", {"getVariableData": [{"component": {"name": "A"}, "variable": {"name": "B"}}]}),
    ),
    (
        WriteSetting("A.B", "1"),
        ("ChangeConfiguration", {"key": "A.B", "value": "1"}),
        (
            "SetVariables",
            {"setVariableData": [{"component": {"name": "A"}, "variable": {"name": "B"}, "attributeValue": "1"}]},
        ),
    ),
    (
        AskFor("StatusNotification", 1),
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "connectorId": 1}),
        ("TriggerMessage", {"requestedMessage": "StatusNotification", "evse": {"id": 1, "connectorId": 1}}),
    ),
    (
        AskFor("MeterValues", 2),
        ("TriggerMessage", {"requestedMessage": "MeterValues", "connectorId": 2}),
        ("TriggerMessage", {"requestedMessage": "MeterValues", "evse": {"id": 2}}),
    ),
]


@pytest.mark.parametrize(("order", "in_16", "in_201"), WORDS, ids=[type(each[0]).__name__ for each in WORDS])
def test_an_order_has_its_words_in_either_version(
    order: Order, in_16: tuple[str, dict[str, Any]], in_201: tuple[str, dict[str, Any]]
) -> None:
    assert (v16_orders.spoken(order), v201_orders.spoken(order)) == (in_16, in_201)
    check_call(*in_16, Version.OCPP_16)
    check_call(*in_201, Version.OCPP_201)


def test_a_limit_in_amperes_is_that_of_each_phase_and_never_more() -> None:
    steps = (
        PowerStep(0, 11_000),
        PowerStep(60, 4_139),
        PowerStep(90, 4_140),
        PowerStep(120, 3_680, 1),
        PowerStep(150, 0),
    )
    order = SetProfile(1, replace(DEFAULT, steps=steps, phases=3))
    in_16, in_201 = v16_orders.spoken(order, RateUnit.AMPERES), v201_orders.spoken(order, RateUnit.AMPERES)
    check_call(*in_16, Version.OCPP_16)
    check_call(*in_201, Version.OCPP_201)
    old, new = in_16[1]["csChargingProfiles"]["chargingSchedule"], in_201[1]["chargingProfile"]["chargingSchedule"][0]
    for said in (old, new):
        limits = [(each["limit"], each["numberPhases"]) for each in said["chargingSchedulePeriod"]]
        assert (said["chargingRateUnit"], limits) == ("A", [(15, 3), (5, 3), (6, 3), (16, 1), (0, 3)])


def test_what_a_version_has_no_words_for_is_not_said() -> None:
    with pytest.raises(UnspeakableError, match="number"):
        v16_orders.spoken(StopTransaction(TransactionRef("t-1")))
    with pytest.raises(UnspeakableError, match=r"Component\.Variable"):
        v201_orders.spoken(WriteSetting("HeartbeatInterval", "60"))


VARIABLE = {"component": {"name": "A"}, "variable": {"name": "B"}}
# What is told, what the station answers, and what that means.
ANSWERS: list[tuple[str, Order, dict[str, Any], OrderAnswer]] = [
    (V16, Reset(), {"status": "Accepted"}, OrderAnswer(Answered.ACCEPTED, "Accepted")),
    (
        V16,
        ReserveNow(ReservationNumber(1), 1, CARD, AT),
        {"status": "Occupied"},
        OrderAnswer(Answered.OCCUPIED, "Occupied"),
    ),
    (V16, Unlock(1), {"status": "UnlockFailed"}, OrderAnswer(Answered.REJECTED, "UnlockFailed")),
    (V16, Unlock(1), {"status": "NotSupported"}, OrderAnswer(Answered.NOT_SUPPORTED, "NotSupported")),
    (
        V16,
        ReadSettings(("A", "B")),
        {"configurationKey": [{"key": "A", "readonly": False, "value": "1"}], "unknownKey": ["B"]},
        OrderAnswer(Answered.ACCEPTED, None, {"A": "1"}),
    ),
    (
        V16,
        ReadSettings(("AuthorizationKey",)),
        {"configurationKey": [{"key": "AuthorizationKey", "readonly": False, "value": "hush"}]},
        OrderAnswer(Answered.ACCEPTED, None, {"AuthorizationKey": "***"}),
    ),
    (
        V201,
        ReadSettings(("A.BasicAuthPassword",)),
        {
            "getVariableResult": [
                {"component": {"name": "A"}, "variable": {"name": "BasicAuthPassword"}}
                | {"attributeStatus": "Accepted", "attributeValue": "hush"}
            ]
        },
        OrderAnswer(Answered.ACCEPTED, None, {"A.BasicAuthPassword": "***"}),
    ),
    (V201, ChangeAvailability(operative=True), {"status": "Scheduled"}, OrderAnswer(Answered.SCHEDULED, "Scheduled")),
    (
        V201,
        ReadSettings(("A.B",)),
        {"getVariableResult": [VARIABLE | {"attributeStatus": "Accepted", "attributeValue": "1"}]},
        OrderAnswer(Answered.ACCEPTED, None, {"A.B": "1"}),
    ),
    (
        V201,
        WriteSetting("A.B", "1"),
        {"setVariableResult": [VARIABLE | {"attributeStatus": "RebootRequired"}]},
        OrderAnswer(Answered.ACCEPTED, "RebootRequired"),
    ),
    (
        V201,
        Reset(),
        {"status": "Perhaps"},
        OrderAnswer(
            Answered.FAILED,
            "what it answered is wrong: status: 'Perhaps' is not one of ['Accepted', 'Rejected', 'Scheduled']",
        ),
    ),
]


@pytest.mark.database
async def test_an_order_is_told_at_once_and_its_answer_kept(office: Office) -> None:
    at = await office.station()
    async with office.process() as process:
        for version in (V16, V201):
            async with station_at(process, versions=(version,)) as station:
                await station.call("Heartbeat")
                for order, result, expected in [each[1:] for each in ANSWERS if each[0] == version]:
                    placed = await office.place(at, order)
                    await station.obey(result)
                    assert await office.answer(at, placed) == expected


@pytest.mark.database
async def test_a_station_that_takes_no_limit_in_watts_is_told_in_amperes_from_then_on(office: Office) -> None:
    """Of direct current nobody knows the volts, so that stays in watts."""
    at = await office.station()
    limit = SetProfile(1, replace(DEFAULT, phases=3))
    async with office.process() as process, station_at(process) as station:
        await station.call("Heartbeat")
        for order, units, expected in (
            (SetProfile(1, DEFAULT), "W", Answered.REJECTED),
            (limit, "WA", Answered.ACCEPTED),
            (limit, "A", Answered.ACCEPTED),
            (SetProfile(1, DEFAULT), "W", Answered.REJECTED),
        ):
            placed, names = await office.place(at, order), set()
            for unit in units:
                _, name, _, payload = await station.hear()
                assert payload["csChargingProfiles"]["chargingSchedule"]["chargingRateUnit"] == unit
                names.add(name)
                await station.socket.send(f'[3, "{name}", {{"status": "{"Accepted" if unit == "A" else "Rejected"}"}}]')
            assert (await office.answer(at, placed)).answered is expected
            assert len(names) == len(units)


@pytest.mark.database
async def test_what_a_station_refuses_or_ignores_is_answered_too(office: Office) -> None:
    at = await office.station()
    async with office.process() as process, station_at(process) as station:
        await station.call("Heartbeat")
        for code, expected in (
            ("NotImplemented", Answered.NOT_SUPPORTED),
            ("InternalError", Answered.FAILED),
            ("Nonsense", Answered.FAILED),
        ):
            placed = await office.place(at, Reset())
            name = (await station.hear())[1]
            await station.socket.send('[3, "another", {}]')
            await station.socket.send(f'[4, "{name}", "{code}", "why", {{}}]')
            assert await office.answer(at, placed) == OrderAnswer(expected, f"{code}: why")
        placed = await office.place(at, StopTransaction(TransactionRef("t-1")))
        assert (await office.answer(at, placed)).answered is Answered.NOT_SUPPORTED


@pytest.mark.database
async def test_an_order_waits_for_its_station_and_is_told_again_where_the_line_broke_before_the_answer(
    office: Office,
) -> None:
    at = await office.station()
    first, second = await office.place(at, ChangeAvailability(operative=True)), await office.place(at, Unlock(1))
    async with office.process() as here, office.process() as there:
        async with station_at(here) as station:
            assert (await station.hear())[1:3] == [str(first), "ChangeAvailability"]
        async with station_at(there, versions=(V201,)) as station:
            assert (await station.obey({"status": "Accepted"}))[0] == "ChangeAvailability"
            assert (await station.obey({"status": "Unlocked"}))[0] == "UnlockConnector"
            assert [(await office.answer(at, each)).answered for each in (first, second)] == [Answered.ACCEPTED] * 2
            assert here.switchboard.stations + there.switchboard.stations == 1
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await station.socket.recv()


@pytest.mark.database
async def test_a_station_that_comes_back_is_told_first_what_somebody_waits_for_and_all_the_rest_after_that(
    office: Office,
) -> None:
    at = await office.station()
    placed = [
        await office.place(at, order)
        for order in (SetProfile(1, DEFAULT), ClearProfile(1), StopTransaction(TransactionRef("7")), Unlock(1))
    ]
    async with office.process() as process, station_at(process) as station:
        heard = [(await station.obey({"status": each}))[0] for each in ("Unlocked", "Accepted", "Accepted")]
        reservation = await office.place(at, ReserveNow(ReservationNumber(5), 1, CARD, AT))
        heard += [(await station.obey({"status": "Accepted"}))[0] for _ in range(2)]
        answers = [(await office.answer(at, each)).answered for each in (*placed, reservation)]
    assert heard[:3] == ["UnlockConnector", "SetChargingProfile", "ClearChargingProfile"]
    assert sorted(heard[3:]) == ["RemoteStopTransaction", "ReserveNow"]
    assert answers == [Answered.ACCEPTED] * 5


@pytest.mark.database
async def test_a_station_of_1_6_hears_what_its_transaction_is_called_before_it_is_told_to_stop_it(
    office: Office,
) -> None:
    """And no other order waits for that."""
    at = await office.station()
    office.told.closed = 3
    start = {"connectorId": 1, "idTag": "GOOD", "meterStart": 0, "timestamp": now().isoformat()}
    async with office.process() as process, station_at(process) as station:
        await station.socket.send(msgspec.json.encode([2, "s", "StartTransaction", start]).decode())
        await office.place(at, Unlock(1))
        assert (await station.obey({"status": "Unlocked"}))[0] == "UnlockConnector"
        placed = await office.place(at, StopTransaction(TransactionRef("7")))
        assert (await station.hear())[:2] == [3, "s"]
        assert await station.obey({"status": "Accepted"}) == ("RemoteStopTransaction", {"transactionId": 7})
        assert (await office.answer(at, placed)).answered is Answered.ACCEPTED


class AwayForAMoment(SqlStationOrders):
    """The first `closed` answers find no database."""

    closed = 0

    async def answered(self, at: StationAt, order: OrderId, answer: OrderAnswer, now: datetime) -> bool:
        if AwayForAMoment.closed:
            AwayForAMoment.closed -= 1
            raise Unavailable("closed")
        return await super().answered(at, order, answer, now)


@pytest.mark.database
async def test_what_a_station_answers_while_the_database_is_away_is_kept_or_asked_for_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(central, "SqlStationOrders", AwayForAMoment)
    monkeypatch.setattr(link, "PAUSES_S", (0.01, 0.01))
    at = await office.station()
    reservation = ReserveNow(ReservationNumber(1), 1, CARD, AT)
    async with office.process() as process:
        async with station_at(process) as station:
            AwayForAMoment.closed = 2
            placed = await office.place(at, reservation)
            await station.obey({"status": "Accepted"})
            assert (await office.answer(at, placed)).answered is Answered.ACCEPTED
            AwayForAMoment.closed = 3
            placed = await office.place(at, reservation)
            await station.obey({"status": "Accepted"})
            with pytest.raises(ConnectionClosed) as end:
                await station.hear()
            assert end.value.rcvd is not None
            assert end.value.rcvd.code == link.TRY_AGAIN_LATER
        async with station_at(process) as station:
            await station.obey({"status": "Accepted"})
            assert (await office.answer(at, placed)).answered is Answered.ACCEPTED


@pytest.mark.database
async def test_a_station_that_is_not_admitted_yet_is_set_up_but_starts_nothing(office: Office) -> None:
    at = await office.station(admission="pending")
    start = await office.place(at, StartTransaction(1, CARD, 1))
    write = await office.place(at, WriteSetting("HeartbeatInterval", "60"))
    boot = {"chargePointVendor": "v", "chargePointModel": "m"}
    async with office.process() as process, station_at(process) as station:
        assert (await station.obey({"status": "Accepted"}))[0] == "ChangeConfiguration"
        assert (await office.answer(at, write)).answered is Answered.ACCEPTED
        await office.databases.rows(
            at.city, "UPDATE charging_stations SET admission = 'accepted' WHERE city = :city RETURNING id"
        )
        assert (await station.call("BootNotification", **boot))["status"] == "Accepted"
        assert (await station.obey({"status": "Rejected"}))[0] == "RemoteStartTransaction"
        assert (await office.answer(at, start)).answered is Answered.REJECTED


@pytest.mark.database
async def test_without_the_bell_orders_are_found_by_looking(office: Office) -> None:
    at = await office.station()
    silent = Office(office.databases, office.seeded, office.told, office.app_url.replace("127.0.0.1", "127.0.0.9"))
    async with silent.process() as process, station_at(process) as station:
        await station.call("Heartbeat")
        began = now()
        placed = await office.place(at, Reset())
        await station.obey({"status": "Accepted"})
        assert (await office.answer(at, placed)).answered is Answered.ACCEPTED
        assert (now() - began).total_seconds() < 3


@pytest.mark.database
async def test_a_station_that_says_too_much_at_once_is_heard_at_its_pace_and_what_is_too_large_ends_the_line(
    office: Office,
) -> None:
    await office.station()
    async with office.process() as process, station_at(process) as station:
        for name in range(60):
            await station.socket.send(f'[2, "{name}", "Heartbeat", {{}}]')
        assert [(await station.hear())[1] for _ in range(60)] == [str(name) for name in range(60)]
        await station.socket.send(f'[2, "1", "DataTransfer", {{"vendorId": "{"x" * LARGEST_FRAME}"}}]')
        with pytest.raises(ConnectionClosed) as end:
            await station.hear()
        assert end.value.rcvd is not None
        assert end.value.rcvd.code == 1009
