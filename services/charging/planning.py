"""Planning charge points for a city. Nothing is recorded: what stands there is the city's, all else is asked with it."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

from msgspec import Struct

from domain.charging.planning.plan import Wanted
from domain.identity import City


class PlanFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    GEOJSON = "geojson"
    SVG = "svg"


class PlanFile(Struct, frozen=True):
    name: str
    media_type: str
    content: bytes


class Planning(Struct, frozen=True):
    """The use case, bound: the plan for what has no faults, with the city's stations of today, written in a format."""

    planned: Callable[[City, Wanted, PlanFormat], Awaitable[PlanFile]]
