"""What stands where in a demo city, as its file says it."""

from collections.abc import Iterator
from decimal import Decimal
from uuid import UUID, uuid5

from msgspec import Struct

from domain.booking.resources import ResourceId, StationId
from domain.identity import City, PoolId
from domain.places import Location
from domain.pricing.tariffs import TariffId
from services.operator.inventory import (
    BikeFacts,
    ChargePointFacts,
    Inventory,
    Pool,
    ResourceEntry,
    StationEntry,
    VehicleFacts,
)

NAMESPACE = UUID("7d0c4b0e-54a5-4f0f-9d3c-8f6f5f2a7a11")  # drawn once; another one would rename everything
CHARGING, FLEET, BIKE = TariffId("charging-standard"), TariffId("fleet-standard"), TariffId("bike-standard")


class DemoChargePoint(Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    connectors: tuple[str, ...]
    power_kw: Decimal


class DemoVehicle(Struct, frozen=True, forbid_unknown_fields=True, rename={"vehicle_class": "class"}):
    code: str
    name: str
    vehicle_class: str
    seats: int
    drive: str
    range_km: int
    pool: PoolId | None = None
    shared: bool = True
    buffer_before_s: int = 0
    buffer_after_s: int = 0


class DemoBike(Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    name: str
    bike_type: str


class DemoStation(Struct, frozen=True, forbid_unknown_fields=True):
    key: str
    name: str
    address: str
    location: Location
    charge_points: tuple[DemoChargePoint, ...] = ()
    vehicles: tuple[DemoVehicle, ...] = ()
    bikes: tuple[DemoBike, ...] = ()


class DemoInventory(Struct, frozen=True, forbid_unknown_fields=True):
    """`operator` runs the charge points; everything is sold at the standard tariff of its service."""

    operator: str
    pools: tuple[Pool, ...]
    stations: tuple[DemoStation, ...]

    def of(self, city: City) -> Inventory:
        """With ids, which are the same wherever the demo is loaded."""
        stations = tuple(
            StationEntry(StationId(demo_id(city, station.key)), station.name, station.address, station.location)
            for station in self.stations
        )
        resources = tuple(entry for station in self.stations for entry in self._at(station, city))
        return Inventory(self.pools, stations, resources)

    def _at(self, station: DemoStation, city: City) -> Iterator[ResourceEntry]:
        station_id = StationId(demo_id(city, station.key))
        for number, point in enumerate(station.charge_points, 1):
            yield ResourceEntry(
                id=ResourceId(demo_id(city, point.code)),
                station_id=station_id,
                name=f"{station.name}, Ladepunkt {number}",
                facts=ChargePointFacts(point.connectors, point.power_kw, self.operator),
                tariff_id=CHARGING,
                code=point.code,
            )
        for vehicle in station.vehicles:
            yield ResourceEntry(
                id=ResourceId(demo_id(city, vehicle.code)),
                station_id=station_id,
                name=vehicle.name,
                facts=VehicleFacts(
                    vehicle.vehicle_class,
                    vehicle.seats,
                    vehicle.drive,
                    vehicle.range_km,
                    kind="van" if vehicle.vehicle_class == "van" else "car",
                    plate=vehicle.code,
                ),
                tariff_id=FLEET,
                code=vehicle.code,
                pool_id=vehicle.pool,
                shared=vehicle.shared,
                buffer_before_s=vehicle.buffer_before_s,
                buffer_after_s=vehicle.buffer_after_s,
            )
        for bike in station.bikes:
            yield ResourceEntry(
                id=ResourceId(demo_id(city, bike.code)),
                station_id=station_id,
                name=bike.name,
                facts=BikeFacts(bike.bike_type, ("standard",)),
                tariff_id=BIKE,
                code=bike.code,
            )


def demo_id(city: City, name: str) -> UUID:
    """The id of a station by its key, of a resource by its code."""
    return uuid5(NAMESPACE, f"{city}/{name}")
