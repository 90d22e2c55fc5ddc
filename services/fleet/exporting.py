"""A fleet given away as a file, and taken in from one."""

from collections.abc import Awaitable, Callable
from enum import StrEnum

from msgspec import Struct

from domain.identity import Actor, City
from services.calls import Answer, Call
from services.fleet.files import Report


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


class File(Struct, frozen=True):
    name: str
    media_type: str
    content: bytes


class FleetFiles(Struct, frozen=True):
    """The use cases, bound. `take_in` raises `Unreadable` for a file that is refused whole."""

    give: Callable[[City, Actor, Format], Awaitable[File]]
    take_in: Callable[[Call[Report], bytes], Awaitable[Answer]]
