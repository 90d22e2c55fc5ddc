"""What the law keeps no longer goes, with proof, and nothing else does, whatever the code above the database says."""

import json
import os
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from adapters.database.invoice_archive import SqlInvoiceArchive
from adapters.database.invoices import SqlInvoiceBooks
from adapters.database.old_records import PLACES
from adapters.database.retention import SqlRetention, due_reviews
from adapters.mail.files import FileMailer
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import Resource
from domain.identity import City, PersonId
from domain.invoicing.invoices import Invoice
from domain.payments.payments import PaymentState
from domain.refusals import Refusal
from domain.retention.holds import Hold, HoldId, HoldOn, NotHeld, PlaceHold
from domain.retention.rules import Record
from infra.ids import new_id
from infra.retaining import EVERY, reviewing
from services.invoicing.issuing import issue_for_booking
from services.invoicing.ports import Format, sealed
from services.notices.ports import Message
from services.reconciliation.importing import Imported
from services.retention.holding import lift_hold, place_hold
from services.retention.ports import Letter, OpenRetention
from services.retention.running import BATCH, Standing, review
from tests.adapters.database.lives import World
from tests.database import Databases
from tests.domain.reconciliation.statements import IBAN, a_heading, a_statement
from tests.examples import a_booking, a_payment, hours
from tests.invoices import CITY
from tests.services.reconciliation.offices import SET_IBAN, Office

pytestmark = pytest.mark.database

FORBIDDEN, WRONG = "42501", "23514"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OLD, LATE = datetime(2017, 6, 4, 12, tzinfo=UTC), datetime(2018, 2, 1, 12, tzinfo=UTC)
OLDER = datetime(2015, 6, 4, 12, tzinfo=UTC)
BY = PersonId(UUID(int=7))
T = TypeVar("T")


class Archive(Struct, frozen=True):
    """A city with records that are old, and whoever looks after them."""

    world: World
    books: SqlRetention
    letters: FileMailer

    @property
    def city(self) -> City:
        return self.world.city.city

    async def review(self, *, apply: bool = True, now: datetime = NOW) -> dict[Record, Standing]:
        standings = await review(
            self.city, BY, apply=apply, books=self.books, letters=self.letters, clock=lambda: now, new_id=new_id
        )
        return {standing.due.record: standing for standing in standings or ()}

    async def gone(self, *, now: datetime = NOW) -> dict[str, int]:
        """How much of each record went."""
        return {str(record): found.gone for record, found in (await self.review(now=now)).items() if found.gone}

    async def hold(self, on: HoldOn, subject: UUID | None) -> Hold:
        outcome = await place_hold(
            PlaceHold(HoldId(new_id()), on, subject, "court case"), self.city, BY, books=self.books, clock=lambda: NOW
        )
        assert isinstance(outcome, Hold)
        return outcome

    async def used(self, at: datetime = OLD, *, holder: UUID | None = None) -> Booking:
        """A use with its payment, and a problem that was reported."""
        point = self.world.city.charge_points[0]
        booking = an_old(State.COMPLETED, point, at, holder or new_id())
        facts: dict[str, Any] = {"id": new_id(), "intent_id": new_id().hex, "captured": 240}
        payment = a_payment(booking, PaymentState.CAPTURED, amount=booking.quote.total, **facts)
        await self.world.place(booking, point, payment)
        await self.sql(
            "INSERT INTO problems (city, id, booking_id, resource_id, reporter_id, kind, reported_at, withdraws)"
            " VALUES (:city, :id, :booking, :resource, :holder, 'other', :at, false)",
            id=new_id(),
            booking=booking.id,
            resource=point.id,
            holder=booking.holder_id,
            at=at,
        )
        return booking

    async def invoiced(self, at: datetime = OLD, *, issued: datetime | None = None) -> tuple[Booking, Invoice]:
        """The same, with its invoice and the document that was sent."""
        booking, day = await self.used(at), issued or at + hours(2)
        transactions = self.world.database.app.transactions
        books = SqlInvoiceBooks(transactions, new_id, lambda: None)
        (invoice,) = await issue_for_booking(self.city, booking.id, books=books, clock=lambda: day, new_id=new_id)
        document = sealed(Format.PDF, b"%PDF", NOW)  # it was asked for years later
        await SqlInvoiceArchive(self.world.database.app).seal(self.city, invoice.id, document)
        return booking, invoice

    async def noted(self, at: datetime, subject: UUID) -> None:
        await self.sql(
            "INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)"
            " VALUES (:city, :id, :at, :by, 'a', :subject, 'r')",
            id=new_id(),
            at=at,
            by=BY,
            subject=subject,
        )

    async def erased(self, at: datetime) -> UUID:
        """Somebody who was erased, and all that is left of her."""
        person = new_id()
        await self.sql(
            "INSERT INTO persons (city, id, made_at, erased_at, email) VALUES (:city, :id, :at, :at, NULL)",
            id=person,
            at=at,
        )
        for statement in (
            "INSERT INTO erasures (city, person_id, erased_at, emptied_at) VALUES (:city, :id, :at, :at)",
            "INSERT INTO acceptances (city, person_id, document, version, accepted_at) VALUES (:city, :id, 'terms', '1', :at)",
        ):
            await self.sql(statement, id=person, at=at)
        await self.sql("INSERT INTO debtor_numbers (city, person_id, number) VALUES (:city, :id, 1)", id=person)
        return person

    async def sql(self, statement: str, **values: object) -> None:
        async with self.world.database.app.transactions.city(self.city) as connection:
            named = {k: v for k, v in ({"city": self.city} | values).items() if f":{k}" in statement}
            await connection.execute(text(statement), named)

    async def count(self, *tables: str) -> dict[str, int]:
        found = {}
        for table in tables:
            ((rows,),) = await self.world.rows(f"SELECT count(*) FROM {table} WHERE city = :city")
            found[table] = int(rows)
        return found


