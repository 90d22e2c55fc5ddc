"""What is owed for leases, paid to dealers and kept of bikes in the books, as it is shown."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct

from domain.bike_leasing.money.paying import CreditTransfer, PaidFor, PartyAccount, PaymentOrder
from domain.bike_leasing.money.receivables import Receivable
from domain.bike_leasing.money.residuals import MonthOfBikes
from domain.identity import City
from domain.money import Money
from services.bike_leasing.money.paying import Waiting


class PartyAccountView(Struct, frozen=True):
    party: str
    name: str
    iban: str


class PayableView(Struct, frozen=True):
    """Owed since the handover, since the invoice of a service was accepted, or as a `refund` to the lease's holder since she withdrew, or
    transferred it. It waits for an order, or where `account_known` is false for somebody to say the dealer's account; a refund goes to the
    account that the money came from, and is transferred by hand where the bank did not name that."""

    paid_for: PaidFor
    lease_id: UUID
    dealer: str | None
    amount: Money
    since: datetime
    account_known: bool
    holder_id: UUID | None = None


class CreditTransferView(Struct, frozen=True):
    """`reference` goes with the transfer, and is what it is matched by when the bank's statement comes. What is `returned_at` was given back by
    the bank, and is in a later order."""

    paid_for: PaidFor
    lease_id: UUID
    dealer: str | None
    name: str
    iban: str
    amount: Money
    reference: str
    returned_at: datetime | None
    holder_id: UUID | None = None


class DealerOrderView(Struct, frozen=True):
    """`file` is what the bank is given (pain.001). With the order its dealers are owed nothing; what of it the bank has not booked
    five days after its day is an exception of the reconciliation."""

    id: UUID
    execute_on: date
    ordered_at: datetime
    total: Money
    file: str
    items: tuple[CreditTransferView, ...]


class ReceivableView(Struct, frozen=True):
    """An employer's month, or what one holder owes: a month (`about`) that nobody debits any more, a settlement, a buyout, a purchase, damages.
    `reminders` were sent so far, and what they cost is in the amount. Transfers are matched by `reference`, or by hand by `id`."""

    id: str
    about: str
    employer: str | None
    holder_id: UUID | None
    lease_id: UUID | None
    amount: Money
    open: Money
    due_on: date
    reminders: int
    reference: str


class ResidualView(Struct, frozen=True):
    """At the end of the month, by the ledger: `book_value` of the bikes, `residual` what they are reckoned to be worth when their leases end (net),
    `depreciation` what was written off in the month, `open_payables` what dealers are owed and nobody has ordered to be paid."""

    month: str
    bikes: int
    book_value: Money
    residual: Money
    depreciation: Money
    open_payables: Money


def account_view(said: PartyAccount) -> PartyAccountView:
    return PartyAccountView(said.party, said.name, said.iban)


def payable_view(waiting: Waiting) -> PayableView:
    owed = waiting.payable
    known = waiting.account is not None
    return PayableView(owed.paid_for, owed.lease_id, owed.dealer, owed.amount, owed.since, known, owed.holder)


def payment_view(made: CreditTransfer) -> CreditTransferView:
    owed, account = made.payable, made.account
    return CreditTransferView(
        owed.paid_for,
        owed.lease_id,
        owed.dealer,
        account.name,
        account.iban,
        owed.amount,
        made.reference,
        made.returned_at,
        owed.holder,
    )


def order_view(made: PaymentOrder, city: City) -> DealerOrderView:
    file = f"/v1/{city}/finance/lease-payments/{made.id}/file"
    return DealerOrderView(
        made.id, made.execute_on, made.made_at, made.total, file, tuple(map(payment_view, made.payments))
    )


def receivable_view(each: Receivable) -> ReceivableView:
    return ReceivableView(
        each.id,
        each.about,
        each.employer,
        each.holder,
        each.lease_id,
        each.amount,
        each.open,
        each.due_on,
        each.steps,
        each.reference,
    )


def residual_view(each: MonthOfBikes) -> ResidualView:
    return ResidualView(
        f"{each.month:%Y-%m}", each.bikes, each.book_value, each.residual, each.depreciation, each.open_payables
    )
