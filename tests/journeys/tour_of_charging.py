"""The walk's part about chargers: a session from plug to bill, of which a station tells that stands in this process."""

import asyncio
from typing import Any, Protocol
from uuid import UUID

import httpx
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.charging.station_faults import SqlFaults
from adapters.database.charging.transactions import SqlTransactions
from adapters.database.connections import Address, Database, connect
from domain.charging.reports import EventReported, IdToken, TransactionEnded, TransactionRef, TransactionStarted
from domain.charging.stations import ChargingStationId, StationAt
from domain.identity import City
from infra.clock import now
from infra.ids import new_id
from tests.domain.charging.sessions.central import read
from tests.journeys.contract import DOCUMENT
from tests.journeys.installation import Installation

STATION = text("""
WITH station AS (
  INSERT INTO charging_stations (city, id, station_id, identity, security_profile, key_digest, held_by, held_over, held_until)
  SELECT r.city, :id, r.station_id, :name, 'basic', 'd', :id, :id, now() + interval '1 hour' FROM resources r
  WHERE r.city = :city AND r.id = :point RETURNING city, id)
INSERT INTO evses (city, charging_station_id, number, resource_id) SELECT city, id, 1, :point FROM station
""")
NEWEST = text("SELECT id FROM bookings WHERE city = :city AND resource_id = :point ORDER BY made_at DESC LIMIT 1")
TOKEN = text("SELECT token FROM charging_tokens WHERE city = :city AND booking_id = :booking")


class Walks(Protocol):
    async def ask(self, method: str, path: str, body: Any = None, **query: Any) -> Any: ...

    async def fetch(self, path: str, begins: bytes) -> None: ...

    async def insist(self, method: str, path: str, code: str) -> None: ...

    async def paid(self, body: dict[str, Any]) -> str: ...


async def charged(walk: Walks, installation: Installation, city: City, wish: dict[str, Any]) -> None:
    """The station begins when it is told to, and stops when it is told to; its holder looks on."""
    database = connect(Address(installation.urls().app), hot=1, cold=2)
    try:
        await _charged(walk, database, city, wish)
        await _with_a_card(walk)
    finally:
        await database.close()


async def _charged(walk: Walks, database: Database, city: City, wish: dict[str, Any]) -> None:
    at, point = StationAt(city, ChargingStationId(new_id())), UUID(wish["resource_id"])
    async with database.transactions.city(city) as connection:
        await connection.execute(STATION, {"city": city, "id": at.id, "name": at.id.hex, "point": point})
    booking = await walk.paid(wish)
    token = await _token(database, city, UUID(booking))
    await walk.ask("POST", f"bookings/{booking}/charge")
    central, began = SqlTransactions(database, now, new_id), now()
    start = TransactionStarted(1, 1, token, began, readings=(read(began, 5000),))
    number = (await central.started(at, start)).number
    (session,) = (await walk.ask("GET", "charging/sessions", booking_id=booking))["items"]
    one = f"charging/sessions/{session['id']}"
    path = "/v1/{city}/charging/sessions/{session_id}/limit"
    await walk.ask(
        "POST", f"{one}/limit", DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]
    )
    await walk.ask("POST", f"{one}/stop")
    over = now()
    await central.ended(at, TransactionEnded(TransactionRef(str(number)), over, "Remote", readings=(read(over, 5400),)))
    async with asyncio.timeout(30):
        while not (await walk.ask("GET", one))["cost_is_final"]:  # noqa: ASYNC110 - as any client that waits
            await asyncio.sleep(0.2)
    assert (await walk.ask("GET", f"bookings/{booking}"))["state"] == "completed"
    assert (await walk.ask("GET", f"{one}/meter-values"))["values"] == []
    await walk.fetch(f"{one}/meter-values/file", b"<?xml")
    await _by_a_stranger(walk, database, at, point)
    await _seen_to(walk, SqlFaults(database.transactions, now, new_id), at)


