"""The papers of leases, bound to their books and to whoever renders them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from adapters.database.bike_leasing.papers import SqlPaperBooks
from adapters.database.connections import Transactions
from adapters.database.sheets import SqlSheets
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.papers.accepting import AcceptPaper
from domain.bike_leasing.papers.papers import Digest, Paper, PartyNamed
from domain.bike_leasing.papers.texts import PaperKind
from domain.identity import SYSTEM, Actor, City
from services.bike_leasing.papers import LeasePapers
from services.bike_leasing.papers.accepting import accept_paper, name_party, named_parties
from services.bike_leasing.papers.drawing import content_of, draw_papers, find_papers
from services.bike_leasing.papers.ports import DrawingDesk, PaperFile, Refused, Render
from services.calls import Answer, Call

T = TypeVar("T")


class _Books:
    """Each call in a transaction of its own: what is drawn is rendered between two of them."""

    def __init__(self, desk: SqlSheets, by: UUID = SYSTEM) -> None:
        self._desk = desk
        self._by = by

    async def file(self, city: City, lease_id: LeaseId) -> PaperFile | None:
        return await self._in(city, lambda books: books.file(lease_id, ""))

    async def desk(self, city: City, lease_id: LeaseId) -> DrawingDesk | None:
        return await self._in(city, lambda books: books.desk(lease_id))

    async def seal(self, city: City, papers: Sequence[tuple[Paper, Digest, bytes]]) -> None:
        await self._in(city, lambda books: books.seal(papers))

    async def content(self, city: City, lease_id: LeaseId, kind: PaperKind) -> bytes | None:
        return await self._in(city, lambda books: books.content(lease_id, kind))

    async def _in(self, city: City, do: Callable[[SqlPaperBooks], Awaitable[T]]) -> T:
        return await self._desk.work(city, self._by, "", lambda sheet: do(SqlPaperBooks(sheet)))


def lease_papers(
    transactions: Transactions, render: Render, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> LeasePapers:
    desk = SqlSheets(transactions, clock, new_id)

    async def name(call: Call[PartyNamed | Refused], party: PartyNamed) -> Answer:
        return await desk.answered(call, lambda sheet: name_party(party, books=SqlPaperBooks(sheet), actor=call.actor))

    async def named(actor: Actor) -> Sequence[PartyNamed]:
        return await desk.work(actor.city, actor.id, "", lambda sheet: named_parties(actor, books=SqlPaperBooks(sheet)))

    async def draw(actor: Actor, lease_id: LeaseId) -> PaperFile | Refused:
        return await draw_papers(actor, lease_id, books=_Books(desk, actor.id), render=render, now=clock())

    async def find(actor: Actor, lease_id: LeaseId) -> PaperFile | None:
        return await find_papers(actor, lease_id, books=_Books(desk))

    async def content(actor: Actor, lease_id: LeaseId, kind: PaperKind) -> tuple[str, bytes] | None:
        return await content_of(actor, lease_id, kind, books=_Books(desk))

    async def accept(call: Call[PaperFile | Refused], command: AcceptPaper) -> Answer:
        return await desk.answered(
            call,
            lambda sheet: accept_paper(command, books=SqlPaperBooks(sheet), actor=call.actor, now=sheet.now),
        )

    return LeasePapers(name, named, draw, find, content, accept)
