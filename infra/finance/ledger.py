"""The ledger, wired: what the worker posts and seals, and what finance asks of it."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from adapters.database.connections import Database, Transactions
from adapters.database.ledger.accounting import SqlAccountingFacts
from adapters.database.ledger.corrections import SqlCorrectionBooks
from adapters.database.ledger.journal import SqlLedgers
from adapters.database.ledger.months import SqlMonthBooks
from adapters.database.ledger.reading import SqlLedgerArchive
from adapters.database.ledger.seals import SqlSeals, due_seals
from adapters.jobs.sweeps import Batch, each
from domain.identity import City
from domain.ledger.accounts import SKR03, Chart
from infra.finance.accounting import chart_of
from services.ledger import Ledger
from services.ledger.posting import Post, post
from services.ledger.sealing import seal_all


def ledger(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> Ledger:
    facts = SqlAccountingFacts(transactions, clock, new_id)

    async def chart(city: City) -> Chart:
        settings = await facts.settings(city)
        return SKR03 if settings is None else chart_of(settings)

    return Ledger(
        SqlLedgerArchive(transactions),
        SqlMonthBooks(transactions, clock, new_id),
        SqlCorrectionBooks(transactions, clock, new_id),
        clock,
        chart,
    )


def posting(app: Database, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> Post:
    return partial(post, ledgers=SqlLedgers(app.statements, clock, new_id))


def sealing(app: Database, relay: Database, clock: Callable[[], datetime]) -> Batch:
    """Every city in which something waits."""
    seals = SqlSeals(app.transactions)

    async def seal(city: City) -> int:
        return await seal_all(city, seals=seals, clock=clock)

    return each(lambda n: due_seals(relay.transactions, n), seal, "seal the ledger")
