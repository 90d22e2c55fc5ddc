"""A fleet as a table: given away, and taken in row by row. A file that cannot be read is refused whole; of one that can, each
row is taken or says what is wrong with it, and a row that is refused leaves nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol, TypeAlias
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.resources import ResourceId, StationId
from domain.fleet.documents import Document, DocumentKind, in_force
from domain.fleet.keeping import (
    AddVehicle,
    ChangeVehicle,
    Placement,
    StillRented,
    Vehicle,
    added,
    changed_with_papers,
    changes_nothing,
    runs,
)
from domain.fleet.plates import Plate, plate
from domain.fleet.procurement import EuCategory, Procured, Procurement
from domain.fleet.reminding import reminders
from domain.fleet.vehicles import Draft, Drive, Life, NotMovable, VehicleKind
from domain.fleet.vins import vin
from domain.identity import Actor, PoolId
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal
from services.fleet.cells import WrongCell, day_in, decimal_in, euros, is_yes, one_of, seconds, uuid_in, whole
from services.fleet.keeping import VehicleBooks

OF_PROCUREMENT = Procured.__struct_fields__
COLUMNS = (
    *("id", "name", "kind", "class", "seats", "drive", "range_km", "battery_kwh", "consumption", "charging_kw"),
    *("load_kg", "equipment", "plate", "vin", "frame_number", "station_id", "station", "pool", "tariff", "code"),
    *("shared", "buffer_before_s", "buffer_after_s", "state", "registered_on", "rental_entry", "insured_until"),
    *("insurer_knows_of_renting", "hu_on", "hu_until", "uvv_on", "uvv_until", *OF_PROCUREMENT),
)
# Where a kind of paper stands: when it was done, until when it counts, whether it knows of the renting.
PAPERS = (
    (DocumentKind.REGISTRATION, "registered_on", "", "rental_entry"),
    (DocumentKind.INSURANCE, "", "insured_until", "insurer_knows_of_renting"),
    (DocumentKind.HU, "hu_on", "hu_until", ""),
    (DocumentKind.UVV, "uvv_on", "uvv_until", ""),
)
NEEDED = ("name", "kind", "seats", "drive")
BEGINS = (Life.ORDERED, Life.IN_SERVICE)
MOST_ROWS = 2000
LONGEST_CELL = 200
Cell: TypeAlias = str | int | Decimal | date | None


class Unreadable(Exception):
    """The file is refused whole; the message says what was expected and what was found."""


class Row(Struct, frozen=True):
    """Its number in the file, the titles counted, and its cells by the name of the column."""

    number: int
    cells: Mapping[str, str]


class Outcome(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


class Told(Struct, frozen=True, omit_defaults=True):
    """What became of a row. Of one that was rejected `code` is a problem's, `column` where it is, and `allowed` the words of
    which one is expected there."""

    row: int
    outcome: Outcome
    id: ResourceId | None = None
    name: str | None = None
    code: str | None = None
    column: str | None = None
    allowed: tuple[str, ...] = ()


class Report(Struct, frozen=True):
    read: int
    added: int
    changed: int
    unchanged: int
    rejected: int
    rows: tuple[Told, ...]


class FileBooks(VehicleBooks, Protocol):
    async def named(self, vehicle_vin: str | None, mark: str | None) -> ResourceId | None:
        """The vehicle with that VIN, else with that plate."""

    async def station_named(self, name: str) -> StationId | None:
        """None where no station, or more than one, is called so."""


class _Read(Struct, frozen=True):
    draft: Draft
    placement: Placement
    life: Life | None
    papers: tuple[Document, ...]


async def import_vehicles(rows: Sequence[Row], *, books: FileBooks, actor: Actor, new_id: Callable[[], UUID]) -> Report:
    """Each row is a vehicle: the one with its id, its VIN or its plate, or a new one. State and papers that a row leaves out
    stay as they are, and how the vehicle was procured where a row says nothing of that; no row changes a state that it names,
    and a new vehicle is ordered or in service."""
    told = [await _taken(row, books=books, actor=actor, new_id=new_id) for row in rows]
    counts = {outcome: sum(each.outcome is outcome for each in told) for outcome in Outcome}
    return Report(
        len(told),
        counts[Outcome.ADDED],
        counts[Outcome.CHANGED],
        counts[Outcome.UNCHANGED],
        counts[Outcome.REJECTED],
        tuple(told),
    )


async def _taken(row: Row, *, books: FileBooks, actor: Actor, new_id: Callable[[], UUID]) -> Told:
    try:
        read = await _read(row.cells, books)
        known = await _known(row.cells, books, actor)
        _stays(read.life, known)
    except WrongCell as wrong:
        return Told(row.number, Outcome.REJECTED, code=wrong.code, column=wrong.column, allowed=wrong.allowed)
    if known is not None:
        read = replace(read, draft=replace(read.draft, procured=_kept(row.cells, read.draft.procured, known)))
    today = await books.today()
    vehicle_id = known.id if known is not None else ResourceId(new_id())
    around = await books.around(vehicle_id, read.draft, read.placement)
    outcome: Any
    if known is None:
        life = read.life or Life.IN_SERVICE
        outcome = added(AddVehicle(vehicle_id, read.draft, read.placement, life, read.papers), around, actor, today.day)
    else:
        change, papers = ChangeVehicle(vehicle_id, read.draft, read.placement), _new_papers(read.papers, known)
        if not papers and changes_nothing(change, known):
            return Told(row.number, Outcome.UNCHANGED, known.id, known.description.name)
        outcome = changed_with_papers(change, papers, known, around, actor, today=today.day)
    if isinstance(outcome, StillRented):
        return Told(row.number, Outcome.REJECTED, code=StillRented.code, column="shared")
    if not isinstance(outcome, Vehicle):
        return Told(row.number, Outcome.REJECTED, code=outcome.reason.value, column=_column(outcome))
    if known is not None and replace(outcome, version=known.version) == known:
        return Told(row.number, Outcome.UNCHANGED, known.id, known.description.name)
    await books.keep(outcome, known, reminders(outcome.papers, known.papers if known else (), today.day))
    what = Outcome.ADDED if known is None else Outcome.CHANGED
    return Told(row.number, what, outcome.id, outcome.description.name)


def _column(refusal: Refusal[Any]) -> str | None:
    """The column that a refusal points at."""
    name = refusal.pointer.strip("/").split("/")[0].removesuffix("_id")
    return name if name in COLUMNS else None


async def _known(cells: Mapping[str, str], books: FileBooks, actor: Actor) -> Vehicle | None:
    """The vehicle that the row is about; one of another pool is as if it were not there."""
    if said := cells["id"]:
        found = await books.find(ResourceId(uuid_in(said, "id")), locked=True)
        if found is None or not runs(actor, found.placement.pool_id):
            raise WrongCell("id", "unknown_vehicle")
        return found
    number = plate(cells["plate"]) if cells["plate"] else None
    identified = vin(cells["vin"]) if cells["vin"] else None
    mark = number.mark if isinstance(number, Plate) else None
    named = await books.named(identified if isinstance(identified, str) else None, mark)
    found = await books.find(named, locked=True) if named is not None else None
    return found if found is not None and runs(actor, found.placement.pool_id) else None


def _stays(said: Life | None, known: Vehicle | None) -> None:
    """Raises WrongCell where the row would change the vehicle's state. The workshop is a time in service: it comes and goes
    while a file is looked at."""
    if said is None:
        return
    may_be = BEGINS if known is None else (known.life, *((Life.WORKSHOP,) if known.life is Life.IN_SERVICE else ()))
    if said not in may_be:
        raise WrongCell("state", NotMovable.VEHICLE_STATE.value, tuple(life.value for life in may_be))


def _new_papers(papers: Sequence[Document], known: Vehicle) -> list[Document]:
    """Those that say something else than what is in force."""
    present = in_force(known.papers)

    def is_new(paper: Document) -> bool:
        held = present.get(paper.kind)
        if held is None:
            return True
        until = paper.valid_until if paper.valid_until is not None else held.valid_until
        return (paper.done_on, until, paper.rental) != (held.done_on, held.valid_until, held.rental)

    return [paper for paper in papers if is_new(paper)]


async def _read(cells: Mapping[str, str], books: FileBooks) -> _Read:
    for name, cell in cells.items():
        if len(cell) > LONGEST_CELL or not cell.isprintable():
            raise WrongCell(name)
    for name in NEEDED:
        if not cells[name]:
            raise WrongCell(name)
    draft = Draft(
        name=cells["name"],
        kind=one_of(VehicleKind, cells["kind"], "kind"),
        seats=whole(cells, "seats") or 0,
        drive=one_of(Drive, cells["drive"], "drive"),
        vehicle_class=cells["class"] or None,
        range_km=whole(cells, "range_km"),
        battery_kwh=decimal_in(cells, "battery_kwh"),
        consumption=decimal_in(cells, "consumption"),
        charging_kw=decimal_in(cells, "charging_kw"),
        load_kg=whole(cells, "load_kg"),
        equipment=tuple(cells["equipment"].replace(",", " ").split()),
        plate=cells["plate"] or None,
        vin=cells["vin"] or None,
        frame_number=cells["frame_number"] or None,
        procured=_procured(cells),
    )
    placement = Placement(
        await _station(cells, books),
        PoolId(cells["pool"]) if cells["pool"] else None,
        TariffId(cells["tariff"]) if cells["tariff"] else None,
        cells["code"] or None,
        is_yes(cells, "shared"),
        seconds(cells, "buffer_before_s"),
        seconds(cells, "buffer_after_s"),
    )
    life = one_of(Life, cells["state"], "state") if cells["state"] else None
    return _Read(draft, placement, life, tuple(_papers(cells)))


def _procured(cells: Mapping[str, str]) -> Procured:
    category, way = cells["eu_category"].upper(), cells["procurement"]
    return Procured(
        awarded_on=day_in(cells, "awarded_on"),
        procurement=one_of(Procurement, way, "procurement") if way else None,
        eu_category=one_of(EuCategory, category, "eu_category") if category else None,
        co2_g_per_km=whole(cells, "co2_g_per_km"),
        rde_pollutants=decimal_in(cells, "rde_pollutants"),
        alternative_fuel=is_yes(cells, "alternative_fuel") if cells["alternative_fuel"] else None,
        contract_value=euros(cells, "contract_value"),
        quota_exempt=is_yes(cells, "quota_exempt"),
    )


def _kept(cells: Mapping[str, str], read: Procured, known: Vehicle) -> Procured:
    """What the row says of the award, and the rest as it was."""
    said = {name: getattr(read, name) for name in OF_PROCUREMENT if cells.get(name)}
    return replace(known.description.procured, **said)


async def _station(cells: Mapping[str, str], books: FileBooks) -> StationId:
    if cells["station_id"]:
        return StationId(uuid_in(cells["station_id"], "station_id"))
    found = await books.station_named(cells["station"])
    if found is None:
        raise WrongCell("station", "unknown_station")
    return found


def _papers(cells: Mapping[str, str]) -> Iterator[Document]:
    """What the row says of them; a kind of which it says nothing stays as it is."""
    for kind, done, until, rental in PAPERS:
        done_on, valid_until = (day_in(cells, name) if name else None for name in (done, until))
        if done_on is not None or valid_until is not None:
            yield Document(kind, done_on, valid_until, is_yes(cells, rental) if rental else False)


def _procurement_cells(procured: Procured) -> dict[str, Cell]:
    fuel, value = procured.alternative_fuel, procured.contract_value
    return {
        "awarded_on": procured.awarded_on,
        "procurement": procured.procurement.value if procured.procurement else None,
        "eu_category": procured.eu_category.value if procured.eu_category else None,
        "co2_g_per_km": procured.co2_g_per_km,
        "rde_pollutants": procured.rde_pollutants,
        "alternative_fuel": _yes(said=fuel) if fuel is not None else None,
        "contract_value": Decimal(value.amount).scaleb(-2) if value is not None else None,
        "quota_exempt": _yes(said=procured.quota_exempt),
    }


def _yes(*, said: bool) -> str:
    return "ja" if said else "nein"


def cells_of(vehicle: Vehicle) -> tuple[Cell, ...]:
    """The vehicle as a row, in the order of `COLUMNS`: read again it says the same."""
    what, place, papers = vehicle.description, vehicle.placement, in_force(vehicle.papers)
    said: dict[str, Cell] = {
        **{name: getattr(what, name) for name in ("name", "seats", "range_km", "battery_kwh", "consumption")},
        **{name: getattr(what, name) for name in ("charging_kw", "load_kg", "vin", "frame_number")},
        "id": str(vehicle.id),
        "kind": what.kind.value,
        "class": what.vehicle_class,
        "drive": what.drive.value,
        "equipment": " ".join(what.equipment),
        "plate": str(what.plate) if what.plate else None,
        "station_id": str(place.station_id),
        "station": vehicle.station,
        "pool": place.pool_id,
        "tariff": place.tariff_id,
        "code": place.code,
        "shared": _yes(said=place.shared),
        "buffer_before_s": place.buffer_before_s,
        "buffer_after_s": place.buffer_after_s,
        "state": vehicle.standing.value,
        **_procurement_cells(what.procured),
    }
    for kind, done, until, rental in PAPERS:
        paper = papers.get(kind)
        if paper is not None:
            said |= {name: value for name, value in ((done, paper.done_on), (until, paper.valid_until)) if name}
            said |= {rental: _yes(said=paper.rental)} if rental else {}
    return tuple(said.get(name) for name in COLUMNS)
