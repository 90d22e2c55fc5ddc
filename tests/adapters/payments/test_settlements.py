"""What the city reads in the provider's books, against the sandbox."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.money import Money
from domain.payments.payments import Capture, Kind, Payment, PaymentId, Purpose, RecoveryPoint
from domain.payments.transactions import Dispute, DisputeState, PayoutState, TransactionKind
from infra.clock import now
from infra.ids import new_id
from services.payments.ports import ProviderRefused, ProviderUnavailable
from services.settlement.ports import Balance, Evidence, Movement
from tests.adapters.payments.sandbox.debits import FAILS, RETURNED, debited
from tests.adapters.payments.sandbox.running import Shop, high_street
from tests.adapters.payments.sandboxed import CITY, NEIGHBOUR, ProvidersBooks, providers_books
from tests.examples import euros, person_id

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def street() -> Iterator[Callable[[], Shop]]:
    with high_street() as opened:
        yield opened


@pytest.fixture
async def books(tmp_path: Path, street: Callable[[], Shop]) -> AsyncIterator[ProvidersBooks]:
    async with providers_books(tmp_path / "stripe", street()) as opened:
        yield opened


async def paid(books: ProvidersBooks, method: str = "pm_card_visa", amount: str = "24.70") -> Payment:
    """A payment of ours that was taken at once."""
    at = now()
    payment = Payment(
        PaymentId(new_id()), new_id(), person_id("ada"), Kind.PAYMENT, Purpose.BOOKING, Capture.AUTOMATIC,
        euros(amount), at, at,
    )  # fmt: skip
    customer = await books.gateway.customer(CITY, payment.holder_id)
    opened = await books.gateway.open(CITY, payment, customer)
    known = _known(payment, opened.intent_id, 0)
    taken = await books.gateway.confirm(CITY, known, method, None)
    return _known(payment, taken.intent_id, taken.captured)


def _known(payment: Payment, intent_id: str, captured: int) -> Payment:
    return replace(payment, intent_id=intent_id, captured=captured, recovery_point=RecoveryPoint.SETTLED)


async def moved(books: ProvidersBooks, since: datetime = LONG_AGO) -> list[Movement]:
    """Oldest first."""
    found = [each async for page in books.settlements.movements(CITY, since) for each in page]
    return found[::-1]


async def dispute_of(books: ProvidersBooks, method: str = "pm_card_createDispute") -> tuple[Payment, Dispute]:
    payment = await paid(books, method)
    (dispute,) = await books.disputes.opened(CITY, LONG_AGO)
    return payment, dispute


async def test_each_movement_says_which_payment_it_belongs_to_and_what_was_kept_of_it(books: ProvidersBooks) -> None:
    payment = await paid(books)
    await books.gateway.give_back(CITY, payment, 500)
    charge, refund = await moved(books)
    said = charge.transaction
    assert (said.kind, said.amount, said.fee, said.net, said.currency) == (
        TransactionKind.CHARGE, 2470, 62, 2408, "EUR",
    )  # fmt: skip
    assert [(fee.amount, fee.currency, fee.type) for fee in charge.fees] == [(62, "EUR", "stripe_fee")]
    assert (charge.intent_id, charge.payment_id, charge.refund_number) == (payment.intent_id, payment.id, None)
    assert (refund.transaction.kind, refund.transaction.net) == (TransactionKind.REFUND, -500)
    assert (refund.intent_id, refund.payment_id, refund.refund_number) == (payment.intent_id, payment.id, 0)
    assert said.available_at - said.created_at == timedelta(days=3)


async def test_more_movements_than_a_page_holds_come_without_gaps(books: ProvidersBooks) -> None:
    payment = await paid(books)
    for _ in range(101):
        await books.sandbox.city.v1.refunds.create_async({"payment_intent": str(payment.intent_id), "amount": 1})
    pages = [page async for page in books.settlements.movements(CITY, LONG_AGO)]
    assert [len(page) for page in pages] == [100, 2]
    assert len({each.transaction.id for page in pages for each in page}) == 102
    assert [page async for page in books.settlements.movements(CITY, now() + timedelta(hours=1))] == []


async def test_a_payout_is_itemised_once_it_is_reconciled(books: ProvidersBooks) -> None:
    await paid(books)
    made = await books.sandbox.by_hand("payouts", account=books.sandbox.accounts[0].id)
    (payout,) = await books.settlements.payouts(CITY, LONG_AGO)
    assert (payout.amount, payout.state, payout.is_automatic, payout.is_reconciled, payout.trace_id) == (
        2408, PayoutState.PENDING, True, False, None,
    )  # fmt: skip
    for step in ("reconciled", "paid", "traced"):
        await books.sandbox.by_hand(f"payouts/{made['id']}", step=step)
    (payout,) = await books.settlements.payouts(CITY, LONG_AGO)
    assert (payout.state, payout.is_reconciled, payout.trace_id is None) == (PayoutState.PAID, True, False)
    items = await books.settlements.items(CITY, payout.id)
    assert [(each.transaction.kind, each.transaction.net, each.transaction.payout_id) for each in items] == [
        (TransactionKind.PAYOUT, -2408, payout.id),
        (TransactionKind.CHARGE, 2408, payout.id),
    ]
    assert items[0].transaction.id == payout.transaction_id


async def test_a_failed_payout_says_why_and_where_its_money_is(books: ProvidersBooks) -> None:
    await paid(books)
    made = await books.sandbox.by_hand("payouts", account=books.sandbox.accounts[0].id)
    await books.sandbox.by_hand(f"payouts/{made['id']}", step="failed")
    (payout,) = await books.settlements.payouts(CITY, LONG_AGO)
    assert (payout.state, payout.failure) == (PayoutState.FAILED, "account_closed")
    back = (await moved(books))[-1].transaction
    assert (back.id, back.kind, back.net) == (payout.failure_transaction_id, TransactionKind.PAYOUT_FAILURE, 2408)


async def test_a_payout_by_hand_cannot_be_itemised(books: ProvidersBooks) -> None:
    await paid(books)
    await books.sandbox.advance(3 * 24 * 3600)
    await books.sandbox.city.v1.payouts.create_async({"amount": 1000, "currency": "eur"})
    (payout,) = await books.settlements.payouts(CITY, LONG_AGO)
    assert not payout.is_automatic
    with pytest.raises(ProviderRefused):
        await books.settlements.items(CITY, payout.id)


async def test_the_balance_is_what_moved(books: ProvidersBooks) -> None:
    await paid(books)
    assert await books.settlements.balance(CITY) == Balance((Money(0, "EUR"),), (Money(2408, "EUR"),))
    assert await books.settlements.balance(NEIGHBOUR) == Balance((Money(0, "EUR"),), (Money(0, "EUR"),))


async def test_messages_that_never_arrived_are_found_and_only_such_as_we_act_on(books: ProvidersBooks) -> None:
    payment = await paid(books)
    told = [event async for page in books.settlements.events(CITY, LONG_AGO) for event in page]
    assert [(event.type, event.intent_id, event.payment_id) for event in told] == [
        ("payment_intent.succeeded", payment.intent_id, payment.id)
    ]


async def test_a_dispute_is_answered_once_however_often_the_answer_is_lost(books: ProvidersBooks) -> None:
    payment, dispute = await dispute_of(books)
    assert (dispute.state, dispute.intent_id, dispute.amount) == (
        DisputeState.NEEDS_RESPONSE, payment.intent_id, 2470,
    )  # fmt: skip
    assert (dispute.withdrawn, dispute.fee, len(dispute.transactions)) == (2470, 2000, 1)
    assert dispute.evidence_due_at == dispute.opened_at + timedelta(days=9)
    await books.sandbox.fault("POST", "/v1/disputes/*", "timeout_after", times=3)
    evidence = Evidence(service_date="2026-11-22", uncategorized_text="She was there.")
    with pytest.raises(ProviderUnavailable):
        await books.disputes.submit(CITY, dispute, evidence)
    answered = await books.disputes.submit(CITY, dispute, evidence)
    assert (answered.state, answered.submissions) == (DisputeState.UNDER_REVIEW, 1)
    await books.sandbox.by_hand(f"disputes/{dispute.id}", outcome="won")
    won = await books.disputes.fetch(CITY, dispute.id)
    assert (won.state, won.withdrawn, won.fee, len(won.transactions)) == (DisputeState.WON, 0, 2000, 2)


async def test_evidence_behind_an_error_inside_the_provider_is_found(books: ProvidersBooks) -> None:
    _, dispute = await dispute_of(books)
    await books.sandbox.fault("POST", "/v1/disputes/*", "error_500_after")
    evidence = Evidence(uncategorized_text="She was there.")
    with pytest.raises(ProviderUnavailable):
        await books.disputes.submit(CITY, dispute, evidence)
    answered = await books.disputes.submit(CITY, dispute, evidence)
    assert (answered.state, answered.submissions) == (DisputeState.UNDER_REVIEW, 1)


async def test_giving_in_twice_is_giving_in_once(books: ProvidersBooks) -> None:
    _, dispute = await dispute_of(books)
    for _ in range(2):
        assert (await books.disputes.accept(CITY, dispute)).state is DisputeState.LOST
    with pytest.raises(ProviderRefused):
        await books.disputes.submit(CITY, dispute, Evidence(uncategorized_text="Too late."))


async def test_an_inquiry_has_taken_nothing(books: ProvidersBooks) -> None:
    _, dispute = await dispute_of(books, "pm_card_createDisputeInquiry")
    assert (dispute.state, dispute.withdrawn, dispute.is_refundable) == (DisputeState.INQUIRY, 0, True)


async def test_a_debit_that_failed_takes_its_charge_back(books: ProvidersBooks) -> None:
    intent = await debited(books.sandbox, FAILS)
    charge, back = await moved(books)
    assert [(each.transaction.kind, each.transaction.amount, each.type) for each in (charge, back)] == [
        (TransactionKind.CHARGE, 1970, "payment"),
        (TransactionKind.CHARGE, -1970, "payment_failure_refund"),
    ]
    assert charge.intent_id == back.intent_id == intent.id


async def test_a_returned_debit_is_a_dispute_that_is_lost_already(books: ProvidersBooks) -> None:
    await debited(books.sandbox, RETURNED)
    await books.sandbox.advance(1)
    (dispute,) = await books.disputes.opened(CITY, LONG_AGO)
    assert (dispute.state, dispute.withdrawn, dispute.evidence_due_at) == (DisputeState.LOST, 1970, None)


async def test_a_provider_that_is_away_is_said_to_be_so(books: ProvidersBooks) -> None:
    await books.sandbox.fault("GET", "/v1/balance_transactions", "error_503", times=3)
    with pytest.raises(ProviderUnavailable):
        await moved(books)
