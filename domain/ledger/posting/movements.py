"""What moves the city's balance at the payment provider becomes entries. Amounts and fees are the provider's, as it says."""

from msgspec import Struct

from domain.identity import PersonId
from domain.ledger.accounts import (
    CURRENCIES,
    DISPUTES,
    IN_TRANSIT,
    OPERATORS,
    PROVIDER,
    PROVIDER_FEES,
    RECEIVABLES,
    UNEXPLAINED,
    AccountKey,
)
from domain.ledger.entries import Entry, EntryKind, Leg, Origin, Side, balanced
from domain.money import Money
from domain.payments.transactions import ProviderTransaction, TransactionKind


class Meaning(Struct, frozen=True):
    """What a kind of movement is to the ledger, and which account stands against the provider's."""

    kind: EntryKind
    contra: AccountKey


MEANINGS = {
    TransactionKind.CHARGE: Meaning(EntryKind.CAPTURE, RECEIVABLES),
    TransactionKind.REFUND: Meaning(EntryKind.REFUND, RECEIVABLES),
    TransactionKind.REFUND_FAILURE: Meaning(EntryKind.REFUND_FAILED, RECEIVABLES),
    TransactionKind.DISPUTE: Meaning(EntryKind.DISPUTE_OPENED, DISPUTES),
    TransactionKind.DISPUTE_REVERSAL: Meaning(EntryKind.DISPUTE_WON, DISPUTES),
    TransactionKind.PAYOUT: Meaning(EntryKind.PAYOUT, IN_TRANSIT),
    TransactionKind.PAYOUT_FAILURE: Meaning(EntryKind.PAYOUT_FAILED, IN_TRANSIT),
    TransactionKind.FEE: Meaning(EntryKind.FEE, PROVIDER_FEES),
    # What operators get, and what the city keeps of it: no income before a document says what it is for.
    TransactionKind.TRANSFER: Meaning(EntryKind.OTHER, OPERATORS),
    TransactionKind.APPLICATION_FEE: Meaning(EntryKind.OTHER, OPERATORS),
    TransactionKind.OTHER: Meaning(EntryKind.OTHER, UNEXPLAINED),
}


def movement(transaction: ProviderTransaction, debtor: PersonId | None) -> tuple[Entry, ...]:
    """An entry for what moved, another for the fee; `debtor` is whose payment it belongs to.

    What belongs to no payment of ours stays unexplained until somebody explains it. What was paid in another currency than
    the account's is exchanged on the way, by amounts that are both the provider's: each currency balances by itself.
    """
    meaning = MEANINGS[transaction.kind]
    contra = UNEXPLAINED if meaning.contra == RECEIVABLES and debtor is None else meaning.contra
    entries = []
    if transaction.amount:
        whose = debtor if contra == RECEIVABLES else None
        entries.append(
            _entry(transaction, meaning.kind, transaction.amount, contra, debtor=whose, abroad=transaction.presented)
        )
    if transaction.fee:
        # A movement that is a fee by itself may bear another one, its tax say: each has a name of its own.
        leg = "fee" if meaning.kind is not EntryKind.FEE else "fee_on_fee"
        entries.append(_entry(transaction, EntryKind.FEE, -transaction.fee, PROVIDER_FEES, leg=leg))
    return tuple(entries)


def _entry(
    transaction: ProviderTransaction,
    kind: EntryKind,
    amount: int,
    contra: AccountKey,
    *,
    debtor: PersonId | None = None,
    leg: str | None = None,
    abroad: Money | None = None,
) -> Entry:
    """More than nothing comes into the balance, less than nothing goes out."""
    money, side = Money(abs(amount), transaction.currency), Side.DEBIT if amount > 0 else Side.CREDIT
    legs: tuple[Leg, ...] = (Leg(PROVIDER, side, money), Leg(contra, side.other, money, debtor))
    if abroad is not None:
        paid = Money(abs(abroad.amount), abroad.currency)
        exchanged = (Leg(CURRENCIES, side.other, money), Leg(CURRENCIES, side, paid))
        legs = (legs[0], *exchanged, Leg(contra, side.other, paid, debtor))
    return balanced(
        Entry(
            kind,
            f"bt:{transaction.id}:{leg or kind}",
            transaction.created_at,
            legs,
            Origin(
                booking_id=transaction.booking_id,
                payment_id=transaction.payment_id,
                provider_id=transaction.source_id or transaction.id,
            ),
        )
    )
