"""What a meter read, as OCMF 1.3 writes it (S.A.F.E. e.V., Open Charge Metering Format, tables 7, 10, 19 and 20).

A reading leaves out what is as in the one before it; a value is never taken over: without one of its own, a reading tells of an
event and not of energy.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from msgspec import Struct

from domain.charging.metering.registers import Register, register
from domain.charging.metering.sections import Fields, Json, NotReadable, Unreadable

MAX_READINGS = 1_000

Code = TypeVar("Code", bound=StrEnum)


class Occasion(StrEnum):
    """Why the meter was read (TX)."""

    BEGIN = "B"
    CHARGING = "C"
    EXCEPTION = "X"
    END = "E"
    ENDED_LOCALLY = "L"
    ENDED_REMOTELY = "R"
    ABORTED = "A"
    POWER_FAILED = "P"
    SUSPENDED = "S"
    TARIFF_CHANGED = "T"

    @property
    def ends(self) -> bool:
        return self in _ENDS


_ENDS = frozenset(
    {Occasion.END, Occasion.ENDED_LOCALLY, Occasion.ENDED_REMOTELY, Occasion.ABORTED, Occasion.POWER_FAILED}
)


class MeterState(StrEnum):
    """How the meter was when it was read (ST)."""

    NOT_PRESENT = "N"
    GOOD = "G"
    TIMEOUT = "T"
    DISCONNECTED = "D"
    REMOVED = "R"
    MANIPULATED = "M"
    EXCHANGED = "X"
    INCOMPATIBLE = "I"
    OUT_OF_RANGE = "O"
    SUBSTITUTE = "S"
    OTHER_ERROR = "E"
    READ_ERROR = "F"


class ClockState(StrEnum):
    """What the time is worth: `relative` durations are exact, counted from an informative clock."""

    UNKNOWN = "U"
    INFORMATIVE = "I"
    SYNCHRONISED = "S"
    RELATIVE = "R"


class Unit(StrEnum):
    KWH = "kWh"
    WH = "Wh"
    MILLIOHM = "mOhm"
    MICROOHM = "uOhm"


_KWH = {Unit.KWH: Decimal(1), Unit.WH: Decimal("0.001")}


class Reading(Struct, frozen=True):
    """`value` is in `unit`, with the digits that the meter signed. `errors` are the quantities that cannot be billed any more:
    "E" energy, "t" time. `lost` is what the cable lost, in the same unit, already taken off `value`."""

    at: datetime
    clock: ClockState
    occasion: Occasion | None
    value: Decimal | None
    unit: Unit | None
    register: Register | None
    current: str | None
    errors: str
    state: MeterState
    lost: Decimal | None = None

    @property
    def kwh(self) -> Decimal | None:
        """None where it is no energy."""
        if self.value is None or self.unit not in _KWH:
            return None
        return self.value * _KWH[self.unit]


_TAKEN_OVER = ("TM", "TX", "RI", "RU", "RT", "EF", "ST")


def readings(entries: Sequence[Json], pointer: str) -> tuple[Reading, ...]:
    """All of a container's, each complete by itself."""
    if not entries:
        raise Unreadable(NotReadable.MISSING_FIELD, pointer)
    if len(entries) > MAX_READINGS:
        raise Unreadable(NotReadable.TOO_LONG, pointer)
    return tuple(_each(entries, pointer))


def _each(entries: Sequence[Json], pointer: str) -> Iterator[Reading]:
    so_far: dict[str, Json] = {}
    for place, entry in enumerate(entries):
        if not isinstance(entry, Mapping):
            raise Unreadable(NotReadable.WRONG_KIND, f"{pointer}/{place}")
        complete = {**so_far, **entry}
        so_far = {name: complete[name] for name in _TAKEN_OVER if name in complete}
        yield _reading(Fields(complete, f"{pointer}/{place}"))


def _reading(entry: Fields) -> Reading:
    at, clock = _time(entry.needed("TM"), entry.at("TM"))
    named = entry.text("RI")
    return Reading(
        at=at,
        clock=clock,
        occasion=_code(Occasion, entry, "TX"),
        value=_reasonable(entry, "RV"),
        unit=_code(Unit, entry, "RU"),
        register=register(named) if named else None,
        current=entry.text("RT"),
        errors=entry.text("EF") or "",
        state=_member(MeterState, entry.needed("ST"), entry.at("ST")),
        lost=_reasonable(entry, "CL"),
    )


def _code(codes: type[Code], entry: Fields, name: str) -> Code | None:
    text = entry.text(name)
    return _member(codes, text, entry.at(name)) if text else None


def _member(codes: type[Code], text: str, pointer: str) -> Code:
    try:
        return codes(text)
    except ValueError:
        raise Unreadable(NotReadable.UNKNOWN_CODE, pointer) from None


def _reasonable(entry: Fields, name: str) -> Decimal | None:
    value = entry.number(name)
    if value is not None and not 0 <= value < 10**12:
        raise Unreadable(NotReadable.NUMBER_OUT_OF_RANGE, entry.at(name))
    return value


_TIME = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2}),([0-9]{3})([+-])([0-9]{2})([0-9]{2}) ([UISR])"
)


def _time(text: str, pointer: str) -> tuple[datetime, ClockState]:
    """`2018-07-24T13:22:04,000+0200 S`: the instant in UTC, and what the clock was worth."""
    found = _TIME.fullmatch(text)
    if found is None:
        raise Unreadable(NotReadable.UNREADABLE_TIME, pointer)
    year, month, day, hour, minute, second, milliseconds = (int(part) for part in found.groups()[:7])
    offset = timedelta(hours=int(found[9]), minutes=int(found[10]))
    try:
        zone = timezone(-offset if found[8] == "-" else offset)
        told = datetime(year, month, day, hour, minute, second, milliseconds * 1000, zone)
        return told.astimezone(UTC), ClockState(found[11])
    except (ValueError, OverflowError):
        raise Unreadable(NotReadable.UNREADABLE_TIME, pointer) from None
