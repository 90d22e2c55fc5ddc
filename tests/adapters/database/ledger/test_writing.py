"""Entries that are posted at the same time go into one statement, and none is lost or refused for another's sake."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from msgspec.structs import replace

from adapters.database.connections import Session
from adapters.database.ledger.journal import SqlJournal
from adapters.database.ledger.writing import Posting, write_all
from adapters.database.together import Together
from domain.identity import City
from domain.ledger.entries import Entry, EntryId, mirrored
from domain.ledger.posting.documents import invoice
from infra.ids import new_id
from tests.adapters.database.ledgers import Books, some_books
from tests.database import Databases
from tests.domain.ledger.facts import AT, a_document
from tests.examples import an_id

pytestmark = pytest.mark.database


class Counted:
    """Many who post in one city, and how many of them went into each statement; `at_the_first` is done while the first
    writes."""

    def __init__(self, books: Books, at_the_first: asyncio.Event | None = None) -> None:
        self._books = books
        self._together = Together[Posting, int](self._write)
        self._hold = at_the_first
        self.sizes: list[int] = []

    async def post(self, entry: Entry) -> int:
        async with self._books.databases.app.statements.session() as session:
            journal = SqlJournal(session, self._books.city, AT, new_id, self._together.one)
            return await journal.post([entry])

    async def _write(self, session: Session, city: City, postings: Sequence[Posting]) -> Sequence[int]:
        self.sizes.append(len(postings))
        if self._hold is not None and len(self.sizes) == 1:
            await self._hold.wait()
        return await write_all(session, city, postings)


def an_entry(number: int) -> Entry:
    document = a_document(f"RE-{number}")
    return invoice(replace(document, id=an_id(f"document {number}")))


async def sources(books: Books) -> list[str]:
    return [row[0] for row in await books.rows("SELECT source FROM ledger_entries WHERE city = :city ORDER BY 1")]


async def test_who_comes_while_another_writes_is_taken_along_by_the_next(database: Databases) -> None:
    books = await some_books(database)
    counted = Counted(books)
    entries = [an_entry(number) for number in range(6)]
    assert await asyncio.gather(*(counted.post(entry) for entry in (*entries, entries[0]))) == [1] * 6 + [0]
    assert len(counted.sizes) < 7
    assert sum(counted.sizes) == 7
    assert await sources(books) == sorted(entry.source for entry in entries)
    await books.seal()
    assert (await books.verified()).holds


async def test_what_the_database_refuses_is_refused_to_none_but_who_asked_for_it(database: Databases) -> None:
    books = await some_books(database)
    counted = Counted(books)
    unknown = mirrored(EntryId(UUID(int=7)), an_entry(9), AT, "of what is not there")
    given = [an_entry(0), an_entry(1), unknown, an_entry(2), an_entry(3)]
    done = await asyncio.gather(*(counted.post(entry) for entry in given), return_exceptions=True)
    assert [isinstance(each, Exception) for each in done] == [False, False, True, False, False]
    assert await sources(books) == sorted(entry.source for entry in given if entry is not unknown)


async def test_whoever_waits_writes_herself_where_the_one_before_is_gone(database: Databases) -> None:
    books, never = await some_books(database), asyncio.Event()
    counted = Counted(books, never)
    first = asyncio.create_task(counted.post(an_entry(0)))
    others = [asyncio.create_task(counted.post(an_entry(number))) for number in (1, 2, 3)]
    while not counted.sizes:  # noqa: ASYNC110 - until the first is at it
        await asyncio.sleep(0)
    first.cancel()
    assert await asyncio.gather(first, *others, return_exceptions=True) != [1, 1, 1, 1]
    assert await sources(books) == sorted(an_entry(number).source for number in (1, 2, 3))
