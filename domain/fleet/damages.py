"""Damage: what is wrong with a vehicle to be seen, who said so, and what was made of it.

A problem is what a holder need not put up with; a damage is what stays on the vehicle after her. One that says "not drivable"
keeps the vehicle out of booking until somebody has noted that it is repaired, no damage, or may be driven with.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.blocks import LONGEST
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import ResourceId, Service
from domain.fleet.keeping import runs
from domain.identity import Actor, PersonId, PoolId
from domain.photos import MOST, Digest, Photo
from domain.refusals import Refusal

DamageId = NewType("DamageId", UUID)
# After that it can be anybody's.
SHORTLY_AFTER = timedelta(hours=24)
MOST_OF_A_USE = 20
VEHICLES = frozenset({Service.FLEET, Service.BIKE_LEASING})


class DamagePlace(StrEnum):
    """Where on the vehicle, as one stands who looks ahead."""

    FRONT = "front"
    REAR = "rear"
    LEFT = "left"
    RIGHT = "right"
    ROOF = "roof"
    GLASS = "glass"
    WHEELS = "wheels"
    INTERIOR = "interior"
    CARGO = "cargo"
    UNDERBODY = "underbody"
    OTHER = "other"


class DamageKind(StrEnum):
    SCRATCH = "scratch"
    DENT = "dent"
    BROKEN = "broken"
    MISSING = "missing"
    TYRE = "tyre"
    BRAKES = "brakes"
    LIGHTS = "lights"
    ELECTRICAL = "electrical"
    SOILED = "soiled"
    OTHER = "other"


class Severity(StrEnum):
    MINOR = "minor"
    MODERATE = "moderate"
    SEVERE = "severe"


class DamageState(StrEnum):
    """`open` until somebody of the pool's has looked; `known` is there to stay for now; `dismissed` was none."""

    OPEN = "open"
    KNOWN = "known"
    REPAIRED = "repaired"
    DISMISSED = "dismissed"


SETTLED = frozenset({DamageState.REPAIRED, DamageState.DISMISSED})


class PaidBy(StrEnum):
    """Who pays, as a word: nothing is charged by it."""

    CITY = "city"
    DRIVER = "driver"
    INSURER = "insurer"
    THIRD_PARTY = "third_party"
    NOBODY = "nobody"


class Note(Struct, frozen=True):
    """What somebody of the pool's made of it: the whole as it stands from then on. `noted_by` is None once it is forgotten;
    `out_until` is when the vehicle is expected back, where it is kept out and somebody knows."""

    number: int
    state: DamageState
    drivable: bool
    paid_by: PaidBy | None
    words: str | None
    noted_by: PersonId | None
    noted_at: datetime
    out_until: datetime | None = None


class Damage(Struct, frozen=True):
    """`drivable` is as it was reported. `reporter_id`, `words` and `booking_id` are None once they are forgotten, or were
    not told."""

    id: DamageId
    vehicle_id: ResourceId
    booking_id: BookingId | None
    place: DamagePlace
    kind: DamageKind
    severity: Severity
    drivable: bool
    words: str | None
    reporter_id: PersonId | None
    reported_at: datetime
    notes: tuple[Note, ...] = ()
    photos: tuple[Photo, ...] = ()

    @property
    def state(self) -> DamageState:
        return self.notes[-1].state if self.notes else DamageState.OPEN

    @property
    def paid_by(self) -> PaidBy | None:
        return self.notes[-1].paid_by if self.notes else None

    @property
    def is_drivable(self) -> bool:
        """As whoever looked last has it."""
        return self.notes[-1].drivable if self.notes else self.drivable

    @property
    def withdraws(self) -> bool:
        """Whether it keeps the vehicle out of booking."""
        return self.state not in SETTLED and not self.is_drivable

    @property
    def out_until(self) -> datetime | None:
        return self.notes[-1].out_until if self.notes else None