def an_old(state: State, point: Resource, at: datetime, holder: UUID) -> Booking:
    """For an hour from an instant on."""
    until = at + hours(1)
    when: dict[str, Any] = {"start": at, "end": until, "made_at": at, "updated_at": until}
    used: dict[str, Any] = {"started_at": at, "finished_at": until if state is State.COMPLETED else None}
    return replace(a_booking(state, point), id=BookingId(new_id()), holder_id=PersonId(holder), **when, **used)


FILE = ("bookings", "payments", "problems", "invoices", "invoice_documents")
NOTHING, ALL = dict.fromkeys(FILE, 0), dict.fromkeys(FILE, 1)


@pytest.fixture
async def archive(world: World, tmp_path: Path) -> Archive:
    await world.rows(
        "UPDATE cities SET settings = CAST(:it AS jsonb) WHERE city = :city RETURNING city",
        it=msgspec.json.encode(CITY).decode(),
    )
    books = SqlRetention(world.database.app.transactions, lambda: NOW, new_id, "test")
    return Archive(world, books, FileMailer(tmp_path))


# -- what goes, and when


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
    assert (applied, due) == (
        False,
        {"bookings": 1, "statements": 0, "declarations": 0, "letters": 0, "audit": 0, "persons": 0},
    )


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


LINES = "SELECT amount, counterparty, text, bank_reference FROM bank_lines WHERE city = :city ORDER BY position"


async def on_the_statement(archive: Archive, closed_on: date = date(2017, 12, 31)) -> None:
    """Two lines of a bank statement, with names."""
    heading = replace(a_heading(), opened_on=closed_on - timedelta(days=1), closed_on=closed_on)
    statement = a_statement(2470, 990, heading=heading)
    said = {"counterparty": "Ada Beispiel", "counterparty_iban": IBAN, "text": "Danke, Ada", "bank_reference": "B1"}
    statement = replace(statement, lines=tuple(replace(line, **said) for line in statement.lines))
    office = Office(archive.world.database, archive.city)
    async with office.databases.app.transactions.city(archive.city) as connection:
        await connection.execute(SET_IBAN, {"city": archive.city, "iban": IBAN})
    assert isinstance(await office.take_in(statement), Imported)


