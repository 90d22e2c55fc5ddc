"""The published register of Berlin in the layout of 2026, counted a second time by a parser that shares nothing with ours."""

from collections import Counter
from decimal import Decimal
from io import BytesIO

import pytest

from adapters.registers.charging_register import read_charging_register
from adapters.registers.errors import NotARegister
from domain.charging.importing import ImportCounts
from domain.charging.register import ReadRow, RegisterRow, RowWarning
from tests.adapters.registers.counting import Totals, totals
from tests.adapters.registers.files_2026 import real_register_2026
from tests.domain.charging.planning import left_by, planned


@pytest.fixture(scope="module")
def content() -> bytes:
    return real_register_2026().read_bytes()


@pytest.fixture(scope="module")
def rows(content: bytes) -> list[ReadRow]:
    return list(read_charging_register(BytesIO(content)))


def test_all_4528_rows_can_be_read(rows: list[ReadRow]) -> None:
    assert (len(rows), Counter(type(row) for row in rows)) == (4528, {RegisterRow: 4528})
    assert len({row.register_id for row in rows}) == 4528


def test_sums_ids_and_keys_agree_with_an_independent_count(rows: list[ReadRow], content: bytes) -> None:
    sites = [row for row in rows if isinstance(row, RegisterRow)]
    points = [point for site in sites for point in site.points]
    assert totals(content) == Totals(
        rows=len(sites),
        connection_kw=sum((site.connection_kw for site in sites), Decimal(0)),
        points=len(points),
        plugs=sum(len(point.connectors) for point in points),
        points_kw=sum((point.max_power_kw for point in points), Decimal(0)),
        evse_ids=Counter(point.evse_id for point in points if point.evse_id),
        keys=Counter(point.public_key for point in points if point.public_key),
    )


def test_the_whole_file_is_taken_and_taken_again_without_a_change(rows: list[ReadRow]) -> None:
    plan = planned(rows, {}, frozenset(), take_all=True)
    assert plan.counts == ImportCounts(read=4528, imported=4528, updated=0, unchanged=0, outside=0, rejected=0)
    assert Counter(warned.warning for warned in plan.warned) == {
        RowWarning.HOUSE_NUMBER_ZERO: 294,
        RowWarning.UNTIDY_EVSE_ID: 76,
        RowWarning.SHARED_EVSE_ID: 69,
        RowWarning.FAR_FROM_ITS_POSTCODE: 4,
        RowWarning.TOWN_OUTSIDE_ITS_DISTRICT: 1,
    }
    again = planned(rows, left_by(plan), frozenset(), take_all=True)
    assert again.counts == ImportCounts(read=4528, imported=0, updated=0, unchanged=4528, outside=0, rejected=0)
    assert again.missing == ()


def test_the_83_rows_of_brandenburg_are_outside_berlin(rows: list[ReadRow]) -> None:
    berlin = frozenset(row.postcode for row in rows if isinstance(row, RegisterRow) and row.state == "Berlin")
    assert planned(rows, {}, berlin).counts == ImportCounts(4528, 4445, 0, 0, outside=83, rejected=0)


@pytest.mark.parametrize("mark", [b'"Kreditkarte', b"\nDE*BEC*H001301-3", b"1152531;SMATRICS"])
def test_a_copy_that_is_cut_is_refused(content: bytes, mark: bytes) -> None:
    with pytest.raises(NotARegister, match="it was cut"):
        list(read_charging_register(BytesIO(content[: content.index(mark) + 4])))


def test_windows_1252_says_the_same_and_what_was_encoded_twice_is_refused(content: bytes, rows: list[ReadRow]) -> None:
    text = content.decode("utf-8-sig")
    assert list(read_charging_register(BytesIO(text.encode("cp1252")))) == rows
    for spoilt in (content.decode("cp1252", "replace").encode(), text.encode("utf-16"), text.encode("utf-16-le")):
        with pytest.raises(NotARegister):
            read_charging_register(BytesIO(spoilt))
