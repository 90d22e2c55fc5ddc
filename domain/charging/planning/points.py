"""Charge points by what they give: what is counted, needed and built."""

from collections.abc import Iterable
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class PowerClass(StrEnum):
    """`ac`: up to 22 kW, Normalladepunkt. `dc`: above, and below 150 kW. `hpc`: 150 kW and more (High Power Charging)."""

    AC = "ac"
    DC = "dc"
    HPC = "hpc"


MOST_AC_KW, LEAST_HPC_KW = Decimal(22), Decimal(150)


def class_of(kilowatts: Decimal) -> PowerClass:
    """The class of a point that gives so much."""
    if kilowatts <= MOST_AC_KW:
        return PowerClass.AC
    return PowerClass.DC if kilowatts < LEAST_HPC_KW else PowerClass.HPC


class Points(Struct, frozen=True):
    """How many points of each class; never negative."""

    ac: int = 0
    dc: int = 0
    hpc: int = 0

    def of(self, power_class: PowerClass) -> int:
        return int(getattr(self, power_class.value))

    @property
    def total(self) -> int:
        return self.ac + self.dc + self.hpc

    def beyond(self, other: "Points") -> "Points":
        """What there is more than of the other; nothing where there is less."""
        return Points(max(self.ac - other.ac, 0), max(self.dc - other.dc, 0), max(self.hpc - other.hpc, 0))


def summed(each: Iterable[Points]) -> Points:
    listed = tuple(each)
    return Points(sum(p.ac for p in listed), sum(p.dc for p in listed), sum(p.hpc for p in listed))


def counted(kilowatts: Iterable[Decimal]) -> Points:
    """Points by the power that each of them gives."""
    classes = [class_of(each) for each in kilowatts]
    return Points(*(classes.count(each) for each in PowerClass))