class Scene(Struct, frozen=True):
    """What a damage is on: a vehicle, what was booked of it where that is named, and how many damages were reported of that."""

    vehicle_id: ResourceId
    pool_id: PoolId | None
    service: Service
    booking: Booking | None = None
    reported: int = 0


class DamageReported(Struct, frozen=True, tag="fleet.damage_reported"):
    damage: Damage


class DamageNoted(Struct, frozen=True, tag="fleet.damage_noted"):
    """`damage` is as it stands with the note."""

    damage: Damage
    note: Note


class VehicleWithdrawn(Struct, frozen=True, tag="fleet.vehicle_withdrawn"):
    """A damage keeps it out of booking from now on."""

    vehicle_id: ResourceId


class ReportDamage(Struct, frozen=True):
    """On what is booked, or, by whoever runs the pool, on a vehicle. The id comes from the edge; `words` are the
    reporter's own."""

    id: DamageId
    of: BookingId | ResourceId
    by_booking: bool
    place: DamagePlace
    kind: DamageKind
    severity: Severity
    drivable: bool
    words: str | None = None


class NoteDamage(Struct, frozen=True):
    """What is left out stays as it is. `drivable` is what somebody found who looked, `out_until` when she expects it back."""

    id: DamageId
    state: DamageState
    paid_by: PaidBy | None = None
    drivable: bool | None = None
    words: str | None = None
    out_until: datetime | None = None


class NotDamaged(StrEnum):
    UNKNOWN_BOOKING = "unknown_booking"
    UNKNOWN_VEHICLE = "unknown_vehicle"
    UNKNOWN_DAMAGE = "unknown_damage"
    UNKNOWN_PHOTO = "unknown_photo"
    NO_VEHICLE = "no_vehicle"
    WRONG_STATE = "wrong_state"
    TOO_EARLY = "too_early"
    TOO_LATE = "too_late_to_report"
    TOO_MANY_DAMAGES = "too_many_damages"
    TOO_MANY_PHOTOS = "too_many_photos"
    NOTHING_CHANGES = "nothing_changes"
    PERIOD_IN_THE_PAST = "period_in_the_past"
    PERIOD_TOO_LONG = "period_too_long"


def reported(
    command: ReportDamage, scene: Scene | None, actor: Actor, now: datetime
) -> DamageReported | Refusal[NotDamaged]:
    """The damage as it comes onto the books: by whoever runs the vehicle's pool at any time; by the holder from when she may
    stand before it until shortly after her use."""
    booking = scene.booking if scene else None
    unknown = NotDamaged.UNKNOWN_BOOKING if command.by_booking else NotDamaged.UNKNOWN_VEHICLE
    if scene is None or not (runs(actor, scene.pool_id) or (booking is not None and booking.holder_id == actor.id)):
        return Refusal(unknown)
    if scene.service not in VEHICLES:
        return Refusal(NotDamaged.NO_VEHICLE if command.by_booking else unknown)
    if booking is not None and not runs(actor, scene.pool_id):
        if refusal := _not_hers(booking, now):
            return refusal
        if scene.reported >= MOST_OF_A_USE:
            return Refusal(NotDamaged.TOO_MANY_DAMAGES)
    damage = Damage(
        command.id,
        scene.vehicle_id,
        booking.id if booking else None,
        command.place,
        command.kind,
        command.severity,
        command.drivable,
        command.words,
        actor.id,
        now,
    )
    return DamageReported(damage)


def _not_hers(booking: Booking, now: datetime) -> Refusal[NotDamaged] | None:
    if booking.state not in {State.CONFIRMED, State.IN_USE, State.COMPLETED}:
        return Refusal(NotDamaged.WRONG_STATE)
    if now < booking.terms.earliest_start and booking.started_at is None:
        return Refusal(NotDamaged.TOO_EARLY)
    if booking.finished_at is not None and now >= booking.finished_at + SHORTLY_AFTER:
        return Refusal(NotDamaged.TOO_LATE)
    return None


