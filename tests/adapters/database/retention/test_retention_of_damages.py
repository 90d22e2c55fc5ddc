"""What people said of a vehicle's damage, and took photos of, goes when it is due; the damage stays with its vehicle."""

from datetime import UTC, datetime
from typing import Any

import pytest

from domain.retention.holds import HoldOn
from domain.retention.rules import Record
from infra.ids import new_id
from tests.adapters.database.archives import BY, LATE, NOW, OLD, WRITTEN, Archive, refused

pytestmark = pytest.mark.database
LEFT = """SELECT d.place, d.words, d.reporter_id, d.booking_id, n.state, n.paid_by, n.words, n.noted_by,
  (SELECT count(*) FROM photos f WHERE f.city = d.city)
FROM damages d JOIN damage_notes n ON n.city = d.city AND n.damage_id = d.id WHERE d.city = :city AND d.id = :id"""


async def damaged(archive: Archive, *, noted: datetime = OLD, shown: datetime = OLD) -> Any:
    of = {"id": new_id(), "by": BY, "at": OLD}
    await archive.sql(
        "INSERT INTO damages (city, id, vehicle_id, booking_id, place, kind, severity, drivable, words, reporter_id, reported_at)"
        " VALUES (:city, :id, :car, :by, 'left', 'dent', 'minor', true, 'an der Tür', :by, :at)",
        car=archive.world.city.cars[0].id,
        **of,
    )
    await archive.sql(
        "INSERT INTO damage_notes (city, damage_id, number, state, drivable, paid_by, words, noted_by, noted_at)"
        " VALUES (:city, :id, 1, 'known', true, 'driver', 'zahlt Kim', :by, :noted)",
        noted=noted,
        **{name: of[name] for name in ("id", "by")},
    )
    await archive.sql(
        "INSERT INTO photos (city, digest, media_type, width, height, size, content, kept_at)"
        " VALUES (:city, encode(sha256('x'), 'hex'), 'image/jpeg', 1, 1, 1, 'x', :at) ON CONFLICT DO NOTHING",
        at=OLD,
    )
    await archive.sql(
        "INSERT INTO damage_photos (city, damage_id, digest, added_by, added_at)"
        " VALUES (:city, :id, encode(sha256('x'), 'hex'), :by, :shown)",
        shown=shown,
        **{name: of[name] for name in ("id", "by")},
    )
    return of["id"]


async def test_six_years_after_its_year_a_damage_forgets_words_persons_and_photos_and_stays(archive: Archive) -> None:
    damage = await damaged(archive)
    assert await archive.gone(now=datetime(2023, 12, 31, 22, 59, tzinfo=UTC)) == {}
    assert await archive.gone() == {"damages": 1}
    assert await archive.world.rows(LEFT, id=damage) == [
        ("left", None, None, None, "known", "driver", None, None, 0),
    ]
    proofs = {proof.relation: (proof.record, proof.count) for proof in await archive.books.proofs(archive.city)}
    assert proofs == dict.fromkeys(("damages", "damage_notes", "damage_photos"), (Record.DAMAGES, 1))
    assert await archive.gone() == {}


async def test_a_late_note_or_photo_or_a_hold_keeps_what_was_said(archive: Archive) -> None:
    for late in ({"noted": LATE}, {"shown": LATE}):
        await damaged(archive, **late)
    held = await damaged(archive)
    await archive.hold(HoldOn.CITY, None)
    assert await archive.gone(now=datetime(2024, 6, 1, tzinfo=UTC)) == {}
    assert (await archive.review(apply=False, now=NOW))[Record.DAMAGES].counted.held == 3
    assert [row[1] for row in await archive.world.rows(LEFT, id=held)] == ["an der Tür"]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE damages SET words = NULL",
        "UPDATE damage_notes SET noted_by = NULL",
        "DELETE FROM damage_photos",
    ],
)
async def test_nothing_of_a_damage_is_forgotten_before_it_is_written_down_and_due(
    archive: Archive, change: str
) -> None:
    await damaged(archive)
    await refused(archive, change)
    await refused(archive, WRITTEN, change, before=OLD)


async def test_not_even_then_is_anything_said_otherwise(archive: Archive) -> None:
    await damaged(archive)
    for change in ("words = 'anders'", "reporter_id = vehicle_id"):
        await refused(archive, WRITTEN, f"UPDATE damages SET {change}", before=LATE)
    await refused(archive, WRITTEN, "DELETE FROM photos", before=LATE, code="23503")


async def test_photos_of_a_use_go_after_six_years_before_the_booking_that_they_are_of(archive: Archive) -> None:
    booking = await archive.used()
    await damaged(archive)
    await archive.sql(
        "INSERT INTO use_photos (city, id, booking_id, phase, digest, added_by, added_at)"
        " VALUES (:city, :id, :booking, 'end', encode(sha256('x'), 'hex'), :by, :at)",
        id=new_id(),
        booking=booking.id,
        by=BY,
        at=OLD,
    )
    await refused(archive, "DELETE FROM use_photos")
    await refused(archive, WRITTEN, "DELETE FROM use_photos", before=OLD)
    assert await archive.gone(now=datetime(2024, 6, 1, tzinfo=UTC)) == {"use_photos": 1, "damages": 1}
    assert await archive.world.rows("SELECT digest FROM photos WHERE city = :city") == []
    assert await archive.gone() == {"bookings": 1}
