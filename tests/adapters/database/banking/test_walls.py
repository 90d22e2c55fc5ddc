"""What the database refuses of the books at the bank, when the code above it is wrong."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from infra.ids import new_id
from tests.database import Databases
from tests.domain.reconciliation.statements import a_statement
from tests.services.reconciliation.offices import Office, an_office

pytestmark = pytest.mark.database
FORBIDDEN, WRONG = "42501", "23514"
STATEMENT = """
INSERT INTO bank_statements (city, id, iban, named, page, currency, opening, closing, opened_on, closed_on, line_count, digest, file,
  imported_at, imported_by)
VALUES (:city, :id, 'x', 'S', 1, 'EUR', 0, 5, '2026-11-20', '2026-11-23', 1, 'd', 'f', now(), :id)
"""
LINE = """
INSERT INTO bank_lines (city, id, statement_id, position, booked_on, value_on, amount, currency, end_to_end_id, "references", text,
  counterparty, counterparty_iban, bank_reference, mandate_id, code, returned, reversal)
SELECT :city, gen_random_uuid(), s.id, 9, '2026-11-23', '2026-11-23', 5, :currency, '', '{}', '', '', '', '', '', '', '', false
FROM bank_statements s WHERE s.city = :city
"""
MATCH = """
WITH m AS (INSERT INTO matches (city, id, rule, score, reason, made_by, made_at)
  VALUES (:city, :id, 'by_hand', 100, 'r', :id, now()))
INSERT INTO match_parts (city, match_id, line_id, expected_id, amount, expected_amount)
SELECT :city, :id, l.id, :expected, :amount, :most FROM bank_lines l WHERE l.city = :city ORDER BY l.position LIMIT 1
"""
NOTED = (
    """INSERT INTO exceptions (city, id, kind, source, words, since, amount, currency, raised_at, due_on)
       VALUES (:city, :id, 'dispute', 's', 'w', '2026-11-23', 0, 'EUR', now(), '2026-11-23')""",
    """INSERT INTO exception_steps (city, id, exception_id, kind, by, at, words)
       SELECT city, id, id, 'noted', id, now(), 'Ada called' FROM exceptions WHERE city = :city""",
)
ERASED = (
    "INSERT INTO persons (city, id, made_at, erased_at) VALUES (:city, :ada, now(), now())",
    "INSERT INTO erasures (city, person_id, erased_at, mailbox) VALUES (:city, :ada, now(), 'digest')",
)
FORGET = "UPDATE exception_steps SET words = :words"


@pytest.fixture
async def office(database: Databases) -> Office:
    """With one line, of 24.70."""
    office = await an_office(database)
    await office.take_in(a_statement(2470))
    return office


async def write(office: Office, *statements: str, **values: object) -> None:
    async with office.databases.app.transactions.city(office.city) as connection:
        for statement in statements:
            named = {"city": office.city, "id": new_id()} | values
            await connection.execute(text(statement), {k: v for k, v in named.items() if f":{k}" in statement})


async def refused(office: Office, *statements: str, code: str = WRONG, **values: object) -> None:
    with pytest.raises(DBAPIError) as error:
        await write(office, *statements, **values)
    assert sqlstate(error.value) == code


async def match(office: Office, amount: int, expected: str = "invoice:1", most: int = 10_000) -> None:
    await write(office, MATCH, amount=amount, expected=expected, most=most)


@pytest.mark.parametrize(
    "table", ["bank_statements", "bank_lines", "matches", "match_parts", "match_undoings", "exception_steps"]
)
async def test_what_the_bank_said_and_what_was_matched_is_only_added_to(office: Office, table: str) -> None:
    for change in (f"UPDATE {table} SET city = city", f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"):
        await refused(office, change, code=FORBIDDEN)
        with pytest.raises(DBAPIError, match="append-only"):
            async with office.databases.owner.transactions.city(office.city) as connection:
                await connection.execute(text(change))


@pytest.mark.parametrize("words", ["", "somebody else called"])
async def test_what_was_written_on_an_exception_goes_with_an_erasure_alone(office: Office, words: str) -> None:
    await write(office, *NOTED)
    await refused(office, FORGET, words=words, code=FORBIDDEN)


@pytest.mark.parametrize("words", ["", "somebody else called"])
async def test_an_erasure_forgets_what_was_written_and_writes_nothing_else(office: Office, words: str) -> None:
    await write(office, *NOTED)
    erased, named = (*ERASED, FORGET), {"words": words, "ada": new_id()}
    await (refused(office, *erased, **named, code=FORBIDDEN) if words else write(office, *erased, **named))
    assert await office.rows("SELECT words FROM exception_steps WHERE city = :city") == [
        ("Ada called" if words else "",)
    ]


async def test_of_an_exception_nobody_rewrites_what_was_found(office: Office) -> None:
    await refused(office, "UPDATE exceptions SET words = 'nothing'", code=FORBIDDEN)


async def test_a_statement_without_its_lines_is_not_kept(office: Office) -> None:
    await refused(office, STATEMENT)


async def test_a_statement_gets_no_more_lines(office: Office) -> None:
    await refused(office, LINE, currency="EUR")


async def test_a_line_in_another_currency_does_not_count(office: Office) -> None:
    await refused(office, STATEMENT, LINE.replace("s.city = :city", "s.iban = 'x'"), currency="USD")


async def test_no_line_is_matched_beyond_its_amount(office: Office) -> None:
    await match(office, 2000, "invoice:1")
    await match(office, 470, "invoice:2")
    await refused(office, MATCH, amount=1, expected="invoice:3", most=1)


async def test_nothing_expected_is_settled_beyond_its_amount(office: Office) -> None:
    await match(office, 1000, most=1500)
    await refused(office, MATCH, amount=501, expected="invoice:1", most=1500)


@pytest.mark.parametrize(("amount", "most"), [(-1, -1), (1, -1), (-1, 1)])
async def test_no_sign_is_turned(office: Office, amount: int, most: int) -> None:
    await refused(office, MATCH, amount=amount, expected="invoice:1", most=most)


async def test_what_is_undone_leaves_room_again(office: Office) -> None:
    await match(office, 2470)
    await write(
        office,
        "INSERT INTO match_undoings (city, match_id, undone_by, undone_at, reason)"
        " SELECT :city, m.id, :id, now(), 'r' FROM matches m WHERE m.city = :city",
    )
    await match(office, 2470)
