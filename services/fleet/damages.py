"""Damages of vehicles: reported by whoever has one or runs it, with photos, and noted by whoever runs it."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.events import ProblemReported
from domain.booking.problems import ProblemId, unfit
from domain.booking.resources import ResourceId
from domain.fleet.damages import (
    SETTLED,
    VEHICLES,
    Damage,
    DamageId,
    DamageNoted,
    DamageReported,
    DamageState,
    NotDamaged,
    NoteDamage,
    ReportDamage,
    Scene,
    Severity,
    has_no_room,
    has_vehicle,
    may_add_photos,
    may_remove_photo,
    noted,
    photos_for,
    reported,
)
from domain.fleet.keeping import runs
from domain.identity import Actor, PersonId, PoolId
from domain.photos import Developed, Digest, NotAPhoto, Photo
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.keeping import Reach, reach


class KnownDamage(Struct, frozen=True):
    """A damage, its vehicle's name and pool as they are now, and the names that go with it, as far as there are any."""

    damage: Damage
    vehicle: str
    pool_id: PoolId | None
    time_zone: str
    people: dict[PersonId, str]


class DamageMark(Struct, array_like=True, frozen=True):
    """Where a page of damages ended; the newest comes first."""

    reported_at: datetime
    id: DamageId


class DamagesWanted(Struct, frozen=True):
    """Of one vehicle, pool, use, severity, or of some states; `withdrawing` are those that keep a vehicle out of booking."""

    limit: int
    after: DamageMark | None = None
    vehicle_id: ResourceId | None = None
    pool_id: PoolId | None = None
    booking_id: BookingId | None = None
    severity: Severity | None = None
    states: frozenset[DamageState] = frozenset()
    withdrawing: bool | None = None


class DamageBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def scene(self, of: UUID, *, by_booking: bool, locked: bool = False) -> Scene | None: ...
    async def report(self, event: DamageReported, problem: ProblemReported | None) -> None:
        """With the problem that it is for whoever has the vehicle booked; the vehicle is withdrawn if the damage does so."""

    async def find(self, damage_id: DamageId, *, locked: bool = False) -> KnownDamage | None: ...
    async def page(self, within: Reach, wanted: DamagesWanted) -> Sequence[KnownDamage]:
        """The newest first."""

    async def note(self, event: DamageNoted) -> None:
        """Beside those before; the vehicle goes or comes back with it, where nothing else keeps it out."""


class PhotoBooks(Protocol):
    """The photos, open likewise."""

    async def keep(self, damage_id: DamageId, photo: Developed) -> None:
        """Nothing happens where it is there already."""

    async def take_away(self, damage_id: DamageId, digest: Digest) -> None:
        """From this damage; the trail says who did."""

    async def is_before(self, person: PersonId, vehicle_id: ResourceId) -> bool:
        """Whether what is on the vehicle concerns her, as `has_vehicle` has it of one booking."""
        ...

    async def show(self, damage_id: DamageId, digest: Digest) -> Developed | None: ...


class PhotoStudio(Protocol):
    """Makes of what was sent the picture that is kept, by whatever library it is read."""

    async def develop(self, raw: bytes) -> Developed | Refusal[NotAPhoto]:
        """JPEG, PNG or WebP by its content, whatever it is called. Nothing is left of it but the picture: no place, no time, no
        camera. The same bytes give the same picture. Raises Unavailable while too many wait."""


class DamageSeen(Struct, frozen=True):
    """A damage as whoever has the vehicle sees it, with those of its photos that are shown to her."""

    known: KnownDamage
    photos: tuple[Photo, ...]


class AddPhoto(Struct, frozen=True):
    damage_id: DamageId
    raw: bytes


class PhotoAdded(Struct, frozen=True):
    """Also where it was there before."""

    damage: Damage
    digest: Digest


Reporting: TypeAlias = KnownDamage | Refusal[NotDamaged]
Adding: TypeAlias = PhotoAdded | Refusal[NotDamaged] | Refusal[NotAPhoto]
Seeing: TypeAlias = tuple[DamageSeen, ...] | Refusal[NotDamaged]


class Damages(Struct, frozen=True):
    """The use cases, bound. All raise Unavailable."""

    report: Callable[[Call[Reporting], ReportDamage], Awaitable[Answer]]
    note: Callable[[Call[Reporting], NoteDamage], Awaitable[Answer]]
    add_photo: Callable[[Call[Adding], AddPhoto], Awaitable[Answer]]
    photo: Callable[[Actor, DamageId, Digest], Awaitable[Developed | Refusal[NotDamaged]]]
    remove_photo: Callable[[Actor, str, DamageId, Digest], Awaitable[Refusal[NotDamaged] | None]]
    on_booked: Callable[[Actor, BookingId], Awaitable[Seeing]]
    find: Callable[[Actor, DamageId], Awaitable[KnownDamage | None]]
    page: Callable[[Actor, DamagesWanted], Awaitable[Sequence[KnownDamage]]]


