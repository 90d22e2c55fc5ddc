"""A simulated station says what the schemas of its version allow, and honours a reservation."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from ocpp.messages import Call, validate_payload

from adapters.ocpp.simulated.dialect import Dialect, Said
from adapters.ocpp.simulated.evses import WATTS, Evse, Limits, Reserved, Transaction
from adapters.ocpp.simulated.ocpp16 import Ocpp16
from adapters.ocpp.simulated.ocpp201 import Ocpp201

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
HERS = Reserved(7, "A1B2", None, NOON + timedelta(minutes=20))
SCHEMAS = {"ocpp1.6": "1.6", "ocpp2.0.1": "2.0.1"}


def charging(dialect: Dialect, watts: int = WATTS) -> tuple[Evse, Transaction]:
    it = Transaction("A1B2", 12 if dialect.subprotocol == "ocpp1.6" else "t-12", NOON, watts=watts)
    return Evse(1, plugged=True, transaction=it), it


def all_said(dialect: Dialect) -> list[Said]:
    evse, it = charging(dialect)
    paused, _ = charging(dialect, watts=0)
    states = [Evse(1), Evse(1, reserved=HERS), Evse(1, plugged=True), Evse(1, faulted=True), evse, paused]
    said = [
        dialect.boot(),
        dialect.authorise("A1B2"),
        dialect.started(evse, it, 7, None),
        dialect.started(evse, it, None, 3),
        dialect.reading(evse, it, NOON),
        dialect.ended(evse, it, "Remote", NOON),
        *(dialect.status(each, NOON) for each in states),
    ]
    expired = dialect.expired(7)
    return said if expired is None else [*said, expired]


@pytest.mark.parametrize("version", [Ocpp16, Ocpp201])
async def test_what_it_says_fits_the_schemas(version: Callable[[], Dialect]) -> None:
    dialect = version()
    for action, payload in all_said(dialect):
        await validate_payload(Call("1", action, payload), SCHEMAS[dialect.subprotocol])


def test_a_reservation_keeps_everybody_else_out_until_it_ends() -> None:
    evse = Evse(1)
    assert evse.reserve(HERS, NOON) == "Accepted"
    assert evse.lets("a1b2", None, NOON)
    assert not evse.lets("FFFF", None, NOON)
    assert evse.reserve(replace(HERS, number=8), NOON) == "Occupied"
    assert evse.reserve(replace(HERS, token="C3D4"), NOON) == "Accepted"
    assert evse.lets("FFFF", None, HERS.until)
    assert evse.reserved is None


def test_a_group_lets_in_who_belongs_to_it() -> None:
    evse = Evse(1, reserved=replace(HERS, group="FLEET"))
    assert evse.lets("FFFF", "fleet", NOON)
    assert not evse.lets("FFFF", "other", NOON)
    assert not evse.lets("FFFF", None, NOON)


def test_the_meter_runs_by_the_lowest_limit_and_a_transactions_own_comes_before_the_default() -> None:
    evse, it = charging(Ocpp201())
    evse.counted_at = NOON

    def limits(number: int, purpose: str, *steps: tuple[int, float]) -> tuple[tuple[str, int], Limits]:
        return (purpose, 1), Limits(number, 1, purpose, NOON, None, steps)

    evse.profiles = dict(
        [limits(1, "ChargingStationMaxProfile", (0, 9000.0)), limits(2, "TxDefaultProfile", (0, 1000.0))]
    )
    evse.count(NOON + timedelta(hours=1), hurry=1.0)
    assert (it.watts, evse.meter_wh) == (1000, 2000.0)
    evse.profiles |= dict([limits(3, "TxProfile", (0, 9500.0), (7200, 4000.0))])
    evse.count(NOON + timedelta(hours=2), hurry=1.0)
    assert (it.watts, evse.meter_wh) == (4000, 6000.0)
    evse.profiles = {}
    assert evse.count(NOON + timedelta(hours=3), hurry=2.0) == WATTS
    assert evse.meter_wh == 6000.0 + 2 * WATTS
