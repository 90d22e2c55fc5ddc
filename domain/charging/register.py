"""The German charging register (Ladesäulenregister): its rows, their identity, and what an import of them does.

A row is a charging station as its operator reported it to the Federal Network Agency (Bundesnetzagentur, LSV section 5);
each of its charge points is one resource, the plugs of a point are attributes: whoever takes the point takes them all.
"""

import hashlib
from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import date
from decimal import Decimal
from enum import StrEnum
from itertools import count
from typing import NewType, TypeAlias
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from domain.booking.resources import ResourceId, StationId
from domain.charging.states import GERMAN_STATES
from domain.identity import City
from domain.places import Location
from domain.pricing.tariffs import TariffId

SiteKey = NewType("SiteKey", str)

REGISTERED_SITES = UUID("da742855-e4e0-4fd7-9fb9-ae44ac676ed0")  # drawn once; changing it would rename every site


class ConnectorType(StrEnum):
    """Those of OCPI's ConnectorTypes (2.3.0, mod_locations) that the register's plugs translate to."""

    CHADEMO = "CHADEMO"
    DOMESTIC_F = "DOMESTIC_F"
    IEC_60309_2_SINGLE_16 = "IEC_60309_2_single_16"
    IEC_62196_T1 = "IEC_62196_T1"
    IEC_62196_T2 = "IEC_62196_T2"
    IEC_62196_T2_COMBO = "IEC_62196_T2_COMBO"


class ConnectorFormat(StrEnum):
    """OCPI's ConnectorFormat: a socket takes the driver's own cable, a cable is fixed to the point."""

    SOCKET = "SOCKET"
    CABLE = "CABLE"


class Connector(Struct, frozen=True):
    standard: ConnectorType
    format: ConnectorFormat


class ChargingKind(StrEnum):
    """Normalladeeinrichtung (up to 22 kW a point) and Schnellladeeinrichtung (above), as the operator reported it."""

    NORMAL = "normal"
    FAST = "fast"


class RegisterPoint(Struct, frozen=True):
    """A charge point. `ordinal` is its place in the row, from 1; `public_key` is byte for byte as published, or empty."""

    ordinal: int
    connectors: tuple[Connector, ...]
    max_power_kw: Decimal
    public_key: str

    @property
    def standards(self) -> tuple[str, ...]:
        """The OCPI ConnectorTypes that fit here, each once, in the register's order."""
        return tuple(dict.fromkeys(connector.standard.value for connector in self.connectors))


class RowFault(StrEnum):
    """Why a row is quarantined instead of imported."""

    LINE_TOO_LONG = "line_too_long"
    TRUNCATED = "truncated"
    BROKEN_QUOTES = "broken_quotes"
    WRONG_NUMBER_OF_COLUMNS = "wrong_number_of_columns"
    CELL_TOO_LONG = "cell_too_long"
    DAMAGED_TEXT = "damaged_text"
    MISSING_OPERATOR = "missing_operator"
    MISSING_ADDRESS = "missing_address"
    UNREADABLE_POSTCODE = "unreadable_postcode"
    UNREADABLE_COORDINATES = "unreadable_coordinates"
    COORDINATES_OUT_OF_RANGE = "coordinates_out_of_range"
    UNKNOWN_STATE = "unknown_state"
    OUTSIDE_ITS_STATE = "outside_its_state"
    UNKNOWN_KIND = "unknown_kind"
    UNREADABLE_POWER = "unreadable_power"
    POWER_NOT_POSITIVE = "power_not_positive"
    NO_CHARGE_POINT = "no_charge_point"
    POINTS_DO_NOT_ADD_UP = "points_do_not_add_up"
    INCOMPLETE_POINT = "incomplete_point"
    UNKNOWN_PLUG = "unknown_plug"


class RowWarning(StrEnum):
    """What is wrong with a row that is imported all the same."""

    UNREADABLE_DATE = "unreadable_date"


