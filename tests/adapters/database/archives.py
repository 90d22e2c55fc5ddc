"""A city with records that are older than the law keeps them, and whoever looks after these."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from adapters.database.invoicing.archive import SqlInvoiceArchive
from adapters.database.invoicing.invoices import SqlInvoiceBooks
from adapters.database.retention.deleting import SqlRetention
from adapters.mail.files import FileMailer
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import Resource
from domain.identity import City, PersonId
from domain.invoicing.invoices import Invoice
from domain.payments.payments import PaymentState
from domain.retention.holds import Hold, HoldId, HoldOn, PlaceHold
from domain.retention.rules import Record
from infra.ids import new_id
from services.invoicing.issuing import issue_for_booking
from services.invoicing.ports import Format, sealed
from services.retention.holding import place_hold
from services.retention.running import Standing, review
from tests.adapters.database.lives import World
from tests.examples import a_booking, a_payment, hours
from tests.invoices import CITY

FORBIDDEN, WRONG = "42501", "23514"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
OLD, LATE = datetime(2017, 6, 4, 12, tzinfo=UTC), datetime(2018, 2, 1, 12, tzinfo=UTC)
OLDER = datetime(2015, 6, 4, 12, tzinfo=UTC)
BY = PersonId(UUID(int=7))


WRITTEN = """INSERT INTO deletions (city, id, record, rule, before, made_by, at)
  VALUES (:city, gen_random_uuid(), 'bookings', 'r', :before, gen_random_uuid(), now())"""
FILE = ("bookings", "payments", "problems", "invoices", "invoice_documents")
NOTHING, ALL = dict.fromkeys(FILE, 0), dict.fromkeys(FILE, 1)


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


class Crash(Exception):
    """What happens to a process between two lines."""


async def refused(archive: Archive, *statements: str, code: str = FORBIDDEN, **values: object) -> None:
    async def change() -> None:
        async with archive.world.database.app.transactions.city(archive.city) as connection:
            for statement in statements:
                named = {k: v for k, v in ({"city": archive.city} | values).items() if f":{k}" in statement}
                await connection.execute(text(statement), named)

    with pytest.raises(DBAPIError) as error:
        await change()
    assert sqlstate(error.value) == code


async def an_archive(world: World, folder: Path) -> Archive:
    await world.rows(
        "UPDATE cities SET settings = CAST(:it AS jsonb) WHERE city = :city RETURNING city",
        it=msgspec.json.encode(CITY).decode(),
    )
    books = SqlRetention(world.database.app.transactions, lambda: NOW, new_id, "test")
    return Archive(world, books, FileMailer(folder))
