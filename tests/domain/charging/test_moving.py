"""A city moves from the register of 2019 to that of 2026: its sites stay who they are."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.charging.importing import BookableOperator, ImportCounts, WarnedRow
from domain.charging.register import (
    RegisterPoint,
    RegisterRow,
    RejectedRow,
    RowFault,
    RowWarning,
)
from domain.charging.sites import id_key, is_of_register, place_key
from domain.places import Location
from domain.pricing.tariffs import TariffId
from tests.domain.charging.planning import left_by, planned
from tests.domain.charging.test_register import POINT, ROW

INSIDE = frozenset({"38100", "38102"})
OF_2026 = replace(ROW, register_id="1017513", address="Am Wasserturm 4", warnings=())
STANDARD = BookableOperator("Stadtwerke Okerstadt", TariffId("charging-standard"))


@pytest.mark.parametrize(
    "now",
    [
        OF_2026,
        replace(OF_2026, operator="STADTWERKE  OKERSTADT"),
        replace(OF_2026, location=Location(52.265100, 10.52985)),
        replace(OF_2026, address="Am Wasserturm", location=Location(52.265100, 10.52985)),
        replace(OF_2026, address="AM WASSERTURM 4 ", location=Location(52.2675, 10.531)),
    ],
)
def test_a_site_is_found_again_by_operator_and_address_or_place_and_keeps_id_and_tariff(now: RegisterRow) -> None:
    known = left_by(planned([ROW], {}, INSIDE, bookable_operator=STANDARD))
    plan = planned([now], known, INSIDE)
    assert [(site.key, site.before, site.tariff_id) for site in plan.updated] == [
        (id_key("1017513"), place_key(ROW, 1), STANDARD.tariff_id)
    ]
    after = left_by(plan, known)
    assert [site.id for site in after.values()] == [site.id for site in known.values()]
    assert planned([now], after, INSIDE).counts == ImportCounts(1, 0, 0, unchanged=1, outside=0, rejected=0)


@pytest.mark.parametrize(
    "now",
    [
        replace(OF_2026, operator="Stadtwerke Leinestadt"),
        replace(OF_2026, postcode="38102"),
        replace(OF_2026, address="Bohlweg 1", location=Location(52.2661, 10.5297)),
        replace(OF_2026, location=Location(52.2740, 10.5297)),
    ],
)
def test_another_operator_postcode_or_place_is_another_site_and_the_old_one_is_missing(now: RegisterRow) -> None:
    known = left_by(planned([ROW], {}, INSIDE))
    plan = planned([now], known, INSIDE)
    assert [site.before for site in plan.imported] == [None]
    assert (plan.updated, plan.missing) == ((), (place_key(ROW, 1),))


def test_twins_are_found_again_each_once_those_with_as_many_points_first() -> None:
    large = replace(ROW, points=(POINT, replace(POINT, ordinal=2)))
    known = left_by(planned([ROW, large], {}, INSIDE))
    points = {key: site.points for key, site in known.items()}
    now = [
        replace(large, register_id="1"),
        replace(ROW, register_id="2", number=3),
        replace(ROW, register_id="3", number=4),
    ]
    plan = planned(now, known, INSIDE)
    assert {(site.row.register_id, points[site.before]) for site in plan.updated if site.before} == {("1", 2), ("2", 1)}
    assert [site.row.register_id for site in plan.imported] == ["3"]


def test_a_file_without_ids_is_known_to_be_older_where_it_tells_of_sites_with_ids() -> None:
    known = left_by(planned([OF_2026], {}, INSIDE))
    assert planned([ROW], known, INSIDE).older == (id_key("1017513"),)
    assert planned([replace(ROW, address="Bohlweg 1", location=Location(52.27, 10.54))], known, INSIDE).older == ()


def test_a_site_with_an_id_may_move_and_change_its_name() -> None:
    known = left_by(planned([OF_2026], {}, INSIDE))
    moved = replace(OF_2026, address="Bohlweg 1", location=Location(52.2661, 10.5297))
    assert [site.before for site in planned([moved], known, INSIDE).updated] == [id_key("1017513")]


@pytest.mark.parametrize(
    "changed",
    [
        replace(POINT, evse_id="DE*OKS*E1"),
        replace(POINT, public_key="30 59"),
        replace(POINT, max_power_kw=Decimal(11)),
        replace(POINT, connectors=(replace(POINT.connectors[0], max_power_kw=Decimal(11)), POINT.connectors[1])),
    ],
)
def test_what_a_point_says_updates_its_site(changed: RegisterPoint) -> None:
    known = left_by(planned([OF_2026], {}, INSIDE))
    assert planned([replace(OF_2026, points=(changed,))], known, INSIDE).counts.updated == 1


def test_a_site_that_another_operator_takes_over_is_off_sale_until_that_one_is_named() -> None:
    known = left_by(planned([OF_2026], {}, INSIDE, bookable_operator=STANDARD))
    sold = replace(OF_2026, operator="Stadtwerke Leinestadt")
    assert [site.tariff_id for site in planned([sold], known, INSIDE).updated] == [None]


def test_a_site_is_missing_only_where_the_file_would_list_it() -> None:
    other = replace(OF_2026, register_id="2", address="Bohlweg 1", postcode="38102")
    known = left_by(planned([OF_2026, other], {}, INSIDE))
    far = replace(OF_2026, register_id="3", postcode="10115", state="Berlin", location=Location(52.53, 13.38))
    broken = RejectedRow(9, RowFault.UNKNOWN_PLUG, "", "38102", (), register_id="2")
    assert planned([other], known, INSIDE).missing == (id_key("1017513"),)
    assert planned([OF_2026, broken], known, INSIDE).missing == ()
    assert planned([far], known, INSIDE, take_all=True).missing == ()
    assert planned([other], known, frozenset({"38102"})).missing == ()


def test_an_id_that_comes_twice_is_rejected_the_second_time() -> None:
    plan = planned([OF_2026, replace(OF_2026, number=3)], {}, INSIDE)
    assert [(row.number, row.fault) for row in plan.rejected] == [(3, RowFault.REPEATED_ID)]
    assert len(plan.imported) == 1


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (replace(OF_2026, location=Location(10.5, 52.3)), RowFault.OUTSIDE_GERMANY),
        (replace(OF_2026, location=Location(48.1, 11.6)), RowFault.OUTSIDE_ITS_STATE),
        (replace(OF_2026, postcode="80331"), RowFault.POSTCODE_OF_ANOTHER_STATE),
        (replace(OF_2026, postcode="00000"), RowFault.POSTCODE_OF_ANOTHER_STATE),
    ],
)
def test_state_postcode_and_coordinates_have_to_tell_one_story(row: RegisterRow, fault: RowFault) -> None:
    assert [found.fault for found in planned([row], {}, INSIDE, take_all=True).rejected] == [fault]


def test_a_place_far_from_all_others_of_its_postcode_is_a_warning() -> None:
    near = [
        replace(OF_2026, number=n, register_id=str(n), location=Location(52.26 + n / 1000, 10.53)) for n in range(2, 8)
    ]
    far = replace(OF_2026, number=9, register_id="9", location=Location(52.6, 10.53))
    assert planned([*near, far], {}, INSIDE).warned == (WarnedRow(9, RowWarning.FAR_FROM_ITS_POSTCODE),)
    assert planned([near[0], far], {}, INSIDE).warned == ()


def test_points_that_share_an_evse_id_are_a_warning_each() -> None:
    point = replace(POINT, evse_id="DE*OKS*E1")
    one = replace(OF_2026, points=(point,))
    other = replace(one, number=3, register_id="2", points=(replace(point, evse_id=" de*oks*e1\n"),))
    third = replace(one, number=4, register_id="3", points=(replace(point, evse_id="DE*OKS*E2"),))
    assert planned([one, other, third], {}, INSIDE).warned == (
        WarnedRow(2, RowWarning.SHARED_EVSE_ID),
        WarnedRow(3, RowWarning.SHARED_EVSE_ID),
    )


def test_no_place_is_taken_for_an_id() -> None:
    assert is_of_register(id_key("7"))
    assert not is_of_register(place_key(replace(ROW, operator="Ladeeinrichtungs-ID"), 1))
