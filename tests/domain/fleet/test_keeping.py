import re
from datetime import UTC, date, datetime

import pytest
from msgspec.structs import replace

from domain.booking.blocks import Hit
from domain.booking.bookings import BookingId, State
from domain.booking.resources import ResourceId, StationId
from domain.fleet.documents import Document, DocumentKind, NotADocument, NotRentable
from domain.fleet.keeping import (
    AddVehicle,
    Around,
    ChangeVehicle,
    NotKept,
    Placement,
    StillRented,
    Vehicle,
    added,
    changed,
    living,
    runs,
    usable_until,
    why_not,
    with_paper,
)
from domain.fleet.procurement import Procured
from domain.fleet.vehicles import Draft, Life, NotMovable, VehicleKind
from domain.identity import Actor, PoolId, Role
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal
from tests.domain.fleet.test_vehicles import BIKE, CAR, PAPERS, TODAY
from tests.examples import NOON, TOWN_HALL, an_actor, an_id, hours

HARBOUR = PoolId("harbour")
MANAGER = an_actor("grace", Role.FLEET_MANAGER, pools=(TOWN_HALL,))
OPERATOR = an_actor("operator", Role.OPERATOR)
HERE = Placement(StationId(an_id("station")), TOWN_HALL, TariffId("fleet-standard"))
ALL = Around(station=True, pool=True, tariff=True)
RENTAL = (
    Document(DocumentKind.REGISTRATION, date(2026, 3, 3), rental=True),
    Document(DocumentKind.INSURANCE, date(2026, 1, 1), date(2026, 12, 31), rental=True),
    Document(DocumentKind.HU, date(2026, 3, 3)),
    Document(DocumentKind.UVV, date(2026, 3, 3)),
)


def an_order(draft: Draft = CAR, place: Placement = HERE, papers: tuple[Document, ...] = PAPERS) -> AddVehicle:
    return AddVehicle(ResourceId(an_id("car")), draft, place, papers=papers)


def a_vehicle(order: AddVehicle | None = None) -> Vehicle:
    found = added(order or an_order(), ALL, MANAGER, TODAY)
    assert isinstance(found, Vehicle)
    return found


def a_change(known: Vehicle, draft: Draft = CAR, place: Placement = HERE, seen: int | None = None) -> ChangeVehicle:
    return ChangeVehicle(known.id, draft, place, seen)


def test_a_vehicle_with_its_papers_is_bookable_from_the_start() -> None:
    car = a_vehicle()
    assert (car.life, car.is_bookable, car.papers, why_not(car, TODAY)) == (Life.IN_SERVICE, True, PAPERS, ())
    assert not a_vehicle(an_order(place=replace(HERE, tariff_id=None))).is_bookable


def test_without_its_papers_it_can_only_be_ordered() -> None:
    bare = an_order(papers=())
    assert added(bare, ALL, MANAGER, TODAY) == Refusal(NotMovable.PAPERS_MISSING)
    ordered = a_vehicle(replace(bare, life=Life.ORDERED))
    assert (ordered.is_bookable, why_not(ordered, TODAY)) == (False, ("ordered",))
    assert living(ordered, Life.IN_SERVICE, MANAGER, TODAY) == Refusal(NotMovable.PAPERS_MISSING)
    for paper in PAPERS:
        found = with_paper(paper, ordered, MANAGER, TODAY)
        assert isinstance(found, Vehicle)
        ordered = found
    put = living(ordered, Life.IN_SERVICE, MANAGER, TODAY)
    assert isinstance(put, Vehicle)
    assert (put.is_bookable, put.version) == (True, 6)


@pytest.mark.parametrize(
    ("around", "actor", "reason", "pointer"),
    [
        (replace(ALL, station=False), MANAGER, NotKept.UNKNOWN_STATION, "/station_id"),
        (replace(ALL, pool=False), OPERATOR, NotKept.UNKNOWN_POOL, "/pool_id"),
        (ALL, an_actor("ada", Role.FLEET_MANAGER, pools=(HARBOUR,)), NotKept.UNKNOWN_POOL, "/pool_id"),
        (ALL, an_actor("ada", Role.DRIVER, pools=(TOWN_HALL,)), NotKept.UNKNOWN_POOL, "/pool_id"),
        (replace(ALL, tariff=False), MANAGER, NotKept.UNKNOWN_TARIFF, "/tariff_id"),
        (replace(ALL, taken=frozenset({"plate"})), MANAGER, NotKept.PLATE_TAKEN, "/plate"),
        (replace(ALL, taken=frozenset({"vin"})), MANAGER, NotKept.VIN_TAKEN, "/vin"),
        (replace(ALL, taken=frozenset({"code"})), MANAGER, NotKept.CODE_TAKEN, "/code"),
    ],
)
def test_what_does_not_go_with_the_city_is_refused(around: Around, actor: Actor, reason: NotKept, pointer: str) -> None:
    refused = Refusal(reason, pointer)
    assert added(an_order(), around, actor, TODAY) == refused
    known = a_vehicle()
    assert changed(a_change(known), known, around, OPERATOR if actor is OPERATOR else MANAGER) == refused or (
        actor not in {MANAGER, OPERATOR}
    )


