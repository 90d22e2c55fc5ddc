"""Energy is what one good meter counted between a beginning and an end that belong together."""

from decimal import Decimal
from typing import Any

import pytest

from domain.charging.metering.ocmf import Container
from domain.charging.metering.proofs import (
    MeterProof,
    NotChecked,
    NotInvoiceable,
    NotSigned,
    Verdict,
    invoiceable,
    reason_of,
)
from domain.charging.metering.sections import NotReadable
from domain.charging.metering.taking import Metered, NotMetered, Tolerance, like, metered
from domain.refusals import Refusal
from tests.domain.charging.metering.containers import BEGIN, END, container

BOTH = container(BEGIN, END)
FIRST = container(BEGIN)
LAST = container(END, PG="T42")
TAKEN = Metered(Decimal("11.25"), BOTH.readings[0], BOTH.readings[1], time_usable=True)


def test_one_container_with_both_readings_is_enough() -> None:
    assert metered(BOTH, BOTH) == TAKEN


def test_two_containers_tell_the_same_in_whichever_unit() -> None:
    assert metered(FIRST, LAST) == TAKEN
    in_wh = metered(FIRST, container(END | {"RV": 131_750, "RU": "Wh"}, PG="T42"))
    assert isinstance(in_wh, Metered)
    assert in_wh.kwh == Decimal("11.25")


def test_energy_that_was_given_back_is_not_counted_and_the_cables_loss_is_not_paid() -> None:
    back = {"RI": "1-0:2.8.0", "RV": 4}
    at_the_vehicle = {"RI": "01-00:B1.08.00*FF"}
    both = container(
        BEGIN,
        back,
        at_the_vehicle | {"RV": 100},
        END,
        back | {"RV": 9},
        at_the_vehicle | {"RV": 111},
    )
    found = metered(both, both)
    assert isinstance(found, Metered)
    assert found.kwh == 11


@pytest.mark.parametrize(
    ("first", "last", "usable"),
    [
        ({"TM": "2026-07-01T10:00:00,000+0200 I"}, {"TM": "2026-07-01T11:30:00,000+0200 R"}, True),
        ({}, {"TM": "2026-07-01T11:30:00,000+0200 I"}, False),
        ({}, {"EF": "t"}, False),
        ({"EF": "t"}, {"EF": ""}, False),
    ],
)
def test_minutes_are_of_use_only_where_the_clock_was(first: dict[str, Any], last: dict[str, Any], usable: bool) -> None:
    both = container(BEGIN | first, END | last)
    found = metered(both, both)
    assert isinstance(found, Metered)
    assert (found.kwh, found.time_usable) == (Decimal("11.25"), usable)


def test_whoever_was_not_known_at_the_beginning_may_be_at_the_end() -> None:
    assert metered(container(BEGIN, IS=False, IT="NONE", ID=""), LAST) == TAKEN
    assert metered(FIRST, container(END, PG="T42", ID="1F2D3A4F")) == TAKEN


@pytest.mark.parametrize(
    ("end", "begin", "reason"),
    [
        (container(BEGIN, END, PG="F41"), None, NotMetered.NOT_OF_A_TRANSACTION),
        (LAST, None, NotMetered.NO_BEGIN),
        (container(BEGIN), None, NotMetered.NO_END),
        (container(BEGIN | {"RI": "1-0:2.8.0"}, END), None, NotMetered.NO_BEGIN),
        (container(BEGIN, END | {"RI": "1-0:1.8.1"}), None, NotMetered.NO_END),
        (container(BEGIN, BEGIN, END), None, NotMetered.BEGINS_TWICE),
        (container(BEGIN, END, END | {"TX": "L"}), None, NotMetered.ENDS_TWICE),
        (container(END, PG="T42", MS="Z-1"), FIRST, NotMetered.ANOTHER_METER),
        (container(END, PG="T42", GS="G-1"), FIRST, NotMetered.ANOTHER_METER),
        (container(END, PG="T42", ID="ffff"), FIRST, NotMetered.ANOTHER_PERSON),
        (container(END, PG="T42", IL="MISMATCH"), FIRST, NotMetered.PERSON_NOT_IDENTIFIED),
        (container(END, PG="T41"), FIRST, NotMetered.PAGE_NOT_LATER),
        (container(BEGIN, END | {"TM": "2026-07-01T09:59:59,999+0200 S"}), None, NotMetered.ENDED_BEFORE_IT_BEGAN),
        (container(BEGIN | {"ST": "T"}, END), None, NotMetered.METER_NOT_GOOD),
        (container(BEGIN, END | {"ST": "M"}), None, NotMetered.METER_NOT_GOOD),
        (container(BEGIN, END | {"EF": "tE"}), None, NotMetered.ENERGY_NOT_USABLE),
        (container(BEGIN, {"TX": "X"}, END), None, NotMetered.ENERGY_NOT_USABLE),
        (container(BEGIN, END | {"RV": None}), None, NotMetered.ENERGY_NOT_USABLE),
        (container(BEGIN | {"RU": "mOhm"}, END), None, NotMetered.ENERGY_NOT_USABLE),
        (container(BEGIN, END | {"RV": 120.4999}), None, NotMetered.VALUE_FELL),
    ],
)
def test_what_does_not_belong_together_tells_of_no_energy(
    end: Container, begin: Container | None, reason: NotMetered
) -> None:
    assert metered(begin or end, end) == Refusal(reason)


def test_an_exception_that_spoils_the_time_alone_leaves_the_energy() -> None:
    both = container(BEGIN, {"TX": "X", "EF": "t"}, END | {"EF": ""})
    found = metered(both, both)
    assert isinstance(found, Metered)
    assert not found.time_usable


@pytest.mark.parametrize(
    ("started_wh", "stopped_wh", "alike"),
    [(120_500, 131_750, True), (0, 11_250, True), (0, 11_362, True), (0, 11_363, False), (0, 11_137, False)],
)
def test_the_station_may_count_from_anywhere_but_not_by_more_than_some_seconds(
    started_wh: int, stopped_wh: int, alike: bool
) -> None:
    assert like(TAKEN, started_wh, stopped_wh) == (None if alike else Refusal(NotMetered.UNLIKE_THE_TRANSACTION))
    assert like(TAKEN, started_wh, stopped_wh, Tolerance(Decimal(1_000))) is None
    assert [Tolerance().allows(Decimal(0), Decimal(wh)) for wh in (100, 101)] == [True, False]


def test_what_is_verified_is_invoiced_as_signed_and_what_speaks_against_itself_not_at_all() -> None:
    told = Decimal("11.26")
    assert invoiceable(MeterProof(Verdict.VERIFIED, kwh=TAKEN.kwh), told) == TAKEN.kwh
    assert invoiceable(MeterProof(Verdict.NOT_CHECKED, NotChecked.NO_KEY, TAKEN.kwh), told) == told
    assert invoiceable(MeterProof(Verdict.NOT_VERIFIED, NotSigned.WRONG_SIGNATURE), told) == Refusal(
        NotInvoiceable.METER_VALUES_NOT_VERIFIED
    )


def test_every_reason_is_written_in_a_word_of_its_own() -> None:
    reasons = [reason for each in (NotChecked, NotSigned, NotReadable, NotMetered) for reason in each]
    assert [reason_of(reason.value) for reason in reasons] == reasons
