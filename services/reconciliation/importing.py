"""Taking in a bank's file: all of it, or nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeAlias

from msgspec import Struct

from domain.identity import City
from domain.reconciliation.events import StatementImported
from domain.reconciliation.statements import BankStatement, Fault, NotImportable, StatementId, faults
from services.reconciliation.ports import Accounts, OpenBooks
from services.reconciliation.reading import FileProblem, ReadStatements, UnknownCity, Unreadable


class ImportFile(Struct, frozen=True):
    """`name` is what the file is called where it comes from; it says nothing to us."""

    name: str
    raw: bytes


class Receipt(Struct, frozen=True):
    """Of one statement. `imported` is False where it was known already, and nothing changed."""

    statement_id: StatementId
    iban: str
    named: str
    sequence: int | None
    lines: int
    imported: bool


class Imported(Struct, frozen=True):
    statements: tuple[Receipt, ...]

    @property
    def new(self) -> int:
        return sum(receipt.imported for receipt in self.statements)


class Unread(Struct, frozen=True):
    """The file cannot be read: what is wrong, and where in it."""

    problem: FileProblem
    words: str
    where: str


class Rejected(Struct, frozen=True):
    """The file can be read, and is not kept."""

    faults: tuple[Fault, ...]


Importing: TypeAlias = Imported | Rejected | Unread
Taking: TypeAlias = Callable[[OpenBooks], Awaitable[Importing]]


async def opened(command: ImportFile, city: City, *, accounts: Accounts, read: ReadStatements) -> Taking:
    """What is to be done with the file once the books are open. It is read before, as that takes its time.

    Raises UnknownCity.
    """
    account = await accounts.of(city)
    if account is None:
        raise UnknownCity(city)
    try:
        found = await asyncio.to_thread(read, command.raw, account.zone)
    except Unreadable as problem:
        return partial(_unread, Unread(problem.problem, problem.words, problem.where))
    return partial(_keep, found, command.name, account.ibans)


async def _unread(unread: Unread, _books: OpenBooks) -> Importing:
    return unread


async def _keep(found: Sequence[BankStatement], file: str, ibans: frozenset[str], books: OpenBooks) -> Importing:
    if not found:
        return Rejected((Fault(NotImportable.NO_STATEMENTS, "there is no statement in it"),))
    known: dict[StatementId, str] = {}
    wrong: list[Fault] = []
    receipts: list[Receipt] = []
    for statement in found:
        heading = statement.heading
        earlier = known.get(heading.id) or await books.statements.digest(heading.id)
        wrong += faults(statement, ibans, earlier)
        known[heading.id] = statement.digest
        receipts.append(
            Receipt(heading.id, heading.iban, heading.named, heading.sequence, len(statement.lines), earlier is None)
        )
    if wrong:
        return Rejected(tuple(wrong))
    for statement, receipt in zip(found, receipts, strict=True):
        if receipt.imported:
            await books.statements.keep(statement, file)
            await books.tell(StatementImported(receipt.statement_id))
    return Imported(tuple(receipts))