def test_a_paper_that_cannot_be_says_which() -> None:
    late = (*PAPERS[:3], Document(DocumentKind.UVV, date(2026, 3, 3), date(2027, 3, 4)))
    assert added(an_order(papers=late), ALL, MANAGER, TODAY) == Refusal(
        NotADocument.VALID_TOO_LONG, "/documents/3/valid_until"
    )


def test_residents_get_what_is_registered_for_them_alone() -> None:
    shared = replace(HERE, shared=True)
    assert added(an_order(place=shared), ALL, MANAGER, TODAY) == Refusal(NotRentable.RENTAL_ENTRY_MISSING, "/shared")
    known = a_vehicle()
    assert changed(a_change(known, place=shared), known, ALL, MANAGER) == Refusal(
        NotRentable.RENTAL_ENTRY_MISSING, "/shared"
    )
    rented = a_vehicle(an_order(place=shared, papers=RENTAL))
    assert rented.papers[2].valid_until == date(2027, 3, 31)
    unentered = Document(DocumentKind.REGISTRATION, date(2026, 3, 3))
    assert with_paper(unentered, rented, MANAGER, TODAY) == Refusal(NotRentable.RENTAL_ENTRY_MISSING)


BOOKED = (Hit(BookingId(an_id("hers")), State.CONFIRMED, NOON, NOON + hours(2)),)
SHARED, CLOSED = replace(HERE, shared=True), HERE


@pytest.mark.parametrize(
    ("before", "after", "stands"),
    [(SHARED, CLOSED, True), (SHARED, replace(SHARED, buffer_after_s=60), False), (CLOSED, SHARED, False)],
)
def test_what_residents_have_booked_is_not_closed_to_them_before_somebody_says_what_becomes_of_that(
    before: Placement, after: Placement, stands: bool
) -> None:
    known = replace(a_vehicle(an_order(place=before, papers=RENTAL)), rented=BOOKED)
    change = a_change(known, place=after)
    found = changed(change, known, ALL, MANAGER)
    assert found == StillRented(BOOKED) if stands else isinstance(found, Vehicle)
    for kept in (
        changed(replace(change, residents_stay=True), known, ALL, MANAGER),
        changed(change, replace(known, rented=()), ALL, MANAGER),
    ):
        assert isinstance(kept, Vehicle)
        assert kept.placement.shared is after.shared


def test_what_belonged_to_no_pool_was_open_to_residents() -> None:
    known = replace(a_vehicle(), placement=replace(CLOSED, pool_id=None), rented=BOOKED)
    assert changed(a_change(known), known, ALL, OPERATOR) == StillRented(BOOKED)


def test_nor_does_it_lose_the_papers_for_that() -> None:
    known = replace(a_vehicle(an_order(papers=RENTAL)), rented=BOOKED)
    unentered = Document(DocumentKind.REGISTRATION, date(2026, 3, 3))
    assert with_paper(unentered, known, MANAGER, TODAY) == StillRented(BOOKED)
    assert isinstance(with_paper(unentered, replace(known, rented=()), MANAGER, TODAY), Vehicle)
    assert isinstance(with_paper(Document(DocumentKind.UVV, date(2026, 4, 3)), known, MANAGER, TODAY), Vehicle)


def test_the_code_on_the_dashboard_is_made_once_and_kept() -> None:
    car = a_vehicle()
    made = car.placement.code
    assert made is not None
    assert re.fullmatch("KM-[A-Z2-7]{8}", made)
    own = changed(a_change(car, place=replace(HERE, code="BS-7")), car, ALL, MANAGER)
    assert isinstance(own, Vehicle)
    kept = changed(a_change(car), own, ALL, MANAGER)
    assert isinstance(kept, Vehicle)
    assert (own.placement.code, kept.placement.code) == ("BS-7", "BS-7")


def test_an_older_version_changes_nothing() -> None:
    known = a_vehicle()
    found = changed(a_change(known, draft=replace(CAR, name="Neu"), seen=1), known, ALL, MANAGER)
    assert isinstance(found, Vehicle)
    assert (found.description.name, found.version) == ("Neu", 2)
    assert changed(a_change(known, seen=1), found, ALL, MANAGER) == Refusal(NotKept.VERSION_MISMATCH)


def test_what_drives_keeps_its_plate() -> None:
    known = a_vehicle()
    bare = replace(CAR, plate=None)
    assert changed(a_change(known, draft=bare), known, ALL, MANAGER) == Refusal(NotKept.PLATE_MISSING, "/plate")


