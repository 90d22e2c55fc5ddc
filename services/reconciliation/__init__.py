"""Reconciling what the bank says with what is expected there; for whoever keeps a city's books."""

from collections.abc import Awaitable, Callable
from datetime import date
from functools import partial
from typing import TypeAlias

from msgspec import Struct

from domain.identity import SYSTEM, City, PersonId
from domain.reconciliation.expected import Expected
from domain.reconciliation.matching import Proposal
from domain.reconciliation.statements import BankLineId
from services.calls import Answer, Call, UseCase
from services.reconciliation.handling import (
    HandleException,
    Handling,
    MatchByHand,
    Matching,
    UndoMatch,
    handle_exception,
    match_by_hand,
    propose,
    undo_match,
)
from services.reconciliation.importing import ImportFile, Importing, opened
from services.reconciliation.ports import OpenBooks, Ports, Run
from services.reconciliation.reading import ReadStatements, UnknownCity
from services.reconciliation.records import CaseArchive, StatementArchive
from services.reconciliation.running import by_what_is_expected, run, what_is_expected

TakeIn: TypeAlias = Callable[[City, PersonId, ImportFile], Awaitable[Importing]]


class Reconciliation(Struct, frozen=True):
    """The use cases, bound to their books. `take_in` is `import_file` for those who are answered by its outcome: the
    command line, and the folder into which files are put. `nightly` is `run`, and asks the payment provider for its balance
    as well. `statements` and `cases` are the same books, to be read. All raise UnknownCity and Unavailable."""

    import_file: UseCase[Importing, ImportFile]
    match: UseCase[Matching, MatchByHand]
    undo: UseCase[Matching, UndoMatch]
    handle: UseCase[Handling, HandleException]
    take_in: TakeIn
    propose: Callable[[City, BankLineId], Awaitable[tuple[Proposal, ...]]]
    run: Callable[[City], Awaitable[Run]]
    nightly: Callable[[City], Awaitable[Run]]
    today: Callable[[City], Awaitable[date]]
    statements: StatementArchive
    cases: CaseArchive


def bound(ports: Ports, read: ReadStatements, statements: StatementArchive, cases: CaseArchive) -> Reconciliation:
    desk = _Desk(ports, read)
    return Reconciliation(
        import_file=desk.import_file,
        match=desk.match,
        undo=desk.undo,
        handle=desk.handle,
        take_in=desk.take_in,
        propose=desk.propose,
        run=partial(run, ports=ports),
        nightly=partial(run, ports=ports, ask=True),
        today=desk.today,
        statements=statements,
        cases=cases,
    )


class _Desk:
    """What is read before the books are open, and what is done once they are."""

    def __init__(self, ports: Ports, read: ReadStatements) -> None:
        self._ports = ports
        self._read = read
        self._books = ports.books

    async def import_file(self, call: Call[Importing], command: ImportFile) -> Answer:
        take = await opened(command, call.city, accounts=self._ports.accounts, read=self._read)
        return await self._books.answered(call, take)

    async def take_in(self, city: City, by: PersonId, command: ImportFile) -> Importing:
        take = await opened(command, city, accounts=self._ports.accounts, read=self._read)
        return await self._books.work(city, by, take)

    async def match(self, call: Call[Matching], command: MatchByHand) -> Answer:
        async def with_(expected: tuple[Expected, ...]) -> Answer:
            async def do(books: OpenBooks) -> Matching:
                return await match_by_hand(command, expected, books=books, by=call.actor.id, now=self._ports.clock())

            return await self._books.answered(call, do)

        return await by_what_is_expected(call.city, await self.today(call.city), with_, ports=self._ports)

    async def undo(self, call: Call[Matching], command: UndoMatch) -> Answer:
        async def do(books: OpenBooks) -> Matching:
            return await undo_match(command, books=books, by=call.actor.id, now=self._ports.clock())

        return await self._books.answered(call, do)

    async def handle(self, call: Call[Handling], command: HandleException) -> Answer:
        today = await self.today(call.city)

        async def do(books: OpenBooks) -> Handling:
            return await handle_exception(command, books=books, by=call.actor.id, now=self._ports.clock(), today=today)

        return await self._books.answered(call, do)

    async def propose(self, city: City, line_id: BankLineId) -> tuple[Proposal, ...]:
        expected = await self._expected(city)

        async def do(books: OpenBooks) -> tuple[Proposal, ...]:
            return await propose(line_id, expected, books=books)

        return await self._books.work(city, SYSTEM, do)

    async def today(self, city: City) -> date:
        """The day that it is in the city."""
        account = await self._ports.accounts.of(city)
        if account is None:
            raise UnknownCity(city)
        return self._ports.clock().astimezone(account.zone).date()

    async def _expected(self, city: City) -> tuple[Expected, ...]:
        return await what_is_expected(city, await self.today(city), ports=self._ports)
