"""A container is found in whatever way a station hands it over."""

import json
from base64 import b64encode

import pytest

from domain.charging.metering.wrapping import MAX_RECEIVED, NOTHING, Unwrapped, unwrapped
from domain.charging.reports import SignedValue
from tests.domain.charging.metering.containers import BEGIN, payload, whole

DATA = whole(payload(BEGIN))
IN_BASE64 = b64encode(DATA).decode()


def _object(**fields: str) -> bytes:
    return json.dumps(fields).encode()


@pytest.mark.parametrize(
    ("received", "inside"),
    [
        (DATA, Unwrapped("OCMF", DATA)),
        (DATA.hex().encode(), Unwrapped("OCMF", DATA)),
        (DATA.hex().upper().encode(), Unwrapped("OCMF", DATA)),
        (IN_BASE64.encode(), Unwrapped("OCMF", DATA)),
        (_object(signedMeterData=IN_BASE64, encodingMethod="OCMF"), Unwrapped("OCMF", DATA)),
        (_object(signedMeterData=DATA.decode()), Unwrapped("OCMF", DATA)),
        (_object(signedMeterData=IN_BASE64, encodingMethod="EDL", publicKey="MFkw"), Unwrapped("OCMF", DATA)),
        (_object(signedMeterData="AQID", encodingMethod="EDL"), Unwrapped("EDL", b"\x01\x02\x03")),
        (b"AP;0;3;AJ2J7LY", Unwrapped("", b"")),
        (b"{", NOTHING),
        (b'{"signedMeterData": 7}', NOTHING),
        (b"{" * 10_000, NOTHING),
        (b"A" * (MAX_RECEIVED + 1), NOTHING),
        (b"", NOTHING),
    ],
)
def test_the_container_comes_out_byte_for_byte(received: bytes, inside: Unwrapped) -> None:
    assert unwrapped(SignedValue(received)) == inside


def test_what_the_station_calls_it_counts_where_the_container_does_not_tell() -> None:
    assert unwrapped(SignedValue(b"AQID", "EDL")) == Unwrapped("EDL", b"\x01\x02\x03")
    assert unwrapped(SignedValue(DATA, "EDL")) == Unwrapped("OCMF", DATA)