def test_no_bicycle_in_service_becomes_a_car() -> None:
    refused = Refusal(NotMovable.VEHICLE_STATE, "/kind")
    bike = a_vehicle(an_order(draft=BIKE, papers=()))
    assert changed(a_change(bike, draft=CAR), bike, ALL, MANAGER) == refused
    assert isinstance(
        changed(a_change(bike, draft=replace(BIKE, kind=VehicleKind.CARGO_BIKE)), bike, ALL, MANAGER), Vehicle
    )
    car = a_vehicle()
    assert changed(a_change(car, draft=BIKE), car, ALL, MANAGER) == refused
    ordered = a_vehicle(replace(an_order(draft=BIKE, papers=()), life=Life.ORDERED))
    bare = changed(a_change(ordered, draft=CAR), ordered, ALL, MANAGER)
    assert isinstance(bare, Vehicle)
    assert living(bare, Life.IN_SERVICE, MANAGER, TODAY) == Refusal(NotMovable.PAPERS_MISSING)


def test_another_pools_vehicle_is_as_if_it_were_not_there() -> None:
    known = a_vehicle(an_order(place=replace(HERE, pool_id=TOWN_HALL)))
    stranger = an_actor("ada", Role.FLEET_MANAGER, pools=(HARBOUR,))
    unknown = Refusal(NotKept.UNKNOWN_VEHICLE)
    assert changed(a_change(known), known, ALL, stranger) == unknown
    assert with_paper(PAPERS[0], known, stranger, TODAY) == unknown
    assert living(known, Life.RETIRED, stranger, TODAY) == unknown
    assert living(None, Life.RETIRED, OPERATOR, TODAY) == unknown
    assert [runs(who, None) for who in (OPERATOR, MANAGER, stranger)] == [True, False, False]


def test_in_the_workshop_it_is_as_long_as_it_is_blocked() -> None:
    car = replace(a_vehicle(), blocked_until=datetime(2026, 12, 1, tzinfo=UTC))
    assert (car.standing, why_not(car, TODAY)) == (Life.WORKSHOP, ("workshop",))
    assert living(car, Life.WORKSHOP, MANAGER, TODAY) == car
    assert isinstance(living(car, Life.IN_SERVICE, MANAGER, TODAY), Vehicle)


def test_what_is_retired_stays_so() -> None:
    gone = living(a_vehicle(), Life.RETIRED, MANAGER, TODAY)
    assert isinstance(gone, Vehicle)
    assert (gone.life, gone.is_bookable) == (Life.RETIRED, False)
    assert living(gone, Life.RETIRED, MANAGER, TODAY) == gone
    over = Refusal(NotMovable.VEHICLE_STATE)
    assert living(gone, Life.IN_SERVICE, MANAGER, TODAY) == over
    assert changed(a_change(gone), gone, ALL, MANAGER) == over
    assert with_paper(PAPERS[0], gone, MANAGER, TODAY) == over


def test_of_what_is_retired_only_how_it_was_procured_is_entered_later() -> None:
    gone = living(a_vehicle(), Life.RETIRED, MANAGER, TODAY)
    assert isinstance(gone, Vehicle)
    procured = Procured(awarded_on=date(2022, 3, 3), co2_g_per_km=0)
    told = replace(CAR, procured=procured)
    later = changed(a_change(gone, told), gone, replace(ALL, taken=frozenset({"plate"})), MANAGER)
    assert later == replace(gone, description=replace(gone.description, procured=procured), version=gone.version + 1)
    over = Refusal(NotMovable.VEHICLE_STATE)
    assert changed(a_change(gone, replace(told, name="Neu")), gone, ALL, MANAGER) == over
    assert changed(a_change(gone, told, replace(HERE, shared=True)), gone, ALL, MANAGER) == over


def test_it_may_be_used_to_the_end_of_the_day_on_which_the_first_paper_ends() -> None:
    assert usable_until(PAPERS, "Europe/Berlin") == datetime(2026, 12, 31, 23, tzinfo=UTC)
    summer = Document(DocumentKind.INSURANCE, None, date(2027, 6, 30))
    assert usable_until([summer], "Europe/Berlin") == datetime(2027, 6, 30, 22, tzinfo=UTC)
    assert usable_until([], "Europe/Berlin") is None


def test_what_keeps_it_from_being_booked_is_said() -> None:
    car = replace(a_vehicle(), withdrawn=True, placement=replace(HERE, tariff_id=None))
    assert why_not(car, date(2027, 3, 4)) == ("problem_reported", "insurance_overdue", "uvv_overdue", "no_tariff")
    assert why_not(a_vehicle(an_order(BIKE, papers=())), TODAY) == ()
