"""Photos of a use: added by whoever has the vehicle, seen by her and by whoever runs it."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.fleet.use_photos import (
    NotPhotographed,
    Phase,
    PhotographedUse,
    UsePhoto,
    has_no_room,
    may_photograph,
    sees_photos,
)
from domain.identity import Actor
from domain.photos import Developed, Digest, NotAPhoto
from domain.refusals import Refusal
from services.calls import Answer, Call


class UsePhotoBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def find(self, booking_id: BookingId, *, locked: bool = False) -> PhotographedUse | None: ...
    async def keep(self, booking_id: BookingId, phase: Phase, photo: Developed) -> None:
        """Nothing happens where it is there already."""

    async def show(self, booking_id: BookingId, digest: Digest) -> Developed | None: ...


class AddUsePhoto(Struct, frozen=True):
    booking_id: BookingId
    phase: Phase
    raw: bytes


Adding: TypeAlias = UsePhoto | Refusal[NotPhotographed] | Refusal[NotAPhoto]


class UsePhotos(Struct, frozen=True):
    """The use cases, bound. All raise Unavailable."""

    add: Callable[[Call[Adding], AddUsePhoto], Awaitable[Answer]]
    of: Callable[[Actor, BookingId], Awaitable[tuple[UsePhoto, ...] | Refusal[NotPhotographed]]]
    show: Callable[[Actor, BookingId, Digest], Awaitable[Developed | Refusal[NotPhotographed]]]


async def add_use_photo(
    command: AddUsePhoto,
    photo: Developed | Refusal[NotAPhoto] | None,
    *,
    books: UsePhotoBooks,
    actor: Actor,
    now: datetime,
) -> Adding:
    """`photo` is None where nobody looked at what was sent, as it would not be taken."""
    use = await books.find(command.booking_id, locked=True)
    if refused := may_photograph(use, command.phase, actor, now):
        return refused
    if use is None or not isinstance(photo, Developed):
        return photo if isinstance(photo, Refusal) else Refusal(NotPhotographed.UNKNOWN_BOOKING)
    if full := has_no_room(use, command.phase, photo.digest):
        return full
    await books.keep(command.booking_id, command.phase, photo)
    return next(each for each in await _photos(books, command.booking_id) if each.names(command.phase, photo.digest))


async def _photos(books: UsePhotoBooks, booking_id: BookingId) -> tuple[UsePhoto, ...]:
    use = await books.find(booking_id)
    return use.photos if use else ()


async def photos_of_use(
    booking_id: BookingId, *, books: UsePhotoBooks, actor: Actor
) -> tuple[UsePhoto, ...] | Refusal[NotPhotographed]:
    use = await books.find(booking_id)
    return use.photos if use and sees_photos(use, actor) else Refusal(NotPhotographed.UNKNOWN_BOOKING)


async def show_use_photo(
    booking_id: BookingId, digest: Digest, *, books: UsePhotoBooks, actor: Actor
) -> Developed | Refusal[NotPhotographed]:
    if not sees_photos(await books.find(booking_id), actor):
        return Refusal(NotPhotographed.UNKNOWN_BOOKING)
    return await books.show(booking_id, digest) or Refusal(NotPhotographed.UNKNOWN_PHOTO)
