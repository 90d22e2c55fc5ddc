"""`kommobil finance`: the books, read on the command line by the use cases that answer the API; and a month closed."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click

from adapters.database.connections import Transactions
from adapters.database.desks import Desks
from adapters.database.payments.disputes import SqlDisputeBooks, SqlPayoutBooks
from adapters.database.payments.refunds import SqlRefundBooks
from domain.cities.finance import Refunds
from domain.identity import SYSTEM, Actor, City
from domain.ledger.accounts import AccountKey, UnknownAccount, account_of
from domain.refusals import Refusal
from infra.cli.desk import fail, in_city, installation, print_json, settings_of
from infra.cli.exports import finance
from infra.cli.options import EXIT_CODES, MONTH, city_option, data_option, json_option
from infra.cli.showing import limit_option, show
from infra.clock import now
from infra.database import addresses, with_transactions
from infra.finance.banking import reconciliation
from infra.finance.ledger import ledger
from infra.ids import new_id
from services.calls import Answer, Call
from services.ledger.records import EntriesWanted, Span, StatementWanted
from services.ledger.views import entry_view, posting_view, trial_balance_view
from services.reconciliation.records import CasesWanted, MatchesWanted
from services.reconciliation.views import exception_view, match_view
from services.settlement.lists import Wanted
from services.settlement.views import dispute_view, payout_view, refund_view

__all__ = ["finance"]
AHEAD = timedelta(days=1)  # a city's month may have begun already
WORDS = {
    "unknown_period": "nothing was ever posted in or before that month",
    "month_not_over": "the month is not over",
}
all_option = click.option("--all", "also_over", is_flag=True, help="Those that are over as well.")


@finance.command("entries", epilog=EXIT_CODES)
@city_option
@click.option("--period", type=MONTH, help="One month of the books, as in 2026-11.")
@click.option("--source", help="The fact that was posted, as in bt:txn_1QK3L9:capture.")
@limit_option
@data_option
@json_option
def entries(*, city: City, period: Any, source: str | None, limit: int, data: Path | None, as_json: bool) -> None:
    """Show what was posted, the newest first."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        archive = ledger(transactions, now, new_id).archive
        wanted = EntriesWanted(limit, source=source, period=period.date() if period else None)
        found = await archive.entries(city, wanted)
        related = await archive.related(city, tuple(each.id for each in found))
        return [entry_view(each, city, related[each.id]) for each in found]

    show(city, read, data, ("effective_at", "kind", "source", "text"), as_json=as_json)


@finance.command("trial-balance", epilog=EXIT_CODES)
@city_option
@click.option("--from", "first", type=MONTH, help="The first month; from the beginning if left out.")
@click.option("--to", "last", type=MONTH, help="The last month; this one if left out.")
@data_option
@json_option
def trial_balance(*, city: City, first: Any, last: Any, data: Path | None, as_json: bool) -> None:
    """Show what stands on every account, and what moved on it."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        books, span = ledger(transactions, now, new_id), _span(first, last)
        found = await books.archive.turnovers(city, span)
        return trial_balance_view(found, city, span, await books.chart(city)).items

    show(city, read, data, ("account.key", "opening", "debit", "credit", "closing"), as_json=as_json)


@finance.command("statement", epilog=EXIT_CODES)
@click.argument("account")
@city_option
@click.option("--from", "first", type=MONTH, help="The first month; from the beginning if left out.")
@click.option("--to", "last", type=MONTH, help="The last month; this one if left out.")
@click.option("--currency", default="EUR", show_default=True, help="In which currency.")
@limit_option
@data_option
@json_option
def statement(
    *, account: str, city: City, first: Any, last: Any, currency: str, limit: int, data: Path | None, as_json: bool
) -> None:
    """Show what moved on an account, the oldest first, with what stood on it after each."""
    try:
        key = account_of(AccountKey(account)).key
    except UnknownAccount as unknown:
        fail(f"there is no account {account!r}", cause=unknown)

    async def read(transactions: Transactions) -> Sequence[Any]:
        archive, wanted = (
            ledger(transactions, now, new_id).archive,
            StatementWanted(key, currency, _span(first, last), limit),
        )
        found = await archive.turnovers(city, wanted.span, wanted)
        balance, shown = found[0].opening if found else 0, []
        lines = await archive.lines(city, wanted)
        related = await archive.related(city, tuple({line.entry_id for line in lines}))
        for line in lines:
            balance += line.amount if line.side == "debit" else -line.amount
            shown.append(posting_view(line, city, currency, balance, related[line.entry_id]))
        return shown

    show(city, read, data, ("effective_at", "source", "side", "amount", "balance"), as_json=as_json)


@finance.command("payouts", epilog=EXIT_CODES)
@city_option
@limit_option
@data_option
@json_option
def payouts(*, city: City, limit: int, data: Path | None, as_json: bool) -> None:
    """Show what the payment provider paid out, the newest first."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        return [payout_view(each, city) for each in await SqlPayoutBooks(transactions).page(city, Wanted(limit))]

    show(city, read, data, ("arrives_on", "provider_id", "state", "amount"), as_json=as_json)


