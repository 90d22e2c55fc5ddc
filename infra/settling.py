"""Settling accounts with the payment provider, wired."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from adapters.database.connections import Database, Transactions
from adapters.database.inbox import SqlInbox
from adapters.database.settlements import SqlSettlementBooks, due_accounts
from adapters.jobs.sweeps import Batch, each
from adapters.payments.accounts import StripeClients
from adapters.payments.settlements import StripeDisputes, StripeSettlements
from services.payments import Payments
from services.payments.ports import Accounts
from services.settlement import Settlement, bound
from services.settlement.gathering import EVERY
from services.settlement.ports import Ports


def settlement(
    transactions: Transactions,
    clients: StripeClients,
    accounts: Accounts,
    payments: Payments,
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    written: Callable[[], None],
) -> Settlement:
    return bound(
        Ports(
            books=SqlSettlementBooks(transactions, new_id, written),
            provider=StripeSettlements(clients),
            disputes=StripeDisputes(clients),
            accounts=accounts,
            inbox=SqlInbox(transactions),
            catch_up=payments.catch_up,
            clock=clock,
        )
    )


def gathering(offered: Settlement, relay: Database, clock: Callable[[], datetime]) -> Batch:
    """Every account that was not looked at for a while."""
    return each(lambda n: due_accounts(relay.transactions, clock() - EVERY, n), offered.gather, "gather")
