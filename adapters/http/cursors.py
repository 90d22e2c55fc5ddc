"""Cursors of lists: opaque to clients, no more than the place of the last item to us."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC
from uuid import UUID

import msgspec
from msgspec import Struct

from adapters.http.problems import Fault, Rejected
from adapters.http.reading import EARLIEST, LATEST, Instant

LONGEST = 256


class Place(Struct, array_like=True, frozen=True):
    """An item of a list that is ordered by time, then by id."""

    at: Instant
    id: UUID


def written(place: Place) -> str:
    return urlsafe_b64encode(msgspec.json.encode(place)).decode().rstrip("=")


def read(cursor: str) -> Place:
    """The place in UTC. Raises Rejected for what `written` did not write."""
    try:
        if len(cursor) > LONGEST:
            raise ValueError("longer than any cursor")
        place = msgspec.json.decode(urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)), type=Place)
        if not EARLIEST <= place.at < LATEST:
            raise ValueError("outside the years of bookings")
    except (ValueError, msgspec.MsgspecError) as error:
        raise Rejected("invalid_input", errors=(Fault("not a cursor of this list", parameter="cursor"),)) from error
    return Place(place.at.astimezone(UTC), place.id)
