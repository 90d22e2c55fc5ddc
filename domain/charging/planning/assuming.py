"""Assumptions that a city states instead of ours."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.charging.planning.figures import ASSUMPTIONS, Assumption, Case
from domain.charging.planning.names import Name
from domain.charging.planning.numbers import is_plain

Values: TypeAlias = Mapping[Name, Decimal]
WHOLES = (
    (Name.HOME_WORK, Name.HOME_HUB, Name.HOME_DESTINATION, Name.HOME_HIGHWAY),
    (Name.AWAY_WORK, Name.AWAY_HUB, Name.AWAY_DESTINATION, Name.AWAY_HIGHWAY),
    (Name.DESTINATION_DC, Name.DESTINATION_HPC),
)
STATED = "stated for this plan"
LONGEST_SOURCE = 300


class Stated(Struct, frozen=True, forbid_unknown_fields=True):
    """A figure in place of ours. Without `low` and `high` it is held to be certain."""

    value: Decimal
    low: Decimal | None = None
    high: Decimal | None = None
    source: str = STATED


def assumed(
    stated: Mapping[Name, Stated], on: date, known: Sequence[Assumption] = ASSUMPTIONS
) -> tuple[Assumption, ...]:
    """Ours, with those that were stated on that day in their places."""
    return tuple(_with(each, stated[each.name], on) if each.name in stated else each for each in known)


def _with(ours: Assumption, stated: Stated, on: date) -> Assumption:
    low = stated.value if stated.low is None else stated.low
    high = stated.value if stated.high is None else stated.high
    return replace(ours, value=stated.value, low=low, high=high, as_of=on, source=stated.source)


def faults_of(assumptions: Sequence[Assumption]) -> tuple[tuple[Name, str], ...]:
    """Those that cannot be, each with what is wrong with it."""
    faults = []
    for each in assumptions:
        numbers = (each.low, each.value, each.high)
        if not all(is_plain(number) and each.least <= number <= each.most for number in numbers):
            faults.append((each.name, f"{each.least} to {each.most}"))
        elif not each.low <= each.value <= each.high:
            faults.append((each.name, "low, value and high come in this order"))
        elif each.whole and any(number % 1 for number in numbers):
            faults.append((each.name, "a whole number"))
        if not 1 <= len(each.source.strip()) <= len(each.source) <= LONGEST_SOURCE or not each.source.isprintable():
            faults.append((each.name, f"the source has 1 to {LONGEST_SOURCE} characters in one line"))
    if faults:
        return tuple(faults)
    highest = {each.name: each.high for each in assumptions}
    return tuple(
        (names[0], f"{', '.join(names)} are at most 1 together, at their highest")
        for names in WHOLES
        if sum(highest[name] for name in names) > 1
    )


def at(assumptions: Sequence[Assumption], case: Case, but: tuple[Name, Case] | None = None) -> Values:
    """The numbers of a case; `but` is one of them as in another."""
    return {each.name: each.at(but[1] if but is not None and each.name is but[0] else case) for each in assumptions}
