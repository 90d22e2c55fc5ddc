"""Paying dealers: what is owed for bikes and their upkeep is ordered at the bank, one transfer for each, in one order for all. What a holder
transferred for a lease that she withdrew from goes back with it."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.contracts.parties import PartyId
from domain.cities.identifiers import has_valid_iban_checksum
from domain.identity import PersonId
from domain.money import Money
from domain.refusals import Refusal

OrderId = NewType("OrderId", UUID)
MOST_IN_AN_ORDER = 5_000
LATEST = timedelta(days=60)  # banks take no orders for days that are further away than some weeks


class PartyAccount(Struct, frozen=True):
    """Where a party is paid: `name` is the account's holder, as the bank has it (70 characters at most), `iban` without blanks. The party is a
    dealer, or the holder of a lease by her id."""

    party: PartyId
    name: str
    iban: str


class PaidFor(StrEnum):
    BIKE = "bike"
    SERVICE = "service"
    REFUND = "refund"


class Payable(Struct, frozen=True):
    """What a dealer is owed, gross: for a bike since its handover, for a service since its invoice was accepted. Or what a `holder` is owed
    back since it was matched: each part of her transfers on its own, to the account that it `came_from`, if the bank named that. `subject` is
    the lease, the invoice, or that part; `attempt` counts transfers, the second being made where the first came back."""

    paid_for: PaidFor
    subject: UUID
    lease_id: LeaseId
    dealer: PartyId | None
    amount: Money
    since: datetime
    attempt: int = 1
    holder: PersonId | None = None
    came_from: PartyAccount | None = None

    def account(self, accounts: Mapping[PartyId, PartyAccount]) -> PartyAccount | None:
        """Where it is paid to; None where nobody knows."""
        return accounts.get(self.dealer) if self.dealer is not None else self.came_from


class CreditTransfer(Struct, frozen=True):
    """One transfer. Its reference goes with it to the dealer and comes back with the bank's statement (end-to-end id)."""

    payable: Payable
    account: PartyAccount
    returned_at: datetime | None = None

    @property
    def reference(self) -> str:
        again = f"R{self.payable.attempt}" if self.payable.attempt > 1 else ""
        return f"{self.payable.paid_for[0].upper()}{self.payable.subject.hex.upper()}{again}"


class PaymentOrder(Struct, frozen=True):
    """What the bank is to do on a day. `made_at` is when it was decided, and the payables were settled."""

    id: OrderId
    execute_on: date
    made_at: datetime
    payments: tuple[CreditTransfer, ...]

    @property
    def reference(self) -> str:
        """Under which the bank may book all of it as one sum."""
        return self.id.hex.upper()

    @property
    def total(self) -> Money:
        return sum((each.payable.amount for each in self.payments), Money(0, EUR))


class NotOrdered(StrEnum):
    NOTHING_TO_PAY = "nothing_to_pay"
    DAY_NOT_POSSIBLE = "execution_day_not_possible"
    BAD_IBAN = "bad_iban"
    UNKNOWN_ORDER = "unknown_payment_order"
    UNKNOWN_PAYMENT = "unknown_dealer_payment"


def account_of(party: PartyId, name: str, iban: str) -> PartyAccount | Refusal[NotOrdered]:
    bare = "".join(iban.split()).upper()
    if not has_valid_iban_checksum(bare):
        return Refusal(NotOrdered.BAD_IBAN, "/iban")
    return PartyAccount(party, name.strip(), bare)


def ordered(
    order_id: OrderId,
    payables: Iterable[Payable],
    accounts: Mapping[PartyId, PartyAccount],
    execute_on: date,
    *,
    today: date,
    now: datetime,
) -> PaymentOrder | Refusal[NotOrdered]:
    """All that is owed to whose account is known, the oldest first; the others wait for theirs."""
    if not today <= execute_on <= today + LATEST:
        return Refusal(NotOrdered.DAY_NOT_POSSIBLE, "/execute_on")
    oldest_first = sorted(payables, key=lambda each: (each.since, each.subject))
    payments = [CreditTransfer(each, to) for each in oldest_first if (to := each.account(accounts)) is not None]
    if not payments:
        return Refusal(NotOrdered.NOTHING_TO_PAY)
    return PaymentOrder(order_id, execute_on, now, tuple(payments[:MOST_IN_AN_ORDER]))


def came_back(payment: CreditTransfer | None, now: datetime) -> CreditTransfer | Refusal[NotOrdered]:
    """The bank gave it back, for the account is closed, say: it is owed again. Said again it stays as it was said."""
    if payment is None:
        return Refusal(NotOrdered.UNKNOWN_PAYMENT, "/reference")
    return payment if payment.returned_at is not None else replace(payment, returned_at=now)
