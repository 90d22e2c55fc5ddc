"""What is written on a vehicle's dashboard, as a picture."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.identity import Actor, City


class Picture(StrEnum):
    SVG = "svg"
    PNG = "png"


class DashboardCodes(Struct, frozen=True):
    """The use case, bound: None for a vehicle that is not there, or has no code."""

    draw: Callable[[City, Actor, ResourceId, Picture], Awaitable[bytes | None]]
