"""Damages in PostgreSQL: as they were reported, what was made of them, and their photos, each once in a city."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from adapters.database.booking.changes import write_change
from adapters.database.booking.problems import (
    BRING_BACK_RESOURCE,
    LATEST_NOTE,
    LOCK_RESOURCE,
    WITHDRAW,
    WITHDRAWS,
)
from adapters.database.booking.reading import BOOKING
from adapters.database.fleet.reach import IN_REACH, OF_THE_POOL, reach_values
from adapters.database.photos import keep_photo
from adapters.database.sheets import Sheet
from domain.booking.events import ProblemReported
from domain.booking.resources import ResourceId
from domain.fleet.damages import Damage, DamageId, DamageNoted, DamageReported, Note, Scene, VehicleWithdrawn
from domain.identity import PersonId, PoolId
from domain.photos import Developed, Digest
from services.fleet.damages import DamagesWanted, KnownDamage
from services.fleet.keeping import Reach

SCENE = f"""
SELECT json_build_object('vehicle_id', r.id, 'pool_id', r.pool_id, 'service', r.service,
  'booking', CASE WHEN b.id IS NOT NULL THEN {BOOKING} END,
  'reported', (SELECT count(*) FROM damages d WHERE d.city = b.city AND d.booking_id = b.id))::text
"""
OF_BOOKING = f"""{SCENE} FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
WHERE b.city = :city AND b.id = :id"""
OF_VEHICLE = f"""{SCENE} FROM resources r LEFT JOIN bookings b ON false WHERE r.city = :city AND r.id = :id"""
LOCK_BOOKING = "SELECT 1 FROM bookings WHERE city = :city AND id = :id FOR NO KEY UPDATE"
REPORT = """
INSERT INTO damages (city, id, vehicle_id, booking_id, place, kind, severity, drivable, words, reporter_id, reported_at)
VALUES (:city, :id, :vehicle_id, :booking_id, :place, :kind, :severity, :drivable, :words, :reporter_id, :reported_at)
"""
NOTE = """
INSERT INTO damage_notes (city, damage_id, number, state, drivable, paid_by, words, noted_by, noted_at, out_until)
VALUES (:city, :damage_id, :number, :state, :drivable, :paid_by, :words, :noted_by, :noted_at, :out_until)
"""
# The vehicle's pool is where it is now, as of a logbook.
DAMAGES = f"""
SELECT json_build_object('id', d.id, 'vehicle_id', d.vehicle_id, 'booking_id', d.booking_id, 'place', d.place, 'kind', d.kind,
    'severity', d.severity, 'drivable', d.drivable, 'words', d.words, 'reporter_id', d.reporter_id, 'reported_at', d.reported_at,
    'notes', a.notes, 'photos', f.photos)::text AS damage, r.name AS vehicle, r.pool_id, y.time_zone,
  (SELECT coalesce(json_object_agg(p.id, coalesce(p.name, p.email)), '{{}}'::json) FROM persons p WHERE p.city = d.city
    AND p.id = ANY (a.people || d.reporter_id) AND coalesce(p.name, p.email) IS NOT NULL) AS people
FROM damages d JOIN resources r ON r.city = d.city AND r.id = d.vehicle_id JOIN cities y ON y.city = d.city
JOIN LATERAL (SELECT coalesce(json_agg(json_build_object('number', m.number, 'state', m.state, 'drivable', m.drivable,
    'paid_by', m.paid_by, 'words', m.words, 'noted_by', m.noted_by, 'noted_at', m.noted_at,
    'out_until', m.out_until) ORDER BY m.number), '[]'::json) AS notes,
  array_agg(m.noted_by) AS people FROM damage_notes m WHERE m.city = d.city AND m.damage_id = d.id) a ON true
JOIN LATERAL (SELECT coalesce(json_agg(json_build_object('digest', f.digest, 'media_type', f.media_type, 'width', f.width,
    'height', f.height, 'size', f.size, 'added_by', l.added_by, 'added_at', l.added_at) ORDER BY l.added_at, l.digest), '[]'::json)
  AS photos FROM damage_photos l JOIN photos f ON f.city = l.city AND f.digest = l.digest
  WHERE l.city = d.city AND l.damage_id = d.id) f ON true
{LATEST_NOTE} WHERE d.city = :city
"""
PAGE = f"""{DAMAGES} AND {IN_REACH} AND {OF_THE_POOL}
  AND (cast(:vehicle_id AS uuid) IS NULL OR d.vehicle_id = :vehicle_id)
  AND (cast(:booking_id AS uuid) IS NULL OR d.booking_id = :booking_id)
  AND (cast(:severity AS text) IS NULL OR d.severity = :severity)
  AND (cardinality(cast(:states AS text[])) = 0 OR coalesce(n.state, 'open') = ANY (cast(:states AS text[])))
  AND (cast(:withdrawing AS bool) IS NULL OR :withdrawing = ({WITHDRAWS}))
  AND (cast(:at AS timestamptz) IS NULL OR (d.reported_at, d.id) < (cast(:at AS timestamptz), cast(:after AS uuid)))