async def test_a_line_at_the_bank_forgets_who_paid_and_keeps_what_was_paid(archive: Archive) -> None:
    await on_the_statement(archive)
    assert await archive.gone(now=datetime(2025, 12, 31, 22, 59, tzinfo=UTC)) == {}
    assert await archive.gone() == {"statements": 2}
    assert await archive.world.rows(LINES) == [(2470, "", "", "B1"), (990, "", "", "B1")]
    (proof,) = await archive.books.proofs(archive.city)
    assert (proof.record, proof.relation, proof.count) == (Record.STATEMENTS, "bank_lines", 2)
    assert await archive.gone() == {}


async def test_a_line_matched_with_a_held_invoice_stays_as_it_is(archive: Archive) -> None:
    await on_the_statement(archive)
    booking, invoice = await archive.invoiced(LATE)
    await archive.sql(
        """WITH m AS (INSERT INTO matches (city, id, rule, score, reason, made_by, made_at)
             VALUES (:city, :id, 'by_hand', 100, 'r', :id, now()))
           INSERT INTO match_parts (city, match_id, line_id, expected_id, amount, expected_amount)
           SELECT :city, :id, l.id, :expected, 240, 240 FROM bank_lines l WHERE l.city = :city AND l.position = 1""",
        id=new_id(),
        expected=f"invoice:{invoice.id}",
    )
    await archive.hold(HoldOn.BOOKING, booking.id)
    assert await archive.gone() == {"statements": 1}
    assert [row[1] for row in await archive.world.rows(LINES)] == ["Ada Beispiel", ""]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE bank_lines SET counterparty = '', counterparty_iban = '', text = '', mandate_id = ''",
        "UPDATE bank_lines SET text = 'something else'",
        "UPDATE bank_lines SET amount = 1",
    ],
)
async def test_a_line_at_the_bank_is_changed_in_no_other_way_and_not_before(archive: Archive, change: str) -> None:
    await on_the_statement(archive)
    await refused(archive, change)
    before = OLD if "counterparty" in change else LATE
    await refused(archive, WRITTEN, change, before=before)


async def written(archive: Archive, at: datetime, to: str = "ada@example.org", city: str = "") -> str:
    """A letter, and the name of its file."""
    sent_from = f"{city or archive.city}@kommobil.invalid"
    letter = Message(new_id(), at, "Okerstadt", sent_from, to, "de", "Bestätigung", "Guten Tag")
    await archive.letters.send(letter)
    return f"{letter.id}.eml"


async def test_letters_go_six_years_after_their_year_each_citys_own(archive: Archive, tmp_path: Path) -> None:
    gone = await written(archive, datetime(2019, 12, 31, 22, 59, tzinfo=UTC))
    kept = [
        await written(archive, datetime(2019, 12, 31, 23, tzinfo=UTC)),
        await written(archive, OLD, city="elsewhere"),
    ]
    assert await archive.gone() == {"letters": 1}
    assert sorted(os.listdir(tmp_path)) == sorted(kept)
    (proof,) = await archive.books.proofs(archive.city)
    assert (proof.relation, proof.count, proof.digest) == ("letters", 1, sha256(gone.encode()).hexdigest())


async def test_letters_to_somebody_who_is_held_stay(archive: Archive) -> None:
    booking = await archive.used(LATE)
    await archive.sql(
        "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, 'ada@example.org', :at)",
        id=booking.holder_id,
        at=OLD,
    )
    for to in ("Ada@example.org", "bob@example.org"):
        await written(archive, OLD, to)
    await archive.hold(HoldOn.BOOKING, booking.id)
    standing = (await archive.review(apply=False))[Record.LETTERS]
    assert (standing.counted.count, standing.counted.held) == (1, 1)
    assert await archive.gone() == {"letters": 1}
    await archive.hold(HoldOn.CITY, None)
    await written(archive, OLD, "bob@example.org")
    assert await archive.gone() == {}


