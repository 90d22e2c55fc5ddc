"""Facts that tests post: a use for 24.70, what was held, taken, given back and paid out for it."""

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from domain.ledger.accounts import AccountKey
from domain.ledger.entries import Entry, Side
from domain.ledger.posting.documents import Document, Taxed
from domain.money import Money
from domain.payments.payments import Capture, Kind, Payment, PaymentId, PaymentState, Purpose
from domain.payments.transactions import Dispute, DisputeState, LostDispute, ProviderTransaction, TransactionKind
from tests.examples import an_id, person_id

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
ADA = person_id("ada")
NINETEEN = Decimal("0.19")
BOOKING, PAYMENT = an_id("booking"), PaymentId(an_id("payment"))


def cents(amount: int) -> Money:
    return Money(amount, "EUR")


def a_payment(state: PaymentState = PaymentState.AUTHORISED, **changes: Any) -> Payment:
    """30.00 held."""
    held = Payment(
        PAYMENT,
        BOOKING,
        ADA,
        Kind.PAYMENT,
        Purpose.BOOKING,
        Capture.MANUAL,
        cents(3000),
        AT,
        AT + timedelta(hours=2),
        state=state,
        intent_id="pi_1",
        capture_before=AT + timedelta(7),
    )
    return replace(held, **changes)


def a_document(name: str = "RE-17", *parts: Taxed, **changes: Any) -> Document:
    """24.70 with 19 % in it."""
    given = parts or (Taxed(NINETEEN, 2076, 394),)
    return replace(Document(an_id(name), name, BOOKING, ADA, "fleet", "EUR", given, AT), **changes)


def a_movement(kind: TransactionKind, amount: int, fee: int = 0, **changes: Any) -> ProviderTransaction:
    moved = ProviderTransaction(
        f"txn_{kind}",
        kind,
        amount,
        fee,
        amount - fee,
        "EUR",
        "ch_1",
        AT,
        AT + timedelta(3),
        payment_id=PAYMENT,
        booking_id=BOOKING,
    )
    return replace(moved, **changes)


def a_dispute(state: DisputeState = DisputeState.LOST, withdrawn: int = 1970, **changes: Any) -> Dispute:
    plain: dict[str, Any] = {"withdrawn": withdrawn, "fee": 2000, "payment_id": PAYMENT, "booking_id": BOOKING}
    disputed = Dispute("dp_1", "ch_1", "pi_1", 1970, "EUR", "fraudulent", state, AT, is_refundable=False)
    return replace(disputed, **(plain | changes))


def a_loss(amount: int = 1970, **changes: Any) -> LostDispute:
    """The same dispute, lost."""
    lost = LostDispute("dp_1", amount, "EUR", "fraudulent", AT, AT, payment_id=PAYMENT, booking_id=BOOKING)
    return replace(lost, **changes)


def balances(entries: Iterable[Entry]) -> dict[AccountKey, int]:
    """Debits less credits by account, in cents; what is even is left out. One source counts once."""
    found: Counter[AccountKey] = Counter()
    for entry in {entry.source: entry for entry in entries}.values():
        for leg in entry.legs:
            found[leg.account] += leg.amount.amount if leg.side is Side.DEBIT else -leg.amount.amount
    return {account: amount for account, amount in found.items() if amount}
