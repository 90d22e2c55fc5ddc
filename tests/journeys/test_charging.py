"""A charger's story, told to an installation as `kommobil up` starts it, by a resident and by a charging station.

The station is our simulated one; in a full run, ones of another's making say and hear the same, in both versions of OCPP.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

import pytest
from msgspec import Struct

from adapters.http.charging.tariffs import ASKED
from adapters.ocpp.simulated.dialect import Dialect
from adapters.ocpp.simulated.line import Wiring
from adapters.ocpp.simulated.ocpp16 import Ocpp16
from adapters.ocpp.simulated.ocpp201 import Ocpp201
from adapters.ocpp.simulated.station import Make, SimulatedStation
from infra.clock import now
from infra.ids import new_id
from tests.journeys.installation import Installation
from tests.journeys.test_story import Caller, a_caller, charge_of, invoices_of
from tests.journeys.towns import VISA
from tests.stations.scripted import ScriptedStation, installed

PATIENCE_S = 30.0
NOT_COMING_S = 20
BILLED_WITHIN_S = 5.0  # by far, where nothing keeps it
DIALECTS: Mapping[str, Callable[[], Dialect]] = {"ocpp1.6": Ocpp16, "ocpp2.0.1": Ocpp201}

Report = Callable[[str], None]


class Plug(Protocol):
    """The one EVSE of a station, as whoever stands before it sees it."""

    async def swipe(self, token: str) -> bool:
        """Whether it charges then."""

    async def charge(self) -> None:
        """Half a kWh."""

    async def leave(self) -> None: ...

    def faults(self) -> list[str]:
        """What was said against the schemas."""


class Simulated(Struct):
    station: SimulatedStation

    async def swipe(self, token: str) -> bool:
        return await self.station.swipe(1, token) == "charging"

    async def charge(self) -> None:
        self.station.evses[1].meter_wh += 500

    async def leave(self) -> None:
        await self.station.leave(1)

    def faults(self) -> list[str]:
        return []


class Scripted(Struct):
    station: ScriptedStation

    async def swipe(self, token: str) -> bool:
        said = len(self.station.lines)
        await self.station.act("swipe", evse=1, token=token)
        return not any(line["event"] == "refused" for line in self.station.lines[said:])

    async def charge(self) -> None:
        await self.station.act("charge", evse=1, wh=500)

    async def leave(self) -> None:
        """Its line is cut before it can tell, and what it has to tell arrives twice."""
        await self.station.act("cut")
        await self.station.act("stop", evse=1, again=1)
        await self.station.act("connect")
        await self.station.act("boot")
        await self.station.act("drain")

    def faults(self) -> list[str]:
        return [str(line["detail"]) for line in self.station.invalid]


class PowerCut(Scripted):
    """Its power fails once, in the middle of a session, of which it tells when it is back; then the vehicle charges on."""

    token: str = ""

    async def swipe(self, token: str) -> bool:
        self.token = token
        return await super().swipe(token)

    async def charge(self) -> None:
        await super().charge()
        await self.station.act("cut")
        await self.station.act("stop", evse=1, reason="PowerLoss", again=1)
        await self.station.act("connect")
        await self.station.act("boot")
        await self.station.act("drain")
        await asyncio.sleep(BILLED_WITHIN_S)
        assert await self.swipe(self.token)
        await super().charge()


@asynccontextmanager
async def simulated(url: str, identity: str, key: str, protocol: str) -> AsyncIterator[Plug]:
    station = SimulatedStation(Make(every_s=0.5), Wiring(url, identity, key), DIALECTS[protocol](), now, new_id)
    running = asyncio.create_task(station.run())
    try:
        async with asyncio.timeout(PATIENCE_S):
            await station.booted.wait()
        yield Simulated(station)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


@pytest.fixture
def operator(installation: Installation) -> Iterator[Caller]:
    token = installation.command("token", "--city", "braunschweig", "--role", "operator", "--email", "o@example.org")
    yield from a_caller(installation, token)


@pytest.fixture
def driver(installation: Installation) -> Iterator[Caller]:
    token = installation.command("token", "--city", "braunschweig", "--role", "resident", "--email", "c@example.org")
    yield from a_caller(installation, token)


class Site(Struct, frozen=True):
    identity: str
    key: str
    resource_id: str


async def a_station(operator: Caller, driver: Caller) -> Site:
    """At a charge point of the demo that nobody has for now."""
    start = now()
    free = await driver.free_now("charging", start, start + timedelta(hours=2), "&near=52.2638,10.5180&radius_m=20000")
    known = (await operator.get("charging/stations?limit=100"))["items"]
    taken = {evse["resource_id"] for station in known for evse in station["evses"]}
    found = next(each for each in free if each["resource_id"] not in taken)
    identity = f"BS-{new_id().hex[-8:]}"
    body = {
        "identity": identity,
        "station_id": found["station"]["id"],
        "security_profile": "basic",
        "evses": [{"number": 1, "resource_id": found["resource_id"]}],
    }
    registered = await operator.post("charging/stations", body, 201)
    return Site(identity, registered["key"], found["resource_id"])


async def until(seen: Callable[[], Any]) -> Any:
    """What is awaited, which comes by itself."""
    async with asyncio.timeout(PATIENCE_S):
        while not (found := await seen()):  # noqa: ASYNC110 - as any client
            await asyncio.sleep(0.1)
    return found


async def from_plug_to_invoice(
    installation: Installation, driver: Caller, operator: Caller, site: Site, plug: Plug, report: Report
) -> str:
    """Booked for now, kept by the station, charged, stopped, billed, captured and invoiced; which booking it was."""
    start = now() + timedelta(seconds=5)
    end = start + timedelta(hours=2)
    wish = {"service": "charging", "resource_id": site.resource_id, "start": start.isoformat(), "end": end.isoformat()}
    booking_id = (await driver.post("bookings", wish, 201))["id"]
    payment = await driver.post(f"bookings/{booking_id}/payment", VISA)

    async def kept() -> Any:
        booking = await driver.get(f"bookings/{booking_id}")
        return booking if booking["plug"] is not None and booking["plug"]["state"] == "honoured" else None

    async def told(status: str) -> Any:
        found = await operator.get("charging/stations?limit=100")
        mine = next(each for each in found["items"] if each["identity"] == site.identity)
        return mine["evses"][0]["status"] == status

    booking = await until(kept)
    await until(lambda: told("RESERVED"))
    assert not await plug.swipe("DEADBEEF")
    assert await plug.swipe(booking["plug"]["token"])
    await driver.until(booking_id, "in_use", PATIENCE_S)
    await plug.charge()
    await plug.leave()
    finished, _ = await driver.until(booking_id, "completed", PATIENCE_S)
    charge = await charge_of(installation, payment["id"], lambda charge: not charge.held)

    (invoice,) = await invoices_of(driver, booking_id, 1)
    assert (invoice["kind"], invoice["gross"], invoice["open"]) == ("invoice", finished["fee"], finished["fee"])
    assert charge.captured == finished["fee"]["amount"] > 0
    await until(lambda: told("AVAILABLE"))
    assert plug.faults() == []
    report(f"{site.identity}: {charge.captured} captured of {charge.amount} held, invoice {invoice['number']}")
    return str(booking_id)


async def test_from_plug_to_invoice(
    installation: Installation, driver: Caller, operator: Caller, report: Report
) -> None:
    site = await a_station(operator, driver)
    url = f"{installation.stations}/braunschweig"
    async with simulated(url, site.identity, site.key, "ocpp1.6") as plug:
        await from_plug_to_invoice(installation, driver, operator, site, plug, report)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return installed(tmp_path_factory.mktemp("stations"))


@asynccontextmanager
async def of_others(
    installation: Installation, script: Path, site: Site, protocol: str
) -> AsyncIterator[ScriptedStation]:
    """A station that others wrote, there and accepted."""
    url = f"{installation.stations}/braunschweig"
    async with ScriptedStation.running(script, url, site.identity, protocol, password=site.key) as station:
        await station.act("connect")
        assert (await station.act("boot"))["status"] == "Accepted"
        yield station


@pytest.mark.full
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_station_that_others_wrote_has_the_same_story(
    installation: Installation, driver: Caller, operator: Caller, script: Path, protocol: str, report: Report
) -> None:
    site = await a_station(operator, driver)
    async with of_others(installation, script, site, protocol) as station:
        await from_plug_to_invoice(installation, driver, operator, site, Scripted(station), report)


@pytest.mark.full
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_what_is_charged_before_and_after_a_power_cut_is_one_bill(
    installation: Installation, driver: Caller, operator: Caller, script: Path, protocol: str, report: Report
) -> None:
    site = await a_station(operator, driver)
    async with of_others(installation, script, site, protocol) as station:
        booking = await from_plug_to_invoice(installation, driver, operator, site, PowerCut(station), report)
        sessions = (await driver.get(f"charging/sessions?booking_id={booking}"))["items"]
    assert {each["state"] for each in sessions} == {"completed"}
    assert sorted(each["kwh"] for each in sessions) == ["0.5", "0.5"]


async def not_waited_for_long(operator: Caller, site: Site) -> None:
    """From now on a charge point is kept for twenty seconds, and whoever does not come pays half."""
    terms = ASKED["terms"] | {"no_show_after_s": NOT_COMING_S, "no_show_fee_percent": 50}
    place = f"/v1/braunschweig/charging/tariffs/{site.identity.lower()}"
    flat = {"type": "FLAT", "price": "2.00", "step_size": 1, "vat": "19"}
    tariff = {"id": "any", "currency": "EUR", "elements": [{"price_components": [flat]}]}
    published = await operator.connection.send("PUT", place, ASKED | {"terms": terms, "tariff": tariff})
    assert published.status == 201, published.body
    assigned = await operator.connection.post(f"{place}/assignments", {"scope": "point", "id": site.resource_id})
    assert assigned.status == 200, assigned.body


@pytest.mark.full
@pytest.mark.parametrize("protocol", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_reservation_expires_at_the_station_when_nobody_comes_and_is_paid_for(
    installation: Installation, driver: Caller, operator: Caller, script: Path, protocol: str, report: Report
) -> None:
    site = await a_station(operator, driver)
    await not_waited_for_long(operator, site)
    async with of_others(installation, script, site, protocol) as station:
        start = now() + timedelta(seconds=5)
        wish = {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
        made = await driver.post("bookings", {"service": "charging", "resource_id": site.resource_id, **wish}, 201)
        payment = await driver.post(f"bookings/{made['id']}/payment", VISA)
        await station.heard("ordered", method="ReserveNow", answer={"status": "Accepted"})
        token = (await driver.get(f"bookings/{made['id']}"))["plug"]["token"]

        over, _ = await driver.until(made["id"], "no_show", 3 * PATIENCE_S)
        await station.heard("expired")
        charge = await charge_of(installation, payment["id"], lambda charge: not charge.held)
        assert charge.captured == over["fee"]["amount"] == 119
        assert charge.amount == 238
        refused = len(station.lines)
        await station.act("swipe", evse=1, token=token)
        assert (await station.heard("refused", after=refused))["by"] == "centre"
        assert station.invalid == []
    report(f"{site.identity}: expired, {charge.captured} captured of {charge.amount} held")
