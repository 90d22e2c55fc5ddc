"""`/v1/{city}/finance/bank-statements`: what the bank says, taken in and read."""

from hashlib import sha256
from typing import Annotated

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.bank_examples import STATEMENT, TAKEN_IN
from adapters.http.problems import Fault, Rejected
from adapters.http.reading import Day, in_order
from adapters.http.tags import tagged
from domain.identity import City
from domain.reconciliation.statements import NotImportable, StatementId
from services.calls import Answer
from services.reconciliation import Reconciliation
from services.reconciliation.importing import Imported, ImportFile, Importing, Unread
from services.reconciliation.importing import Rejected as NotTaken
from services.reconciliation.records import DayMark, StatementsWanted
from services.reconciliation.views import (
    StatementView,
    statement_view,
)

LIST = "/v1/{city:str}/finance/bank-statements"
ONE = f"{LIST}/{{statement_id:uuid}}"
LARGEST = 2**24  # bytes; a slow line takes longer for more than a connection waits. The command line takes larger files
TAKES = ("application/xml", "text/xml", "application/zip", "application/x-zip-compressed", "application/octet-stream")
# What the city's books decide, not the file alone.
BY_THE_BOOKS = frozenset({NotImportable.UNKNOWN_ACCOUNT, NotImportable.STATEMENT_DIFFERS})


class UploadQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """What the file is called where it comes from, to find it again."""

    name: Annotated[
        str, Meta(min_length=1, max_length=150, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["umsaetze-2026-11-30.zip"])
    ] = "upload"


class StatementsQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Closed from the day `from`, before the day `to`; of one account; `cursor` is a page's `next_cursor`."""

    from_: Day | None = msgspec.field(name="from", default=None)
    to: Day | None = None
    iban: (
        Annotated[str, Meta(pattern=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$", examples=["DE70999999990000003810"])] | None
    ) = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class TakenIn(Struct, frozen=True):
    """Of one statement. `imported` is false where it was known already, and nothing changed."""

    id: StatementId
    iban: str
    named: str
    sequence: int | None
    line_count: int
    imported: bool
    href: str


class Receipts(Struct, frozen=True):
    statements: tuple[TakenIn, ...]


class StatementList(Struct, frozen=True):
    items: tuple[StatementView, ...]
    next_cursor: str | None


def bank_statements(offered: Reconciliation) -> tuple[Endpoint, ...]:
    async def take_in(ask: Ask) -> Reply:
        named = ask.query(UploadQuery).name
        raw = await ask.file()

        def render(outcome: Importing) -> Answer:
            return _taken_in(ask, outcome)

        return await offered.import_file(ask.call(sha256(raw).hexdigest(), render), ImportFile(named, raw))

    async def list_statements(ask: Ask) -> Reply:
        asked = ask.query(StatementsQuery)
        in_order(asked.from_, asked.to)
        after = cursors.read_as(DayMark, asked.cursor) if asked.cursor is not None else None
        wanted = StatementsWanted(asked.limit + 1, after, asked.from_, asked.to, asked.iban)
        found = await offered.statements.statements(ask.city, wanted)
        shown = found[: asked.limit]
        mark = DayMark(shown[-1].heading.closed_on, shown[-1].id) if len(found) > asked.limit else None
        items = tuple(statement_view(each, ask.city) for each in shown)
        return answer(StatementList(items, cursors.written(mark) if mark else None))

    async def get_statement(ask: Ask) -> Reply:
        found = await offered.statements.statement(ask.city, StatementId(ask.path("statement_id")))
        if found is None:
            raise Rejected("unknown_bank_statement")
        return tagged(ask, statement_view(found, ask.city))

    return (
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            LIST,
            "importBankStatements",
            "finance",
            "Take in a bank's file: camt.053.001.08 or .02, as XML or several in a ZIP archive; all of it or nothing",
            take_in,
            {200: Receipts, 201: Receipts},
            codes=("bank_file_invalid", "bank_file_not_taken"),
            query=UploadQuery,
            keyed=True,
            takes=TAKES,
            largest=LARGEST,
            examples={200: {"statements": [TAKEN_IN | {"imported": False}]}, 201: {"statements": [TAKEN_IN]}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listBankStatements",
            "finance",
            "The statements of the city's accounts, newest first",
            list_statements,
            {200: StatementList},
            query=StatementsQuery,
            examples={200: {"items": [STATEMENT], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getBankStatement",
            "finance",
            "A statement, with an ETag",
            get_statement,
            {200: StatementView, 304: None},
            codes=("unknown_bank_statement",),
            examples={200: STATEMENT},
        ),
    )


def _taken_in(ask: Ask, outcome: Importing) -> Answer:
    match outcome:
        case Imported():
            return answer(Receipts(tuple(_receipts(outcome, ask.city))), 201 if outcome.new else 200)
        case Unread():
            where = f"{outcome.where}: " if outcome.where else ""
            return ask.problem("bank_file_invalid", detail=f"{outcome.problem}: {where}{outcome.words}")
        case NotTaken():
            by_the_books = any(fault.reason in BY_THE_BOOKS for fault in outcome.faults)
            return ask.problem(
                "bank_file_not_taken" if by_the_books else "bank_file_invalid",
                errors=tuple(Fault(f"{fault.reason}: {fault.words}") for fault in outcome.faults),
            )


def _receipts(outcome: Imported, city: City) -> list[TakenIn]:
    return [
        TakenIn(
            each.statement_id,
            each.iban,
            each.named,
            each.sequence,
            each.lines,
            each.imported,
            f"/v1/{city}/finance/bank-statements/{each.statement_id}",
        )
        for each in outcome.statements
    ]
