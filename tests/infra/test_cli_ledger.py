"""`kommobil ledger`."""

import asyncio

import pytest

from domain.identity import City
from domain.ledger.posting.documents import invoice
from infra.embedded import DatabaseUrls
from tests.adapters.database.ledgers import Books, superuser
from tests.database import Databases
from tests.domain.ledger.facts import a_document
from tests.infra.command_line import CommandLine

pytestmark = pytest.mark.database


@pytest.fixture
async def books(kommobil: CommandLine, database: Databases) -> Books:
    """Two entries, sealed, and one that waits."""
    found = Books(database, City(await asyncio.to_thread(kommobil.new_city)))
    await found.post(*(invoice(a_document(name)) for name in ("RE-1", "RE-2")))
    await found.seal()
    await found.post(invoice(a_document("RE-3")))
    return found


async def test_a_ledger_that_nobody_touched_holds(kommobil: CommandLine, books: Books) -> None:
    said = await kommobil.aside("ledger", "verify", "--city", books.city)
    assert said.exit_code == 0
    head = (await books.verified()).head
    assert said.out == f"{books.city}: 2 entries sealed, 1 wait to be; head {head}\n"
    again = await kommobil.aside("ledger", "verify", "--city", books.city, "--head", head, "--json")
    assert (again.exit_code, again.json[books.city]["holds"]) == (0, True)


async def test_a_bit_that_was_flipped_is_found(kommobil: CommandLine, books: Books, postgres: DatabaseUrls) -> None:
    async with superuser(postgres.superuser) as hands:
        await hands.execute(
            "UPDATE ledger_legs SET amount = amount # 1 WHERE city = $1 AND account = 'vat.19' AND entry_id ="
            " (SELECT entry_id FROM ledger_seals WHERE city = $1 AND position = 2)",
            books.city,
        )
    said = await kommobil.aside("ledger", "verify", "--city", books.city)
    assert said.exit_code == 1
    assert "NOT what was sealed at position 2" in said.out
    assert "1 entries do NOT balance" in said.out
    assert f"the ledger does not hold in {books.city}" in said.err


async def test_a_head_that_is_not_in_the_chain_is_told(kommobil: CommandLine, books: Books) -> None:
    said = await kommobil.aside("ledger", "verify", "--city", books.city, "--head", "ab" * 32)
    assert (said.exit_code, "NOT in the chain" in said.out) == (1, True)


@pytest.mark.parametrize("words", [("--head", "ab" * 32), ("--city", "okerstadt", "--head", "abc")])
async def test_a_head_is_of_one_city_and_has_its_form(kommobil: CommandLine, words: tuple[str, ...]) -> None:
    assert (await kommobil.aside("ledger", "verify", *words)).exit_code == 2


async def test_what_is_missing_is_posted(kommobil: CommandLine, books: Books) -> None:
    said = await kommobil.aside("ledger", "post", "--city", books.city)
    assert (said.exit_code, said.out) == (0, "0 entries posted\n")
