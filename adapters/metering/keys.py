"""Public keys as operators write them into the charging register: a field of free text, in at least nine ways.

A key with its curve (SubjectPublicKeyInfo, RFC 5480) is taken as it is. A bare point does not name its curve, but lies on one of
those of its size, so that it tells by itself; a compressed point may lie on several, and then the signature says which.
"""

import binascii
import re
from base64 import b32decode, b64decode
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import TypeAlias

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from adapters.metering.curves import CURVES, size

MAX_TEXT = 2_000  # characters: the longest key of a curve that is known has 240 in hexadecimal digits

Keys: TypeAlias = Mapping[str, EllipticCurvePublicKey]


class KeyFault(StrEnum):
    """Why a text is no key. With its curve, a point that does not lie on it is `not_a_key`, like any other slip of the pen."""

    EMPTY = "empty"
    NOT_A_KEY = "not_a_key"
    NOT_ON_A_CURVE = "not_on_a_curve"
    CURVE_NOT_SUPPORTED = "curve_not_supported"


def keys(text: str) -> Keys | KeyFault:
    """The key by the name of its curve; several where the text may be of several curves."""
    if not text.strip():
        return KeyFault.EMPTY
    fault = KeyFault.NOT_A_KEY
    for data in _decoded(text[:MAX_TEXT]):
        found = _read(data)
        if not isinstance(found, KeyFault):
            return found
        fault = fault if found is KeyFault.NOT_A_KEY else found
    return fault


def _decoded(text: str) -> Iterator[bytes]:
    """What the text may stand for: hexadecimal digits, base64 or base32, whatever was put between and around them."""
    text = re.sub(r"-----[A-Z ]+-----", "", text)
    text = re.sub(
        r"^oca:base16:(?:asn1:)?", "", text.strip(" \t\r\n\"'"), flags=re.IGNORECASE
    )  # the Open Charge Alliance's prefix
    letters = re.sub(r"\s", "", text)
    digits = re.sub(r"^0x|[:\-]", "", letters, flags=re.IGNORECASE)
    if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", digits):
        yield bytes.fromhex(digits)
    bare = letters.rstrip("=").replace("-", "+").replace("_", "/")
    for decode, whole, letters in ((b64decode, 4, bare), (b32decode, 8, bare.upper())):
        try:
            yield decode((letters + "=" * (-len(letters) % whole)).encode("ascii"))
        except (binascii.Error, ValueError):
            continue


def _read(data: bytes) -> Keys | KeyFault:
    if data.startswith(b"\x30"):
        return _with_its_curve(data)
    return _point(data)


def _with_its_curve(data: bytes) -> Keys | KeyFault:
    try:
        key = load_der_public_key(data)
    except UnsupportedAlgorithm:
        return KeyFault.CURVE_NOT_SUPPORTED
    except ValueError:
        return KeyFault.NOT_A_KEY
    if not isinstance(key, EllipticCurvePublicKey):
        return KeyFault.NOT_A_KEY
    name = key.curve.name.lower()
    return {name: key} if name in CURVES else KeyFault.CURVE_NOT_SUPPORTED


def _point(data: bytes) -> Keys | KeyFault:
    """An uncompressed point (04 and both coordinates, or both alone), or a compressed one (02 or 03 and the first)."""
    found: dict[str, EllipticCurvePublicKey] = {}
    fits = False
    for name, curve in CURVES.items():
        whole = b"\x04" + data if len(data) == 2 * size(curve) else data
        if (len(whole), whole[:1]) not in _forms(size(curve)):
            continue
        fits = True
        try:
            found[name] = EllipticCurvePublicKey.from_encoded_point(curve, whole)
        except ValueError:
            continue
    if not fits:
        return KeyFault.NOT_A_KEY
    return found or KeyFault.NOT_ON_A_CURVE


def _forms(coordinate: int) -> frozenset[tuple[int, bytes]]:
    return frozenset({(2 * coordinate + 1, b"\x04"), (coordinate + 1, b"\x02"), (coordinate + 1, b"\x03")})
