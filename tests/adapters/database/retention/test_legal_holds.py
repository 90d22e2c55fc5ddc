"""What somebody may still have to prove is held, whatever its age."""

import random
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from domain.refusals import Refusal
from domain.retention.holds import Hold, HoldId, HoldOn, NotHeld, PlaceHold
from domain.retention.rules import Record
from infra.ids import new_id
from services.retention.holding import lift_hold, place_hold
from tests.adapters.database.archives import (
    BY,
    LATE,
    NOW,
    OLD,
    OLDER,
    Archive,
)
from tests.examples import BERLIN, hours

pytestmark = pytest.mark.database


@pytest.mark.parametrize("on", HoldOn)
async def test_what_is_held_stays_until_the_hold_is_lifted(archive: Archive, on: HoldOn) -> None:
    booking, invoice = await archive.invoiced()
    other = await archive.used()
    subjects: dict[HoldOn, UUID | None] = {HoldOn.BOOKING: booking.id, HoldOn.DOCUMENT: invoice.id, HoldOn.CITY: None}
    if on is HoldOn.PERSON:
        subjects[on] = booking.holder_id
        await archive.sql(
            "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, 'ada@example.org', :at)",
            id=booking.holder_id,
            at=OLD,
        )
    hold = await archive.hold(on, subjects[on])
    held = 2 if on is HoldOn.CITY else 1
    assert (await archive.review(apply=False))[Record.BOOKINGS].counted.held == held
    assert await archive.gone() == ({} if on is HoldOn.CITY else {"bookings": 1})
    left = [row[0] for row in await archive.world.rows("SELECT id FROM bookings WHERE city = :city")]
    assert set(left) == ({booking.id, other.id} if on is HoldOn.CITY else {booking.id})
    lifted = await lift_hold(hold.id, "settled", archive.city, BY, books=archive.books, clock=lambda: NOW)
    assert isinstance(lifted, Hold)
    assert await archive.gone() == {"bookings": held}
    assert await archive.books.holds(archive.city, lifted=False) == ()
    assert await archive.books.holds(archive.city, lifted=True) == (lifted,)


async def test_a_hold_on_a_person_keeps_the_trail_about_her_bookings(archive: Archive) -> None:
    person = await archive.erased(OLDER)
    booking = await archive.used(LATE, holder=person)
    for subject in (person, booking.id, new_id()):
        await archive.noted(OLDER, subject)
    await archive.hold(HoldOn.PERSON, person)
    assert await archive.gone() == {"audit": 1}


async def test_nothing_is_held_that_is_not_there_and_a_hold_is_lifted_once(archive: Archive) -> None:
    command = PlaceHold(HoldId(new_id()), HoldOn.BOOKING, new_id(), "why")
    unknown = await place_hold(command, archive.city, BY, books=archive.books, clock=lambda: NOW)
    assert unknown == Refusal(NotHeld.UNKNOWN_SUBJECT)
    hold = await archive.hold(HoldOn.CITY, None)
    for expected in (Hold, Refusal):
        outcome = await lift_hold(hold.id, "settled", archive.city, BY, books=archive.books, clock=lambda: NOW)
        assert isinstance(outcome, expected)
    missing = await lift_hold(HoldId(new_id()), "x", archive.city, BY, books=archive.books, clock=lambda: NOW)
    assert missing == Refusal(NotHeld.UNKNOWN_HOLD)
    actions = await archive.world.rows("SELECT action FROM audit WHERE city = :city ORDER BY id")
    assert [row[0] for row in actions] == ["retention.hold_placed", "retention.hold_lifted"]


@pytest.mark.parametrize("seed", range(3))
async def test_of_any_records_those_go_that_are_old_and_not_held_and_no_others(archive: Archive, seed: int) -> None:
    """Counted by hand beside the database: the year of the last touch in the city, and the holds that are in force."""
    dice = random.Random(seed)
    touched: dict[UUID, datetime] = {}
    held: set[UUID] = set()
    for _ in range(25):
        at = datetime(2016, 1, 1, tzinfo=UTC) + timedelta(hours=dice.randrange(24 * 365 * 3))
        if dice.random() < 0.3:
            at = datetime(dice.randint(2017, 2019), 1, 1, tzinfo=UTC) - timedelta(minutes=dice.randrange(0, 180, 30))
        if dice.random() < 0.5:
            day = at + timedelta(days=dice.randrange(400))
            booking, invoice = await archive.invoiced(at, issued=day)
            touched[booking.id] = max(at + hours(1), day)
            subject: UUID = invoice.id
            on = HoldOn.DOCUMENT
        else:
            booking = await archive.used(at)
            touched[booking.id] = at + hours(1)
            subject, on = booking.id, HoldOn.BOOKING
        if dice.random() < 0.3:
            hold = await archive.hold(on, subject)
            held.add(booking.id)
            if dice.random() < 0.5:
                await lift_hold(hold.id, "settled", archive.city, BY, books=archive.books, clock=lambda: NOW)
                held.discard(booking.id)
    kept = {
        booking
        for booking, last in touched.items()
        if booking in held or last.astimezone(ZoneInfo(BERLIN)).year + 8 >= NOW.year
    }
    gone = await archive.gone()
    left = {row[0] for row in await archive.world.rows("SELECT id FROM bookings WHERE city = :city")}
    assert left == kept
    assert 0 < len(kept) < len(touched)
    assert gone == {"bookings": len(touched) - len(kept)}
    proven = [proof.count for proof in await archive.books.proofs(archive.city) if proof.relation == "bookings"]
    assert sum(proven) == len(touched) - len(kept)
