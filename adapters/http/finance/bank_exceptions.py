"""`/v1/{city}/finance/exceptions`: what does not add up, who sees to it, until when, and what was done."""

from collections.abc import Awaitable, Callable
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.bank_examples import AT, EXCEPTION, PERSON_ID, RAISED
from adapters.http.finance.bank_matches import Words
from adapters.http.problems import Rejected
from adapters.http.tags import seen, tagged
from domain.identity import PersonId
from domain.reconciliation.clearing import ClearingAccount
from domain.reconciliation.exceptions import Act, ExceptionId, ExceptionKind, Handle, Resolution
from services.calls import Answer
from services.reconciliation import Reconciliation
from services.reconciliation.handling import HandleException
from services.reconciliation.ports import Case
from services.reconciliation.reading import UnknownCity
from services.reconciliation.records import CasesWanted, DayMark
from services.reconciliation.views import ExceptionView, exception_view

LIST = "/v1/{city:str}/finance/exceptions"
ONE = f"{LIST}/{{exception_id:uuid}}"


class Standing(StrEnum):
    OPEN = "open"
    RESOLVED = "resolved"


class By(StrEnum):
    """How a person may resolve it; what is gone by itself is resolved so."""

    MATCHED = "matched"
    BOOKED = "booked"
    WRITTEN_OFF = "written_off"
    PAID_BACK = "paid_back"
    ACCEPTED = "accepted"


class ExceptionsQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Open ones unless `state` says otherwise; `state` and `kind` may repeat. `unowned`: which nobody has taken; `overdue`:
    which should have been resolved by now."""

    state: Annotated[tuple[Standing, ...], Meta(examples=[["open"]])] = (Standing.OPEN,)
    kind: Annotated[tuple[ExceptionKind, ...], Meta(examples=[["unexplained_line"]])] = ()
    owner: Annotated[UUID, Meta(examples=[PERSON_ID])] | None = None
    unowned: Annotated[bool, Meta(examples=[False])] = False
    overdue: Annotated[bool, Meta(examples=[True])] = False
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class TakeRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`owner` is whoever sees to it, the caller unless named."""

    owner: UUID | None = None
    words: Annotated[str, Meta(max_length=500)] = ""


class NoteRequest(Struct, forbid_unknown_fields=True, frozen=True):
    words: Words


class PostponeRequest(Struct, forbid_unknown_fields=True, frozen=True):
    due_on: date
    words: Words


class CloseRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`booked`, `written_off` and `paid_back` are posted, and taken back by opening it again. `account` is where `booked` is
    booked."""

    resolution: By
    words: Words
    account: Annotated[ClearingAccount, Meta(examples=["other_income"])] | None = None


class ExceptionList(Struct, frozen=True):
    items: tuple[ExceptionView, ...]
    next_cursor: str | None


Command: TypeAlias = Callable[[Ask], Awaitable[tuple[object, Handle]]]
"""What the body says, and what it comes to."""


def bank_exceptions(offered: Reconciliation) -> tuple[Endpoint, ...]:
    async def list_exceptions(ask: Ask) -> Reply:
        asked = ask.query(ExceptionsQuery)
        today = await _today(ask, offered)
        wanted = CasesWanted(
            limit=asked.limit + 1,
            after=cursors.read_as(DayMark, asked.cursor) if asked.cursor is not None else None,
            is_open=None if len(set(asked.state)) > 1 else Standing.OPEN in asked.state,
            kinds=frozenset(asked.kind),
            owner=PersonId(asked.owner) if asked.owner else None,
            nobodys=asked.unowned,
            due_before=today if asked.overdue else None,
        )
        found = await offered.cases.cases(ask.city, wanted)
        shown = found[: asked.limit]
        last = shown[-1].now if len(found) > asked.limit else None
        items = tuple(exception_view(case, ask.city, today) for case in shown)
        return answer(ExceptionList(items, cursors.written(DayMark(last.due_on, last.id)) if last else None))

    async def get_exception(ask: Ask) -> Reply:
        found = await offered.cases.case(ask.city, ExceptionId(ask.path("exception_id")))
        if found is None:
            raise Rejected("unknown_exception")
        return tagged(ask, exception_view(found, ask.city, await _today(ask, offered)))

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listExceptions",
            "finance",
            "What does not add up, what is due first first, with owner, age and history",
            list_exceptions,
            {200: ExceptionList},
            query=ExceptionsQuery,
            examples={200: {"items": [EXCEPTION], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getException",
            "finance",
            "An exception with its history, and an ETag",
            get_exception,
            {200: ExceptionView, 304: None},
            codes=("unknown_exception",),
            examples={200: EXCEPTION},
        ),
        *_acts(offered),
    )


def _acts(offered: Reconciliation) -> tuple[Endpoint, ...]:
    async def take(ask: Ask) -> tuple[object, Handle]:
        asked = await ask.body_or(TakeRequest, TakeRequest())
        owner = PersonId(asked.owner) if asked.owner else ask.actor.id
        return asked, Handle(Act.ASSIGN, asked.words, owner=owner)

    async def note(ask: Ask) -> tuple[object, Handle]:
        asked = await ask.body(NoteRequest)
        return asked, Handle(Act.NOTE, asked.words)

    async def postpone(ask: Ask) -> tuple[object, Handle]:
        asked = await ask.body(PostponeRequest)
        return asked, Handle(Act.POSTPONE, asked.words, due_on=asked.due_on)

    async def close(ask: Ask) -> tuple[object, Handle]:
        asked = await ask.body(CloseRequest)
        return asked, Handle(
            Act.RESOLVE, asked.words, resolution=Resolution(asked.resolution.value), account=asked.account
        )

    async def reopen(ask: Ask) -> tuple[object, Handle]:
        asked = await ask.body(NoteRequest)
        return asked, Handle(Act.REOPEN, asked.words)

    def act(verb: str, operation_id: str, summary: str, command: Command, body: type[Struct], **more: Any) -> Endpoint:
        async def handler(ask: Ask) -> Reply:
            asked, handle = await command(ask)
            exception_id = ExceptionId(ask.path("exception_id"))
            today = await _today(ask, offered)

            def render(case: Case) -> Answer:
                return answer(exception_view(case, ask.city, today))

            call = ask.call((exception_id, asked), render)
            return await offered.handle(call, HandleException(exception_id, handle, seen(ask)))

        codes = ("unknown_exception", "version_mismatch", *more.pop("codes", ()))
        return Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{ONE}/{verb}",
            operation_id,
            "finance",
            summary,
            handler,
            {200: ExceptionView},
            codes=codes,
            body=body,
            keyed=True,
            **more,
        )

    resolved: dict[str, Any] = {
        "kind": "resolved",
        "by": PERSON_ID,
        "words": "a donation",
        "due_on": None,
        "resolution": "booked",
    }
    resolved |= {"account": "other_income", "amount": EXCEPTION["amount"]}
    closed = EXCEPTION | {
        "resolution": "booked",
        "resolved_at": "2026-12-01T09:12:00Z",
        "resolved_by": PERSON_ID,
        "cleared": EXCEPTION["amount"],
        "cleared_to": "other_income",
        "entries": f"{AT}/entries?exception_id={EXCEPTION['id']}",
        "version": 2,
        "history": [RAISED, RAISED | resolved | {"at": "2026-12-01T09:12:00Z"}],
    }
    return (
        act(
            "take",
            "takeException",
            "See to it, or hand it to somebody",
            take,
            TakeRequest,
            codes=("already_resolved", "unknown_owner"),
            example={"words": "I ask the bank"},
            examples={200: EXCEPTION | {"owner": PERSON_ID}},
        ),
        act(
            "note",
            "noteException",
            "Write down what was found out",
            note,
            NoteRequest,
            codes=("no_words",),
            example={"words": "the bank looks into it"},
            examples={200: EXCEPTION},
        ),
        act(
            "postpone",
            "postponeException",
            "Give it another day until when it is due",
            postpone,
            PostponeRequest,
            codes=("already_resolved", "no_words", "no_date", "date_passed"),
            example={"due_on": "2026-12-15", "words": "the bank answers within two weeks"},
            examples={200: EXCEPTION | {"due_on": "2026-12-15"}},
        ),
        act(
            "close",
            "closeException",
            "Say how it was resolved, and have it booked; no look opens it again",
            close,
            CloseRequest,
            codes=("already_resolved", "no_words", "no_resolution", "no_account", "nothing_to_book"),
            example={"resolution": "booked", "words": "a donation", "account": "other_income"},
            examples={200: closed},
        ),
        act(
            "reopen",
            "reopenException",
            "Open it again; what was booked for it is taken back",
            reopen,
            NoteRequest,
            codes=("not_resolved", "no_words"),
            example={"words": "it was none"},
            examples={200: EXCEPTION},
        ),
    )


async def _today(ask: Ask, offered: Reconciliation) -> date:
    try:
        return await offered.today(ask.city)
    except UnknownCity as error:
        raise Rejected("unknown_city") from error