@finance.command("matches", epilog=EXIT_CODES)
@city_option
@all_option
@limit_option
@data_option
@json_option
def matches(*, city: City, also_over: bool, limit: int, data: Path | None, as_json: bool) -> None:
    """Show what lines at the bank were matched with, the newest first; with --all what was taken apart as well."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        wanted = MatchesWanted(limit, is_undone=None if also_over else False)
        cases = reconciliation(transactions, now, new_id, _nobody_to_wake).cases
        return [match_view(each, city) for each in await cases.matches(city, wanted)]

    show(city, read, data, ("made_at", "rule", "score", "reason"), as_json=as_json)


@finance.command("exceptions", epilog=EXIT_CODES)
@city_option
@all_option
@limit_option
@data_option
@json_option
def exceptions(*, city: City, also_over: bool, limit: int, data: Path | None, as_json: bool) -> None:
    """Show what does not add up, what is due first first; with --all what was resolved as well."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        desk = reconciliation(transactions, now, new_id, _nobody_to_wake)
        wanted = CasesWanted(limit, is_open=None if also_over else True)
        today = await desk.today(city)
        return [exception_view(each, city, today) for each in await desk.cases.cases(city, wanted)]

    show(city, read, data, ("due_on", "kind", "amount", "age_days", "words"), as_json=as_json)


@finance.command("refunds", epilog=EXIT_CODES)
@city_option
@limit_option
@data_option
@json_option
def refunds(*, city: City, limit: int, data: Path | None, as_json: bool) -> None:
    """Show what was given back, or is to be, the newest first."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        books = SqlRefundBooks(_desks(transactions), Refunds().four_eyes_above)
        return [refund_view(each, city) for each in await books.page(city, Wanted(limit))]

    show(city, read, data, ("proposed_at", "state", "amount", "reason"), as_json=as_json)


@finance.command("disputes", epilog=EXIT_CODES)
@city_option
@limit_option
@data_option
@json_option
def disputes(*, city: City, limit: int, data: Path | None, as_json: bool) -> None:
    """Show what holders told their banks was not right, the newest first."""

    async def read(transactions: Transactions) -> Sequence[Any]:
        found = await SqlDisputeBooks(_desks(transactions)).page(city, Wanted(limit))
        return [dispute_view(each, city) for each in found]

    show(city, read, data, ("opened_at", "state", "amount", "reason"), as_json=as_json)


@finance.command("close", epilog=EXIT_CODES)
@click.argument("month", type=MONTH)
@city_option
@data_option
@json_option
def close(*, month: Any, city: City, data: Path | None, as_json: bool) -> None:
    """Close a month, and all before it, for good."""
    outcomes: list[Any] = []

    def heard(outcome: Any) -> Answer:
        outcomes.append(outcome)
        return Answer(409 if isinstance(outcome, Refusal) else 200, "text/plain", "")

    async def work(transactions: Transactions) -> None:
        actor = Actor(SYSTEM, city, frozenset())
        call = Call(city, actor, "finance close", "", "", "command line", "", heard)
        await ledger(transactions, now, new_id).close(call, month.date())

    in_city(data, city, settings_of)
    with installation(data) as settings:
        with_transactions(addresses(settings).app, work)
    closed = outcomes[-1]
    if isinstance(closed, Refusal):
        fail(WORDS.get(closed.reason.value, closed.reason.value))
    if as_json:
        print_json(closed)
    else:
        click.echo(f"{closed.month:%Y-%m} is closed")


def _span(first: Any, last: Any) -> Span:
    until = last.date() if last else (now() + AHEAD).date().replace(day=1)
    return Span(first.date() if first else None, until)


def _desks(transactions: Transactions) -> Desks:
    return Desks(transactions, now, new_id, _nobody_to_wake)


def _nobody_to_wake() -> None:
    """A worker that runs looks by itself, seconds later."""
