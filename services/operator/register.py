"""Importing the charging register into a city: all of a file or nothing."""

from collections.abc import Iterable
from enum import StrEnum

from domain.charging.register import (
    BookableOperator,
    ImportPlan,
    ReadRow,
    Site,
    SiteKey,
    import_plan,
    point_id,
    site_id,
)
from domain.cities import CitySettings
from domain.identity import City
from domain.refusals import Refusal
from services.operator.inventory import (
    ChargePointFacts,
    Inventory,
    InventoryBooks,
    ResourceEntry,
    Source,
    StationEntry,
)
from services.operator.ports import TariffBooks


class NotImportable(StrEnum):
    UNKNOWN_TARIFF = "unknown_tariff"
    UNKNOWN_OPERATOR = "unknown_operator"


async def import_charging_register(
    rows: Iterable[ReadRow],
    city: City,
    settings: CitySettings,
    *,
    take_all: bool,
    bookable: BookableOperator | None,
    inventory: InventoryBooks,
    tariffs: TariffBooks,
) -> ImportPlan | Refusal[NotImportable]:
    """Add and update the city's charging stations; what `import_plan` says, and what was done.

    Refused are a tariff that the city has not published, and an operator of whom no row of the city's tells.
    """
    if bookable is not None and await tariffs.latest(bookable.tariff_id) is None:
        return Refusal(NotImportable.UNKNOWN_TARIFF)
    known = {SiteKey(key): fingerprint for key, fingerprint in (await inventory.sources()).items()}
    plan = import_plan(rows, known, frozenset(settings.postcodes), take_all=take_all, bookable_operator=bookable)
    if bookable is not None and not plan.operators_sites:
        return Refusal(NotImportable.UNKNOWN_OPERATOR)
    if written := plan.imported + plan.updated:
        stock = _inventory(written, city)
        await inventory.write(stock, settings.center.lat)
        updated = [site_id(city, site.key) for site in plan.updated]
        await inventory.withdraw(updated, but=[resource.id for resource in stock.resources])
    return plan


def _inventory(sites: Iterable[Site], city: City) -> Inventory:
    stations, points = [], []
    for site in sites:
        row, station_id = site.row, site_id(city, site.key)
        stations.append(
            StationEntry(
                id=station_id,
                name=row.address,
                address=f"{row.address}, {row.postcode} {row.town}",
                location=row.location,
                source=Source(site.key, site.fingerprint),
            )
        )
        points += [
            ResourceEntry(
                id=point_id(city, site.key, point.ordinal),
                station_id=station_id,
                name=f"{row.address}, Ladepunkt {point.ordinal}",
                facts=ChargePointFacts(point.standards, point.max_power_kw, row.operator, point.public_key),
                tariff_id=site.tariff_id,
            )
            for point in row.points
        ]
    return Inventory(stations=tuple(stations), resources=tuple(points))
