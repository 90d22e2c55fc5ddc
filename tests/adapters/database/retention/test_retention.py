"""What the law keeps no longer goes, and nothing else does."""

import json
from datetime import UTC, datetime

import pytest

from adapters.database.retention.deleting import due_reviews
from adapters.database.retention.old_records import PLACES
from domain.booking.bookings import State
from domain.retention.rules import Record
from infra.ids import new_id
from infra.retaining import EVERY, reviewing
from tests.adapters.database.archives import (
    ALL,
    FILE,
    LATE,
    NOTHING,
    NOW,
    OLD,
    OLDER,
    WRITTEN,
    Archive,
    an_old,
    refused,
)
from tests.examples import hours

pytestmark = pytest.mark.database


async def test_a_booking_goes_with_its_payments_its_invoices_and_what_was_reported(archive: Archive) -> None:
    _, invoice = await archive.invoiced()
    await archive.used(LATE)
    assert await archive.gone() == {"bookings": 1}
    assert await archive.count(*FILE) == {**NOTHING, "bookings": 1, "payments": 1, "problems": 1}
    ((position, follows),) = await archive.world.rows(
        "SELECT position, follows FROM invoice_numbers WHERE city = :city"
    )
    assert (position, follows) == (invoice.position, None)


async def test_what_would_go_is_shown_and_stays(archive: Archive) -> None:
    await archive.invoiced()
    standing = (await archive.review(apply=False))[Record.BOOKINGS]
    assert (standing.counted.count, standing.counted.held, standing.counted.oldest) == (1, 0, OLD)
    assert (standing.gone, standing.due.before) == (0, datetime(2017, 12, 31, 23, tzinfo=UTC))
    assert await archive.count(*FILE, "deletions") == {**ALL, "deletions": 0}
    ((applied, due),) = await archive.world.rows("SELECT applied, due FROM retention_reviews WHERE city = :city")
    assert (applied, due) == (False, dict.fromkeys(Record, 0) | {"bookings": 1})


async def test_the_turn_of_the_year_in_the_city_decides(archive: Archive) -> None:
    """A use from half past ten to half past eleven in the evening, UTC: in Berlin it ends in the next year."""
    eve = datetime(2017, 12, 31, 21, 30, tzinfo=UTC)
    await archive.used(eve)
    await archive.used(eve + hours(1))
    assert await archive.gone(now=datetime(2025, 12, 31, 22, 59, tzinfo=UTC)) == {}
    assert await archive.gone(now=datetime(2025, 12, 31, 23, tzinfo=UTC)) == {"bookings": 1}
    assert await archive.gone(now=NOW) == {}


async def test_the_youngest_document_of_a_booking_counts(archive: Archive) -> None:
    await archive.invoiced(issued=LATE)
    assert await archive.gone() == {}
    assert await archive.count(*FILE) == ALL


async def test_a_booking_that_is_not_over_stays_however_old_it_is(archive: Archive) -> None:
    point = archive.world.city.charge_points[0]
    await archive.world.place(an_old(State.IN_USE, point, OLD, new_id()), point)
    assert await archive.gone() == {}


async def test_the_trail_goes_after_ten_years_a_declaration_after_six(archive: Archive) -> None:
    for year in (2015, 2016):
        await archive.noted(datetime(year, 12, 31, 12, tzinfo=UTC), new_id())
    for year, confirmed in ((2019, True), (2019, False), (2020, True)):
        at = datetime(year, 12, 31, 12, tzinfo=UTC)
        await archive.sql(
            "INSERT INTO withdrawals (city, id, name, reference, email, language, declared_at, confirmed_at)"
            " VALUES (:city, :id, 'Ada', 'b', 'ada@example.org', 'de', :at, :confirmed)",
            id=new_id(),
            at=at,
            confirmed=at if confirmed else None,
        )
    assert await archive.gone() == {"audit": 1, "declarations": 1}
    assert await archive.world.rows("SELECT extract(year FROM at)::int FROM audit WHERE city = :city") == [(2016,)]
    left = "SELECT extract(year FROM declared_at)::int FROM withdrawals WHERE city = :city ORDER BY declared_at"
    assert await archive.world.rows(left) == [(2019,), (2020,)]


async def test_of_somebody_erased_nothing_is_left_once_her_bookings_are_gone(archive: Archive) -> None:
    person = await archive.erased(OLDER)
    await archive.used(LATE, holder=person)
    of_person = ("persons", "erasures", "acceptances", "debtor_numbers")
    assert await archive.gone() == {}
    assert await archive.gone(now=datetime(2027, 1, 1, tzinfo=UTC)) == {"bookings": 1, "persons": 1}
    assert await archive.count(*of_person) == dict.fromkeys(of_person, 0)


async def test_somebody_who_was_not_erased_stays(archive: Archive) -> None:
    await archive.sql(
        "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, 'ada@example.org', :at)",
        id=new_id(),
        at=OLD,
    )
    assert await archive.gone() == {}


async def test_answers_are_no_records_and_say_what_stands_among_the_bookings(archive: Archive) -> None:
    """They are forgotten after days by the relay; nothing of them is proven, and no hold keeps them."""
    assert {place.table for place in PLACES.values()}.isdisjoint({"answers", "callers", "quotes", "outbox"})
    assert set(PLACES) == set(Record) - {Record.LETTERS}


