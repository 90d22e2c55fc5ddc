"""What names somebody in lines of bank statements, and in letters, goes when it is due."""

import os
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.mail.files import FileMailer
from domain.retention.holds import HoldOn
from domain.retention.rules import Record
from infra.ids import new_id
from services.notices.ports import Message
from services.reconciliation.importing import Imported
from services.retention.ports import Letter
from tests.adapters.database.archives import (
    LATE,
    OLD,
    WRITTEN,
    Archive,
    Crash,
    refused,
)
from tests.domain.reconciliation.statements import IBAN, a_heading, a_statement
from tests.services.reconciliation.offices import SET_IBAN, Office

pytestmark = pytest.mark.database

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
