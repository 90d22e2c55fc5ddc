"""What a city owns or lists: stations, and at each of them what can be booked or is only shown."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from domain.booking.blocks import Hit
from domain.booking.resources import ResourceId, Service, StationId
from domain.charging.sites import KnownSite
from domain.fleet.keeping import StillRented
from domain.identity import PoolId
from domain.places import Location
from domain.pricing.tariffs import TariffId


class Pool(Struct, frozen=True):
    """Vehicles that belong together, with the people who drive and manage them.

    `approval_s` is how many seconds a manager has to approve a booking of others; None where nobody is asked.
    `offer_min` is how many minutes what gets free is offered to whoever waits for it; None where the city's count.
    """

    id: PoolId
    name: str
    approval_s: int | None = None
    offer_min: int | None = None


class Source(Struct, frozen=True):
    """Where a station was imported from: its key there, and a fingerprint of what was said of it."""

    key: str
    fingerprint: str


class StationEntry(Struct, frozen=True):
    id: StationId
    name: str
    address: str
    location: Location
    source: Source | None = None


class ChargePointFacts(Struct, frozen=True):
    """Connectors are OCPI ConnectorTypes; `connectors_kw` is the most that each of them gives, or empty where `power_kw` is
    that of all.

    `public_key`, the meter's, and `evse_id` are byte for byte as published, or empty.
    """

    connectors: tuple[str, ...]
    power_kw: Decimal
    operator: str
    public_key: str = ""
    evse_id: str = ""
    connectors_kw: tuple[Decimal, ...] = ()


class VehicleFacts(Struct, frozen=True):
    """`drive` is a propulsion type of GBFS; `kind` is `car`, `van`, `pedelec` or `cargo_bike`."""

    vehicle_class: str
    seats: int
    drive: str
    range_km: int
    kind: str = "car"
    plate: str | None = None


class BikeFacts(Struct, frozen=True):
    bike_type: str
    plans: tuple[str, ...]


class ResourceEntry(Struct, frozen=True):
    """One resource; without a tariff it is listed and cannot be booked. `code` is an EVSE id or stands on its QR code."""

    id: ResourceId
    station_id: StationId
    name: str
    facts: ChargePointFacts | VehicleFacts | BikeFacts
    tariff_id: TariffId | None
    code: str | None = None
    pool_id: PoolId | None = None
    shared: bool = True
    buffer_before_s: int = 0
    buffer_after_s: int = 0

    @property
    def service(self) -> Service:
        match self.facts:
            case ChargePointFacts():
                return Service.CHARGING
            case VehicleFacts():
                return Service.FLEET
            case BikeFacts():
                return Service.BIKE_LEASING


class Inventory(Struct, frozen=True):
    pools: tuple[Pool, ...] = ()
    stations: tuple[StationEntry, ...] = ()
    resources: tuple[ResourceEntry, ...] = ()

    @property
    def closed(self) -> tuple[ResourceId, ...]:
        """What residents may not book once it is written down: a pool's that is not shared."""
        return tuple(entry.id for entry in self.resources if entry.pool_id is not None and not entry.shared)


class InventoryBooks(Protocol):
    async def sources(self) -> dict[str, KnownSite]:
        """Every imported station, by its key; locked against another import into the city."""

    async def release_codes(self, stations: Sequence[StationId], codes: Sequence[str]) -> frozenset[str]:
        """Take their EVSE ids off these stations' points as codes; which of `codes` other resources of the city have."""

    async def rented(self, resource_ids: Sequence[ResourceId]) -> tuple[Hit, ...]:
        """What residents have booked, from now on, of those that are open to them; nobody books more until it is written."""

    async def write(self, inventory: Inventory, latitude: float) -> None:
        """Add, or bring up to date what has the same id. `latitude` is that of the city's plane."""

    async def withdraw(self, stations: Sequence[StationId], but: Sequence[ResourceId]) -> None:
        """Take the other charge points of these stations off sale: what is gone may still have bookings."""


async def take_in(inventory: Inventory, latitude: float, *, books: InventoryBooks) -> StillRented | None:
    """Write it down, unless it closes to residents what they have booked: they would have to be given another one first."""
    if inventory.closed and (hits := await books.rented(inventory.closed)):
        return StillRented(hits)
    await books.write(inventory, latitude)
    return None
