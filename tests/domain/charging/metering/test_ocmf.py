"""OCMF containers are read as they stand, or refused with where it went wrong."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.charging.metering.ocmf import (
    CableLoss,
    Container,
    Count,
    Identification,
    Maker,
    Page,
    Signature,
    parsed,
)
from domain.charging.metering.readings import ClockState, MeterState, Occasion, Reading, Unit
from domain.charging.metering.registers import Register, register
from domain.charging.metering.sections import MAX_BYTES, NotReadable
from domain.charging.metering.wrapping import Unwrapped, unwrapped
from domain.charging.reports import SignedValue
from domain.refusals import Refusal
from tests.domain.charging.metering.containers import BEGIN, END, SAID, container, payload, whole

IMPORT = Register("1-b:1.8.0", taken=True)


def test_every_field_of_a_container_is_read() -> None:
    loss = {"LN": "Kabel 7", "LI": 3, "LR": 1.5, "LU": "mOhm"}
    signed = payload(
        BEGIN | {"RT": "AC"}, GV="2.1", MM="Z9", MF="8", TT="Tarif 1", CF="4.0", CT="EVSEID", CI="DE*1", LC=loss
    )
    assert parsed(whole(signed, "AB", SA="ECDSA-secp384r1-SHA256", SE="base64", SM="application/x-der")) == Container(
        payload=signed,
        signature=Signature("AB", "ECDSA-secp384r1-SHA256", "base64", "application/x-der"),
        version="1.3",
        page=Page(Count.TRANSACTION, 41),
        gateway=Maker("Okerstadt Gateway", None, "G-17", "2.1"),
        meter=Maker("Zählerwerk", "Z9", "Z-2026-0815", "8"),
        identification=Identification(True, "HEARSAY", ("RFID_PLAIN",), "ISO14443", "1f2d3a4f"),
        readings=(
            Reading(
                at=datetime(2026, 7, 1, 8, tzinfo=UTC),
                clock=ClockState.SYNCHRONISED,
                occasion=Occasion.BEGIN,
                value=Decimal("120.5"),
                unit=Unit.KWH,
                register=IMPORT,
                current="AC",
                errors="",
                state=MeterState.GOOD,
            ),
        ),
        tariff="Tarif 1",
        controller="4.0",
        cable_loss=CableLoss("Kabel 7", Decimal(3), Decimal("1.5"), "mOhm"),
        place=("EVSEID", "DE*1"),
    )


def test_the_signed_bytes_stay_as_they_came_white_space_and_all() -> None:
    signed = b' {\n "PG": "T1" , "MS":"1","RD":[{"TM":"2026-07-01T10:00:00,000+0200 S","ST":"G","RV":1.50}]}\r\n'
    found = parsed(b"OCMF|" + signed + b'|{"SD":"00"}\n')
    assert isinstance(found, Container)
    assert found.payload == signed
    assert str(found.readings[0].value) == "1.50"


def test_what_a_reading_leaves_out_is_as_before_except_its_value() -> None:
    first, second, third = container(BEGIN | {"EF": "t"}, {"TX": "C"}, {"RV": 130, "RU": "Wh", "EF": ""}).readings
    assert second == Reading(
        first.at, first.clock, Occasion.CHARGING, None, Unit.KWH, IMPORT, None, "t", MeterState.GOOD
    )
    assert third == Reading(
        first.at, first.clock, Occasion.CHARGING, Decimal(130), Unit.WH, IMPORT, None, "", MeterState.GOOD
    )
    assert [first.kwh, second.kwh, third.kwh] == [Decimal("120.5"), None, Decimal("0.130")]


@pytest.mark.parametrize(
    ("code", "taken", "compensated"),
    [
        ("1-b:1.8.0", True, False),
        ("1-0:1.8.1", True, False),
        ("1-b:1.8.e", True, False),
        ("01-00:B2.08.00*FF", True, False),
        ("01-00:B3.08.00*FF", True, True),
        ("01-00:98.08.00.FF", True, True),
        ("1-0:2.8.0", False, False),
        ("01-00:C0.08.00*FF", False, False),
        ("1-0:1.7.0", False, False),
        ("7-0:1.8.0", False, False),
        ("energy", False, False),
    ],
)
def test_a_register_says_whether_it_counts_energy_that_was_taken(code: str, taken: bool, compensated: bool) -> None:
    assert register(code) == Register(code, taken, compensated)


def _read(**changes: Any) -> dict[str, Any]:
    return {"RD": [BEGIN | changes]}


@pytest.mark.parametrize(
    ("data", "fault", "pointer"),
    [
        (b"", NotReadable.NOT_OCMF, ""),
        (b"AP;0;3;AJ2J7LYMGCIWT4AHUJPPFIIVB3FGRV2JQ2HVZG2I", NotReadable.NOT_OCMF, ""),
        (b"OCMF|" + b" " * MAX_BYTES, NotReadable.TOO_LONG, ""),
        (b"OCMF|{}", NotReadable.WRONG_SECTIONS, ""),
        (whole(payload(BEGIN)) + b"|3059", NotReadable.WRONG_SECTIONS, ""),
        (whole(payload(BEGIN, ID="a|b")), NotReadable.WRONG_SECTIONS, ""),
        (whole(b'{"PG":"\xff"}'), NotReadable.DAMAGED_TEXT, "/payload"),
        (whole(rb'{"ID":"\ud800"}'), NotReadable.DAMAGED_TEXT, "/payload"),
        (whole(rb'{"ID":"\u0000"}'), NotReadable.DAMAGED_TEXT, "/payload"),
        (whole(b"{"), NotReadable.NOT_JSON, "/payload"),
        (whole(b'{"RV":NaN}'), NotReadable.NOT_JSON, "/payload"),
        (whole(b"[" * 60_000), NotReadable.NOT_JSON, "/payload"),
        (b'OCMF|{}|{"SD":"00","SD":"01"}', NotReadable.REPEATED_NAME, "/signature"),
        (whole(b'{"RD":[{"RV":1,"RV":900}]}'), NotReadable.REPEATED_NAME, "/payload"),
        (whole(b'{"RV":1e-99999999999}'), NotReadable.NUMBER_OUT_OF_RANGE, "/payload"),
        (whole(b'{"RV":' + b"9" * 5_000 + b"}"), NotReadable.NUMBER_OUT_OF_RANGE, "/payload"),
        (whole(b"[]"), NotReadable.WRONG_KIND, "/payload"),
        (whole(payload(BEGIN, FV="0.4")), NotReadable.UNKNOWN_VERSION, "/payload/FV"),
        (whole(payload(BEGIN, FV="2.0")), NotReadable.UNKNOWN_VERSION, "/payload/FV"),
        (whole(payload(BEGIN, GS="", MS=None)), NotReadable.MISSING_FIELD, "/payload/MS"),
        (whole(payload(BEGIN, PG=None)), NotReadable.MISSING_FIELD, "/payload/PG"),
        (whole(payload(BEGIN, PG="T-1")), NotReadable.UNREADABLE_PAGE, "/payload/PG"),
        (whole(payload(BEGIN, IS="true")), NotReadable.WRONG_KIND, "/payload/IS"),
        (whole(payload(BEGIN, IF="RFID_PLAIN")), NotReadable.WRONG_KIND, "/payload/IF"),
        (whole(payload(BEGIN, IF=[1])), NotReadable.WRONG_KIND, "/payload/IF"),
        (whole(payload(BEGIN, ID="1" * 1_001)), NotReadable.WRONG_KIND, "/payload/ID"),
        (whole(payload(BEGIN, LC={"LU": "mOhm"})), NotReadable.MISSING_FIELD, "/payload/LC/LR"),
        (whole(payload(BEGIN, LC={"LR": 1, "LU": "kWh"})), NotReadable.UNKNOWN_CODE, "/payload/LC/LU"),
        (whole(payload()), NotReadable.MISSING_FIELD, "/payload/RD"),
        (whole(payload(RD=[7])), NotReadable.WRONG_KIND, "/payload/RD/0"),
        (whole(payload(RD=[{"TX": "B"}] * 1_001)), NotReadable.TOO_LONG, "/payload/RD"),
        (whole(payload(**_read(ST=None))), NotReadable.MISSING_FIELD, "/payload/RD/0/ST"),
        (whole(payload(**_read(ST="?"))), NotReadable.UNKNOWN_CODE, "/payload/RD/0/ST"),
        (whole(payload(**_read(TX="Q"))), NotReadable.UNKNOWN_CODE, "/payload/RD/0/TX"),
        (whole(payload(**_read(RU="J"))), NotReadable.UNKNOWN_CODE, "/payload/RD/0/RU"),
        (whole(payload(**_read(RV="12"))), NotReadable.WRONG_KIND, "/payload/RD/0/RV"),
        (whole(payload(**_read(RV=-1))), NotReadable.NUMBER_OUT_OF_RANGE, "/payload/RD/0/RV"),
        (whole(payload(**_read(TM="2026-07-01T10:00:00Z"))), NotReadable.UNREADABLE_TIME, "/payload/RD/0/TM"),
        (whole(payload(**_read(TM="2026-02-30T10:00:00,000+0200 S"))), NotReadable.UNREADABLE_TIME, "/payload/RD/0/TM"),
        (whole(payload(**_read(TM="0001-01-01T00:00:00,000+1400 S"))), NotReadable.UNREADABLE_TIME, "/payload/RD/0/TM"),
        (b"OCMF|" + payload(BEGIN) + b'|{"SA":"ECDSA-secp256r1-SHA256"}', NotReadable.MISSING_FIELD, "/signature/SD"),
    ],
)
def test_a_container_that_says_nothing_sound_is_refused_with_where(
    data: bytes, fault: NotReadable, pointer: str
) -> None:
    assert parsed(data) == Refusal(fault, pointer)


SIMPLE = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
ANYTHING = SIMPLE | st.lists(SIMPLE, max_size=2) | st.just({"LR": 1, "LU": "mOhm"})


@settings(max_examples=60)
@given(st.sampled_from([*SAID, "RD", "LC", "TT"]), st.sampled_from([*END]), ANYTHING)
def test_whatever_stands_in_a_container_it_is_read_or_refused(said: str, read: str, value: Any) -> None:
    for data in (whole(payload(BEGIN, END, **{said: value})), whole(payload(BEGIN, END | {read: value}))):
        assert isinstance(parsed(data), Container | Refusal)


@settings(max_examples=60)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    for received in (data, b"OCMF|" + data, b'OCMF|{"PG":' + data + b"}|{}", b'{"signedMeterData":"' + data + b'"}'):
        assert isinstance(parsed(received), Container | Refusal)
        assert isinstance(unwrapped(SignedValue(received)), Unwrapped)
