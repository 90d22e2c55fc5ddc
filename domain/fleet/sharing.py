"""Setting the windows in which a pool's vehicles are shared with residents, and which of their bookings lie outside.

Windows say when, not what: a vehicle is shared where its placement says so, and that the law allows only with the papers of
`domain.fleet.documents.rentable`. New windows count for bookings from now on. What residents have booked stays theirs, and is
listed for whoever runs the pool; a hold is confirmed only inside of the windows that count by then.
"""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import BookingId, State
from domain.booking.resources import ResourceId
from domain.booking.sharing import Sharing, SharingWindow, faults
from domain.fleet.keeping import runs
from domain.identity import Actor, PoolId
from domain.periods import Period
from domain.refusals import Refusal


class PoolSharing(Struct, frozen=True):
    """When a pool's vehicles are shared. Without `windows` (None) at any time, with an empty list of them never; `version`
    counts how often that was changed. `release_after_s` is as in Sharing. `time_zone` and `holidays_in`, a state such as NI, are the city's."""

    pool_id: PoolId
    windows: tuple[SharingWindow, ...] | None
    time_zone: str
    holidays_in: str | None = None
    version: int = 0
    release_after_s: int | None = None

    @property
    def sharing(self) -> Sharing | None:
        """As resources of the pool have it."""
        if self.windows is None:
            return None
        return Sharing(self.windows, self.time_zone, self.holidays_in, self.version, self.release_after_s)

    def openings(self, within: Period) -> tuple[Period, ...]:
        """When residents may have what is shared, inside of a period."""
        return (within,) if self.sharing is None else self.sharing.openings(within)


class SetSharing(Struct, frozen=True):
    """These windows in place of the present ones; `seen` is the version that the caller has in mind, None where any will do."""

    pool_id: PoolId
    windows: tuple[SharingWindow, ...] | None
    seen: int | None = None
    release_after_s: int | None = None


class SharingSet(Struct, frozen=True):
    pool: PoolSharing


class AlreadySet(Struct, frozen=True):
    """The windows are these: answered, and nothing changes."""

    pool: PoolSharing


class NotShared(StrEnum):
    UNKNOWN_POOL = "unknown_pool"
    VERSION_MISMATCH = "version_mismatch"
    WINDOW_INVALID = "window_invalid"


class Standing(Struct, frozen=True):
    """A booking that a resident has in a pool, and of which vehicle; it is not over."""

    booking_id: BookingId
    vehicle_id: ResourceId
    vehicle: str
    state: State
    start: datetime
    end: datetime


def set_sharing(
    command: SetSharing, known: PoolSharing | None, actor: Actor
) -> SharingSet | AlreadySet | Refusal[NotShared]:
    """Let the pool be shared in these windows, for bookings from now on."""
    if known is None or not runs(actor, command.pool_id):
        return Refusal(NotShared.UNKNOWN_POOL)
    if command.seen not in {None, known.version}:
        return Refusal(NotShared.VERSION_MISMATCH)
    if wrong := faults(command.windows or ()):
        return Refusal(NotShared.WINDOW_INVALID, f"/windows{wrong[0][0]}")
    wanted = replace(known, windows=command.windows, release_after_s=command.release_after_s)
    return AlreadySet(known) if wanted == known else SharingSet(replace(wanted, version=known.version + 1))


def outside(pool: PoolSharing, standing: Iterable[Standing], now: datetime) -> tuple[Standing, ...]:
    """Those of the residents' bookings that could not be made by the windows; they are kept all the same."""
    sharing = pool.sharing
    if sharing is None:
        return ()
    return tuple(each for each in standing if not sharing.covers(Period(each.start, each.end), now))
