"""How much energy was taken, by what the meter signed at the beginning and at the end.

Only what the meter vouches for is counted: the same meter, the same driver, a later page, a register that did not fall, and no
word of an error (OCMF 1.3, "Signing and Verification Process"; S.A.F.E.'s Transparenzsoftware looks at the same).
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.charging.metering.ocmf import Container, Count, Identification
from domain.charging.metering.readings import ClockState, MeterState, Occasion, Reading
from domain.refusals import Refusal


class NotMetered(StrEnum):
    """Why signed values do not tell how much energy was taken."""

    NOT_OF_A_TRANSACTION = "not_of_a_transaction"
    NO_BEGIN = "no_begin"
    NO_END = "no_end"
    BEGINS_TWICE = "begins_twice"
    ENDS_TWICE = "ends_twice"
    ANOTHER_METER = "another_meter"
    ANOTHER_PERSON = "another_person"
    PERSON_NOT_IDENTIFIED = "person_not_identified"
    PAGE_NOT_LATER = "page_not_later"
    ENDED_BEFORE_IT_BEGAN = "ended_before_it_began"
    METER_NOT_GOOD = "meter_not_good"
    ENERGY_NOT_USABLE = "energy_not_usable"
    VALUE_FELL = "value_fell"
    UNLIKE_THE_TRANSACTION = "unlike_the_transaction"
    OF_ANOTHER_TIME = "of_another_time"
    COUNTED_BEFORE = "counted_before"


class Metered(Struct, frozen=True):
    """`kwh` has the digits that the meter signed. `time_usable` says whether minutes may be billed by it, too: the last time is of
    a clock that is synchronised, or counts exactly from the beginning, and no reading calls the time unusable."""

    kwh: Decimal
    begin: Reading
    end: Reading
    time_usable: bool


class Tolerance(Struct, frozen=True):
    """By how much the station's own counting may differ from what was signed: so many watt-hours, or such a share if that is more.
    Stations count from wherever they like, some from zero, so that only differences can be compared; and they read their meters
    some seconds before or after the signature, in which a fast charger gives 40 Wh each."""

    wh: Decimal = Decimal(100)
    share: Decimal = Decimal("0.01")

    def allows(self, kwh: Decimal, told_wh: Decimal) -> bool:
        return abs(kwh * 1000 - told_wh) <= max(self.wh, kwh * 1000 * self.share)


TOLERANCE = Tolerance()
CLOCKS_MAY_DIFFER = timedelta(minutes=5)
"""The meter's and the station's."""

_FAILED = frozenset({"MISMATCH", "INVALID", "OUTDATED", "UNKNOWN"})  # OCMF 1.3, table 11
_EXACT = frozenset({ClockState.SYNCHRONISED, ClockState.RELATIVE})


def metered(begin: Container, end: Container) -> Metered | Refusal[NotMetered]:
    """What was taken between the two, which are one where a container holds both readings (OCMF's MultipleReading)."""
    if {begin.page.count, end.page.count} != {Count.TRANSACTION}:
        return Refusal(NotMetered.NOT_OF_A_TRANSACTION)
    if begin.serials != end.serials:
        return Refusal(NotMetered.ANOTHER_METER)
    if begin is not end and begin.page.number >= end.page.number:
        return Refusal(NotMetered.PAGE_NOT_LATER)
    if refusal := _not_of_one_person(begin.identification, end.identification):
        return refusal
    pair = _pair(begin, end)
    if isinstance(pair, Refusal):
        return pair
    first, last = pair
    told = begin.readings if begin is end else begin.readings + end.readings
    return _taken(first, last, told)


def like(
    found: Metered, started_wh: int, stopped_wh: int, tolerance: Tolerance = TOLERANCE
) -> Refusal[NotMetered] | None:
    """Whether the station counted the same; what it told, in watt-hours, when the transaction began and ended."""
    alike = tolerance.allows(found.kwh, Decimal(stopped_wh - started_wh))
    return None if alike else Refusal(NotMetered.UNLIKE_THE_TRANSACTION)


def during(found: Metered, began_at: datetime | None, over_at: datetime | None) -> Refusal[NotMetered] | None:
    """Whether what was signed lies within the session, by the station's times, as far as they are known: a container of another
    session is right by itself. A clock that nobody synchronised says nothing of that."""
    begin, end = found.begin, found.end
    early = _is_told(begin) and began_at is not None and begin.at < began_at - CLOCKS_MAY_DIFFER
    late = _is_told(end) and over_at is not None and end.at > over_at + CLOCKS_MAY_DIFFER
    return Refusal(NotMetered.OF_ANOTHER_TIME) if early or late else None


def _is_told(reading: Reading) -> bool:
    return reading.clock is ClockState.SYNCHRONISED


def _not_of_one_person(first: Identification, last: Identification) -> Refusal[NotMetered] | None:
    if {first.level, last.level} & _FAILED:
        return Refusal(NotMetered.PERSON_NOT_IDENTIFIED)
    if first.assigned is False:  # nobody was known yet when the transaction began
        return None
    if (first.kind, _folded(first.data)) != (last.kind, _folded(last.data)):
        return Refusal(NotMetered.ANOTHER_PERSON)
    return None


def _folded(data: str | None) -> str:
    """Identifiers of cards are hexadecimal, in whichever case."""
    return (data or "").casefold()


def _pair(begin: Container, end: Container) -> tuple[Reading, Reading] | Refusal[NotMetered]:
    """The first and the last reading of the register that is billed: at the vehicle where the meter takes the cable's loss off,
    else the first that was read."""
    begins = [reading for reading in _of_energy(begin) if reading.occasion is Occasion.BEGIN]
    ends = [reading for reading in _of_energy(end) if reading.occasion is not None and reading.occasion.ends]
    if not begins:
        return Refusal(NotMetered.NO_BEGIN)
    codes = dict.fromkeys(
        reading.register
        for reading in sorted(begins, key=lambda reading: not (reading.register and reading.register.compensated))
    )
    code = next((code for code in codes if any(reading.register == code for reading in ends)), None)
    if code is None:
        return Refusal(NotMetered.NO_END)
    first = [reading for reading in begins if reading.register == code]
    last = [reading for reading in ends if reading.register == code]
    if len(first) > 1:
        return Refusal(NotMetered.BEGINS_TWICE)
    return Refusal(NotMetered.ENDS_TWICE) if len(last) > 1 else (first[0], last[0])


def _of_energy(container: Container) -> Iterator[Reading]:
    return (reading for reading in container.readings if reading.register and reading.register.taken)


def _taken(first: Reading, last: Reading, told: tuple[Reading, ...]) -> Metered | Refusal[NotMetered]:
    if {first.state, last.state} != {MeterState.GOOD}:
        return Refusal(NotMetered.METER_NOT_GOOD)
    if any(_spoils(reading, "E") for reading in told) or first.kwh is None or last.kwh is None:
        return Refusal(NotMetered.ENERGY_NOT_USABLE)
    if last.at < first.at:
        return Refusal(NotMetered.ENDED_BEFORE_IT_BEGAN)
    if last.kwh < first.kwh:
        return Refusal(NotMetered.VALUE_FELL)
    exact = last.clock in _EXACT and not any(_spoils(reading, "t") for reading in told)
    return Metered(last.kwh - first.kwh, first, last, exact)


def _spoils(reading: Reading, quantity: str) -> bool:
    """Whether an error makes the quantity useless; an exception that names none makes all of them so."""
    return quantity in reading.errors or (reading.occasion is Occasion.EXCEPTION and not reading.errors)