class RegisterRow(Struct, frozen=True):
    """A row that could be read. `number` is its line in the file, the header being 1; powers are kilowatts.

    `connection_kw` limits the whole site and may be less than its points together. `commissioned` is unknown where the
    published date cannot be read: nothing is decided by it. `cells` are the row as published, for the quarantine.
    """

    number: int
    operator: str
    address: str
    postcode: str
    town: str
    state: str
    location: Location
    commissioned: date | None
    connection_kw: Decimal
    kind: ChargingKind
    points: tuple[RegisterPoint, ...]
    warnings: tuple[RowWarning, ...] = ()
    cells: tuple[str, ...] = ()


class RejectedRow(Struct, frozen=True):
    """A row that is not imported, and why. `postcode` is None where not even that could be read."""

    number: int
    fault: RowFault
    detail: str
    postcode: str | None
    cells: tuple[str, ...]


ReadRow: TypeAlias = RegisterRow | RejectedRow


class BookableOperator(Struct, frozen=True):
    """The operator whose points the city may sell, and the tariff they are sold at.

    `operator` is compared whole, after runs of white space are made one space.
    """

    operator: str
    tariff_id: TariffId

    def runs(self, row: RegisterRow) -> bool:
        return " ".join(self.operator.split()) == row.operator


class Site(Struct, frozen=True):
    """A station to write. Its points are bookable where `tariff_id` is set, and only listed where it is None.

    `fingerprint` is to be kept with the station: the next import compares with it.
    """

    key: SiteKey
    row: RegisterRow
    tariff_id: TariffId | None
    fingerprint: str

    @property
    def bookable(self) -> bool:
        return self.tariff_id is not None


class ImportCounts(Struct, frozen=True):
    """read = imported + updated + unchanged + outside + rejected, whatever the file."""

    read: int
    imported: int
    updated: int
    unchanged: int
    outside: int
    rejected: int


class WarnedRow(Struct, frozen=True):
    number: int
    warning: RowWarning


class ImportPlan(Struct, frozen=True):
    """What an import does. `operators_sites` counts the taken rows of the bookable operator: 0 hints at a misspelt name.

    An import adds and updates and never removes: a known site that the file no longer lists stays as it is.
    """

    imported: tuple[Site, ...]
    updated: tuple[Site, ...]
    unchanged: tuple[SiteKey, ...]
    rejected: tuple[RejectedRow, ...]
    warned: tuple[WarnedRow, ...]
    outside: int
    read: int
    operators_sites: int

    @property
    def counts(self) -> ImportCounts:
        return ImportCounts(
            read=self.read,
            imported=len(self.imported),
            updated=len(self.updated),
            unchanged=len(self.unchanged),
            outside=self.outside,
            rejected=len(self.rejected),
        )


def site_key(row: RegisterRow, nth: int) -> SiteKey:
    """Who runs it, where, and the n-th of equals (from 1): the layout of 2019 has no ids.

    Coordinates count to seven decimals, a centimetre. A JSON array, so that no cell can imitate a separator.
    """
    place = (f"{row.postcode} {row.town}", f"{row.location.lat:.7f}", f"{row.location.lon:.7f}")
    return SiteKey(msgspec.json.encode((row.operator, row.address, *place, nth)).decode())


def site_id(city: City, key: SiteKey) -> StationId:
    """The same site has the same id in every import into the city, and another one in another city (RFC 9562, v5)."""
    return StationId(uuid5(uuid5(REGISTERED_SITES, city), key))


def point_id(city: City, key: SiteKey, ordinal: int) -> ResourceId:
    """The charge point's id: its site and its place in the row."""
    return ResourceId(uuid5(site_id(city, key), str(ordinal)))