async def report_damage(command: ReportDamage, *, books: DamageBooks, actor: Actor, now: datetime) -> Reporting:
    scene = await books.scene(command.of, by_booking=command.by_booking, locked=True)
    outcome = reported(command, scene, actor, now)
    if isinstance(outcome, Refusal):
        return outcome
    booking = scene.booking if scene else None
    damage = outcome.damage
    problem = unfit(booking, ProblemId(damage.id), actor, now) if booking and damage.withdraws else None
    await books.report(outcome, problem)
    return await books.find(damage.id) or Refusal(NotDamaged.UNKNOWN_DAMAGE)


async def note_damage(command: NoteDamage, *, books: DamageBooks, actor: Actor, now: datetime) -> Reporting:
    known = await books.find(command.id, locked=True)
    outcome = noted(command, known.damage if known else None, known.pool_id if known else None, actor, now)
    if isinstance(outcome, Refusal):
        return outcome
    await books.note(outcome)
    return await books.find(command.id) or Refusal(NotDamaged.UNKNOWN_DAMAGE)


async def find_damage(damage_id: DamageId, *, books: DamageBooks, actor: Actor) -> KnownDamage | None:
    known = await books.find(damage_id)
    return known if known is not None and runs(actor, known.pool_id) else None


async def list_damages(wanted: DamagesWanted, *, books: DamageBooks, actor: Actor) -> Sequence[KnownDamage]:
    return await books.page(reach(actor), wanted)


async def damages_of_booked(
    booking_id: BookingId, *, books: DamageBooks, actor: Actor, most: int = 100
) -> tuple[DamageSeen, ...] | Refusal[NotDamaged]:
    """What is on a vehicle that is booked, so that nobody reports it again or answers for it, and what was reported of this use;
    for the holder, and for whoever runs the pool. Once it is over, what was reported of it alone."""
    scene = await books.scene(booking_id, by_booking=True)
    booking = scene.booking if scene else None
    if scene is None or booking is None or not (booking.holder_id == actor.id or runs(actor, scene.pool_id)):
        return Refusal(NotDamaged.UNKNOWN_BOOKING)
    if scene.service not in VEHICLES:
        return ()
    everything = Reach(True, True, ())
    has_it = has_vehicle(booking)
    found = list(await books.page(everything, DamagesWanted(most, booking_id=booking_id)))
    if has_it:
        states = frozenset(DamageState) - SETTLED
        found += await books.page(everything, DamagesWanted(most, vehicle_id=scene.vehicle_id, states=states))
    return tuple(
        DamageSeen(known, photos_for(actor, known.damage, known.pool_id, has_it=has_it))
        for known in {known.damage.id: known for known in found}.values()
    )


async def may_add(damage_id: DamageId, *, books: DamageBooks, actor: Actor, now: datetime) -> bool:
    """Whether it is worth looking at what was sent."""
    known = await books.find(damage_id)
    damage, pool = (known.damage, known.pool_id) if known else (None, None)
    return may_add_photos(damage, pool, actor, now) is None


async def add_photo(
    damage_id: DamageId,
    photo: Developed | Refusal[NotAPhoto] | None,
    *,
    books: DamageBooks,
    photos: PhotoBooks,
    actor: Actor,
    now: datetime,
) -> Adding:
    """`photo` is None where nobody looked at what was sent, as it would not be taken."""
    known = await books.find(damage_id, locked=True)
    damage, pool = (known.damage, known.pool_id) if known else (None, None)
    if refused := may_add_photos(damage, pool, actor, now):
        return refused
    if damage is None or not isinstance(photo, Developed):
        return photo if isinstance(photo, Refusal) else Refusal(NotDamaged.UNKNOWN_DAMAGE)
    if full := has_no_room(damage, photo.digest):
        return full
    await photos.keep(damage_id, photo)
    kept = await books.find(damage_id)
    return PhotoAdded(kept.damage, photo.digest) if kept else Refusal(NotDamaged.UNKNOWN_DAMAGE)


async def remove_photo(
    damage_id: DamageId, digest: Digest, *, books: DamageBooks, photos: PhotoBooks, actor: Actor, now: datetime
) -> Refusal[NotDamaged] | None:
    known = await books.find(damage_id, locked=True)
    damage, pool = (known.damage, known.pool_id) if known else (None, None)
    if refused := may_remove_photo(damage, digest, pool, actor, now):
        return refused
    await photos.take_away(damage_id, digest)
    return None


async def show_photo(
    damage_id: DamageId, digest: Digest, *, books: DamageBooks, photos: PhotoBooks, actor: Actor
) -> Developed | Refusal[NotDamaged]:
    known = await books.find(damage_id)
    if known is None:
        return Refusal(NotDamaged.UNKNOWN_PHOTO)
    has_it = await photos.is_before(actor.id, known.damage.vehicle_id)
    seen = photos_for(actor, known.damage, known.pool_id, has_it=has_it)
    if digest not in {photo.digest for photo in seen}:
        return Refusal(NotDamaged.UNKNOWN_PHOTO)
    return await photos.show(damage_id, digest) or Refusal(NotDamaged.UNKNOWN_PHOTO)
