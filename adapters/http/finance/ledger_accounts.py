"""`/v1/{city}/finance/trial-balance` and `/accounts`: what stands on the accounts, and how it came there."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated
from uuid import UUID

import msgspec
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http import cursors
from adapters.http.endpoints import FINANCE, Ask, Endpoint, Reply, answer
from adapters.http.finance.ledger_examples import STATEMENT, TRIAL_BALANCE
from adapters.http.months import Month, first_day, in_turn
from adapters.http.problems import Rejected
from domain.identity import PersonId
from domain.ledger.accounts import Account, AccountKey, Chart, UnknownAccount, account_of
from domain.ledger.entries import EntryId, Side
from domain.money import Money
from services.ledger import Ledger
from services.ledger.records import LineMark, Related, Span, StatementLine, StatementWanted, Turnover
from services.ledger.views import (
    AccountView,
    PostingView,
    TrialBalanceView,
    account_view,
    month_in_words,
    posting_view,
    trial_balance_view,
)

AHEAD = timedelta(days=1)
BALANCE = "/v1/{city:str}/finance/trial-balance"
STATEMENTS = "/v1/{city:str}/finance/accounts/{account_key:str}/statement"


class BalanceQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """From the month `from`, or the beginning, to the month `to`, or this one; both are within."""

    from_: Month | None = msgspec.field(name="from", default=None)
    to: Month | None = None


class StatementQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Likewise; of one currency, and of one debtor where she is named; `cursor` is a page's `next_cursor`."""

    from_: Month | None = msgspec.field(name="from", default=None)
    to: Month | None = None
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", examples=["EUR"])] = "EUR"
    debtor_id: UUID | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    cursor: str | None = None


class AccountStatement(Struct, frozen=True):
    """`opening` and `closing` are of all that was asked for, not of the page: `opening` and the debits less the credits of the
    lines are `closing`."""

    account: AccountView
    first: str | None
    last: str
    opening: Money
    debit: Money
    credit: Money
    closing: Money
    items: tuple[PostingView, ...]
    next_cursor: str | None


def ledger_accounts(offered: Ledger) -> tuple[Endpoint, ...]:
    async def trial_balance(ask: Ask) -> Reply:
        asked = ask.query(BalanceQuery)
        span = _span(ask, asked.from_, asked.to)
        found = await offered.archive.turnovers(ask.city, span)
        return answer(trial_balance_view(found, ask.city, span, await offered.chart(ask.city)))

    async def statement(ask: Ask) -> Reply:
        asked = ask.query(StatementQuery)
        after = cursors.read_as(LineMark, asked.cursor) if asked.cursor is not None else None
        wanted = StatementWanted(
            account=_account(ask).key,
            currency=asked.currency,
            span=_span(ask, asked.from_, asked.to),
            limit=asked.limit + 1,
            after=after,
            debtor=PersonId(asked.debtor_id) if asked.debtor_id else None,
        )
        turnovers = await offered.archive.turnovers(ask.city, wanted.span, wanted)
        lines = await offered.archive.lines(ask.city, wanted)
        found = turnovers[0] if turnovers else Turnover(_account(ask), asked.currency, 0, 0, 0)
        related = await offered.archive.related(ask.city, tuple({line.entry_id for line in lines}))
        return answer(_statement(ask, wanted, found, lines, related=related, chart=await offered.chart(ask.city)))

    return (
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            BALANCE,
            "getTrialBalance",
            "finance",
            "What stands on every account, and what moved on it",
            trial_balance,
            {200: TrialBalanceView},
            query=BalanceQuery,
            examples={200: TRIAL_BALANCE},
        ),
        Endpoint(
            HttpMethod.GET,
            FINANCE,
            STATEMENTS,
            "getAccountStatement",
            "finance",
            "What moved on an account, the oldest first, with what stood on it after each",
            statement,
            {200: AccountStatement},
            codes=("unknown_ledger_account",),
            query=StatementQuery,
            examples={200: STATEMENT},
        ),
    )


def _span(ask: Ask, first: str | None, last: str | None) -> Span:
    """To the month in which the whole world is by tomorrow where none is named: the city's may have begun already."""
    until = last or f"{ask.now + AHEAD:%Y-%m}"
    in_turn(first, until)
    return Span(first_day(first) if first else None, first_day(until))


def _account(ask: Ask) -> Account:
    try:
        return account_of(AccountKey(ask.path("account_key")))
    except UnknownAccount as error:
        raise Rejected("unknown_ledger_account") from error


def _statement(
    ask: Ask,
    wanted: StatementWanted,
    found: Turnover,
    lines: tuple[StatementLine, ...],
    *,
    related: Mapping[EntryId, Related],
    chart: Chart,
) -> AccountStatement:
    shown, size = lines[: wanted.limit - 1], wanted.limit - 1
    balance = wanted.after.balance if wanted.after else found.opening
    items = []
    for line in shown:
        balance += line.amount if line.side is Side.DEBIT else -line.amount
        items.append(posting_view(line, ask.city, wanted.currency, balance, related[line.entry_id]))
    mark = None
    if len(lines) > size:
        last = shown[-1]
        mark = LineMark(last.period, last.effective_at, last.entry_id, last.number, balance)
    money = {name: Money(getattr(found, name), wanted.currency) for name in ("opening", "debit", "credit", "closing")}
    return AccountStatement(
        account_view(found.account, chart),
        month_in_words(wanted.span.first) if wanted.span.first else None,
        month_in_words(wanted.span.last),
        **money,
        items=tuple(items),
        next_cursor=cursors.written(mark) if mark else None,
    )
