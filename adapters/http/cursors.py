"""Cursors of lists: opaque to clients, no more than the place of the last item to us."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import UTC
from typing import TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct

from adapters.http.problems import Fault, Rejected
from adapters.http.reading import EARLIEST, LATEST, Instant

LONGEST = 1024
Mark = TypeVar("Mark", bound=Struct)
Item = TypeVar("Item")


class Place(Struct, array_like=True, frozen=True):
    """An item of a list that is ordered by time, then by id."""

    at: Instant
    id: UUID


def written(mark: Struct) -> str:
    return urlsafe_b64encode(msgspec.json.encode(mark)).decode().rstrip("=")


def read(cursor: str) -> Place:
    """The place in UTC. Raises Rejected for what `written` did not write."""
    place = read_as(Place, cursor)
    if not EARLIEST <= place.at < LATEST:
        raise _no_cursor()
    return Place(place.at.astimezone(UTC), place.id)


def read_as(wanted: type[Mark], cursor: str) -> Mark:
    """The mark of a list that is ordered otherwise. Raises Rejected for what `written` did not write."""
    try:
        if len(cursor) > LONGEST:
            raise ValueError("longer than any cursor")
        content = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        if b"\\u0000" in content:
            raise ValueError("no text in the database holds NUL")
        return msgspec.json.decode(content, type=wanted)
    except (ValueError, msgspec.MsgspecError) as error:
        raise _no_cursor() from error


def following(found: Sequence[Item], limit: int, place: Callable[[Item], Place]) -> str | None:
    """The cursor of what comes after so many of the found; None where nothing does."""
    return written(place(found[limit - 1])) if len(found) > limit else None


def _no_cursor() -> Rejected:
    return Rejected("invalid_input", errors=(Fault("not a cursor of this list", parameter="cursor"),))