def import_plan(
    rows: Iterable[ReadRow],
    known: Mapping[SiteKey, str],
    postcodes: Set[str],
    *,
    take_all: bool = False,
    bookable_operator: BookableOperator | None = None,
) -> ImportPlan:
    """Sort the rows into outside, rejected, imported, updated and unchanged.

    `known` are the fingerprints that earlier imports left, by key. A row outside the city's postcodes is no concern of
    the city, even if it is broken; one whose postcode cannot be read might be its own, and is rejected. Naming an operator
    makes its sites bookable at the tariff, new and known ones; what an earlier import made bookable stays so when the
    operator is not named again, because a routine import must not take chargers off sale.
    """
    read = outside = 0
    rejected: list[RejectedRow] = []
    taken: defaultdict[SiteKey, list[RegisterRow]] = defaultdict(list)
    for row in rows:
        read += 1
        if not take_all and row.postcode is not None and row.postcode not in postcodes:
            outside += 1
            continue
        found = _in_its_place(row)
        if isinstance(found, RejectedRow):
            rejected.append(found)
        else:
            taken[site_key(found, 1)].append(found)

    imported: list[Site] = []
    updated: list[Site] = []
    unchanged: list[SiteKey] = []
    warned: list[WarnedRow] = []
    operators_sites = 0
    for key, row, content in _numbered(taken.values(), known):
        warned += (WarnedRow(row.number, warning) for warning in row.warnings)
        before = known.get(key)
        tariff_id = None if before is None else _tariff(before)
        if bookable_operator is not None and bookable_operator.runs(row):
            operators_sites += 1
            tariff_id = bookable_operator.tariff_id
        site = Site(key, row, tariff_id, _fingerprint(content, tariff_id))
        if before is None:
            imported.append(site)
        elif before != site.fingerprint:
            updated.append(site)
        else:
            unchanged.append(key)
    return ImportPlan(
        imported=tuple(imported),
        updated=tuple(updated),
        unchanged=tuple(unchanged),
        rejected=tuple(rejected),
        warned=tuple(warned),
        outside=outside,
        read=read,
        operators_sites=operators_sites,
    )


def _in_its_place(row: ReadRow) -> ReadRow:
    """The row, unless it lies outside the state that it names."""
    if isinstance(row, RejectedRow):
        return row
    bounds = GERMAN_STATES.boxes.get(row.state)
    if bounds is None:
        return RejectedRow(
            row.number, RowFault.UNKNOWN_STATE, f"no German state: {row.state!r}", row.postcode, row.cells
        )
    if not bounds.contains(row.location):
        detail = f"latitude {row.location.lat}, longitude {row.location.lon} is not in {row.state}"
        return RejectedRow(row.number, RowFault.OUTSIDE_ITS_STATE, detail, row.postcode, row.cells)
    return row


def _numbered(
    groups: Iterable[Sequence[RegisterRow]], known: Mapping[SiteKey, str]
) -> Iterator[tuple[SiteKey, RegisterRow, str]]:
    """Each row with its key and content, whatever the order of the rows.

    Among equals a row keeps the number under which its very content is known; the others take the free numbers in the
    order of their content. So neither sorting the file nor adding a twin touches the sites that did not change.
    """
    for group in groups:
        numbers: defaultdict[str, deque[int]] = defaultdict(deque)
        for nth in count(1):
            before = known.get(site_key(group[0], nth))
            if before is None:
                break
            numbers[_content_of(before)].append(nth)
        contents = sorted(((_content(row), row) for row in group), key=lambda pair: (pair[0], pair[1].number))
        kept: dict[int, tuple[str, RegisterRow]] = {}
        others: list[tuple[str, RegisterRow]] = []
        for content, row in contents:
            if numbers[content]:
                kept[numbers[content].popleft()] = content, row
            else:
                others.append((content, row))
        free = (nth for nth in count(1) if nth not in kept)
        for nth, (content, row) in [*kept.items(), *zip(free, others, strict=False)]:
            yield site_key(row, nth), row, content


def _content(row: RegisterRow) -> str:
    """A hash of what the row says, alike for 22 and 22.0 kW, without its line in the file."""
    points = [(p.ordinal, p.connectors, _plain(p.max_power_kw), p.public_key) for p in row.points]
    said = (site_key(row, 1), row.state, row.commissioned, _plain(row.connection_kw), row.kind, points)
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()


def _plain(kilowatts: Decimal) -> str:
    return f"{kilowatts.normalize():f}"


def _fingerprint(content: str, tariff_id: TariffId | None) -> str:
    """What is compared: the content, and whether and at which tariff the site is bookable."""
    return f"{content}:{tariff_id or ''}"


def _content_of(fingerprint: str) -> str:
    return fingerprint.partition(":")[0]


def _tariff(fingerprint: str) -> TariffId | None:
    return TariffId(fingerprint.partition(":")[2]) or None
