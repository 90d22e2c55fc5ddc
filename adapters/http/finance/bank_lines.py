"""`/v1/{city}/finance/bank-lines`: the lines of bank statements, what of them is matched, and what may fit the rest."""

from typing import Annotated

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.bank_examples import LINE, PROPOSAL
from adapters.http.problems import Rejected
from adapters.http.reading import Day, in_order
from adapters.http.tags import tagged
from domain.reconciliation.statements import BankLineId, StatementId
from services.reconciliation import Reconciliation
from services.reconciliation.records import DayMark, KeptLine, LinesWanted
from services.reconciliation.views import LineView, ProposalView, line_view, proposal_view

LINES = "/v1/{city:str}/finance/bank-lines"
ONE = f"{LINES}/{{line_id:uuid}}"
MOST = 100  # proposals; a person looks at the first few
OF_STATEMENT = "/v1/{city:str}/finance/bank-statements/{statement_id:uuid}/lines"


class LinesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Booked from the day `from`, before the day `to`; `open`: of which something is not matched."""

    from_: Day | None = msgspec.field(name="from", default=None)
    to: Day | None = None
    open: Annotated[bool, Meta(examples=[True])] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class LinesOfQuery(Struct, forbid_unknown_fields=True, frozen=True):
    limit: Annotated[int, Meta(ge=1, le=100)] = 100
    cursor: str | None = None


class Position(Struct, array_like=True, frozen=True):
    """Where a page of a statement's lines ends."""

    at: Annotated[int, Meta(ge=0, le=2**31 - 1)]


class LineList(Struct, frozen=True):
    items: tuple[LineView, ...]
    next_cursor: str | None


class ProposalList(Struct, frozen=True):
    """What may fit the line, surest first."""

    items: tuple[ProposalView, ...]
    next_cursor: None = None


def bank_lines(offered: Reconciliation) -> tuple[Endpoint, ...]:
    async def list_of_statement(ask: Ask) -> Reply:
        asked = ask.query(LinesOfQuery)
        statement_id = StatementId(ask.path("statement_id"))
        after = cursors.read_as(Position, asked.cursor).at if asked.cursor is not None else 0
        if await offered.statements.statement(ask.city, statement_id) is None:
            raise Rejected("unknown_bank_statement")
        found = await offered.statements.lines_of(ask.city, statement_id, after, asked.limit + 1)
        shown = found[: asked.limit]
        mark = Position(shown[-1].position) if len(found) > asked.limit else None
        return _page(ask, shown, mark)

    async def list_lines(ask: Ask) -> Reply:
        asked = ask.query(LinesQuery)
        in_order(asked.from_, asked.to)
        after = cursors.read_as(DayMark, asked.cursor) if asked.cursor is not None else None
        wanted = LinesWanted(asked.limit + 1, after, asked.from_, asked.to, asked.open)
        found = await offered.statements.lines(ask.city, wanted)
        shown = found[: asked.limit]
        mark = DayMark(shown[-1].line.booked_on, shown[-1].line.id) if len(found) > asked.limit else None
        return _page(ask, shown, mark)

    async def get_line(ask: Ask) -> Reply:
        found = await _line(ask)
        return tagged(ask, line_view(found, ask.city))

    async def list_proposals(ask: Ask) -> Reply:
        found = await _line(ask)
        proposed = await offered.propose(ask.city, found.line.id)
        return answer(
            ProposalList(tuple(proposal_view(each, ask.city, found.line.currency) for each in proposed[:MOST]))
        )

    async def _line(ask: Ask) -> KeptLine:
        found = await offered.statements.line(ask.city, BankLineId(ask.path("line_id")))
        if found is None:
            raise Rejected("unknown_line")
        return found

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            OF_STATEMENT,
            "listLinesOfBankStatement",
            "finance",
            "Its lines in order: between the opening and the closing balance",
            list_of_statement,
            {200: LineList},
            codes=("unknown_bank_statement",),
            query=LinesOfQuery,
            examples={200: {"items": [LINE], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LINES,
            "listBankLines",
            "finance",
            "The lines of all statements, newest first",
            list_lines,
            {200: LineList},
            query=LinesQuery,
            examples={200: {"items": [LINE], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getBankLine",
            "finance",
            "A line, with an ETag: what of it is matched, and with what",
            get_line,
            {200: LineView, 304: None},
            codes=("unknown_line",),
            examples={200: LINE},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            f"{ONE}/proposals",
            "listProposals",
            "finance",
            "What may fit a line, surest first, with a score and a reason",
            list_proposals,
            {200: ProposalList},
            codes=("unknown_line",),
            examples={200: {"items": [PROPOSAL], "next_cursor": None}},
        ),
    )


def _page(ask: Ask, shown: tuple[KeptLine, ...], mark: Struct | None) -> Reply:
    items = tuple(line_view(each, ask.city) for each in shown)
    return answer(LineList(items, cursors.written(mark) if mark else None))
