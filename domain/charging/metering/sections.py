"""The sections of an OCMF container, taken apart without changing a byte, and its JSON read strictly.

What is signed are the bytes between the two pipes as they stand, white space included. A name that stands twice in an object
means one thing to one reader and another to the next, so such a container is not read at all.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from enum import StrEnum
from typing import NoReturn, TypeAlias

from msgspec import Struct

MAX_BYTES = 2**16  # OCPP 2.1 lets 32,768 characters of base64 through
MAX_NUMBER = 30  # characters: no meter shows more digits, and sums of such numbers are exact and quick
MAX_EXPONENT = 12
MAX_TEXT = 1_000  # the longest field of the format, the text of a tariff, has 250 characters

Json: TypeAlias = "Mapping[str, Json] | Sequence[Json] | str | Decimal | bool | None"


class NotReadable(StrEnum):
    """Why a container is not one that OCMF knows."""

    NOT_OCMF = "not_ocmf"
    TOO_LONG = "too_long"
    DAMAGED_TEXT = "damaged_text"
    WRONG_SECTIONS = "wrong_sections"
    NOT_JSON = "not_json"
    REPEATED_NAME = "repeated_name"
    UNKNOWN_VERSION = "unknown_version"
    MISSING_FIELD = "missing_field"
    WRONG_KIND = "wrong_kind"
    UNKNOWN_CODE = "unknown_code"
    NUMBER_OUT_OF_RANGE = "number_out_of_range"
    UNREADABLE_TIME = "unreadable_time"
    UNREADABLE_PAGE = "unreadable_page"


class Unreadable(Exception):
    """What ends the reading of a container; it never leaves this package."""

    def __init__(self, fault: NotReadable, pointer: str = "") -> None:
        super().__init__(fault, pointer)
        self.fault = fault
        self.pointer = pointer


class Sections(Struct, frozen=True):
    """`payload` is what is signed, byte for byte."""

    payload: bytes
    signature: bytes


def sections(data: bytes) -> Sections:
    if not data.startswith(b"OCMF|"):
        raise Unreadable(NotReadable.NOT_OCMF)
    if len(data) > MAX_BYTES:
        raise Unreadable(NotReadable.TOO_LONG)
    parts = data.split(b"|")
    if len(parts) != 3:
        raise Unreadable(NotReadable.WRONG_SECTIONS)
    return Sections(parts[1], parts[2])


class Fields:
    """An object's fields by name and kind; whatever is missing or of another kind ends the reading, with where it stands."""

    def __init__(self, value: Json, pointer: str) -> None:
        if not isinstance(value, Mapping):
            raise Unreadable(NotReadable.WRONG_KIND, pointer)
        self._values = value
        self._pointer = pointer

    def at(self, name: str) -> str:
        return f"{self._pointer}/{name}"

    def text(self, name: str) -> str | None:
        value = self._values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or len(value) > MAX_TEXT:
            raise Unreadable(NotReadable.WRONG_KIND, self.at(name))
        return value

    def needed(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise Unreadable(NotReadable.MISSING_FIELD, self.at(name))
        return value

    def number(self, name: str) -> Decimal | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, Decimal):
            raise Unreadable(NotReadable.WRONG_KIND, self.at(name))
        return value

    def flag(self, name: str) -> bool | None:
        value = self._values.get(name)
        if value is not None and not isinstance(value, bool):
            raise Unreadable(NotReadable.WRONG_KIND, self.at(name))
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        found = self.several(name)
        if any(not isinstance(text, str) or len(text) > MAX_TEXT for text in found):
            raise Unreadable(NotReadable.WRONG_KIND, self.at(name))
        return tuple(str(text) for text in found)

    def within(self, name: str) -> "Fields | None":
        value = self._values.get(name)
        return None if value is None else Fields(value, self.at(name))

    def several(self, name: str) -> Sequence[Json]:
        value = self._values.get(name)
        if value is None:
            return ()
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise Unreadable(NotReadable.WRONG_KIND, self.at(name))
        return value


def fields(section: bytes, pointer: str) -> Fields:
    """A section's one object."""
    try:
        text = section.decode()
        value = json.loads(
            text, object_pairs_hook=_once, parse_float=_number, parse_int=_number, parse_constant=_no_number
        )
    except UnicodeDecodeError:
        raise Unreadable(NotReadable.DAMAGED_TEXT, pointer) from None
    except Unreadable as found:
        raise Unreadable(found.fault, pointer) from None
    except (ValueError, RecursionError):  # RecursionError: nested deeper than anybody reads
        raise Unreadable(NotReadable.NOT_JSON, pointer) from None
    return Fields(value, pointer)


def _once(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Unreadable(NotReadable.REPEATED_NAME)
    for text in (*found, *(value for value in found.values() if isinstance(value, str))):
        if "\0" in text or any("\ud800" <= letter <= "\udfff" for letter in text):
            raise Unreadable(NotReadable.DAMAGED_TEXT)  # escapes that no text is made of, nor any table keeps
    return found


def _number(text: str) -> Decimal:
    if len(text) > MAX_NUMBER:
        raise Unreadable(NotReadable.NUMBER_OUT_OF_RANGE)
    _, exponent, power = text.lower().partition("e")
    if exponent and abs(int(power)) > MAX_EXPONENT:
        raise Unreadable(NotReadable.NUMBER_OUT_OF_RANGE)
    return Decimal(text)


def _no_number(_: str) -> NoReturn:
    raise Unreadable(NotReadable.NOT_JSON)
