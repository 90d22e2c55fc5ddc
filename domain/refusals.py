"""What the domain says when it says no."""

from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from msgspec import Struct

from domain.money import Money
from domain.periods import Period
from domain.proofs import ProofKind

Reason_co = TypeVar("Reason_co", bound=StrEnum, covariant=True)


class PowerLeft(Struct, frozen=True):
    """What a grid connection has left for somebody within the asked time: energy, and what that is on average."""

    energy_wh: int
    average_w: int


class Refusal(Struct, Generic[Reason_co], frozen=True):
    """A rule said no. Not an error: nothing is broken, and nothing changes.

    `pointer` is the JSON pointer of the input that the rule looked at, where one input alone decides;
    `conflicts` and `alternatives` are periods of the asked resource, `latest_end` is until when it could be had; `missing`
    names what the person has not shown; `power` is what there is where it is too little, and `left` what is left of a budget.
    """

    reason: Reason_co
    pointer: str = ""
    conflicts: tuple[Period, ...] = ()
    alternatives: tuple[Period, ...] = ()
    latest_end: datetime | None = None
    missing: tuple[ProofKind, ...] = ()
    power: PowerLeft | None = None
    left: Money | None = None
