"""Plans of charge points, wired: the files that a plan is asked with, and those that it is written into."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from adapters.charts.charging_plan import plan_svg
from adapters.database.charging.sites import SqlSites
from adapters.database.connections import Transactions
from adapters.maps.districts import read_district_features
from adapters.maps.plans import plan_geojson
from adapters.registers.plan_files import read_districts, read_stations
from adapters.spreadsheets.charging_plan import plan_csv
from domain.charging.planning.assuming import Stated
from domain.charging.planning.districts import District, ExistingSite
from domain.charging.planning.names import Name
from domain.charging.planning.plan import ChargingPlan, Wanted, plan
from domain.identity import City
from infra.documents import FaultyDocument, read_document, shaped
from services.charging.plan_files import FaultyRows, Rows, Unreadable, districts_of, stations_of
from services.charging.plan_views import plan_view
from services.charging.planning import PlanFile, PlanFormat, Planning

DEMO = Path(__file__).parents[1] / "demo"
LARGEST = 2**24  # bytes: 500 districts with all their corners
GEOJSON = "application/geo+json"


def plan_json(made: ChargingPlan) -> bytes:
    return msgspec.json.encode(plan_view(made))


WRITERS: Mapping[PlanFormat, tuple[str, Callable[[ChargingPlan], bytes]]] = {
    PlanFormat.JSON: ("application/json", plan_json),
    PlanFormat.CSV: ("text/csv", plan_csv),
    PlanFormat.GEOJSON: (GEOJSON, plan_geojson),
    PlanFormat.SVG: ("image/svg+xml", plan_svg),
}


def planning(transactions: Transactions, clock: Callable[[], datetime]) -> Planning:

    async def planned(city: City, wanted: Wanted, form: PlanFormat) -> PlanFile:
        async with transactions.city(city) as connection:
            sites = await SqlSites(connection, city).sites()
        media_type, write = WRITERS[form]
        today = clock().date()
        # Hundreds of districts take most of a second, in which others are answered.
        content = await asyncio.to_thread(lambda: write(plan(wanted, sites, today)))
        return PlanFile(f"charging-plan-{city}-{wanted.year}.{form.value}", media_type, content)

    return Planning(planned)


def demo_districts(city: City) -> Path | None:
    """The file that comes with a demo city."""
    file = DEMO / f"{city}-districts.csv"
    return file if file.is_file() else None


def districts_in(file: Path) -> tuple[tuple[District, ...], tuple[str, ...]]:
    """A table, or GeoJSON by its ending, with its notes. Raises FaultyDocument."""
    reads = read_district_features if file.suffix.lower() in {".geojson", ".json"} else read_districts
    try:
        rows = reads(_content(file))
        return districts_of(rows.rows), rows.notes
    except (Unreadable, FaultyRows) as problem:
        raise FaultyDocument(_said(problem)) from problem


def stations_in(file: Path) -> tuple[ExistingSite, ...]:
    """A table with a row for each station and power. Raises FaultyDocument."""
    try:
        rows: Rows = read_stations(_content(file))
        return stations_of(rows.rows)
    except (Unreadable, FaultyRows) as problem:
        raise FaultyDocument(_said(problem)) from problem


def assumptions_in(file: Path) -> dict[Name, Stated]:
    """TOML or JSON: the names of assumptions, each with a number, or with `value`, `low`, `high` and `source`. Raises
    FaultyDocument."""
    return stated(read_document(file))


def stated(document: Mapping[str, Any]) -> dict[Name, Stated]:
    """Raises FaultyDocument."""
    faults = [f"{name} is no assumption" for name in document if name not in set(Name)]
    found = {}
    for name, said in document.items():
        try:
            found[name] = shaped({"value": said} if isinstance(said, int | Decimal | str) else said, Stated, name)
        except FaultyDocument as fault:
            faults += fault.faults
    if faults:
        raise FaultyDocument(tuple(faults))
    return {Name(name): each for name, each in found.items()}


def _content(file: Path) -> bytes:
    try:
        if file.stat().st_size > LARGEST:
            raise FaultyDocument((f"it has more than {LARGEST // 2**20} MiB",))
        return file.read_bytes()
    except OSError as problem:
        raise FaultyDocument((f"it cannot be read: {problem.strerror}",)) from problem


def _said(problem: Unreadable | FaultyRows) -> tuple[str, ...]:
    return tuple(map(str, problem.faults)) if isinstance(problem, FaultyRows) else (str(problem),)
