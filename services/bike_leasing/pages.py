"""Pages of what there is of leases: the newest first."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class Mark(Struct, frozen=True):
    """Where something stands in its list: by when it was made, then by its id."""

    at: datetime
    id: UUID


class Wanted(Struct, frozen=True):
    """So many at most, those that follow `after`."""

    limit: int
    after: Mark | None = None
