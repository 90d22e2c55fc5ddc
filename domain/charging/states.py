"""Where Germany's states lie, roughly: enough to notice a coordinate that cannot be right."""

from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from domain.places import Location


class Bounds(Struct, frozen=True):
    """A box of degrees of WGS 84; its edges belong to it."""

    south: float
    north: float
    west: float
    east: float

    def contains(self, location: Location) -> bool:
        return self.south <= location.lat <= self.north and self.west <= location.lon <= self.east


class StateBounds(Struct, frozen=True):
    """The boxes by the state's German name, as the register spells it; `as_of` and `source` say whence they come."""

    as_of: date
    source: str
    boxes: Mapping[str, Bounds]


GERMAN_STATES = StateBounds(
    as_of=date(2026, 11, 22),
    source=(
        "Approximate outermost points of each state with its islands (Neuwerk, Helgoland, Borkum), compiled from public "
        "lists of the states' extents and moved outward by 0.03 to 0.1 degrees: generous boxes, no borders"
    ),
    boxes={
        "Baden-Württemberg": Bounds(47.45, 49.85, 7.45, 10.55),
        "Bayern": Bounds(47.20, 50.62, 8.90, 13.90),
        "Berlin": Bounds(52.28, 52.73, 13.03, 13.82),
        "Brandenburg": Bounds(51.30, 53.61, 11.21, 14.82),
        "Bremen": Bounds(52.95, 53.66, 8.43, 9.05),
        "Hamburg": Bounds(53.34, 54.03, 8.35, 10.38),
        "Hessen": Bounds(49.34, 51.71, 7.71, 10.29),
        "Mecklenburg-Vorpommern": Bounds(53.05, 54.74, 10.54, 14.47),
        "Niedersachsen": Bounds(51.24, 53.95, 6.57, 11.65),
        "Nordrhein-Westfalen": Bounds(50.27, 52.59, 5.81, 9.52),
        "Rheinland-Pfalz": Bounds(48.91, 51.00, 6.06, 8.57),
        "Saarland": Bounds(49.05, 49.70, 6.30, 7.46),
        "Sachsen": Bounds(50.12, 51.74, 11.82, 15.10),
        "Sachsen-Anhalt": Bounds(50.88, 53.10, 10.51, 13.24),
        "Schleswig-Holstein": Bounds(53.30, 55.12, 7.81, 11.39),
        "Thüringen": Bounds(50.15, 51.70, 9.82, 12.71),
    },
)
GERMANY = Bounds(south=47.20, north=55.15, west=5.80, east=15.10)
"""From Haldenwanger Eck to List, from Isenbruch to Deschka, moved outward by a few kilometres."""
