"""A damage as whoever runs the vehicle sees it, and as whoever has it does."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId
from domain.fleet.damages import Damage, DamageId, DamageKind, DamagePlace, DamageState, Note, PaidBy, Severity
from domain.identity import Actor, City, PersonId, PoolId
from domain.photos import Digest, Photo
from services.fleet.damages import DamageSeen, KnownDamage


class DamagePhotoView(Struct, frozen=True):
    """`digest` is the SHA-256 of what `href` answers."""

    digest: Digest
    media_type: str
    width: int
    height: int
    size: int
    added_at: datetime
    href: str


class DamagedVehicleView(Struct, frozen=True):
    id: ResourceId
    name: str


class PersonOfDamageView(Struct, frozen=True):
    """`name` is null once somebody was erased."""

    id: PersonId
    name: str | None


class DamageNoteView(Struct, frozen=True):
    number: int
    state: DamageState
    drivable: bool
    paid_by: PaidBy | None
    words: str | None
    noted_by: PersonOfDamageView | None
    noted_at: datetime
    out_until: datetime | None


class DamageView(Struct, frozen=True):
    """`drivable` is as whoever looked last has it; `withdraws` says that it keeps the vehicle out of booking, and
    `out_until` until when that is expected. Notes come the
    newest first."""

    id: DamageId
    vehicle: DamagedVehicleView
    pool_id: PoolId | None
    booking_id: BookingId | None
    place: DamagePlace
    kind: DamageKind
    severity: Severity
    drivable: bool
    words: str | None
    state: DamageState
    withdraws: bool
    out_until: datetime | None
    paid_by: PaidBy | None
    reporter: PersonOfDamageView | None
    reported_at: datetime
    photos: tuple[DamagePhotoView, ...]
    notes: tuple[DamageNoteView, ...]


class DamageList(Struct, frozen=True):
    items: tuple[DamageView, ...]
    next_cursor: str | None


class SeenDamageView(Struct, frozen=True):
    """Of others' reports neither words nor the hour are told, and photos as far as they were there when
    somebody last looked and noted it as `known`."""

    id: DamageId
    place: DamagePlace
    kind: DamageKind
    severity: Severity
    drivable: bool
    words: str | None
    state: DamageState
    reported_on: date
    mine: bool
    photos: tuple[DamagePhotoView, ...]


class SeenDamageList(Struct, frozen=True):
    items: tuple[SeenDamageView, ...]


def photo_view(photo: Photo, damage: DamageId, city: City) -> DamagePhotoView:
    return DamagePhotoView(
        photo.digest,
        photo.media_type,
        photo.width,
        photo.height,
        photo.size,
        photo.added_at.astimezone(UTC),
        f"/v1/{city}/damages/{damage}/photos/{photo.digest}",
    )


def damage_view(known: KnownDamage, city: City) -> DamageView:
    damage = known.damage

    def somebody(person: PersonId | None) -> PersonOfDamageView | None:
        return PersonOfDamageView(person, known.people.get(person)) if person is not None else None

    def note(each: Note) -> DamageNoteView:
        fields = msgspec.structs.asdict(each) | {"noted_by": somebody(each.noted_by)}
        fields |= {"noted_at": each.noted_at.astimezone(UTC), "out_until": _in_utc(each.out_until)}
        return DamageNoteView(**fields)

    return DamageView(
        vehicle=DamagedVehicleView(damage.vehicle_id, known.vehicle),
        pool_id=known.pool_id,
        booking_id=damage.booking_id,
        words=damage.words,
        withdraws=damage.withdraws,
        out_until=_in_utc(damage.out_until),
        paid_by=damage.paid_by,
        reporter=somebody(damage.reporter_id),
        reported_at=damage.reported_at.astimezone(UTC),
        photos=tuple(photo_view(photo, damage.id, city) for photo in damage.photos),
        notes=tuple(map(note, reversed(damage.notes))),
        **_facts(damage),
    )


def _in_utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at is not None else None


def seen_view(seen: DamageSeen, reader: Actor) -> SeenDamageView:
    damage = seen.known.damage
    mine = damage.reporter_id == reader.id
    return SeenDamageView(
        words=damage.words if mine else None,
        reported_on=damage.reported_at.astimezone(ZoneInfo(seen.known.time_zone)).date(),
        mine=mine,
        photos=tuple(photo_view(photo, damage.id, reader.city) for photo in seen.photos),
        **_facts(damage),
    )


def _facts(damage: Damage) -> dict[str, Any]:
    same = {name: getattr(damage, name) for name in ("id", "place", "kind", "severity", "state")}
    return same | {"drivable": damage.is_drivable}