async def _by_a_stranger(walk: Walks, database: Database, at: StationAt, point: UUID) -> None:
    """Whoever has no account pays at the provider's page, charges and finds her receipt."""
    offer = await walk.ask("GET", "charging/ad-hoc", resource_id=str(point))
    seen = {name: offer[name] for name in ("tariff_id", "tariff_version")}
    wish = {"resource_id": str(point), "return_url": "https://city.example/charging", "energy_kwh": "5"} | seen
    begun = await walk.ask("POST", "charging/ad-hoc", wish)
    one = f"charging/ad-hoc/{begun['link']}"
    async with httpx.AsyncClient() as browser:
        (await browser.post(begun["payment_url"], data={"payment_method": "pm_card_visa"})).raise_for_status()
    await _until(walk, one, "starting")
    async with database.transactions.city(at.city) as connection:
        (newest,) = (await connection.execute(NEWEST, {"city": at.city, "point": point})).one()
    token, began = await _token(database, at.city, newest), now()
    central = SqlTransactions(database, now, new_id)
    number = (await central.started(at, TransactionStarted(1, 1, token, began, readings=(read(began, 6000),)))).number
    await _until(walk, one, "charging")
    await walk.ask("POST", f"{one}/stop")
    over = now()
    await central.ended(at, TransactionEnded(TransactionRef(str(number)), over, "Remote", readings=(read(over, 7000),)))
    await _until(walk, one, "completed")
    await walk.insist("GET", f"{one}/receipt", "unknown_invoice")


async def _with_a_card(walk: Walks) -> None:
    """A card of one's own: added, found, blocked and not, and taken away."""
    path = "/v1/{city}/me/charging-cards"
    example = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]
    token = (await walk.ask("POST", "me/charging-cards", example))["token"]
    assert [each["token"] for each in (await walk.ask("GET", "me/charging-cards"))["items"]] == [token]
    await walk.ask("GET", "admin/charging-cards", token=token)
    for blocked in (True, False):
        await walk.ask("PATCH", f"admin/charging-cards/{token}", {"blocked": blocked})
    await walk.ask("DELETE", f"me/charging-cards/{token}")


async def _until(walk: Walks, one: str, state: str) -> None:
    async with asyncio.timeout(30):
        while (await walk.ask("GET", one))["state"] != state:  # noqa: ASYNC110 - likewise
            await asyncio.sleep(0.2)


async def _seen_to(walk: Walks, faults: SqlFaults, at: StationAt) -> None:
    """What goes wrong again and again is seen to."""
    for nth in range(3):
        alarm = EventReported(1, "Connector", "Temperature", "90", now(), alerting=True)
        await faults.hear(at, [alarm, replace(alarm, at=now(), cleared=True)] if nth < 2 else [alarm])
    (ticket,) = (await walk.ask("GET", "charging/tickets", charging_station_id=str(at.id)))["items"]
    one = f"charging/tickets/{ticket['id']}"
    assert (await walk.ask("PATCH", one, {"out_of_service": True, "note": "Too hot"}))["withdrawn"]
    assert (await walk.ask("GET", one))["lasts"]
    closed = await walk.ask("PATCH", one, {"out_of_service": False, "state": "closed", "note": "A new fan"})
    assert (closed["lasts"], closed["reason"]) == (False, "A new fan")
    path = "/v1/{city}/charging/tickets"
    example = DOCUMENT["paths"][path]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert (await walk.ask("POST", "charging/tickets", example))["why"] == "by_hand"


async def _token(database: Database, city: City, booking: UUID) -> IdToken:
    """The worker gives the booking its own."""
    async with asyncio.timeout(30):
        while True:
            async with database.transactions.city(city) as connection:
                found = (await connection.execute(TOKEN, {"city": city, "booking": booking})).scalar_one_or_none()
            if found is not None:
                return IdToken(found)
            await asyncio.sleep(0.2)
