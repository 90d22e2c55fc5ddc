"""`/v1/{city}/finance/matches`: what was put together at the bank; by hand, and taken apart."""

from datetime import UTC
from typing import Annotated, TypeAlias
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.cursors import Place
from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.bank_examples import LINE_ID, MATCH, PART, UNDONE
from adapters.http.problems import Fault, Rejected
from adapters.http.tags import seen, tagged
from domain.reconciliation.expected import ExpectedId
from domain.reconciliation.matching import MatchId, Part
from domain.reconciliation.statements import BankLineId
from services.calls import Answer
from services.reconciliation import Reconciliation
from services.reconciliation.handling import MatchByHand, UndoMatch
from services.reconciliation.ports import Match
from services.reconciliation.records import MatchesWanted, MomentMark
from services.reconciliation.views import MatchView, match_view

LIST = "/v1/{city:str}/finance/matches"
ONE = f"{LIST}/{{match_id:uuid}}"
MOST_PARTS = 200
Words: TypeAlias = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]
Cents: TypeAlias = Annotated[int, Meta(ge=-(10**12), le=10**12)]
Expected: TypeAlias = Annotated[
    str, Meta(min_length=3, max_length=100, pattern=r"^[a-z]+:[!-~]+$", examples=[PART["expected_id"]])
]


class MatchesQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Of a line, or of what was expected; `undone`: which were taken apart."""

    line_id: Annotated[UUID, Meta(examples=[LINE_ID])] | None = None
    expected_id: Expected | None = None
    undone: Annotated[bool, Meta(examples=[False])] | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class Amount(Struct, forbid_unknown_fields=True, frozen=True):
    amount: Cents
    currency: Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]


class PartRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """So much of the line, with its sign, stands for so much of what was expected, as in `invoice:ID` or `payout:ID`."""

    line_id: UUID
    expected_id: Expected
    amount: Amount


class MatchRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """A line may stand for several things, and several lines for one, as long as neither is exceeded."""

    parts: Annotated[tuple[PartRequest, ...], Meta(min_length=1, max_length=MOST_PARTS)]
    reason: Words


class UndoRequest(Struct, forbid_unknown_fields=True, frozen=True):
    reason: Words


class MatchList(Struct, frozen=True):
    items: tuple[MatchView, ...]
    next_cursor: str | None


def bank_matches(offered: Reconciliation) -> tuple[Endpoint, ...]:
    async def list_matches(ask: Ask) -> Reply:
        asked = ask.query(MatchesQuery)
        place = cursors.read(asked.cursor) if asked.cursor is not None else None
        wanted = MatchesWanted(
            limit=asked.limit + 1,
            after=MomentMark(place.at, place.id) if place else None,
            is_undone=asked.undone,
            line_id=BankLineId(asked.line_id) if asked.line_id else None,
            expected_id=ExpectedId(asked.expected_id) if asked.expected_id else None,
        )
        found = await offered.cases.matches(ask.city, wanted)
        shown = found[: asked.limit]
        last = shown[-1] if len(found) > asked.limit else None
        following = cursors.written(Place(last.made_at.astimezone(UTC), last.id)) if last else None
        return answer(MatchList(tuple(match_view(each, ask.city) for each in shown), following))

    async def get_match(ask: Ask) -> Reply:
        found = await offered.cases.match(ask.city, MatchId(ask.path("match_id")))
        if found is None:
            raise Rejected("unknown_match")
        return tagged(ask, match_view(found, ask.city))

    async def match_by_hand(ask: Ask) -> Reply:
        asked = await ask.body(MatchRequest)
        currencies = sorted({part.amount.currency for part in asked.parts})
        if len(currencies) > 1:
            raise Rejected("invalid_input", errors=(Fault("amounts are of one currency", pointer="/parts"),))
        parts = tuple(
            Part(BankLineId(part.line_id), ExpectedId(part.expected_id), part.amount.amount) for part in asked.parts
        )

        def render(match: Match) -> Answer:
            return answer(match_view(match, ask.city), 201)

        command = MatchByHand(MatchId(ask.edge.new_id()), parts, asked.reason, currencies[0])
        return await offered.match(ask.call(asked, render), command)

    async def undo_match(ask: Ask) -> Reply:
        asked = await ask.body(UndoRequest)
        match_id = MatchId(ask.path("match_id"))

        def render(match: Match) -> Answer:
            return answer(match_view(match, ask.city))

        command = UndoMatch(match_id, asked.reason, seen(ask))
        return await offered.undo(ask.call((match_id, asked), render), command)

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listMatches",
            "finance",
            "What was put together at the bank, by itself and by hand, newest first",
            list_matches,
            {200: MatchList},
            query=MatchesQuery,
            examples={200: {"items": [MATCH], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getMatch",
            "finance",
            "A match, with an ETag",
            get_match,
            {200: MatchView, 304: None},
            codes=("unknown_match",),
            examples={200: MATCH},
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            LIST,
            "matchByHand",
            "finance",
            "Put lines and what was expected together",
            match_by_hand,
            {201: MatchView},
            codes=(
                *("nothing_to_match", "unknown_line", "unknown_expected", "currencies_differ"),
                *("more_than_the_line", "more_than_expected"),
            ),
            body=MatchRequest,
            keyed=True,
            example={
                "parts": [{"line_id": LINE_ID, "expected_id": PART["expected_id"], "amount": PART["amount"]}],
                "reason": "the amounts sum to the payout",
            },
            examples={201: MATCH | {"rule": "by_hand"}},
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{ONE}/undo",
            "undoMatch",
            "finance",
            "Take it apart; it is not put together again by itself. Asked again, nothing changes",
            undo_match,
            {200: MatchView},
            codes=("unknown_match", "version_mismatch"),
            body=UndoRequest,
            keyed=True,
            example={"reason": UNDONE["undone_for"]},
            examples={200: UNDONE},
        ),
    )
