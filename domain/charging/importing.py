"""What an import of the charging register does to a city's stations: decided whole before anything is written."""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import count

from msgspec import Struct

from domain.charging.adopting import adoptions
from domain.charging.placing import astray, in_its_place, rejected
from domain.charging.register import ReadRow, RegisterRow, RejectedRow, RowFault, RowWarning
from domain.charging.sites import (
    KnownSite,
    SiteKey,
    content_in,
    content_of,
    fingerprint_of,
    id_key,
    is_of_register,
    place_key,
    same_operator,
    tariff_in,
)
from domain.pricing.tariffs import TariffId


class BookableOperator(Struct, frozen=True):
    """The operator whose points the city may sell, and the tariff they are sold at.

    `operator` is compared whole, after runs of white space are made one space.
    """

    operator: str
    tariff_id: TariffId

    def runs(self, row: RegisterRow) -> bool:
        return " ".join(self.operator.split()) == row.operator


class Sifted(Struct, frozen=True):
    """A file without what is no concern of the city.

    `postcodes` are those that were taken, None for all; `seen` the register's ids of the rows that were not taken, and
    `regions` the postal regions that the file tells of at all.
    """

    taken: tuple[RegisterRow, ...]
    rejected: tuple[RejectedRow, ...]
    outside: int
    read: int
    postcodes: Set[str] | None
    seen: Set[str]
    regions: Set[str]


class Site(Struct, frozen=True):
    """A station to write. Its points are bookable where `tariff_id` is set, and only listed where it is None.

    `fingerprint` is to be kept with the station: the next import compares with it. `before` is the key under which the
    site was known, if it was: its ids stay.
    """

    key: SiteKey
    row: RegisterRow
    tariff_id: TariffId | None
    fingerprint: str
    before: SiteKey | None = None

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

    An import adds and updates and never removes: a known site that the file no longer lists is `missing` and stays as it
    is, because a file may be an extract, and a point that is gone may still be booked. `older` are known sites with an id
    that the file tells of without one: it is older than what the city has.
    """

    imported: tuple[Site, ...]
    updated: tuple[Site, ...]
    unchanged: tuple[SiteKey, ...]
    rejected: tuple[RejectedRow, ...]
    warned: tuple[WarnedRow, ...]
    outside: int
    read: int
    operators_sites: int
    missing: tuple[SiteKey, ...] = ()
    older: tuple[SiteKey, ...] = ()

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


def sift(rows: Iterable[ReadRow], postcodes: Set[str], *, take_all: bool = False) -> Sifted:
    """Sort the rows into taken, outside and rejected; only what is taken or rejected stays in memory.

    A row outside the city's postcodes is no concern of the city, even if it is broken; one whose postcode cannot be read
    might be its own, and is rejected.
    """
    read = outside = 0
    faulty: list[RejectedRow] = []
    taken: list[RegisterRow] = []
    ids: set[str] = set()
    seen: set[str] = set()
    regions: set[str] = set()
    for row in rows:
        read += 1
        if row.postcode is not None:
            regions.add(row.postcode[:2])
        if not take_all and row.postcode is not None and row.postcode not in postcodes:
            outside += 1
            seen.update([row.register_id] if row.register_id else ())
            continue
        found = in_its_place(row)
        if isinstance(found, RegisterRow) and found.register_id is not None and found.register_id in ids:
            found = rejected(found, RowFault.REPEATED_ID, f"an earlier row has the id {found.register_id!r}")
        if isinstance(found, RejectedRow):
            faulty.append(found)
        else:
            taken.append(found)
            ids.update([found.register_id] if found.register_id else ())
    seen |= {row.register_id for row in faulty if row.register_id}
    return Sifted(
        taken=tuple(taken),
        rejected=tuple(faulty),
        outside=outside,
        read=read,
        postcodes=None if take_all else postcodes,
        seen=seen,
        regions=regions,
    )


def import_plan(
    sifted: Sifted, known: Mapping[SiteKey, KnownSite], *, bookable_operator: BookableOperator | None = None
) -> ImportPlan:
    """Sort the taken rows into imported, updated and unchanged.

    Naming an operator makes its sites bookable at the tariff, new and known ones; what an earlier import made bookable
    stays so when the operator is not named again, because a routine import must not take chargers off sale. It does not
    stay so when another operator takes the site over: a city cannot sell other operators' plugs.
    """
    placed = [row for row in sifted.taken if row.register_id is None]
    groups: defaultdict[SiteKey, list[RegisterRow]] = defaultdict(list)
    for row in placed:
        groups[place_key(row, 1)].append(row)
    of_places = {key: site for key, site in known.items() if not is_of_register(key)}
    of_register = {key: site for key, site in known.items() if is_of_register(key)}
    adopted = _adopted(sifted.taken, known, of_places)

    imported: list[Site] = []
    updated: list[Site] = []
    unchanged: list[SiteKey] = []
    touched: set[SiteKey] = {id_key(seen) for seen in sifted.seen}
    operators_sites = 0
    for key, row, content in (*_numbered(groups.values(), of_places), *_by_id(sifted.taken)):
        before = key if key in known else adopted.get(row.number)
        earlier = None if before is None else known[before]
        tariff_id = None
        if earlier is not None and (not earlier.operator or same_operator(earlier.operator, row.operator)):
            tariff_id = tariff_in(earlier.fingerprint)
        if bookable_operator is not None and bookable_operator.runs(row):
            operators_sites += 1
            tariff_id = bookable_operator.tariff_id
        site = Site(key, row, tariff_id, fingerprint_of(content, tariff_id), before)
        if before is None or earlier is None:
            imported.append(site)
            continue
        touched.add(before)
        if earlier.fingerprint != site.fingerprint:
            updated.append(site)
        else:
            unchanged.append(key)
    return ImportPlan(
        imported=tuple(imported),
        updated=tuple(updated),
        unchanged=tuple(unchanged),
        rejected=sifted.rejected,
        warned=_warned(sifted.taken),
        outside=sifted.outside,
        read=sifted.read,
        operators_sites=operators_sites,
        missing=tuple(key for key, site in known.items() if key not in touched and _expected(site, sifted)),
        older=tuple(adoptions(placed, of_register).values()) if of_register else (),
    )


def _adopted(
    rows: Iterable[RegisterRow], known: Mapping[SiteKey, KnownSite], of_places: Mapping[SiteKey, KnownSite]
) -> dict[int, SiteKey]:
    """By the row's number, the site that an import without ids left."""
    fresh = [row for row in rows if row.register_id is not None and id_key(row.register_id) not in known]
    return adoptions(fresh, of_places) if of_places else {}