def noted(
    command: NoteDamage, damage: Damage | None, pool: PoolId | None, actor: Actor, now: datetime
) -> DamageNoted | Refusal[NotDamaged]:
    """The next note, by whoever runs the pool. Whoever erred notes again; what was noted before stays to be seen."""
    if damage is None or not runs(actor, pool):
        return Refusal(NotDamaged.UNKNOWN_DAMAGE)
    drivable = damage.is_drivable if command.drivable is None else command.drivable
    paid_by = command.paid_by or damage.paid_by
    withdraws = command.state not in SETTLED and not drivable
    if refusal := _no_time_out(command.out_until, withdraws=withdraws, now=now):
        return refusal
    out_until = command.out_until or (damage.out_until if withdraws else None)
    facts = (damage.state, damage.is_drivable, damage.paid_by, damage.out_until, None)
    if (command.state, drivable, paid_by, out_until, command.words) == facts:
        return Refusal(NotDamaged.NOTHING_CHANGES)
    note = Note(len(damage.notes) + 1, command.state, drivable, paid_by, command.words, actor.id, now, out_until)
    return DamageNoted(replace(damage, notes=(*damage.notes, note)), note)


def _no_time_out(until: datetime | None, *, withdraws: bool, now: datetime) -> Refusal[NotDamaged] | None:
    """Why a vehicle cannot be said to be out until then."""
    if until is None:
        return None
    if not withdraws:
        return Refusal(NotDamaged.WRONG_STATE, "/out_until")
    if until <= now:
        return Refusal(NotDamaged.PERIOD_IN_THE_PAST, "/out_until")
    return Refusal(NotDamaged.PERIOD_TOO_LONG, "/out_until") if until > now + LONGEST else None


def has_vehicle(booking: Booking) -> bool:
    """Whether what is on the vehicle concerns whoever booked it: from the confirmation until the use is over."""
    return booking.state in {State.CONFIRMED, State.IN_USE}


def photos_for(actor: Actor, damage: Damage, pool: PoolId | None, *, has_it: bool = False) -> tuple[Photo, ...]:
    """All for whoever runs the pool and whoever reported it; for whoever has the vehicle, `has_it`, those that were there when
    somebody of the pool's last looked and noted it as known: a photo may show more than the damage."""
    if runs(actor, pool) or damage.reporter_id == actor.id:
        return damage.photos
    if not has_it or damage.state is not DamageState.KNOWN:
        return ()
    return tuple(photo for photo in damage.photos if photo.added_at <= damage.notes[-1].noted_at)


def may_add_photos(
    damage: Damage | None, pool: PoolId | None, actor: Actor, now: datetime
) -> Refusal[NotDamaged] | None:
    """Why not: by whoever reported it, shortly after, or by whoever runs the pool."""
    own = damage is not None and damage.reporter_id == actor.id
    if damage is None or not (own or runs(actor, pool)):
        return Refusal(NotDamaged.UNKNOWN_DAMAGE)
    if not runs(actor, pool) and now >= damage.reported_at + SHORTLY_AFTER:
        return Refusal(NotDamaged.TOO_LATE)
    return None


def has_no_room(damage: Damage, digest: Digest) -> Refusal[NotDamaged] | None:
    """The same photo again is no other one."""
    if len(damage.photos) < MOST or digest in {photo.digest for photo in damage.photos}:
        return None
    return Refusal(NotDamaged.TOO_MANY_PHOTOS)


def may_remove_photo(
    damage: Damage | None, digest: Digest, pool: PoolId | None, actor: Actor, now: datetime
) -> Refusal[NotDamaged] | None:
    """Why not: by whoever added it, shortly after, or by whoever runs the pool, say as a face is in it. What others added is
    not there for her."""
    added = [photo for photo in damage.photos if photo.digest == digest] if damage is not None else []
    if not added or not (runs(actor, pool) or added[0].added_by == actor.id):
        return Refusal(NotDamaged.UNKNOWN_PHOTO)
    late = now >= added[0].added_at + SHORTLY_AFTER
    return Refusal(NotDamaged.TOO_LATE) if late and not runs(actor, pool) else None
