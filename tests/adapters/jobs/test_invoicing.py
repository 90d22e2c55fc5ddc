"""From the end of a use to the letter with its invoice, by the effects as the worker has them."""

import email
from datetime import datetime, timedelta
from email import policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace

from adapters.database.housekeeping import Housekeeping
from adapters.jobs.effects import Effects
from adapters.mail.files import FileMailer
from domain.booking.bookings import Booking, BookingId, State
from domain.identity import PersonId
from domain.invoicing.invoices import InvoiceId
from domain.payments.payments import PaymentState
from domain.periods import Period
from infra.bootstrap import Outside, Post, effects
from infra.ids import new_id
from tests.database import Databases, SeededCity
from tests.examples import a_booking, a_payment, an_order
from tests.invoices import CITY, TODAY

pytestmark = pytest.mark.database


class Office:
    """A city that writes invoices, one resident, and the worker's effects with the mail in a folder."""

    def __init__(self, database: Databases, city: SeededCity, folder: Path) -> None:
        self.database = database
        self.city = city
        self.folder = folder
        self.ada = PersonId(new_id())
        self.now = TODAY
        self.effects: Effects = effects(
            database.app,
            database.relay,
            Outside(lambda: self.now, new_id, lambda secret: secret),
            Post(FileMailer(folder)),
        )

    async def opened(self) -> "Office":
        await self.sql("UPDATE cities SET settings = CAST(:it AS jsonb)", it=msgspec.json.encode(CITY).decode())
        await self.sql(
            "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :it, 'ada@example.org', now())", it=self.ada
        )
        return self

    async def sql(self, statement: str, **values: object) -> None:
        if statement.startswith("UPDATE"):
            statement += " WHERE city = :city"
        await self.database.rows(self.city.city, f"{statement} RETURNING city", **values)

    async def told(self) -> list[tuple[str, UUID, datetime]]:
        rows = await self.database.rows(
            self.city.city,
            "SELECT kind, subject_id, written_at FROM outbox WHERE city = :city AND kind LIKE '%.issued' ORDER BY kind DESC",
        )
        return [(str(kind), UUID(str(subject)), written) for kind, subject, written in rows]

    async def used(self, captured: int) -> Booking:
        point = self.city.charge_points[0]
        booking = replace(a_booking(State.COMPLETED, point), id=BookingId(new_id()), holder_id=self.ada)
        payment = a_payment(
            booking,
            PaymentState.CAPTURED,
            id=new_id(),
            intent_id=new_id().hex,
            captured=captured,
            amount=booking.quote.total,
        )
        await self.database.place(self.city.city, booking, point, payment)
        return booking

    async def sweep(self) -> None:
        """What the worker does by the clock, until nothing of this city is due."""
        house = Housekeeping(self.database.relay.statements)
        while any(city == self.city.city for city, _ in await house.bookings_to_invoice(self.now, 10_000)):
            await self.effects.issue_due()

    def letters(self) -> list[EmailMessage]:
        found = []
        for file in sorted(self.folder.glob("*.eml")):
            message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
            assert isinstance(message, EmailMessage)
            found.append(message)
        return found


@pytest.fixture
async def office(database: Databases, tmp_path: Path) -> Office:
    return await Office(database, await database.new_city(), tmp_path).opened()


async def test_a_use_that_ended_is_invoiced_and_the_letter_is_sent_once(office: Office) -> None:
    booking = await office.used(captured=240)
    for _ in range(2):  # what is asked for twice happens once
        await office.effects.issue(office.city.city, booking.id)
    ((kind, invoice, _),) = await office.told()
    assert kind == "invoice.issued"
    entry = new_id()
    for _ in range(2):
        await office.effects.mail_invoice(office.city.city, InvoiceId(invoice), entry, TODAY)
    (letter,) = office.letters()
    assert letter["subject"] == "Rechnung RE-2030-000001"
    (pdf,) = letter.iter_attachments()
    kept = await office.database.rows(office.city.city, "SELECT content FROM invoice_documents WHERE city = :city")
    assert [pdf.get_content()] == [row[0] for row in kept]


async def test_a_refund_is_credited_and_told(office: Office) -> None:
    booking = await office.used(captured=240)
    await office.effects.issue(office.city.city, booking.id)
    await office.sql("UPDATE payments SET refunded = 100")
    await office.effects.issue(office.city.city, booking.id)
    (invoice, note) = await office.told()
    assert (invoice[0], note[0]) == ("invoice.issued", "credit_note.issued")
    await office.effects.mail_invoice(office.city.city, InvoiceId(note[1]), new_id(), TODAY + timedelta(days=1))
    (letter,) = office.letters()
    assert letter["subject"] == "Rechnungskorrektur RK-2030-000001"


async def test_nobody_is_written_to_who_is_not_there_any_more(office: Office) -> None:
    booking = await office.used(captured=240)
    await office.effects.issue(office.city.city, booking.id)
    ((_, invoice, _),) = await office.told()
    await office.sql("UPDATE persons SET email = NULL, erased_at = now()")
    await office.effects.mail_invoice(office.city.city, InvoiceId(invoice), new_id(), TODAY)
    assert office.letters() == []


async def test_of_a_booking_that_is_not_there_nothing_follows(office: Office) -> None:
    await office.effects.issue(office.city.city, BookingId(new_id()))
    await office.effects.mail_invoice(office.city.city, InvoiceId(new_id()), new_id(), TODAY)
    assert (await office.told(), office.letters()) == ([], [])


async def test_a_lease_gets_an_invoice_and_a_letter_each_month_by_the_clock_alone(office: Office) -> None:
    bike, start = office.city.bikes[0], TODAY
    order = an_order(bike, period=Period(start, start + timedelta(days=92)))
    lease = replace(a_booking(State.IN_USE, bike, order=order), id=BookingId(new_id()), holder_id=office.ada)
    paid = a_payment(lease, PaymentState.CAPTURED, id=new_id(), intent_id=new_id().hex, captured=2900)
    await office.database.place(office.city.city, lease, bike, paid)
    await office.effects.issue(office.city.city, lease.id)  # when the card was charged
    counts = []
    for days in (1, 29, 30, 31, 60, 61, 90, 200):
        office.now = start + timedelta(days=days)
        await office.sweep()
        counts.append(len(await office.told()))
    assert counts == [1, 1, 2, 2, 2, 3, 3, 3]
    for _, invoice, at in await office.told():
        await office.effects.mail_invoice(office.city.city, InvoiceId(invoice), new_id(), at)
    assert sorted(str(letter["subject"]) for letter in office.letters()) == [
        f"Rechnung RE-2030-00000{n}" for n in (1, 2, 3)
    ]
