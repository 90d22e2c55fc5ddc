"""What goes into a file for the Transparenzsoftware comes out of it byte for byte."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.metering.transparency import NotAFile, Values, file_of, values_in
from domain.charging.reports import Context, SignedValue
from tests.adapters.metering.meters import Meter
from tests.domain.charging.metering.containers import BEGIN, payload, whole

KEY = Meter().public


@pytest.mark.parametrize(
    "data",
    [
        whole(payload(BEGIN)),
        whole(payload(BEGIN, ID="<&>\"'ä")),
        whole(payload(BEGIN).replace(b" ", b"\n")),
        whole(payload(BEGIN).replace(b" ", b"\r\n\t")),
    ],
)
def test_a_container_comes_out_as_it_went_in(data: bytes) -> None:
    spaced = KEY.hex(" ").upper()
    file = file_of([(Context.END, SignedValue(data))], spaced, 'a"b')
    assert values_in(file) == Values((SignedValue(data, "OCMF"),), KEY.hex())


def test_a_value_of_another_format_goes_along_as_it_came() -> None:
    file = file_of([(Context.OTHER, SignedValue(b"\x00\xff", "EDL"))], "soon\x0c", "1")
    assert values_in(file) == Values((SignedValue(b"\x00\xff", "EDL"),), "soon")


@settings(max_examples=60)
@given(st.binary(max_size=80) | st.text(max_size=80).map(str.encode), st.text(max_size=30))
def test_any_file_is_read_or_refused_and_any_value_can_be_written(data: bytes, key: str) -> None:
    for raw in (data, b"<values><signedData>" + data, b"<values>" + data + b"</values>"):
        try:
            assert isinstance(values_in(raw), Values)
        except NotAFile:
            continue
    assert isinstance(values_in(file_of([(Context.BEGIN, SignedValue(data))], key, key)), Values)
