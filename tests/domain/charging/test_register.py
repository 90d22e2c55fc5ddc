"""What an import of the charging register does, whatever the file's layout."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.charging.importing import BookableOperator, ImportCounts, ImportPlan, Site, WarnedRow
from domain.charging.register import (
    ChargingKind,
    Connector,
    ConnectorFormat,
    ConnectorType,
    ReadRow,
    RegisterPoint,
    RegisterRow,
    RejectedRow,
    RowFault,
    RowWarning,
)
from domain.charging.sites import KnownSite, SiteKey, place_key, point_id, site_id
from domain.charging.states import GERMAN_STATES
from domain.identity import City
from domain.places import Location
from domain.pricing.tariffs import TariffId
from tests.domain.charging.planning import left_by, planned

BRAUNSCHWEIG = City("braunschweig")
INSIDE = frozenset({"38100", "38102"})
STANDARD = BookableOperator("Stadtwerke Okerstadt", TariffId("charging-standard"))
NIGHT = BookableOperator("Stadtwerke Okerstadt", TariffId("charging-night"))

TYPE_2 = Connector(ConnectorType.IEC_62196_T2, ConnectorFormat.SOCKET)
SCHUKO = Connector(ConnectorType.DOMESTIC_F, ConnectorFormat.SOCKET)
POINT = RegisterPoint(1, (TYPE_2, SCHUKO), Decimal(22), "")
ROW = RegisterRow(
    number=2,
    operator="Stadtwerke Okerstadt",
    address="Am Wasserturm 4",
    postcode="38100",
    town="Braunschweig",
    state="Niedersachsen",
    location=Location(52.264949, 10.52972),
    commissioned=date(2018, 5, 17),
    connection_kw=Decimal(22),
    kind=ChargingKind.NORMAL,
    points=(POINT,),
    cells=("as", "published"),
)
BROKEN = RejectedRow(3, RowFault.UNREADABLE_POWER, "P1 [kW]: 'viel'", "38100", ("a", "b"))


@dataclass
class Books:
    """The stations of a city as the imports before left them."""

    known: dict[SiteKey, KnownSite] = field(default_factory=dict)

    def take(self, rows: Iterable[ReadRow], offering: BookableOperator | None = None) -> ImportPlan:
        plan = planned(rows, self.known, INSIDE, bookable_operator=offering)
        self.known = left_by(plan, self.known)
        return plan


def tariffs(sites: Iterable[Site]) -> list[TariffId | None]:
    return [site.tariff_id for site in sites]


def plan_of(*rows: ReadRow, known: Mapping[SiteKey, KnownSite] | None = None, take_all: bool = False) -> ImportPlan:
    return planned(rows, known or {}, INSIDE, take_all=take_all)


def test_a_new_site_is_imported_and_only_listed() -> None:
    plan = plan_of(ROW)
    (site,) = plan.imported
    assert (site.key, site.row, site.tariff_id, site.bookable) == (place_key(ROW, 1), ROW, None, False)
    assert plan == ImportPlan(
        imported=(site,), updated=(), unchanged=(), rejected=(), warned=(), outside=0, read=1, operators_sites=0
    )


def test_every_row_is_accounted_for_exactly_once() -> None:
    books = Books()
    books.take([ROW, replace(ROW, address="Bohlweg 1")])
    rows: list[ReadRow] = [
        ROW,
        replace(ROW, address="Bohlweg 1", connection_kw=Decimal(44)),
        replace(ROW, address="Hagenmarkt 2"),
        replace(ROW, postcode="20095", state="Hamburg"),
        BROKEN,
    ]
    assert books.take(rows).counts == ImportCounts(read=5, imported=1, updated=1, unchanged=1, outside=1, rejected=1)


def test_a_second_import_changes_nothing() -> None:
    books = Books()
    books.take([ROW, ROW, replace(ROW, address="Bohlweg 1")])
    again = books.take([ROW, ROW, replace(ROW, address="Bohlweg 1")])
    assert again.counts == ImportCounts(read=3, imported=0, updated=0, unchanged=3, outside=0, rejected=0)


def test_rows_that_repeat_each_other_are_sites_of_their_own() -> None:
    plan = plan_of(ROW, ROW, ROW)
    assert [site.key for site in plan.imported] == [place_key(ROW, nth) for nth in (1, 2, 3)]
    assert len({site_id(BRAUNSCHWEIG, site.key) for site in plan.imported}) == 3


@pytest.mark.parametrize(
    "changed",
    [
        replace(ROW, operator="Stadtwerke Leinestadt"),
        replace(ROW, address="Am Wasserturm 5"),
        replace(ROW, postcode="38102"),
        replace(ROW, town="Braunschweig-Mitte"),
        replace(ROW, location=Location(52.264950, 10.52972)),
        replace(ROW, location=Location(52.264949, 10.52973)),
    ],
)
def test_operator_address_town_and_coordinates_make_a_site(changed: RegisterRow) -> None:
    assert place_key(changed, 1) != place_key(ROW, 1)


def test_no_cell_can_imitate_another_site() -> None:
    one = replace(ROW, operator='A","B', address="C")
    other = replace(ROW, operator="A", address='B","C')
    assert place_key(one, 1) != place_key(other, 1)


@pytest.mark.parametrize(
    "changed",
    [
        replace(ROW, connection_kw=Decimal(44)),
        replace(ROW, commissioned=None),
        replace(ROW, kind=ChargingKind.FAST),
        replace(ROW, points=(replace(POINT, connectors=(TYPE_2,)),)),
        replace(ROW, points=(replace(POINT, connectors=(replace(TYPE_2, format=ConnectorFormat.CABLE), SCHUKO)),)),
        replace(ROW, points=(replace(POINT, max_power_kw=Decimal("3.7")),)),
        replace(ROW, points=(replace(POINT, public_key="3059 3013"),)),
        replace(ROW, points=(replace(POINT, ordinal=2),)),
        replace(ROW, points=(POINT, replace(POINT, ordinal=2))),
    ],
)
def test_what_else_a_row_says_updates_the_site_and_keeps_its_id(changed: RegisterRow) -> None:
    books = Books()
    books.take([ROW])
    plan = books.take([changed])
    assert [(site.key, site.row) for site in plan.updated] == [(place_key(ROW, 1), changed)]
    assert plan.counts == ImportCounts(read=1, imported=0, updated=1, unchanged=0, outside=0, rejected=0)


def test_neither_the_line_nor_how_a_number_is_written_counts_as_a_change() -> None:
    books = Books()
    books.take([ROW])
    same = replace(ROW, number=77, cells=(), connection_kw=Decimal("22.0"))
    assert books.take([replace(same, points=(replace(POINT, max_power_kw=Decimal("2.2E+1")),))]).counts.unchanged == 1


def test_a_site_that_the_file_no_longer_lists_stays() -> None:
    books = Books()
    books.take([ROW, replace(ROW, address="Bohlweg 1")])
    assert books.take([ROW]).counts == ImportCounts(read=1, imported=0, updated=0, unchanged=1, outside=0, rejected=0)


def test_a_twin_that_is_added_leaves_the_others_their_numbers() -> None:
    twins = [replace(ROW, connection_kw=Decimal(kw)) for kw in (11, 22, 33, 44, 55)]
    for new in twins:
        books = Books()
        books.take([twin for twin in twins if twin is not new])
        plan = books.take(reversed(twins))
        assert [(site.key, site.row) for site in plan.imported] == [(place_key(ROW, 5), new)]
        assert plan.counts == ImportCounts(read=5, imported=1, updated=0, unchanged=4, outside=0, rejected=0)


def test_a_twin_that_changes_is_the_one_that_is_updated() -> None:
    small, large = ROW, replace(ROW, connection_kw=Decimal(150))
    books = Books()
    keys = {site.row.connection_kw: site.key for site in books.take([small, large]).imported}
    grown = replace(large, connection_kw=Decimal(300))
    assert [(site.key, site.row) for site in books.take([grown, small]).updated] == [(keys[Decimal(150)], grown)]


def test_rows_outside_the_citys_postcodes_are_no_concern_of_the_city() -> None:
    far = replace(ROW, postcode="20095", town="Hamburg", state="Bayern", location=Location(53.3, 10.0))
    broken_far = replace(BROKEN, postcode="20095")
    assert plan_of(far, broken_far).counts == ImportCounts(
        read=2, imported=0, updated=0, unchanged=0, outside=2, rejected=0
    )


def test_all_rows_are_taken_if_the_city_wants_them_all() -> None:
    far = replace(ROW, postcode="20095", town="Hamburg", state="Hamburg", location=Location(53.55, 9.99))
    broken_far = replace(BROKEN, postcode="20095")
    plan = plan_of(far, broken_far, take_all=True)
    assert [site.row for site in plan.imported] == [far]
    assert plan.rejected == (broken_far,)


def test_a_row_whose_postcode_cannot_be_read_might_be_the_citys_and_is_rejected() -> None:
    nowhere = replace(BROKEN, postcode=None)
    assert plan_of(nowhere).rejected == (nowhere,)


def test_a_place_outside_its_state_is_quarantined() -> None:
    row = replace(ROW, state="Bayern", location=Location(53.3, 10.0))
    detail = "latitude 53.3, longitude 10.0 is not in Bayern"
    assert plan_of(row).rejected == (RejectedRow(2, RowFault.OUTSIDE_ITS_STATE, detail, "38100", ("as", "published")),)


def test_a_place_in_no_german_state_is_quarantined() -> None:
    detail = "no German state: 'Wien'"
    assert plan_of(replace(ROW, state="Wien")).rejected == (
        RejectedRow(2, RowFault.UNKNOWN_STATE, detail, "38100", ("as", "published")),
    )


@pytest.mark.parametrize(
    ("state", "lat", "lon"),
    [
        ("Baden-Württemberg", 48.7758, 9.1829),
        ("Bayern", 48.1351, 11.5820),
        ("Berlin", 52.5200, 13.4050),
        ("Brandenburg", 52.3906, 13.0645),
        ("Bremen", 53.5396, 8.5809),
        ("Hamburg", 53.9160, 8.4920),
        ("Hessen", 50.0782, 8.2398),
        ("Mecklenburg-Vorpommern", 53.6355, 11.4012),
        ("Niedersachsen", 53.5870, 6.7050),
        ("Nordrhein-Westfalen", 51.2277, 6.7735),
        ("Rheinland-Pfalz", 49.9929, 8.2473),
        ("Saarland", 49.2402, 6.9969),
        ("Sachsen", 51.0504, 13.7373),
        ("Sachsen-Anhalt", 52.1205, 11.6276),
        ("Schleswig-Holstein", 54.1820, 7.8850),
        ("Thüringen", 50.9848, 11.0299),
    ],
)
def test_capitals_and_islands_lie_in_their_states_and_swapped_coordinates_do_not(
    state: str, lat: float, lon: float
) -> None:
    assert GERMAN_STATES.boxes[state].contains(Location(lat, lon))
    assert not any(bounds.contains(Location(lon, lat)) for bounds in GERMAN_STATES.boxes.values())


def test_an_unreadable_date_is_a_warning_and_the_site_is_imported() -> None:
    row = replace(ROW, commissioned=None, warnings=(RowWarning.UNREADABLE_DATE,))
    plan = plan_of(row, replace(row, number=9, postcode="20095"))
    assert plan.warned == (WarnedRow(2, RowWarning.UNREADABLE_DATE),)
    assert plan.counts.imported == 1


def test_naming_an_operator_makes_its_sites_bookable_and_no_others() -> None:
    plan = Books().take([ROW, replace(ROW, operator="Stadtwerke Leinestadt")], STANDARD)
    assert {site.row.operator: site.tariff_id for site in plan.imported} == {
        "Stadtwerke Okerstadt": "charging-standard",
        "Stadtwerke Leinestadt": None,
    }
    assert plan.operators_sites == 1


def test_an_operator_may_be_named_with_other_spaces() -> None:
    named = BookableOperator(" Stadtwerke   Okerstadt", STANDARD.tariff_id)
    assert tariffs(Books().take([ROW], named).imported) == ["charging-standard"]


@pytest.mark.parametrize("name", ["Stadtwerke", "stadtwerke okerstadt", "Stadtwerke Okerstadt GmbH"])
def test_a_name_that_is_not_the_operators_makes_nothing_bookable(name: str) -> None:
    plan = Books().take([ROW], BookableOperator(name, STANDARD.tariff_id))
    assert (plan.operators_sites, tariffs(plan.imported)) == (0, [None])


def test_naming_an_operator_later_updates_its_sites() -> None:
    books = Books()
    books.take([ROW, replace(ROW, operator="Stadtwerke Leinestadt")])
    plan = books.take([ROW, replace(ROW, operator="Stadtwerke Leinestadt")], STANDARD)
    assert tariffs(plan.updated) == ["charging-standard"]
    assert (plan.counts.updated, plan.counts.unchanged) == (1, 1)


def test_naming_the_operator_with_another_tariff_updates_its_sites() -> None:
    books = Books()
    books.take([ROW], STANDARD)
    assert tariffs(books.take([ROW], NIGHT).updated) == ["charging-night"]


def test_an_import_without_a_named_operator_takes_nothing_off_sale() -> None:
    books = Books()
    books.take([ROW], STANDARD)
    assert books.take([ROW]).counts.unchanged == 1
    assert tariffs(books.take([replace(ROW, connection_kw=Decimal(44))]).updated) == ["charging-standard"]
    assert books.take([replace(ROW, connection_kw=Decimal(44))], STANDARD).counts.unchanged == 1


def test_an_import_that_names_another_operator_takes_nothing_off_sale() -> None:
    books = Books()
    books.take([ROW], STANDARD)
    assert books.take([ROW], BookableOperator("Stadtwerke Leinestadt", NIGHT.tariff_id)).counts.unchanged == 1


def test_a_new_site_of_an_operator_once_named_is_only_listed_until_it_is_named_again() -> None:
    books = Books()
    books.take([ROW], STANDARD)
    assert tariffs(books.take([ROW, replace(ROW, address="Bohlweg 1")]).imported) == [None]


def test_ids_are_the_same_in_every_import_and_differ_between_cities_and_points() -> None:
    key = place_key(ROW, 1)
    assert key == '["Stadtwerke Okerstadt","Am Wasserturm 4","38100 Braunschweig","52.2649490","10.5297200",1]'
    assert site_id(BRAUNSCHWEIG, key) == UUID("13c2a5b3-4198-5091-a71a-136bc4dc264b")
    assert point_id(site_id(BRAUNSCHWEIG, key), 1) == UUID("c85f4b24-9a5a-54eb-be05-3b036fd8fdc9")
    ids = {site_id(city, key) for city in (BRAUNSCHWEIG, City("wolfsburg"))} | {
        UUID(int=point_id(site_id(city, key), ordinal).int)
        for city in (BRAUNSCHWEIG, City("wolfsburg"))
        for ordinal in (1, 2, 3, 4)
    }
    assert len(ids) == 10


def test_a_point_names_each_of_its_plugs_standards_once() -> None:
    point = replace(POINT, connectors=(TYPE_2, replace(TYPE_2, format=ConnectorFormat.CABLE), SCHUKO))
    assert point.standards == ("IEC_62196_T2", "DOMESTIC_F")


places = st.sampled_from([("38100", "Niedersachsen"), ("38102", "Bayern"), ("20095", "Hamburg"), ("38100", "Wien")])
read_rows = st.builds(
    lambda operator, place, kw, number: replace(
        ROW, operator=operator, postcode=place[0], state=place[1], connection_kw=Decimal(kw), number=number
    ),
    st.sampled_from(["Stadtwerke Okerstadt", "Stadtwerke Leinestadt"]),
    places,
    st.sampled_from([11, 22, 44]),
    st.integers(2, 99),
)
rejected_rows = st.builds(
    lambda postcode, number: replace(BROKEN, postcode=postcode, number=number),
    st.sampled_from(["38100", "20095", None]),
    st.integers(2, 99),
)
files = st.lists(read_rows | rejected_rows, max_size=12)
offerings = st.sampled_from([None, STANDARD, NIGHT])


@given(before=files, rows=files, take_all=st.booleans(), earlier=offerings, offering=offerings)
def test_read_is_the_sum_of_all_outcomes_whatever_the_file(
    before: list[ReadRow],
    rows: list[ReadRow],
    take_all: bool,
    earlier: BookableOperator | None,
    offering: BookableOperator | None,
) -> None:
    known = left_by(planned(before, {}, INSIDE, bookable_operator=earlier))
    plan = planned(iter(rows), known, INSIDE, take_all=take_all, bookable_operator=offering)
    counts = plan.counts
    assert counts.read == len(rows)
    assert counts.read == counts.imported + counts.updated + counts.unchanged + counts.outside + counts.rejected
    keys = [*(site.key for site in (*plan.imported, *plan.updated)), *plan.unchanged]
    assert len(keys) == len(set(keys))
    again = planned(rows, left_by(plan, known), INSIDE, take_all=take_all, bookable_operator=offering)
    assert (again.imported, again.updated) == ((), ())


@given(files, st.randoms(use_true_random=False), offerings)
def test_the_order_of_the_rows_does_not_matter(
    rows: list[ReadRow], order: Random, offering: BookableOperator | None
) -> None:
    shuffled = list(rows)
    order.shuffle(shuffled)
    plan = planned(rows, {}, INSIDE, bookable_operator=offering)
    assert left_by(planned(shuffled, {}, INSIDE, bookable_operator=offering)) == left_by(plan)


@given(files.filter(bool), st.data())
def test_a_row_that_comes_or_goes_leaves_all_others_alone(rows: list[ReadRow], data: st.DataObject) -> None:
    gone = data.draw(st.integers(0, len(rows) - 1))
    fewer = rows[:gone] + rows[gone + 1 :]
    came = planned(rows, left_by(planned(fewer, {}, INSIDE)), INSIDE)
    went = planned(fewer, left_by(planned(rows, {}, INSIDE)), INSIDE)
    assert (came.counts.imported <= 1, came.updated) == (True, ())
    assert (went.imported, went.updated) == ((), ())