async def test_a_crash_between_proof_and_removal_proves_again(archive: Archive) -> None:
    class Crashing(FileMailer):
        async def remove(self, letters: Sequence[Letter]) -> None:  # noqa: ARG002 - the port's signature
            raise Crash

    await written(archive, OLD)
    crashing = Archive(archive.world, archive.books, Crashing(archive.letters._folder))
    with pytest.raises(Crash):
        await crashing.gone()
    assert await archive.gone() == {"letters": 1}
    assert len({proof.digest for proof in await archive.books.proofs(archive.city)}) == 1
    assert len(await archive.books.proofs(archive.city)) == 2


# -- proof


async def test_what_went_is_proven_by_relation_with_the_digest_of_the_keys(archive: Archive) -> None:
    bookings = [(await archive.invoiced())[0] for _ in range(3)]
    await archive.review()
    proofs = await archive.books.proofs(archive.city)
    assert {proof.relation: proof.count for proof in proofs} == dict.fromkeys(FILE, 3)
    (proof,) = [each for each in proofs if each.relation == "bookings"]
    keys = "\n".join(sorted(str(booking.id) for booking in bookings))
    assert (proof.digest, proof.by, proof.at) == (sha256(keys.encode()).hexdigest(), BY, NOW)
    assert (proof.record, proof.rule) == (Record.BOOKINGS, "8 years, § 147 Abs. 1 Nr. 4, Abs. 3 AO, § 14b UStG")


async def test_every_batch_has_its_own_proof(archive: Archive) -> None:
    for _ in range(BATCH + 1):
        await archive.noted(OLDER, new_id())
    assert await archive.gone() == {"audit": BATCH + 1}
    assert sorted(proof.count for proof in await archive.books.proofs(archive.city)) == [1, BATCH]


class Crash(Exception):
    """What happens to a process between two lines."""


class CrashingBooks(SqlRetention):
    """Books whose n-th transaction ends in a crash when all is written and nothing committed."""

    left = 0

    async def work(self, city: City, do: Callable[[OpenRetention], Awaitable[T]]) -> T:
        self.left -= 1

        async def then_crash(open_: OpenRetention) -> T:
            done = await do(open_)
            if self.left == 0:
                raise Crash
            return done

        return await super().work(city, then_crash)


async def test_a_crash_at_any_transaction_loses_neither_record_nor_proof(archive: Archive) -> None:
    for n in range(BATCH + 20):
        await archive.noted(OLDER + timedelta(minutes=n), new_id())
    await archive.invoiced()
    books = CrashingBooks(archive.books._transactions, lambda: NOW, new_id, "test")
    crashes = 0
    while True:
        books.left = crashes + 1
        rows = await archive.count("audit", "bookings")
        try:
            await review(
                archive.city, BY, apply=True, books=books, letters=archive.letters, clock=lambda: NOW, new_id=new_id
            )
        except Crash:
            crashes += 1
        proven = {"audit": 0, "bookings": 0}
        for proof in await archive.books.proofs(archive.city):
            if proof.relation in proven:
                proven[proof.relation] += proof.count
        left = await archive.count("audit", "bookings")
        assert {name: left[name] + proven[name] for name in left} == {"audit": BATCH + 21, "bookings": 1}
        if books.left > 0:
            break
        assert rows
    assert crashes >= 5
    assert left == {"audit": 1, "bookings": 0}


# -- holds


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


# -- what the database refuses

WRITTEN = """INSERT INTO deletions (city, id, record, rule, before, made_by, at)
  VALUES (:city, gen_random_uuid(), 'bookings', 'r', :before, gen_random_uuid(), now())"""
