"""Photos at the start and at the end of a use: how the vehicle was taken over, and how it was given back."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from domain.booking.bookings import Booking, State
from domain.fleet.damages import SHORTLY_AFTER, VEHICLES
from domain.fleet.keeping import runs
from domain.identity import Actor, PoolId
from domain.photos import MOST, Digest, Photo
from domain.refusals import Refusal


class Phase(StrEnum):
    START = "start"
    END = "end"


class UsePhoto(Struct, frozen=True):
    phase: Phase
    photo: Photo

    def names(self, phase: Phase, digest: Digest) -> bool:
        return (self.phase, self.photo.digest) == (phase, digest)


class PhotographedUse(Struct, frozen=True):
    """What was booked, the pool that its vehicle is in now, and the photos, in the order in which they came."""

    booking: Booking
    pool_id: PoolId | None
    photos: tuple[UsePhoto, ...] = ()


class NotPhotographed(StrEnum):
    UNKNOWN_BOOKING = "unknown_booking"
    UNKNOWN_PHOTO = "unknown_photo"
    NO_VEHICLE = "no_vehicle"
    WRONG_STATE = "wrong_state"
    TOO_LATE = "too_late_to_report"
    TOO_MANY_PHOTOS = "too_many_photos"


def may_photograph(
    use: PhotographedUse | None, phase: Phase, actor: Actor, now: datetime
) -> Refusal[NotPhotographed] | None:
    """Why not: by its holder, at the start while she has the vehicle, at the end shortly after as well. A photo of the start
    that comes with the end proves nothing."""
    if use is None or use.booking.holder_id != actor.id:
        return Refusal(NotPhotographed.UNKNOWN_BOOKING)
    booking = use.booking
    if booking.service not in VEHICLES:
        return Refusal(NotPhotographed.NO_VEHICLE)
    if booking.state is State.IN_USE:
        return None
    if phase is Phase.START or booking.state is not State.COMPLETED or booking.finished_at is None:
        return Refusal(NotPhotographed.WRONG_STATE)
    return Refusal(NotPhotographed.TOO_LATE) if now >= booking.finished_at + SHORTLY_AFTER else None


def has_no_room(use: PhotographedUse, phase: Phase, digest: Digest) -> Refusal[NotPhotographed] | None:
    """The same photo again is no other one."""
    there = {each.photo.digest for each in use.photos if each.phase is phase}
    return None if len(there) < MOST or digest in there else Refusal(NotPhotographed.TOO_MANY_PHOTOS)


def sees_photos(use: PhotographedUse | None, actor: Actor) -> bool:
    """The holder, and whoever runs the pool; not whoever has the vehicle next: what is wrong with it is reported as a damage."""
    return use is not None and (use.booking.holder_id == actor.id or runs(actor, use.pool_id))
