"""The cities' texts in PostgreSQL."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from adapters.database.answering import through
from adapters.database.connections import Transactions
from adapters.database.sheets import Sheet
from domain.documents import Document, Edition, NotPublishable
from domain.identity import SYSTEM, Actor, City
from domain.refusals import Refusal
from services.documents import Documents
from services.documents.ports import Entry
from services.documents.publishing import PublishDocument, Publishing, publish_document, read_document


class SqlDocumentBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def entries(self) -> Sequence[Entry] | None:
        """Without a version in the city's settings, the one published last is in force."""
        city = await self._sheet.rows(
            "SELECT coalesce(settings -> 'terms', '{}') AS terms FROM cities WHERE city = :city"
        )
        if not city:
            return None
        rows = await self._sheet.rows(
            "SELECT document, version, language, digest, published_at FROM documents WHERE city = :city"
            " ORDER BY document, published_at DESC, version DESC, language"
        )
        in_force = {row.document: row.version for row in reversed(rows)} | city[0].terms
        return tuple(
            Entry(
                Edition(row.document, row.version, row.language),
                row.digest,
                row.published_at,
                in_force[row.document] == row.version,
            )
            for row in rows
        )

    async def find(self, edition: Edition) -> Document | None:
        rows = await self._sheet.rows(
            "SELECT content, digest, published_at FROM documents WHERE city = :city AND document = :document"
            " AND version = :version AND language = :language",
            **msgspec.structs.asdict(edition),
        )
        return Document(edition, rows[0].content, rows[0].digest, rows[0].published_at) if rows else None

    async def publish(self, document: Document) -> bool:
        edition = msgspec.structs.asdict(document.edition)
        written = await self._sheet.write(
            "INSERT INTO documents (city, document, version, language, content, digest, published_at)"
            " VALUES (:city, :document, :version, :language, :content, :digest, :published_at) ON CONFLICT DO NOTHING",
            content=document.content,
            digest=document.digest,
            published_at=document.published_at,
            **edition,
        )
        if written:
            await self._sheet.note("operator.document_published", self._sheet.named("documents", *edition.values()))
        return bool(written)


def documents_with(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> Documents:
    """The use cases; each is a transaction of its own."""

    async def entries(city: City) -> Sequence[Entry] | None:
        async def once() -> Sequence[Entry] | None:
            async with transactions.city(city) as connection:
                return await SqlDocumentBooks(Sheet(connection, city, SYSTEM, "", clock(), new_id)).entries()

        return await through(once)

    async def read(city: City, document: str, version: str, wanted: str | None, accepted: str) -> Document | None:
        async def once() -> Document | None:
            async with transactions.city(city) as connection:
                books = SqlDocumentBooks(Sheet(connection, city, SYSTEM, "", clock(), new_id))
                return await read_document(document, version, wanted, accepted, books=books)

        return await through(once)

    async def publish(actor: Actor, request_id: str, command: PublishDocument) -> Publishing | Refusal[NotPublishable]:
        async def once() -> Publishing | Refusal[NotPublishable]:
            now = clock()
            async with transactions.city(actor.city) as connection:
                sheet = Sheet(connection, actor.city, actor.id, request_id, now, new_id)
                return await publish_document(command, books=SqlDocumentBooks(sheet), now=now)

        return await through(once)

    return Documents(entries, read, publish)
