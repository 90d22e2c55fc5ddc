"""Instalments as payments at the provider: what it has once heard of is not asked for under another name."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from msgspec.structs import replace

from adapters.payments.signatures import StripeSignatures
from domain.bike_leasing.money.collecting import CollectionId, CollectionState
from domain.payments.payments import PaymentState
from infra.bike_leasing.money import ProviderDebits
from infra.ids import new_id
from services.bike_leasing.money.ports import NotDebited
from services.payments.ports import Account, Inbox, Ports
from tests.adapters.payments.sandboxed import CITY, KnownAccounts
from tests.domain.bike_leasing.money.test_collecting import ASKED
from tests.fakes.gateway import SAYS_YES, FakeGateway
from tests.fakes.payment_books import MemoryBooks

NOW = datetime(2026, 12, 1, 6, tzinfo=UTC)
ACCOUNT = Account(CITY, "acct_1", "pk_1", "env:SECRET", "env:WEBHOOK", creditor_id="DE98ZZZ09999999999")


PAID = replace(ASKED, state=CollectionState.OWED_BACK, undone=True)


def debits(provider: FakeGateway, books: MemoryBooks, account: Account) -> ProviderDebits:
    accounts = KnownAccounts((account,))
    inbox: Inbox = None  # type: ignore[assignment]  # nobody writes to this city
    signatures = StripeSignatures(lambda secret: secret)
    return ProviderDebits(Ports(books, inbox, accounts, provider, signatures, lambda: NOW, new_id))


async def test_what_was_debited_before_the_city_lost_its_creditor_id_is_found_and_not_refused() -> None:
    provider, books = FakeGateway(), MemoryBooks()
    provider.cards["pm_1"] = SAYS_YES
    taken = await debits(provider, books, ACCOUNT).debit(CITY, ASKED)  # and then it crashed
    without = debits(provider, books, replace(ACCOUNT, creditor_id=None))

    assert await without.debit(CITY, ASKED) == taken
    assert await without.look(CITY, ASKED) == taken
    assert taken.state is PaymentState.CAPTURED
    other = replace(ASKED, id=CollectionId(UUID(int=9)))
    with pytest.raises(NotDebited) as no:
        await without.debit(CITY, other)
    assert no.value.code == "debit_not_offered"
    assert await without.look(CITY, other) is None
    assert len(provider.made) == 1


async def test_what_was_taken_is_given_back_once_and_as_far_as_nobody_did_so_at_the_provider() -> None:
    provider, books = FakeGateway(), MemoryBooks()
    provider.cards["pm_1"] = SAYS_YES
    ours = debits(provider, books, ACCOUNT)
    assert (await ours.debit(CITY, ASKED)).refunded == 0
    (payment,) = provider.orders.values()
    await provider.give_back(CITY, replace(payment, captured=12560, refunds=7), 5000)  # by hand

    first = await ours.give_back(CITY, PAID)
    again = await ours.give_back(CITY, PAID)

    assert (first.state, first.refunded, again) == (PaymentState.REFUNDED, 12560, first)


async def test_what_the_provider_does_not_know_or_does_not_give_back_is_no_refund() -> None:
    provider, books = FakeGateway(), MemoryBooks()
    provider.cards["pm_1"] = SAYS_YES
    ours = debits(provider, books, ACCOUNT)
    with pytest.raises(NotDebited) as no:
        await ours.give_back(CITY, PAID)
    assert no.value.code == "unknown_payment"
    assert provider.made == []