ORDER BY d.reported_at DESC, d.id DESC LIMIT :limit
"""
SHOW_IT = """
INSERT INTO damage_photos (city, damage_id, digest, added_by, added_at) VALUES (:city, :damage_id, :digest, :added_by, :now)
ON CONFLICT DO NOTHING
"""
TAKE_AWAY = "DELETE FROM damage_photos WHERE city = :city AND damage_id = :damage_id AND digest = :digest"
IS_BEFORE = """
SELECT 1 FROM bookings WHERE city = :city AND holder_id = :person AND resource_id = :vehicle_id AND state IN ('confirmed', 'in_use')
LIMIT 1
"""
PHOTO = """
SELECT f.content, f.media_type, f.width, f.height FROM damage_photos l JOIN photos f ON f.city = l.city AND f.digest = l.digest
WHERE l.city = :city AND l.damage_id = :damage_id AND l.digest = :digest
"""
_scene = msgspec.json.Decoder(Scene)
_damage = msgspec.json.Decoder(Damage)


class SqlDamageBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def scene(self, of: UUID, *, by_booking: bool, locked: bool = False) -> Scene | None:
        """Locked in statements of their own, the booking first: what comes after sees what somebody else did meanwhile."""
        if locked and by_booking:
            await self._sheet.rows(LOCK_BOOKING, id=of)
        rows = await self._sheet.rows(OF_BOOKING if by_booking else OF_VEHICLE, id=of)
        found = _scene.decode(rows[0][0]) if rows else None
        if locked and found is not None:
            await self._lock(found.vehicle_id)
        return found

    async def report(self, event: DamageReported, problem: ProblemReported | None) -> None:
        damage = event.damage
        await self._sheet.write(REPORT, **_row(damage, "notes", "photos"))
        if problem is not None:
            await write_change(self._sheet.connection, self._sheet.city, problem)
            await self._tell(problem, problem.booking.id)
        if damage.withdraws:
            await self._withdraw(damage.vehicle_id)
        await self._tell(event, damage.id)

    async def find(self, damage_id: DamageId, *, locked: bool = False) -> KnownDamage | None:
        if locked:
            rows = await self._sheet.rows(
                "SELECT vehicle_id FROM damages WHERE city = :city AND id = :id", id=damage_id
            )
            for row in rows:
                await self._lock(ResourceId(row.vehicle_id))
        rows = await self._sheet.rows(f"{DAMAGES} AND d.id = :id", id=damage_id)
        return _known(rows[0]) if rows else None

    async def page(self, within: Reach, wanted: DamagesWanted) -> Sequence[KnownDamage]:
        after = wanted.after
        rows = await self._sheet.rows(
            PAGE,
            vehicle_id=wanted.vehicle_id,
            booking_id=wanted.booking_id,
            severity=wanted.severity.value if wanted.severity else None,
            states=sorted(wanted.states),
            withdrawing=wanted.withdrawing,
            at=after.reported_at if after else None,
            after=after.id if after else None,
            **reach_values(within, wanted.pool_id),
            limit=wanted.limit,
        )
        return [_known(row) for row in rows]

    async def note(self, event: DamageNoted) -> None:
        damage = event.damage
        await self._sheet.write(NOTE, damage_id=damage.id, **_row(event.note))
        if damage.withdraws:
            await self._withdraw(damage.vehicle_id)
        else:
            await self._sheet.connection.execute(
                BRING_BACK_RESOURCE, {"city": self._sheet.city, "resource_id": damage.vehicle_id}
            )
        await self._tell(event, damage.id)

    async def _lock(self, vehicle_id: ResourceId) -> None:
        await self._sheet.connection.execute(LOCK_RESOURCE, {"city": self._sheet.city, "resource_id": vehicle_id})

    async def _withdraw(self, vehicle_id: ResourceId) -> None:
        """Whoever may be given another vehicle is, by the worker."""
        of = {"city": self._sheet.city, "resource_id": vehicle_id}
        if (await self._sheet.connection.execute(WITHDRAW, of)).rowcount:
            await self._tell(VehicleWithdrawn(vehicle_id), vehicle_id)

    async def _tell(self, event: Struct, subject_id: UUID) -> None:
        await self._sheet.tell(str(event.__struct_config__.tag), subject_id)


class SqlPhotoBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def keep(self, damage_id: DamageId, photo: Developed) -> None:
        await keep_photo(self._sheet, photo)
        of = {"damage_id": damage_id, "digest": photo.digest, "added_by": self._sheet.actor_id}
        if await self._sheet.write(SHOW_IT, **of):
            await self._sheet.note("fleet.photo_added", damage_id)

    async def take_away(self, damage_id: DamageId, digest: Digest) -> None:
        # The trail comes first: without it the database lets go of nothing.
        await self._sheet.note("fleet.photo_removed", damage_id)
        await self._sheet.write(TAKE_AWAY, damage_id=damage_id, digest=digest)

    async def is_before(self, person: PersonId, vehicle_id: ResourceId) -> bool:
        return bool(await self._sheet.rows(IS_BEFORE, person=person, vehicle_id=vehicle_id))

    async def show(self, damage_id: DamageId, digest: Digest) -> Developed | None:
        rows = await self._sheet.rows(PHOTO, damage_id=damage_id, digest=digest)
        return Developed(*rows[0]) if rows else None


def _row(of: Damage | Note, *without: str) -> dict[str, Any]:
    return {
        name: value.value if isinstance(value, StrEnum) else value
        for name, value in msgspec.structs.asdict(of).items()
        if name not in without
    }


def _known(row: Any) -> KnownDamage:
    return KnownDamage(
        _damage.decode(row.damage),
        row.vehicle,
        PoolId(row.pool_id) if row.pool_id else None,
        row.time_zone,
        msgspec.convert(row.people, dict[PersonId, str]),
    )
