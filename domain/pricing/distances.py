"""What kilometres cost: one price for each, or other prices from so many kilometres on."""

import math
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from msgspec import Struct

from domain.money import minor_units, shared


class DistanceBand(Struct, frozen=True, omit_defaults=True):
    """Each kilometre beyond `above_km` of a use costs `gross`, until the next band begins."""

    above_km: int
    gross: Decimal
    name: str = ""


class Driven(Struct, frozen=True):
    """An item of a quote: `gross` in minor units; `band` is the name of the band where it has one."""

    km: Decimal
    gross: int
    band: str = ""


def priced_distance(first: Decimal, bands: Sequence[DistanceBand], km: Decimal) -> list[Driven]:
    """The items for so many kilometres, one for each band that they reach. The exact amount is rounded once, half up, and
    the items share it."""
    reached = [DistanceBand(0, first), *(band for band in bands if band.above_km < km)]
    ends = [*(Decimal(band.above_km) for band in reached[1:]), km]
    lengths = [end - band.above_km for band, end in zip(reached, ends, strict=True)]
    exact = [Fraction(band.gross) * Fraction(length) for band, length in zip(reached, lengths, strict=True)]
    scale = math.lcm(*(amount.denominator for amount in exact))
    amounts = shared(minor_units(sum(exact, Fraction())), [int(amount * scale) for amount in exact])
    return [Driven(length, amount, band.name) for band, length, amount in zip(reached, lengths, amounts, strict=True)]


def band_faults(bands: Sequence[DistanceBand]) -> list[str]:
    """What is wrong with the bands, in words for their author."""
    edges = [0, *(band.above_km for band in bands)]
    rising = all(before < after for before, after in pairwise(edges))
    return [] if rising else ["distance_bands begin above 0 km, each above the one before"]
