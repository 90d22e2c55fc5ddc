"""Asking for a kind of resource instead of a certain one, and which one it becomes."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from domain.booking.resources import StationId
from domain.identity import PoolId

# Time enough to tell the holder, and to put the right one in its place.
FINAL_BEFORE = timedelta(minutes=30)


class ClassRequest(Struct, frozen=True, omit_defaults=True):
    """Any one at a station, of a pool, or both, that is as `wanted` says: the service's own words, as JSON.

    Resources that fit the same request at the same tariff and belong to the same pool are equal: a booking may be moved
    from one to the other until its resource is final.
    """

    station_id: StationId | None
    pool_id: PoolId | None
    wanted: msgspec.Raw

    def read(self, shape: type[Struct]) -> Any:
        return msgspec.json.decode(self.wanted, type=shape)


def final_at(request: ClassRequest | None, start: datetime) -> datetime | None:
    """When the resource becomes final; None where it was asked for by name."""
    return None if request is None else start - FINAL_BEFORE