KEPT = (
    "audit",
    "bookings",
    "invoices",
    "invoice_documents",
    "payments",
    "problems",
    "persons",
    "erasures",
    "acceptances",
)


async def refused(archive: Archive, *statements: str, code: str = FORBIDDEN, **values: object) -> None:
    async def change() -> None:
        async with archive.world.database.app.transactions.city(archive.city) as connection:
            for statement in statements:
                named = {k: v for k, v in ({"city": archive.city} | values).items() if f":{k}" in statement}
                await connection.execute(text(statement), named)

    with pytest.raises(DBAPIError) as error:
        await change()
    assert sqlstate(error.value) == code


@pytest.mark.parametrize("table", [*KEPT, "debtor_numbers"])
async def test_nothing_goes_that_was_not_written_down_in_the_same_transaction(archive: Archive, table: str) -> None:
    await archive.invoiced()
    await archive.erased(OLDER)
    await archive.sql(WRITTEN, before=OLD + hours(24 * 400))
    await refused(archive, f"DELETE FROM {table}")


@pytest.mark.parametrize("table", sorted(set(KEPT) - {"invoice_documents"}))
async def test_nothing_goes_that_is_younger_than_what_was_written_down(archive: Archive, table: str) -> None:
    await archive.invoiced()
    await archive.erased(OLDER)
    await archive.noted(OLDER, new_id())
    await refused(archive, WRITTEN, f"DELETE FROM {table}", before=OLDER - hours(72))


async def test_no_deletion_is_written_down_of_what_is_younger_than_six_years(archive: Archive) -> None:
    await refused(archive, WRITTEN, code=WRONG, before=datetime.now(UTC) - timedelta(days=2000))  # noqa: TID251 - the database's own clock decides


@pytest.mark.parametrize("table", ["deletions", "deletion_proofs", "invoice_numbers"])
async def test_proofs_are_only_added_to(archive: Archive, table: str) -> None:
    await archive.invoiced()
    await archive.review()
    for change in (f"UPDATE {table} SET city = city", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        await refused(archive, change)
        with pytest.raises(DBAPIError, match="append-only"):
            async with archive.world.database.owner.transactions.city(archive.city) as connection:
                await connection.execute(text(change))


async def test_a_lifted_hold_is_not_lifted_again_nor_taken_away(archive: Archive) -> None:
    hold = await archive.hold(HoldOn.CITY, None)
    await lift_hold(hold.id, "settled", archive.city, BY, books=archive.books, clock=lambda: NOW)
    await refused(archive, "UPDATE legal_holds SET lifted_because = 'x'", code=WRONG)
    await refused(archive, "UPDATE legal_holds SET reason = 'x'")
    await refused(archive, "DELETE FROM legal_holds")


async def test_numbers_go_on_where_invoices_are_gone(archive: Archive) -> None:
    await archive.invoiced()
    await archive.review()
    _, again = await archive.invoiced(OLD + hours(48))
    assert again.number == "RE-2017-000002"


async def test_whatever_points_at_a_record_goes_with_it(database: Databases) -> None:
    """Whoever adds a table that points at one says in `PLACES` how it goes."""
    async with database.owner.transactions.everywhere() as connection:
        found = await connection.execute(
            text("""SELECT DISTINCT conrelid::regclass::text, confrelid::regclass::text FROM pg_constraint
              WHERE contype = 'f' AND confrelid = ANY (ARRAY['bookings', 'payments', 'invoices', 'problems', 'audit', 'withdrawals', 'persons']::regclass[])""")
        )
        pointing = {tuple(row) for row in found}
    # Of what is over nothing is claimed; an erasure takes away what lets somebody in, and what she pays with.
    by_then_gone = {"claims", "role_grants", "sessions", "identities", "payers", "debtors", "proofs", "erasure_wishes"}
    told = " ".join(statement for place in PLACES.values() for statement in place.gone)
    assert {name for name, _ in pointing if f"FROM {name} " not in told} == by_then_gone


# -- by itself


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
