"""What falls due in a fleet, and when."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.resources import ResourceId
from domain.fleet.documents import Document, DocumentKind
from domain.fleet.drivers import Briefing, Driver
from domain.fleet.keeping import Vehicle
from domain.fleet.maintenance import Care, Due, Stay, Urgency, falls_due
from domain.fleet.vehicles import Life
from domain.proofs import CheckResult, LicenceCheck
from tests.domain.fleet.test_keeping import a_vehicle, an_order
from tests.domain.fleet.test_vehicles import BIKE, PAPERS, TODAY
from tests.examples import TOWN_HALL, an_id, person_id

EVER = date(2099, 1, 1)
NOON = datetime(2026, 6, 1, 10, tzinfo=UTC)
KIM = Driver(person_id("kim"), "kim@example.org", "Kim", (TOWN_HALL,), every_pool=False)


def due(
    *vehicles: Vehicle, drivers: tuple[Driver, ...] = (), stays: tuple[Stay, ...] = (), before: date = EVER
) -> tuple[Due, ...]:
    return falls_due(vehicles, drivers, stays, today=TODAY, before=before, time_zone="Europe/Berlin")


def said(found: tuple[Due, ...]) -> list[tuple[str, date | None, str]]:
    return [(each.kind.value, each.on, each.urgency.value) for each in found]


def seen(until: date | None) -> LicenceCheck:
    result = CheckResult.VALID if until else CheckResult.NOT_VALID
    return LicenceCheck(result, "at the counter", ("B",), None, person_id("grace"), NOON, until)


def test_a_vehicles_papers_fall_due_on_their_last_days_in_order() -> None:
    assert said(due(a_vehicle())) == [
        ("insurance", date(2026, 12, 31), "due"),
        ("uvv", date(2027, 3, 3), "due"),
        ("hu", date(2028, 3, 31), "due"),
    ]
    assert said(due(a_vehicle(), before=date(2026, 12, 31))) == []
    assert said(due(a_vehicle(), before=date(2027, 1, 1))) == [("insurance", date(2026, 12, 31), "due")]


def test_a_paper_counts_to_the_end_of_its_day_and_the_one_that_came_last_counts() -> None:
    today = replace(PAPERS[3], valid_until=TODAY)
    over = Document(DocumentKind.UVV, date(2025, 3, 3), date(2026, 11, 27))
    assert said(due(replace(a_vehicle(), papers=(today,)))[-1:]) == [("uvv", TODAY, "due")]
    assert said(due(replace(a_vehicle(), papers=(today, over)))[-1:]) == [("uvv", date(2026, 11, 27), "overdue")]
    assert said(due(replace(a_vehicle(), papers=(over, today)))[-1:]) == [("uvv", TODAY, "due")]


def test_the_inspection_of_a_rental_is_due_after_a_year_whatever_its_plaque_says() -> None:
    rented = Document(DocumentKind.REGISTRATION, date(2026, 3, 3), rental=True)
    hu = Document(DocumentKind.HU, date(2026, 3, 3), date(2028, 3, 31))
    found = due(replace(a_vehicle(), papers=(rented, hu)))
    assert ("hu", date(2027, 3, 31), "due") in said(found)


def test_what_nobody_entered_comes_first_but_not_of_what_is_ordered_retired_or_a_bicycle() -> None:
    bare = replace(a_vehicle(), papers=PAPERS[2:])
    assert said(due(bare))[:2] == [("insurance", None, "missing"), ("registration", None, "missing")]
    assert said(due(replace(bare, life=Life.ORDERED))) == said(due(bare))[2:]
    assert due(replace(bare, life=Life.RETIRED)) == ()
    assert due(a_vehicle(an_order(BIKE, papers=()))) == ()


def test_the_workshop_is_due_when_the_vehicle_goes_there_and_once_there_when_it_is_expected_back() -> None:
    car, late = a_vehicle(), datetime(2026, 12, 1, 23, 30, tzinfo=UTC)
    there = Stay(an_id("there"), car.id, NOON, late, "Getriebe")
    planned = Stay(an_id("planned"), car.id, late, datetime(2026, 12, 5, tzinfo=UTC), "Inspektion")
    other = Stay(an_id("elsewhere"), ResourceId(an_id("other")), NOON, late)
    found = due(car, stays=(there, planned, other))
    assert said(found)[:2] == [("workshop", date(2026, 12, 2), "due")] * 2
    assert {(each.reason, each.vehicle) for each in found[:2]} == {("Getriebe", car), ("Inspektion", car)}
    assert due(replace(car, life=Life.RETIRED), stays=(there,)) == ()
    today = datetime(2026, 11, 28, 15, tzinfo=UTC)
    assert due(car, stays=(Stay(an_id("there"), car.id, today, late),))[0].on == date(2026, 12, 2)


def test_a_drivers_licence_and_briefing_fall_due() -> None:
    assert said(due(drivers=(KIM,))) == [("briefing", None, "missing"), ("licence", None, "missing")]
    told = Briefing(date(2025, 11, 1), "Sicher fahren", person_id("grace"), NOON, date(2026, 11, 1))
    known = replace(KIM, checks=(seen(date(2027, 5, 1)),), briefings=(told,))
    assert said(due(drivers=(known,))) == [
        ("briefing", date(2026, 11, 1), "overdue"),
        ("licence", date(2027, 5, 1), "due"),
    ]
    lost = replace(known, checks=(seen(date(2027, 5, 1)), seen(None)))
    assert due(drivers=(lost,))[0] == Due(Care.LICENCE, None, Urgency.MISSING, driver=lost)


DAYS = st.none() | st.dates(date(2025, 1, 1), date(2028, 1, 1))


@given(
    st.lists(st.tuples(st.sampled_from(DocumentKind), DAYS), max_size=12), st.dates(date(2025, 1, 1), date(2028, 1, 1))
)
def test_all_that_ends_before_the_day_is_told_once_and_nothing_else(
    entered: list[tuple[DocumentKind, date | None]], before: date
) -> None:
    vehicle = replace(
        a_vehicle(),
        id=ResourceId(an_id("other")),
        papers=tuple(Document(kind, None, until) for kind, until in entered),
    )
    last = dict(entered)

    found = due(vehicle, before=before)

    missing = {kind.value for kind in DocumentKind} - {kind.value for kind in last}
    assert {each.kind.value for each in found if each.on is None} == missing
    ends = {(kind.value, until) for kind, until in last.items() if until is not None and until < before}
    assert {(each.kind.value, each.on) for each in found if each.on is not None} == ends
    assert len(found) == len(missing) + len(ends)
    assert [each.on or date.min for each in found] == sorted(each.on or date.min for each in found)