async def test_what_the_provider_moved_for_a_booking_goes_with_it_and_a_late_movement_keeps_both(
    archive: Archive,
) -> None:
    for moved in (OLD, LATE):
        booking = await archive.used()
        ((payment,),) = await archive.world.rows("SELECT id FROM payments WHERE booking_id = :id", id=booking.id)
        await archive.sql(
            """INSERT INTO provider_transactions (city, id, transaction_id, kind, type, category, amount, fee, net, currency,
                 created_at, available_at, payment_id, fees, seen_at)
               VALUES (:city, :id, :word, 'charge', 'charge', 'charge', 240, 0, 240, 'EUR', :at, :at, :payment, '[]', :at)""",
            id=new_id(),
            word=new_id().hex,
            at=moved,
            payment=payment,
        )
    assert await archive.gone() == {"bookings": 1}
    proofs = {proof.relation: proof.count for proof in await archive.books.proofs(archive.city)}
    assert proofs == {"bookings": 1, "payments": 1, "problems": 1, "provider_transactions": 1}


async def test_a_logbook_goes_with_its_bookings_and_a_late_correction_keeps_both(archive: Archive) -> None:
    for entered in (OLD, LATE):
        booking = await archive.used()
        of = {"id": booking.id, "car": booking.resource_id, "by": booking.holder_id}
        await archive.sql(
            "INSERT INTO trips (city, id, vehicle_id, driver_id, started_at, ended_at) VALUES (:city, :id, :car, :by, :at, :at)",
            at=OLD,
            **of,
        )
        await archive.sql(
            "INSERT INTO key_commands (city, id, booking_id, resource_id, action, asked_by, key, asked_at, state, tries)"
            " VALUES (:city, :key, :id, :car, 'unlock', :by, 'k', :at, 'asked', 1)",
            key=new_id(),
            at=OLD,
            **of,
        )
        for version, at in ((1, OLD), (2, entered)):
            await archive.sql(
                "INSERT INTO trip_entries (city, trip_id, version, entered_by, entered_at) VALUES (:city, :id, :version, :by, :at)",
                version=version,
                at=at,
                **of,
            )
    for table in ("trip_entries", "trips", "key_commands"):
        await refused(archive, WRITTEN, f"DELETE FROM {table}", before=OLDER)
    assert await archive.gone() == {"bookings": 1}
    proofs = {proof.relation: proof.count for proof in await archive.books.proofs(archive.city)}
    assert proofs == {"bookings": 1, "payments": 1, "problems": 1, "trips": 1, "trip_entries": 2, "key_commands": 1}
    assert await archive.count("trips", "trip_entries", "key_commands") == {
        "trips": 1,
        "trip_entries": 2,
        "key_commands": 1,
    }


async def test_what_was_given_back_answered_and_owed_goes_with_its_booking_and_keeps_it_while_it_is_young_or_open(
    archive: Archive,
) -> None:
    for touched, state in ((OLD, "written_off"), (OLD, "open"), (LATE, "written_off")):
        booking = await archive.used()
        ((payment,),) = await archive.world.rows("SELECT id FROM payments WHERE booking_id = :id", id=booking.id)
        known = {"booking": booking.id, "at": touched, "id": new_id()}
        await archive.sql(
            """INSERT INTO refunds (city, id, booking_id, payment_id, amount, currency, reason, state, needs_second, proposed_by,
                 proposed_at, decision_reason, version, updated_at)
               VALUES (:city, :id, :booking, :payment, 1, 'EUR', 'r', 'paid', false, :id, :at, '', 1, :at)""",
            payment=payment,
            **known,
        )
        await archive.sql(
            """INSERT INTO disputes (city, id, dispute_id, charge_id, amount, currency, reason, state, opened_at, is_refundable,
                 has_evidence, submissions, transactions, withdrawn, fee, payment_id, version, updated_at)
               VALUES (:city, :id, :word, 'ch', 1, 'EUR', 'r', 'lost', :at, false, false, 0, '{}', 1, 0, :payment, 1, :at)""",
            id=known["id"],
            at=touched,
            payment=payment,
            word=new_id().hex,
        )
        await archive.sql(
            """INSERT INTO dispute_answers (city, dispute_id, kind, evidence, answered_by, answered_at)
               VALUES (:city, :id, 'acceptance', '{}', :id, :at)""",
            id=known["id"],
            at=touched,
        )
        await archive.sql(
            """INSERT INTO dunning_cases (city, booking_id, debtor_id, owed, currency, opened_at, steps_taken, fees, state, closed_at,
                 closed_by, reason, version, updated_at)
               VALUES (:city, :booking, :id, 1, 'EUR', :at, 0, 0, :state, :closed, :by, '', 1, :at)""",
            state=state,
            closed=None if state == "open" else touched,
            by=None if state == "open" else known["id"],
            **known,
        )
    assert await archive.gone() == {"bookings": 1}
    proofs = {proof.relation: proof.count for proof in await archive.books.proofs(archive.city)}
    assert {"refunds": 1, "disputes": 1, "dispute_answers": 1, "dunning_cases": 1}.items() <= proofs.items()


async def test_once_a_day_the_worker_looks_and_applies_only_where_the_city_says_so(archive: Archive) -> None:
    await archive.noted(OLDER, new_id())
    for when, applies, left in ((NOW, False, 1), (NOW + hours(23), True, 1), (NOW + hours(25), True, 0)):
        await archive.sql(
            "UPDATE cities SET settings = jsonb_set(settings, '{retention}', CAST(:it AS jsonb)) WHERE city = :city",
            it=json.dumps({"apply": applies}),
        )
        databases = archive.world.database
        while archive.city in await due_reviews(databases.relay.transactions, when - EVERY, 10_000):
            await reviewing(databases.app, databases.relay, archive.letters, lambda when=when: when, new_id)()  # type: ignore[misc]  # bound now
        assert await archive.count("audit") == {"audit": left}
    reviews = await archive.world.rows("SELECT applied FROM retention_reviews WHERE city = :city ORDER BY at")
    assert [row[0] for row in reviews] == [False, True]
