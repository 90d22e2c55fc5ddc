"""Districts and stations as people write them down: rows by the names of their columns, and what is wrong with them."""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from domain.charging.planning.districts import Area, District, ExistingSite, middle_of, on_earth
from domain.charging.planning.points import Points
from domain.places import Location

T = TypeVar("T")
DISTRICT_COLUMNS = (
    *("id", "name", "lat", "lon", "vehicles", "inhabitants", "km_per_vehicle", "no_own_parking"),
    *("hub_weight", "destination_weight", "through_weight", "existing_ac", "existing_dc", "existing_hpc", "source"),
)
DISTRICT_NEEDED = ("id", "name")
STATION_COLUMNS = ("id", "name", "lat", "lon", "power_kw", "points")
STATION_NEEDED = ("name", "lat", "lon", "power_kw")
MOST_STATIONS = 20_000
MOST_POINTS_OF_A_ROW = 1000
WHOLE = re.compile(r"[0-9]{1,9}")
NUMBER = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,9})?")  # no dots between thousands: 1.000 would be one
DEGREES = re.compile(r"-?[0-9]{1,3}(?:[.,][0-9]{1,20})?")


class Unreadable(Exception):
    """The file is refused whole; the message says what was expected and what was found."""


class Row(Struct, frozen=True):
    """Its place in the file, as in `line 3` or `feature 2`, its cells by the name of the column, and its polygons if it has any."""

    place: str
    cells: Mapping[str, str]
    area: Area = ()


class Rows(Struct, frozen=True):
    """`notes` are words about the whole file, for whoever reads the plan."""

    rows: tuple[Row, ...]
    notes: tuple[str, ...] = ()


class FaultCode(StrEnum):
    MISSING = "missing"
    NO_NUMBER = "no_number"
    NO_WHOLE_NUMBER = "no_whole_number"
    NO_COORDINATE = "no_coordinate"
    REPEATED = "repeated"
    CANNOT_BE = "cannot_be"


class FileFault(Struct, frozen=True):
    place: str
    column: str
    code: FaultCode
    detail: str

    def __str__(self) -> str:
        return f"{self.place}: {self.code} in {self.column}: {self.detail}"


class FaultyRows(Exception):
    """Rows cannot be used; `faults` are all that is wrong with any of them."""

    def __init__(self, faults: Sequence[FileFault]) -> None:
        super().__init__("; ".join(map(str, faults)))
        self.faults = tuple(faults)


class _Cells:
    """A row, read cell by cell; what is wrong is kept."""

    def __init__(self, row: Row) -> None:
        self.row = row
        self.faults: list[FileFault] = []

    def fault(self, column: str, code: FaultCode, detail: str) -> None:
        self.faults.append(FileFault(self.row.place, column, code, detail))

    def text(self, column: str) -> str:
        return self.row.cells.get(column, "").strip()

    def whole(self, column: str) -> int | None:
        return self._read(column, WHOLE, int, FaultCode.NO_WHOLE_NUMBER)

    def number(self, column: str) -> Decimal | None:
        return self._read(column, NUMBER, Decimal, FaultCode.NO_NUMBER)

    def degrees(self, column: str) -> float | None:
        return self._read(column, DEGREES, float, FaultCode.NO_COORDINATE)

    def _read(self, column: str, pattern: re.Pattern[str], read: Callable[[str], T], code: FaultCode) -> T | None:
        cell = self.text(column)
        if not cell:
            return None
        if pattern.fullmatch(cell):
            return read(cell.replace(",", "."))
        self.fault(column, code, repr(cell[:40]))
        return None

    def location(self) -> Location | None:
        """What lat and lon say. A fault where one of them is missing."""
        lat, lon = self.degrees("lat"), self.degrees("lon")
        if lat is not None and lon is not None:
            return Location(lat, lon)
        for column in ("lat", "lon"):
            if not self.text(column):
                self.fault(column, FaultCode.MISSING, "where it is has to be known")
        return None


def districts_of(rows: Sequence[Row]) -> tuple[District, ...]:
    """The rows as districts. Raises FaultyRows, with every fault of every row."""
    faults: list[FileFault] = []
    found: dict[str, District] = {}
    for row in rows:
        cells = _Cells(row)
        district = _district(cells)
        if district is not None:
            for column, detail in district.faults():
                cells.fault(column, FaultCode.CANNOT_BE, detail)
            if district.id in found:
                cells.fault("id", FaultCode.REPEATED, repr(district.id))
            found[district.id] = district
        faults += cells.faults
    if faults:
        raise FaultyRows(faults)
    return tuple(found.values())


def _district(cells: _Cells) -> District | None:
    """None where a cell could not be read."""
    area = cells.row.area
    by_itself = not cells.text("lat") and not cells.text("lon") and area and all(rings and rings[0] for rings in area)
    centre = middle_of(area) if by_itself else cells.location()
    existing = [cells.whole(f"existing_{each}") for each in ("ac", "dc", "hpc")]
    counted = Points(*(number or 0 for number in existing))
    found = District(
        id=cells.text("id"),
        name=cells.text("name"),
        centre=centre or Location(0, 0),
        vehicles=cells.whole("vehicles"),
        inhabitants=cells.whole("inhabitants"),
        km_per_vehicle=cells.whole("km_per_vehicle"),
        no_own_parking=cells.number("no_own_parking"),
        hub_weight=cells.number("hub_weight") or Decimal(0),
        destination_weight=cells.number("destination_weight") or Decimal(0),
        through_weight=cells.number("through_weight") or Decimal(0),
        existing=counted if any(number is not None for number in existing) else None,
        area=area,
        source=cells.text("source"),
    )
    return None if cells.faults else found


def stations_of(rows: Sequence[Row]) -> tuple[ExistingSite, ...]:
    """Rows of one power each as stations: those with one `id`, or without any with one name at one place, are one station. Raises
    FaultyRows."""
    faults: list[FileFault] = []
    found: dict[str, ExistingSite] = {}
    for row in rows:
        cells = _Cells(row)
        location, power, points = cells.location(), cells.number("power_kw"), cells.whole("points")
        if power == 0 or not cells.text("power_kw"):
            cells.fault("power_kw", FaultCode.MISSING, "kilowatts of a point")
        if points is not None and points > MOST_POINTS_OF_A_ROW:
            cells.fault("points", FaultCode.CANNOT_BE, f"at most {MOST_POINTS_OF_A_ROW}")
        if location is not None and not on_earth(location):
            cells.fault("lat", FaultCode.CANNOT_BE, "latitude -90 to 90, longitude -180 to 180")
        if not cells.text("name").isprintable():
            cells.fault("name", FaultCode.CANNOT_BE, "one line")
        faults += cells.faults
        if not cells.faults and location is not None and power is not None:
            name = cells.text("name")
            key = cells.text("id") or f"{name} @ {location.lat:.6f},{location.lon:.6f}"
            before = found[key].powers_kw if key in found else ()
            found[key] = ExistingSite(key, name, location, (*before, *[power] * (1 if points is None else points)))
    if faults:
        raise FaultyRows(faults)
    return tuple(found.values())
