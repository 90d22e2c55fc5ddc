"""A plan of charge points as a table: a row for each district, the sum, each place where something is built, each year on the way,
and each assumption. `part` says which it is, so that a spreadsheet can filter."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from adapters.spreadsheets.tables import Cell, csv_blocks
from domain.charging.planning.plan import ChargingPlan, Energy, Sums
from domain.charging.planning.points import Points

OF_PLACES = ("part", "id", "name", "district_id", "latitude", "longitude", "year", "ev_share", "sites")
OF_CARS = ("cars", "bev", "phev", *(f"kwh_{use}" for use in Energy.__struct_fields__))
OF_POINTS = tuple(f"{each}_{what}" for what in ("needed", "existing", "to_build") for each in Points.__struct_fields__)
OF_POWER = ("existing_kw", "planned_kw", "peak_kw")
OF_FIGURES = ("value", "low", "high", "unit", "as_of", "source")
COLUMNS = (*OF_PLACES, *OF_CARS, *OF_POINTS, *OF_POWER, *OF_FIGURES)
NOWHERE = ZoneInfo("UTC")  # there are no instants in it


def plan_csv(plan: ChargingPlan) -> bytes:
    rows = ([row.get(column) for column in COLUMNS] for row in _rows(plan))
    return b"".join(csv_blocks(COLUMNS, rows, NOWHERE))


def _rows(plan: ChargingPlan) -> Iterator[dict[str, Cell]]:
    scope: dict[str, Cell] = {"year": plan.year, "ev_share": plan.ev_share}
    for each in plan.districts:
        district = each.district
        place: dict[str, Cell] = {"id": district.id, "name": district.name, "source": district.source}
        place |= _at(district.centre.lat, district.centre.lon)
        yield {"part": "district", **place, **scope, **_sums(each.sums)}
    yield {"part": "total", **scope, **_sums(plan.total)}
    for case in plan.cases:
        yield {"part": "case", "id": case.case.value, **scope, **_sums(case.sums)}
    for each in plan.districts:
        for site in each.sites:
            built = _points("existing", site.existing) | _points("to_build", site.to_build)
            of_site: dict[str, Cell] = {"id": site.station_id, "name": site.name, "district_id": each.district.id}
            part = "station" if site.station_id is not None else "new_sites"
            of_site |= _at(site.location.lat, site.location.lon)
            yield {"part": part, **of_site, "sites": site.new_sites or 1, **built}
    for step in plan.path:
        counts = _points("needed", step.needed) | _points("to_build", step.to_build)
        yield {"part": "year", "year": step.year, "ev_share": step.ev_share, **counts}
    for figure in plan.assumptions:
        numbers: dict[str, Cell] = {"value": figure.value, "low": figure.low, "high": figure.high}
        said: dict[str, Cell] = {"unit": figure.unit, "as_of": figure.as_of, "source": figure.source}
        yield {"part": "assumption", "id": figure.name.value, **numbers, **said}
    if plan.afir is not None:
        target = plan.afir.target
        law: dict[str, Cell] = {"unit": "kW", "as_of": target.valid_from, "source": target.source}
        yield {"part": "law", "id": "afir_required", "value": plan.afir.required_kw, **law}
        yield {"part": "law", "id": "afir_planned", "value": plan.afir.planned_kw, **law}
    for note in plan.notes:
        yield {"part": "note", "name": note}


def _at(lat: float, lon: float) -> dict[str, Cell]:
    """As text with a comma, as all numbers of the table have it."""
    return {"latitude": f"{lat:.6f}".replace(".", ","), "longitude": f"{lon:.6f}".replace(".", ",")}


def _sums(sums: Sums) -> dict[str, Cell]:
    named: Sequence[Cell] = (
        sums.cars,
        sums.bev,
        sums.phev,
        *(getattr(sums.kwh, use) for use in Energy.__struct_fields__),
    )
    found: dict[str, Cell] = dict(zip(OF_CARS, named, strict=True))
    for what in ("needed", "existing", "to_build"):
        found |= _points(what, getattr(sums, what))
    return found | {"existing_kw": sums.existing_kw, "planned_kw": sums.planned_kw, "peak_kw": sums.peak_kw}


def _points(what: str, points: Points) -> dict[str, Cell]:
    return {f"{each}_{what}": getattr(points, each) for each in Points.__struct_fields__}
