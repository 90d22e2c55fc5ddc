"""What clears an unexplained movement: a person says what it was, and the ledger posts it on that account."""

from enum import StrEnum

from msgspec import Struct

from domain.ledger.accounts import (
    BAD_DEBT,
    DAMAGES,
    OPERATORS,
    OTHER_EXPENSE,
    OTHER_INCOME,
    OTHER_OFFICES,
    PROVIDER_FEES,
    TO_PAY_BACK,
    AccountKey,
)


class ClearingAccount(StrEnum):
    """On which a person may book what was unexplained. Bank, provider and what is under way have books of their own;
    revenue, tax and receivables follow documents."""

    OTHER_INCOME = OTHER_INCOME
    OTHER_EXPENSE = OTHER_EXPENSE
    OTHER_OFFICES = OTHER_OFFICES
    TO_PAY_BACK = TO_PAY_BACK
    PROVIDER_FEES = PROVIDER_FEES
    DAMAGES = DAMAGES
    OPERATORS = OPERATORS
    BAD_DEBT = BAD_DEBT


class Clearing(Struct, frozen=True):
    """So much of it, signed as the movement, is on that account."""

    account: AccountKey
    amount: int


def written_off(amount: int) -> Clearing:
    """What nobody claims is an income, what nobody explains is a loss."""
    return Clearing(OTHER_INCOME if amount > 0 else BAD_DEBT, amount)


def paid_back(amount: int) -> Clearing:
    """Owed to whoever it came from; the bank's line by which it goes is booked on the same account."""
    return Clearing(TO_PAY_BACK, amount)
