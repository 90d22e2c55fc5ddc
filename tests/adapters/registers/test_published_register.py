"""The published register of 2019 (Braunschweig, Wolfsburg, Dresden, Hamburg), counted a second time by other means."""

import csv
import random
from collections import Counter
from collections.abc import Callable
from decimal import Decimal
from io import BytesIO

import pytest

from adapters.registers.charging_register import read_charging_register
from adapters.registers.errors import NotARegister
from domain.charging.importing import BookableOperator, ImportCounts
from domain.charging.register import ReadRow, RegisterRow, RowFault
from domain.charging.sites import point_id, site_id
from domain.identity import City
from domain.pricing.tariffs import TariffId
from tests.adapters.registers.files import real_register
from tests.domain.charging.planning import left_by, planned

# The cities' postcodes of delivery by street (Deutsche Post); boxes and large recipients have none of a place.
BRAUNSCHWEIG = frozenset(str(postcode) for postcode in range(38100, 38127, 2))
WOLFSBURG = frozenset(str(postcode) for postcode in range(38440, 38449, 2))
UTILITY = BookableOperator("Braunschweiger Versorgungs-AG & Co. KG", TariffId("charging-standard"))


@pytest.fixture(scope="module")
def content() -> bytes:
    return real_register().read_bytes()


@pytest.fixture(scope="module")
def rows(content: bytes) -> list[ReadRow]:
    return list(read_charging_register(BytesIO(content)))


@pytest.fixture(scope="module")
def table(content: bytes) -> list[dict[str, str]]:
    """The file as the csv module alone sees it."""
    return list(csv.DictReader(content.decode().splitlines(), delimiter=";"))


def test_all_501_rows_can_be_read(rows: list[ReadRow]) -> None:
    assert (len(rows), Counter(type(row) for row in rows)) == (501, {RegisterRow: 501})
    assert [row.number for row in rows] == list(range(2, 503))


def test_braunschweig_has_18_sites_of_which_the_utility_runs_16(rows: list[ReadRow]) -> None:
    plan = planned(rows, {}, BRAUNSCHWEIG, bookable_operator=UTILITY)
    assert plan.counts == ImportCounts(read=501, imported=18, updated=0, unchanged=0, outside=483, rejected=0)
    assert plan.operators_sites == 16
    assert {(site.bookable, site.row.operator == UTILITY.operator) for site in plan.imported} == {
        (True, True),
        (False, False),
    }


def test_wolfsburg_has_11_sites(rows: list[ReadRow]) -> None:
    plan = planned(rows, {}, WOLFSBURG)
    assert plan.counts == ImportCounts(read=501, imported=11, updated=0, unchanged=0, outside=490, rejected=0)


def test_the_row_that_lies_in_hamburg_and_names_bavaria_is_quarantined_and_no_other(rows: list[ReadRow]) -> None:
    plan = planned(rows, {}, BRAUNSCHWEIG, take_all=True)
    assert plan.counts == ImportCounts(read=501, imported=500, updated=0, unchanged=0, outside=0, rejected=1)
    (row,) = plan.rejected
    detail = "latitude 53.3, longitude 10.0 is not in Bayern"
    assert (row.number, row.fault, row.detail) == (2, RowFault.OUTSIDE_ITS_STATE, detail)
    assert row.cells[:6] == ("prize Deutschland GmbH", "Holstenstraße 5-7", "22767 Hamburg", "Bayern", "10", "53,3")


def number(cell: str) -> Decimal:
    return Decimal(cell.replace(",", ".") or 0)


@pytest.mark.parametrize("town", ["Braunschweig", "Wolfsburg", "Dresden", "Hamburg"])
def test_sums_agree_with_an_independent_count(rows: list[ReadRow], table: list[dict[str, str]], town: str) -> None:
    lines = [line for line in table if line["Postleitzahl Ort"].endswith(town)]
    sites = [row for row in rows if isinstance(row, RegisterRow) and row.town == town]
    points = [point for site in sites for point in site.points]
    standards = Counter(standard for point in points for standard in point.standards)
    text = "\n".join(line[f"Steckertypen{n}"] for line in lines for n in range(1, 5))
    assert (len(sites), sum(site.connection_kw for site in sites), len(points)) == (
        len(lines),
        sum(number(line["Anschlussleistung [kW]"]) for line in lines),
        sum(int(line["Anzahl Ladepunkte"]) for line in lines),
    )
    assert sum(point.max_power_kw for point in points) == sum(
        number(line[f"P{n} [kW]"]) for line in lines for n in range(1, 5)
    )
    assert standards == +Counter(
        IEC_62196_T2=text.count("AC Steckdose Typ 2") + text.count("AC Kupplung Typ 2"),
        DOMESTIC_F=text.count("AC Schuko"),
        IEC_62196_T2_COMBO=text.count("DC Kupplung Combo"),
        CHADEMO=text.count("DC CHAdeMO"),
    )


