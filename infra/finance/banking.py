"""The books at the bank, wired: statements come in through the API, the command line and a watched folder."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID

from adapters.banking.camt053 import read_statements
from adapters.banking.folder import BankFolder, Waiting
from adapters.database.banking.books import SqlBankAccounts, SqlBankBooks, due_reconciliations
from adapters.database.banking.case_archive import SqlCaseArchive
from adapters.database.banking.statement_archive import SqlStatementArchive
from adapters.database.connections import Database, Transactions
from adapters.jobs.sweeps import Batch, each
from domain.identity import SYSTEM, City
from services.reconciliation import Reconciliation, bound
from services.reconciliation.importing import ImportFile, Importing
from services.reconciliation.ports import AtProvider, Expectations, Ports
from services.reconciliation.running import last_night


def reconciliation(
    transactions: Transactions,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    written: Callable[[], None],
    *,
    expectations: Sequence[Expectations] = (),
    at_provider: Callable[[City], Awaitable[AtProvider | None]] | None = None,
) -> Reconciliation:
    """`expectations` are whoever expects something at the bank; `at_provider` says what the payment provider says of its
    balance."""
    books = SqlBankBooks(transactions, clock, new_id, written)
    accounts = SqlBankAccounts(transactions)
    ports = Ports(books, accounts, tuple(expectations), clock, new_id, at_provider)
    return bound(ports, read_statements, SqlStatementArchive(transactions), SqlCaseArchive(transactions))


def nightly(offered: Reconciliation, relay: Database, clock: Callable[[], datetime]) -> Batch:
    """Every city once a night, or as soon after as a worker runs."""
    return each(
        lambda n: due_reconciliations(relay.transactions, last_night(clock()), n), offered.nightly, "reconcile nightly"
    )


def taking_in(offered: Reconciliation, root: Path | None, clock: Callable[[], datetime]) -> Batch:
    """What lies in the folder; nothing where there is none."""
    if root is None:
        return _nothing
    folder = BankFolder(root, clock)

    async def take_in(city: City, file: ImportFile) -> Importing:
        return await offered.take_in(city, SYSTEM, file)

    async def take(waiting: Waiting) -> Importing | None:
        return await folder.take(waiting, take_in)

    return each(folder.waiting, take, "take in a bank statement")


async def _nothing() -> int:
    return 0