def _by_id(rows: Iterable[RegisterRow]) -> Iterator[tuple[SiteKey, RegisterRow, str]]:
    return ((id_key(row.register_id), row, content_of(row)) for row in rows if row.register_id is not None)


def _expected(site: KnownSite, sifted: Sifted) -> bool:
    """Whether the file would list the site, if there still were one: an extract of elsewhere tells nothing of it."""
    return site.postcode[:2] in sifted.regions and (sifted.postcodes is None or site.postcode in sifted.postcodes)


def _warned(rows: Sequence[RegisterRow]) -> tuple[WarnedRow, ...]:
    """What the rows themselves told, and what only all of them together tell: places far from the others of their postcode,
    and EVSE ids that more than one point claims, neither case nor outer spaces counting.
    """
    claims = Counter(_evse(point.evse_id) for row in rows for point in row.points if point.evse_id.strip())
    shared = {evse for evse, points in claims.items() if points > 1}
    strays = astray(rows)
    return tuple(
        WarnedRow(row.number, warning)
        for row in rows
        for warning in (
            *row.warnings,
            *([RowWarning.FAR_FROM_ITS_POSTCODE] if row.number in strays else ()),
            *([RowWarning.SHARED_EVSE_ID] if any(_evse(point.evse_id) in shared for point in row.points) else ()),
        )
    )


def _evse(evse_id: str) -> str:
    return evse_id.strip().upper()


def _numbered(
    groups: Iterable[Sequence[RegisterRow]], known: Mapping[SiteKey, KnownSite]
) -> Iterator[tuple[SiteKey, RegisterRow, str]]:
    """Each row with its key and content, whatever the order of the rows.

    Among equals a row keeps the number under which its very content is known; the others take the free numbers in the
    order of their content. So neither sorting the file nor adding a twin touches the sites that did not change.
    """
    for group in groups:
        numbers: defaultdict[str, deque[int]] = defaultdict(deque)
        for nth in count(1):
            before = known.get(place_key(group[0], nth))
            if before is None:
                break
            numbers[content_in(before.fingerprint)].append(nth)
        contents = sorted(((content_of(row), row) for row in group), key=lambda pair: (pair[0], pair[1].number))
        kept: dict[int, tuple[str, RegisterRow]] = {}
        others: list[tuple[str, RegisterRow]] = []
        for content, row in contents:
            if numbers[content]:
                kept[numbers[content].popleft()] = content, row
            else:
                others.append((content, row))
        free = (nth for nth in count(1) if nth not in kept)
        for nth, (content, row) in [*kept.items(), *zip(free, others, strict=False)]:
            yield place_key(row, nth), row, content