def test_the_11_exact_repeats_are_sites_of_their_own_with_points_of_their_own(
    rows: list[ReadRow], content: bytes
) -> None:
    lines = content.decode().splitlines()
    assert len(lines) - len(set(lines)) == 11
    sites = planned(rows, {}, BRAUNSCHWEIG, take_all=True).imported
    points = [(site.key, point.ordinal) for site in sites for point in site.row.points]
    city = City("hamburg")
    assert len({site_id(city, site.key) for site in sites}) == 500
    assert len({point_id(site_id(city, key), ordinal) for key, ordinal in points}) == len(points) == 1028


@pytest.mark.parametrize("offering", [None, UTILITY])
def test_a_second_import_changes_nothing(rows: list[ReadRow], offering: BookableOperator | None) -> None:
    first = planned(rows, {}, BRAUNSCHWEIG, take_all=True, bookable_operator=offering)
    for again in (offering, None):
        second = planned(rows, left_by(first), BRAUNSCHWEIG, take_all=True, bookable_operator=again)
        assert second.counts == ImportCounts(read=501, imported=0, updated=0, unchanged=500, outside=0, rejected=1)


def test_naming_the_utility_later_updates_its_16_sites(rows: list[ReadRow]) -> None:
    listed = planned(rows, {}, BRAUNSCHWEIG)
    plan = planned(rows, left_by(listed), BRAUNSCHWEIG, bookable_operator=UTILITY)
    assert plan.counts == ImportCounts(read=501, imported=0, updated=16, unchanged=2, outside=483, rejected=0)


def test_the_order_of_the_rows_does_not_matter(content: bytes) -> None:
    header, *lines = content.decode().splitlines()
    first = planned(read_charging_register(BytesIO(content)), {}, BRAUNSCHWEIG, take_all=True)
    for seed in range(5):
        random.Random(seed).shuffle(lines)
        shuffled = BytesIO("\n".join([header, *lines, ""]).encode())
        plan = planned(read_charging_register(shuffled), {}, BRAUNSCHWEIG, take_all=True)
        assert left_by(plan) == left_by(first)


@pytest.mark.parametrize(
    "saved",
    [
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content.decode().encode("cp1252"),
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: content[:-1],
    ],
    ids=["bom", "windows-1252", "crlf", "no-last-end"],
)
def test_the_same_rows_come_from_every_way_to_save_them(
    content: bytes, rows: list[ReadRow], saved: Callable[[bytes], bytes]
) -> None:
    assert list(read_charging_register(BytesIO(saved(content)))) == rows


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda content: content.decode("cp1252", "replace").encode(),
        lambda content: content.decode("latin-1").encode(),
        lambda content: content.decode().encode("utf-16"),
        lambda content: content.decode().encode("cp850", "replace"),
        lambda content: content.decode().encode("mac-roman", "replace"),
        lambda content: content[:-1] + b"\0",
        lambda content: content[: content.index(b"Public Key4")],
    ],
    ids=["twice-1252", "twice-latin-1", "utf-16", "dos", "mac", "nul", "cut-header"],
)
def test_a_spoilt_copy_is_refused_before_the_first_row(content: bytes, spoilt: Callable[[bytes], bytes]) -> None:
    with pytest.raises(NotARegister):
        read_charging_register(BytesIO(spoilt(content)))


def test_a_cut_copy_is_refused_unless_it_ends_with_a_whole_row(content: bytes, rows: list[ReadRow]) -> None:
    draw = random.Random(7)
    for length in (draw.randrange(content.index(b"\n") + 1, len(content)) for _ in range(60)):
        try:
            found = list(read_charging_register(BytesIO(content[:length])))
        except NotARegister as refused:
            assert "it was cut" in str(refused)  # noqa: PT017  # whether it is refused depends on the place of the cut
            continue
        # The last column is empty in every row, so a copy that lacks no column lacks nothing that anybody could see.
        assert content[:length].rsplit(b"\n", 1)[1].count(b";") in (0, 21)
        assert found == rows[: len(found)]
