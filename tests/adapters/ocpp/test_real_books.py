"""Stations at the central system as it is wired, with its real books: what is told twice, late and out of order is one transaction."""

from datetime import timedelta

import pytest

from domain.charging.stations import ChargingStationId
from infra.central import central_system
from infra.clock import now
from infra.ids import new_id
from services.charging.central import CentralSystem
from tests.adapters.ocpp.central import Office, station_at

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
