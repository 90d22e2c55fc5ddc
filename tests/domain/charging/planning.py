"""Imports in a row, without a database: what one leaves is what the next one finds."""

from collections.abc import Iterable, Mapping, Set

from domain.charging.importing import BookableOperator, ImportPlan, Site, import_plan, sift
from domain.charging.register import ReadRow
from domain.charging.sites import KnownSite, SiteKey, site_id
from domain.identity import City

CITY = City("braunschweig")


def planned(
    rows: Iterable[ReadRow],
    known: Mapping[SiteKey, KnownSite],
    postcodes: Set[str],
    *,
    take_all: bool = False,
    bookable_operator: BookableOperator | None = None,
) -> ImportPlan:
    return import_plan(sift(rows, postcodes, take_all=take_all), known, bookable_operator=bookable_operator)


def left_by(plan: ImportPlan, known: Mapping[SiteKey, KnownSite] | None = None) -> dict[SiteKey, KnownSite]:
    """What the city knows after the plan, which was made for what it knew."""
    before = dict(known or {})
    written = (*plan.imported, *plan.updated)
    found = {site.key: _left(site, before) for site in written}
    for site in written:
        before.pop(site.before or site.key, None)
    return before | found


def _left(site: Site, before: Mapping[SiteKey, KnownSite]) -> KnownSite:
    row = site.row
    station = site_id(CITY, site.key) if site.before is None else before[site.before].id
    return KnownSite(station, site.fingerprint, row.operator, row.address, row.postcode, row.location, len(row.points))
