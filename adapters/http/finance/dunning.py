"""`/v1/{city}/finance/dunning-cases`: what is owed and could not be taken, and how far its debtors were reminded."""

from typing import Annotated, Literal, TypeAlias

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.examples import CASE, CHARGE, WAIVED, euros
from adapters.http.finance.pages import Query, named, page_of, wanted
from adapters.http.problems import Rejected
from adapters.http.tags import seen, tagged
from domain.payments.dunning import Case, CaseState
from domain.payments.owing import CaseId
from services.calls import Answer
from services.settlement import Settlement
from services.settlement.case_views import CaseView, case_view
from services.settlement.dunning import CloseCase, WaiveFees

LIST = "/v1/{city:str}/finance/dunning-cases"
ONE = f"{LIST}/{{case_id:uuid}}"
Words: TypeAlias = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class CasesQuery(Query, forbid_unknown_fields=True, frozen=True):
    state: Annotated[tuple[CaseState, ...], Meta(examples=[["open"]])] = ()


class CloseRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`paid_otherwise`: at the treasury's counter, say, with the `reference` under which it is in the treasury's books;
    `written_off`: it never will be."""

    how: Literal["paid_otherwise", "written_off"]
    reason: Words
    reference: Annotated[str, Meta(max_length=140)] = ""


class WaiveRequest(Struct, forbid_unknown_fields=True, frozen=True):
    reason: Words


class CaseList(Struct, frozen=True):
    items: tuple[CaseView, ...]
    next_cursor: str | None


def finance_dunning(offered: Settlement) -> tuple[Endpoint, ...]:
    async def list_cases(ask: Ask) -> Reply:
        asked = ask.query(CasesQuery)
        found = await offered.cases(ask.city, wanted(asked, asked.state))
        shown, following = page_of(found, asked.limit, [(each.opened_at, each.id) for each in found])
        return answer(CaseList(tuple(case_view(each, ask.city) for each in shown), following))

    async def get_case(ask: Ask) -> Reply:
        found = await offered.case(ask.city, CaseId(named(ask, "case_id")))
        if found is None:
            raise Rejected("unknown_case")
        return tagged(ask, case_view(found, ask.city))

    async def close_case(ask: Ask) -> Reply:
        asked = await ask.body(CloseRequest)
        case_id = named(ask, "case_id")

        def render(case: Case) -> Answer:
            return answer(case_view(case, ask.city))

        command = CloseCase(CaseId(case_id), CaseState(asked.how), asked.reason, asked.reference, seen(ask))
        return await offered.close_case(ask.call((case_id, asked), render), command)

    async def waive_fees(ask: Ask) -> Reply:
        asked = await ask.body(WaiveRequest)
        case_id = named(ask, "case_id")

        def render(case: Case) -> Answer:
            return answer(case_view(case, ask.city))

        return await offered.waive_fees(
            ask.call((case_id, asked), render), WaiveFees(CaseId(case_id), asked.reason, seen(ask))
        )

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            LIST,
            "listDunningCases",
            "finance",
            "Dunning cases, newest first",
            list_cases,
            {200: CaseList},
            query=CasesQuery,
            examples={200: {"items": [CASE], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            ONE,
            "getDunningCase",
            "finance",
            "A dunning case, with an ETag",
            get_case,
            {200: CaseView, 304: None},
            codes=("unknown_case",),
            examples={200: CASE},
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{ONE}/close",
            "closeDunningCase",
            "finance",
            "Close a dunning case: it was paid otherwise, or never will be",
            close_case,
            {200: CaseView},
            codes=(
                "unknown_case",
                "case_closed",
                "already_paid",
                "money_under_way",
                "no_reference",
                "version_mismatch",
            ),
            body=CloseRequest,
            keyed=True,
            example={
                "how": "paid_otherwise",
                "reason": "Am 3. Januar bar an der Stadtkasse bezahlt.",
                "reference": "Quittung 2027/118",
            },
            examples={
                200: CASE | {"state": "paid_otherwise", "next_at": None, "reference": "Quittung 2027/118"},
            },
        ),
        Endpoint(
            HttpMethod.POST,
            FINANCE,
            f"{ONE}/waive-fees",
            "waiveDunningFees",
            "finance",
            "Ask no more for the fees of a case's reminders, as far as nothing of them was paid",
            waive_fees,
            {200: CaseView},
            codes=("unknown_case", "case_closed", "version_mismatch"),
            body=WaiveRequest,
            keyed=True,
            example={"reason": "Die Adresse war falsch."},
            examples={200: CASE | {"fees": euros(0), "total": euros(1970), "charges": [CHARGE | WAIVED], "version": 4}},
        ),
    )
