"""How a station hands over a signed value: what OCPP carries, byte for byte, and the container inside.

OCPP 1.6 has one text for it (`SampledValue.value` with the format `SignedData`); by the Open Charge Alliance's note on signed
meter values it is an object of OCPP 2.0.1's `SignedMeterValueType` as JSON. Older stations put the container there as it is, or
in hexadecimal digits as OCPP 1.5 wanted; OCPP 2.x carries the object's `signedMeterData`, in base64.
"""

import binascii
import re
from base64 import b64decode

from msgspec import DecodeError, Struct, ValidationError
from msgspec.json import decode

from domain.charging.reports import SignedValue

MAX_RECEIVED = 2**17
OCMF = "OCMF"


class Unwrapped(Struct, frozen=True):
    """`encoding` is OCPP's encodingMethod: OCMF, or whatever else the station says."""

    encoding: str
    data: bytes


class _SignedMeterValue(Struct, rename="camel"):
    signed_meter_data: str
    encoding_method: str = ""


NOTHING = Unwrapped("", b"")


def unwrapped(value: SignedValue) -> Unwrapped:
    """The container; empty where nothing that we know is inside."""
    received = value.data
    if len(received) > MAX_RECEIVED:
        return NOTHING
    inside = _from_json(received) if received.lstrip().startswith(b"{") else _from_text(received.strip())
    return inside if inside.encoding else Unwrapped(value.encoding or "", inside.data)


def _from_json(received: bytes) -> Unwrapped:
    try:
        found = decode(received, type=_SignedMeterValue)
    except (DecodeError, ValidationError, UnicodeDecodeError, RecursionError):
        return NOTHING
    inside = _from_text(found.signed_meter_data.encode())
    return inside if inside.encoding else Unwrapped(found.encoding_method, inside.data)


def _from_text(text: bytes) -> Unwrapped:
    """What says OCMF is nothing else, whatever the station calls it."""
    if text.startswith(b"OCMF|"):
        return Unwrapped(OCMF, text)
    data = _hexadecimal(text) or _base64(text)
    return Unwrapped(OCMF if data.startswith(b"OCMF|") else "", data)


def _hexadecimal(text: bytes) -> bytes:
    return bytes.fromhex(text.decode()) if re.fullmatch(rb"(?:[0-9A-Fa-f]{2})+", text) else b""


def _base64(text: bytes) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
