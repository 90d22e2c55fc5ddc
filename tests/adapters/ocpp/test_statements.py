"""What a station costs the database when it comes, counted: a thousand come at once after a restart."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from msgspec.structs import replace

from adapters.database.charging import sessions as charging_sessions
from adapters.database.charging import station_orders
from adapters.database.charging import stations as charging_stations
from adapters.database.charging.station_messages import SqlMessageLog
from adapters.database.connections import Database, Session, Statements, Transactions
from domain.charging.orders import Answered, SetProfile, Unlock
from domain.identity import City
from infra.charging.central import central_system
from infra.clock import now
from infra.ids import new_id
from services.charging.central import CentralSystem
from tests.adapters.ocpp.central import Office, station_at
from tests.adapters.ocpp.test_orders import DEFAULT

pytestmark = pytest.mark.database

NAMES = {
    charging_stations.KNOCK: "knock",
    charging_stations.HOLD: "hold",
    charging_stations.BOOTED: "boot",
    charging_stations.CONNECTORS: "connectors",
    charging_stations.REPORTED: "status",
    charging_sessions.OF_TOLD.sql: "known",
    charging_sessions.RUNNING.sql: "running",
    charging_sessions.RECORD.sql: "record",
    station_orders.TAKE: "take",
    station_orders.ANSWER: "answer",
}
BOOT = {"chargePointVendor": "v", "chargePointModel": "m"}


class Counting(Statements):
    """A database's statements, written down; looks by the clock are not."""

    def __init__(self, road: Statements, seen: list[str]) -> None:
        self._road, self._seen = road, seen

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session]:
        async with self._road.session() as session:
            yield _Noted(session, self._seen)


class _Noted:
    def __init__(self, session: Session, seen: list[str]) -> None:
        self._session, self._seen = session, seen

    async def one(self, sql: str, *values: object) -> Any:
        if sql != station_orders.WAITING:
            self._seen.append(NAMES[sql])
        return await self._session.one(sql, *values)


class CountingTransactions(Transactions):
    """Begun ones, likewise; that a station is let go of is one."""

    def __init__(self, road: Transactions, seen: list[str]) -> None:
        self._road, self._seen = road, seen

    @asynccontextmanager
    async def city(self, city: City) -> AsyncIterator[Any]:
        self._seen.append("transaction")
        async with self._road.city(city) as connection:
            yield connection


class CountedOffice(Office, frozen=True):
    """`seen` is what was asked of the database since it was emptied."""

    seen: list[str]

    @property
    def central(self) -> CentralSystem:
        app = self.databases.app
        counted = Database(Counting(app.statements, self.seen), CountingTransactions(app.transactions, self.seen))
        central = central_system(counted, now, new_id, lambda: None)
        return replace(central, log=SqlMessageLog(app.transactions, new_id))

    def since(self) -> list[str]:
        seen = self.seen[:]
        self.seen.clear()
        return seen


@pytest.fixture
def counted(office: Office) -> CountedOffice:
    return CountedOffice(office.databases, office.seeded, office.told, office.app_url, [])


async def test_a_station_that_comes_and_is_to_be_told_nothing_costs_three_statements(counted: CountedOffice) -> None:
    await counted.station()
    async with counted.process() as process, station_at(process) as station:
        assert (await station.call("BootNotification", **BOOT))["status"] == "Accepted"
        await station.call("Heartbeat")
        assert counted.since() == ["knock", "hold", "boot"]


async def test_what_it_charges_and_what_it_is_told_costs_two_statements_each(counted: CountedOffice) -> None:
    at = await counted.station()
    async with counted.process() as process, station_at(process) as station:
        counted.since()
        start = {"connectorId": 1, "idTag": "NOBODYS", "meterStart": 1000, "timestamp": now().isoformat()}
        told = await station.call("StartTransaction", **start)
        assert (await station.obey({"status": "Accepted"}))[0] == "RemoteStopTransaction"
        await _answered(counted, 4)
        assert counted.since() == ["known", "record", "take", "answer"]

        sample = [{"timestamp": now().isoformat(), "sampledValue": [{"value": "1500"}]}]
        await station.call("MeterValues", connectorId=1, transactionId=told["transactionId"], meterValue=sample)
        assert counted.since() == ["known", "record"]
        said = {"connectorId": 1, "status": "Charging", "errorCode": "NoError"}
        await station.call("StatusNotification", **said)
        assert counted.since() == ["connectors", "status", "running", "record"]
        await station.call("StatusNotification", **said)
        assert counted.since() == ["connectors"]

        placed = await counted.place(at, Unlock(1))
        await station.obey({"status": "Unlocked"})
        await _answered(counted, 2)
        assert (await counted.answer(at, placed)).answered is Answered.ACCEPTED
        assert counted.since() == ["take", "answer"]


async def test_what_waits_for_a_station_is_told_when_it_comes_without_looking_for_more(counted: CountedOffice) -> None:
    at = await counted.station()
    placed = [await counted.place(at, SetProfile(1, DEFAULT)) for _ in range(2)]
    async with counted.process() as process, station_at(process) as station:
        for _ in placed:
            await station.obey({"status": "Accepted"})
        await _answered(counted, 6)
        assert [(await counted.answer(at, each)).answered for each in placed] == [Answered.ACCEPTED] * 2
        assert counted.since() == ["knock", "hold", *["take", "answer"] * 2]


async def _answered(counted: CountedOffice, statements: int) -> None:
    """Until so many were asked for; nothing else comes in the moment after."""
    async with asyncio.timeout(10):
        while len(counted.seen) < statements:  # noqa: ASYNC110 - only the database is asked
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)
