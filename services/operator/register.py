"""Importing the charging register into a city: all of a file or nothing."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from msgspec.structs import replace

from domain.booking.resources import StationId
from domain.charging.importing import BookableOperator, ImportPlan, Sifted, Site, import_plan
from domain.charging.sites import KnownSite, SiteKey, point_id, site_id
from domain.cities.settings import CitySettings
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

LONGEST_CODE = 64  # characters; eMI3 allows 37 for an EVSE id with its separators


class NotImportable(StrEnum):
    UNKNOWN_TARIFF = "unknown_tariff"
    UNKNOWN_OPERATOR = "unknown_operator"
    OLDER_THAN_THE_CITYS = "older_than_the_citys"


async def import_charging_register(
    sifted: Sifted,
    city: City,
    settings: CitySettings,
    *,
    bookable: BookableOperator | None,
    inventory: InventoryBooks,
    tariffs: TariffBooks,
) -> ImportPlan | Refusal[NotImportable]:
    """Add and update the city's charging stations; what `import_plan` says, and what was done.

    Refused are a tariff that the city has not published, an operator of whom no row of the city's tells, and a file
    without ids that tells of sites which a newer one gave ids: it would list them a second time.
    """
    if bookable is not None and await tariffs.latest(bookable.tariff_id) is None:
        return Refusal(NotImportable.UNKNOWN_TARIFF)
    known = {SiteKey(key): site for key, site in (await inventory.sources()).items()}
    plan = import_plan(sifted, known, bookable_operator=bookable)
    if plan.older:
        return Refusal(NotImportable.OLDER_THAN_THE_CITYS)
    if bookable is not None and not plan.operators_sites:
        return Refusal(NotImportable.UNKNOWN_OPERATOR)
    if written := plan.imported + plan.updated:
        stock = _inventory(written, city, known)
        updated = [_station_id(city, site, known) for site in plan.updated]
        codes = [resource.code for resource in stock.resources if resource.code is not None]
        taken = await inventory.release_codes(updated, codes)
        await inventory.write(_without_codes(stock, taken), settings.center.lat)
        await inventory.withdraw(updated, but=[resource.id for resource in stock.resources])
    return plan


def _station_id(city: City, site: Site, known: Mapping[SiteKey, KnownSite]) -> StationId:
    """Its id in the city, which it keeps under another key; a new site's is made of its key."""
    return site_id(city, site.key) if site.before is None else known[site.before].id


def _inventory(sites: Iterable[Site], city: City, known: Mapping[SiteKey, KnownSite]) -> Inventory:
    stations, points = [], []
    for site in sites:
        row, station_id = site.row, _station_id(city, site, known)
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
                id=point_id(station_id, point.ordinal),
                station_id=station_id,
                name=f"{row.address}, Ladepunkt {point.ordinal}",
                facts=ChargePointFacts(
                    connectors=point.standards,
                    power_kw=point.max_power_kw,
                    operator=row.operator,
                    public_key=point.public_key,
                    evse_id=point.evse_id,
                    connectors_kw=point.standards_kw,
                ),
                tariff_id=site.tariff_id,
                code=_code(point.evse_id),
            )
            for point in row.points
        ]
    return Inventory(stations=tuple(stations), resources=tuple(points))


def _code(evse_id: str) -> str | None:
    """What a driver can type: an EVSE id without the spaces around it, none that goes over several lines."""
    code = evse_id.strip()
    return code if code and len(code) <= LONGEST_CODE and not any(map(str.isspace, code)) else None


def _without_codes(stock: Inventory, taken: Collection[str]) -> Inventory:
    """A code leads to one resource: whoever has it keeps it, and none of those who come with the same gets it."""
    counts = Counter(resource.code for resource in stock.resources)
    return replace(
        stock,
        resources=tuple(
            replace(resource, code=None)
            if resource.code is not None and (resource.code in taken or counts[resource.code] > 1)
            else resource
            for resource in stock.resources
        ),
    )
