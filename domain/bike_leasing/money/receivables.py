"""What is owed for leases and comes by transfer: an employer's month, a holder's month that nobody debits, and what is owed beside the rates."""

from datetime import date
from uuid import UUID

from msgspec import Struct

from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.identity import PersonId
from domain.money import Money
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind

NOTHING = Money(0, "EUR")


def transfer_reference(about: str, whose: PartyId | LeaseId | None) -> str:
    """Of a month or a kind of claim, and an employer or a lease; short enough to be typed."""
    name = whose.hex[-10:] if isinstance(whose, UUID) else whose or ""
    return f"LEASING-{about}-{name}".upper()


class Receivable(Struct, frozen=True):
    """`id` names it at the bank: `employer:2026-12:stadtwerke`, `charge:<id>` or `claim:settlement:<lease>`. It is owed by an employer or by a
    holder; `about` is the month or the kind of claim, `paid` what has been matched with lines of statements.
    `due_on` is the day on which it came back, where that was later; so many reminders (`steps`) were sent, whose fees are in the `amount`.
    What is `undone` is owed no more, as its lease is withdrawn from: whoever transfers it all the same is known by it, and gets it back."""

    id: ExpectedId
    about: str
    amount: Money
    due_on: date
    paid: Money = NOTHING
    employer: PartyId | None = None
    holder: PersonId | None = None
    lease_id: LeaseId | None = None
    steps: int = 0
    undone: bool = False

    @property
    def open(self) -> Money:
        return self.amount - self.paid

    @property
    def reference(self) -> str:
        """What the payer writes on the transfer."""
        return transfer_reference(self.about, self.employer if self.employer is not None else self.lease_id)

    def expected(self) -> Expected:
        """As the reconciliation looks for it."""
        kind = ExpectedKind.OTHER if self.undone else ExpectedKind.INVOICE
        return Expected(self.id, kind, self.amount.amount, self.amount.currency, self.due_on, (self.reference,))
