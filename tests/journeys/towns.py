"""Whom and what the journeys need in a running installation: towns of their own, and people with tokens."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.connections import Address, Transactions
from domain.booking.resources import ResourceId, StationId
from domain.cities.settings import CitySettings
from domain.grants import for_all
from domain.identity import Actor, City, PersonId, Role
from domain.pricing.tariffs import TariffId
from infra.clock import now
from infra.demo.inventory import DemoInventory, demo_id
from infra.demo.loading import FILES
from infra.documents import read_document, shaped
from infra.ids import new_id
from infra.operating import Desk, open_desk
from infra.publications import city_in, tariffs_in
from infra.settings import Settings
from infra.tokens import signing_key
from services.operator.cities import open_city
from services.operator.inventory import ChargePointFacts, Inventory, ResourceEntry, StationEntry
from services.operator.people import person_with_terms
from services.operator.tariffs import publish_tariffs
from tests.journeys.client import Connection
from tests.journeys.installation import Installation

BRAUNSCHWEIG = City("braunschweig")
TOKENS_LAST = timedelta(hours=2)
QUARTER = timedelta(minutes=15)
VISA = {"payment_method_id": "pm_card_visa"}


class Person(Struct, frozen=True):
    """Somebody with an access token; every connection of hers carries it."""

    id: PersonId
    city: City
    address: str
    token: str

    def connection(self) -> Connection:
        return Connection(self.address, {"authorization": f"Bearer {self.token}"})

    def at(self, address: str) -> "Person":
        """The same, where the same city is served elsewhere."""
        return replace(self, address=address)

    def path(self, rest: str) -> str:
        return f"/v1/{self.city}/{rest}"


async def people(
    installation: Installation, city: City, count: int, *roles: Role, parties: Iterable[str] = ()
) -> list[Person]:
    """Residents, or what is asked for, whom nobody knew before."""
    key = signing_key(Settings(data=installation.data))
    found = []
    async with _desk(installation, city) as desk:
        settings = await desk.cities.settings()
        assert settings is not None
        for _ in range(count):
            id_ = await person_with_terms(f"{new_id().hex}@example.org", settings, people=desk.people)
            actor = Actor(id_, city, frozenset(roles or {Role.RESIDENT}), frozenset(), for_all(roles, parties))
            token = key.access_token(actor, now(), TOKENS_LAST)
            found.append(Person(id_, city, installation.address, token))
    return found


async def town_without_prices(installation: Installation, chargers: int) -> tuple[City, list[UUID]]:
    """A town where charging costs nothing, so that a booking is confirmed at once; and its charge points."""
    _, settings = city_in(read_document(FILES / "wolfsburg-city.toml"))
    town = City(f"free-{new_id().hex[-12:]}")
    stock = _market(settings, chargers)
    async with _desk(installation, town) as desk:
        await open_city(replace(settings, name="Freistadt", stripe=None), books=desk.cities)
        await publish_tariffs(tariffs_in(_free_of_charge(), desk.now), books=desk.tariffs, now=desk.now)
        await desk.inventory.write(stock, settings.center.lat)
    return town, [point.id for point in stock.resources]


async def more_charge_points(installation: Installation, city: City, count: int) -> list[UUID]:
    """Beside those of the demo, at its price."""
    async with _desk(installation, city) as desk:
        settings = await desk.cities.settings()
        assert settings is not None
        stock = _market(settings, count)
        await desk.inventory.write(stock, settings.center.lat)
    return [point.id for point in stock.resources]


def _market(settings: CitySettings, chargers: int) -> Inventory:
    """A place with so many charge points."""
    station = StationEntry(StationId(new_id()), "Markt", "Markt 1", settings.center)
    facts = ChargePointFacts(("IEC_62196_T2",), Decimal(22), "Stadtwerke")
    points = [
        ResourceEntry(ResourceId(new_id()), station.id, f"Ladepunkt {n}", facts, TariffId("charging-standard"))
        for n in range(chargers)
    ]
    return Inventory((), (station,), tuple(points))


def _free_of_charge() -> dict[str, Any]:
    """The demo's tariffs, with prices of nothing."""
    document = read_document(FILES / "tariffs.toml")
    for tariff in document["tariffs"]:
        tariff["time"] = {"per": tariff["time"]["per"], "gross": "0"}
        for further in ("distance", "distance_bands", "packages"):
            tariff.pop(further, None)
    return document


async def in_state(installation: Installation, city: City, lease_id: str, state: str) -> None:
    """As if the months had passed that a lease takes to get there."""
    transactions = Transactions(Address(installation.urls().app), 1)
    try:
        async with transactions.city(city) as connection:
            await connection.execute(
                text(
                    "UPDATE leases SET state = CAST(:state AS text), next_on = NULL,"
                    " lease = lease || jsonb_build_object('state', CAST(:state AS text))"
                    " WHERE city = :city AND id = :id"
                ),
                {"city": city, "id": lease_id, "state": state},
            )
    finally:
        await transactions.close()


async def first_month_come(installation: Installation, city: City, lease_id: str) -> None:
    """As if the lease had begun with this month, so that a run charges for it."""
    transactions = Transactions(Address(installation.urls().app), 1)
    try:
        async with transactions.city(city) as connection:
            moved = await connection.execute(
                text(
                    "UPDATE lease_instalments SET month = month - interval '1 month'"
                    " WHERE city = :city AND lease_id = :id AND number = 1 AND state = 'planned'"
                ),
                {"city": city, "id": lease_id},
            )
            assert moved.rowcount == 1
    finally:
        await transactions.close()


@asynccontextmanager
async def _desk(installation: Installation, city: City) -> AsyncIterator[Desk]:
    transactions = Transactions(Address(installation.urls().app), 1)
    try:
        async with open_desk(transactions, city) as desk:
            yield desk
    finally:
        await transactions.close()


def demo_charge_points(count: int) -> list[UUID]:
    """The first so many charge points of Braunschweig's demo."""
    stock = shaped(read_document(FILES / "braunschweig-inventory.toml"), DemoInventory)
    codes = (point.code for station in stock.stations for point in station.charge_points)
    return [demo_id(BRAUNSCHWEIG, code) for code in islice(codes, count)]


def demo_station() -> list[UUID]:
    """All charge points of the last station of Braunschweig's demo."""
    stock = shaped(read_document(FILES / "braunschweig-inventory.toml"), DemoInventory)
    last = [station for station in stock.stations if station.charge_points][-1]
    return [demo_id(BRAUNSCHWEIG, point.code) for point in last.charge_points]


def midnight_in(days: int) -> datetime:
    """In UTC, so that every day has 96 quarter hours."""
    return datetime.combine(now().date() + timedelta(days=days), time(), UTC)


def charging(charger: UUID, start: datetime, quarters: int) -> dict[str, object]:
    """The body of a booking."""
    return {"service": "charging", "resource_id": charger, "start": start, "end": start + quarters * QUARTER}
