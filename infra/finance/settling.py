"""Settling accounts with the payment provider, wired."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from uuid import UUID

from adapters.database.connections import Database, Transactions
from adapters.database.desks import Desks
from adapters.database.payments.books import SqlPaymentBooks
from adapters.database.payments.disputes import SqlDisputeBooks, SqlPayoutBooks
from adapters.database.payments.dunning import SqlCaseBooks, due_cases
from adapters.database.payments.inbox import SqlInbox
from adapters.database.payments.refunds import SqlRefundBooks
from adapters.database.payments.settlements import SqlSettlementBooks, due_accounts
from adapters.jobs.sweeps import Batch, each
from adapters.payments.accounts import StripeClients
from adapters.payments.settlements import StripeDisputes, StripeRefunds, StripeSettlements
from domain.cities.finance import Refunds
from domain.identity import City
from services.payments import Payments
from services.payments.ports import Accounts
from services.reconciliation.ports import AtProvider, Fund
from services.settlement import Settlement, bound
from services.settlement.gathering import EVERY
from services.settlement.ports import Ports


def settlement(
    transactions: Transactions,
    clients: StripeClients,
    accounts: Accounts,
    money: Payments,
    *,
    clock: Callable[[], datetime],
    new_id: Callable[[], UUID],
    written: Callable[[], None],
) -> Settlement:
    desks = Desks(transactions, clock, new_id, written)
    return bound(
        Ports(
            books=SqlSettlementBooks(transactions, new_id, written),
            payouts=SqlPayoutBooks(transactions),
            refunds=SqlRefundBooks(desks, Refunds().four_eyes_above),
            dispute_books=SqlDisputeBooks(desks),
            cases=SqlCaseBooks(desks),
            payments=SqlPaymentBooks(transactions, clock, new_id, written),
            provider=StripeSettlements(clients),
            provider_refunds=StripeRefunds(clients),
            disputes=StripeDisputes(clients),
            accounts=accounts,
            inbox=SqlInbox(transactions),
            catch_up=money.catch_up,
            settle=money.settle,
            clock=clock,
            new_id=new_id,
        )
    )


def at_provider(offered: Settlement) -> Callable[[City], Awaitable[AtProvider | None]]:
    """What the provider says that a city has with it, as whoever compares books asks."""

    async def ask(city: City) -> AtProvider | None:
        said = await offered.stated(city)
        if said is None:
            return None
        available = {fund.currency: fund.amount for fund in said.balance.available}
        pending = {fund.currency: fund.amount for fund in said.balance.pending}
        currencies = sorted({*available, *pending})
        return AtProvider(
            said.at, tuple(Fund(each, available.get(each, 0), pending.get(each, 0)) for each in currencies)
        )

    return ask


def gathering(offered: Settlement, relay: Database, clock: Callable[[], datetime]) -> Batch:
    """Every account that was not looked at for a while."""
    return each(lambda n: due_accounts(relay.transactions, clock() - EVERY, n), offered.gather, "gather")


def reminding(offered: Settlement, relay: Database, clock: Callable[[], datetime]) -> Batch:
    """Every case of which it is time to remind."""
    return each(lambda n: due_cases(relay.transactions, clock(), n), lambda due: offered.remind(*due), "remind")
