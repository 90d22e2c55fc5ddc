"""What is expected at the bank: payouts of the payment provider, invoices that are paid by transfer, transfers that were ordered."""

from datetime import date
from enum import StrEnum
from typing import NewType

from msgspec import Struct

ExpectedId = NewType("ExpectedId", str)
"""What is expected, as in `payout:po_1`, `invoice:<id>` or `dealer:<what for>`."""


class ExpectedKind(StrEnum):
    PAYOUT = "payout"
    INVOICE = "invoice"
    TRANSFER = "transfer"
    OTHER = "other"


class Expected(Struct, frozen=True):
    """`amount` is signed as on the bank's statement; `settled` is how much of it has been matched already.

    `references` are the words by which a payer names it: cash reference (Kassenzeichen), number, trace id. `counterparty`
    is a part of the name under which the money comes, where it is known. `asked_with` are references under which it is asked
    for together with others, in a reminder: they mean all of those, if anything.
    """

    id: ExpectedId
    kind: ExpectedKind
    amount: int
    currency: str
    due_on: date
    references: tuple[str, ...] = ()
    counterparty: str = ""
    settled: int = 0
    asked_with: tuple[str, ...] = ()

    @property
    def open(self) -> int:
        return self.amount - self.settled
