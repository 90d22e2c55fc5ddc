"""Sealed invoices of what leases make somebody owe, with the tax that was posted: of what is owed beside the rates once for its lease
and kind, of a month that a holder pays herself once for its lease, of an employer's month once, with what comes to it later in a document
of its own."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import BilledTo
from domain.bike_leasing.money.collecting import ChargeId
from domain.bike_leasing.money.invoicing import (
    EmployersMonth,
    HoldersMonth,
    all_leases,
    claim_as_posted,
    claim_billed,
    debtor_of,
    holders_month_billed,
    in_documents,
    month_billed,
    subject_of,
)
from domain.cities.settings import CitySettings
from domain.invoicing.invoices import Debtor, Invoice, InvoiceId, InvoiceKind, Subject, Why
from domain.invoicing.issuing import Billable, Counter, Numbers, credit_note_for, invoice_for, local_day, series_of
from domain.ledger.entries import Entry
from domain.money import Money


class LeaseDebts(Struct, frozen=True):
    """`posted` is what was posted of a lease's claims and is not invoiced yet, the first first."""

    lease: Lease
    settings: CitySettings
    debtor: Debtor
    posted: Sequence[Entry]


class Counters(Protocol):
    """In one transaction."""

    async def counter(self, series: str) -> Counter:
        """How far the series has come. Nobody else takes a number from it until the transaction is over."""


class LeaseInvoiceBooks(Counters, Protocol):
    """In one transaction."""

    async def debts(self, lease_id: LeaseId) -> LeaseDebts | None:
        """For nobody else at the same time; None where there is no such lease."""

    async def keep(self, invoice: Invoice) -> None:
        """Write it, with the number it takes and the news of it."""


class EmployersDebt(Struct, frozen=True):
    month: EmployersMonth
    settings: CitySettings
    billed_to: BilledTo | None


class EmployerInvoiceBooks(Counters, Protocol):
    """In one transaction."""

    async def next_month(self) -> EmployersDebt | None:
        """An employer's month of which something is charged and not invoiced, for nobody else at the same time; None where there is
        none, or a run is under way that may add to it."""

    async def keep(self, invoice: Invoice, charges: Sequence[ChargeId]) -> None:
        """Write it, with the number it takes and the news of it; these are invoiced by it."""


class Undone(Struct, frozen=True):
    """An invoice of a lease whose entry in the ledger was taken back, with the credit notes that it has already."""

    invoice: Invoice
    credited: tuple[Invoice, ...]

    @property
    def left(self) -> Money:
        gone = sum(note.gross.amount for note in self.credited)
        return Money(self.invoice.gross.amount - gone, self.invoice.gross.currency)


class LeaseUndone(Struct, frozen=True):
    undone: Sequence[Undone]
    settings: CitySettings


class UndoneLeaseBooks(Counters, Protocol):
    """In one transaction."""

    async def undone(self, lease_id: LeaseId) -> LeaseUndone:
        """For nobody else at the same time; those of which something is left, in the order in which they were issued."""

    async def keep(self, invoice: Invoice) -> None:
        """As of `LeaseInvoiceBooks`."""


async def credit_undone(
    lease_id: LeaseId, *, books: UndoneLeaseBooks, new_id: Callable[[], UUID], now: datetime
) -> tuple[Invoice, ...]:
    """The credit notes (Rechnungskorrekturen, § 14c, § 17 UStG) about all that is left of the lease's invoices whose entries were taken
    back, issued now. Asked for again it issues nothing."""
    found = await books.undone(lease_id)
    city = found.settings
    issued = []
    for each in found.undone:
        made = credit_note_for(
            each.invoice,
            each.credited,
            each.left,
            Why.REFUND,
            credit_note_id=InvoiceId(new_id()),
            city=city,
            counter=await _next(InvoiceKind.CREDIT_NOTE, city, counters=books, now=now),
            now=now,
        )
        await books.keep(made)
        issued.append(made)
    return tuple(issued)


class HoldersDebts(Struct, frozen=True):
    months: Sequence[HoldersMonth]
    settings: CitySettings


class HolderInvoiceBooks(Counters, Protocol):
    """In one transaction."""

    async def next_months(self) -> HoldersDebts:
        """Months that holders were charged for, that were not taken back and are on no invoice, with the leases for nobody else at the
        same time; a batch of them, and whether more are left is told of. None while a run is under way."""

    async def keep(self, invoice: Invoice, charges: Sequence[ChargeId]) -> None:
        """As of `EmployerInvoiceBooks`."""


async def invoice_holders(
    *, books: HolderInvoiceBooks, new_id: Callable[[], UUID], now: datetime
) -> tuple[Invoice, ...]:
    """What was issued of a batch of holders' months now, each month of a lease in a document of its own."""
    debts = await books.next_months()
    city = debts.settings
    issued = []
    for owed in debts.months:
        billed, subject = holders_month_billed(owed, city), subject_of(owed.lease)
        made = await _issued(billed, owed.debtor, subject, city, counters=books, new_id=new_id, now=now)
        await books.keep(made, [owed.charged.charge_id])
        issued.append(made)
    return tuple(issued)


async def invoice_employer(
    *, books: EmployerInvoiceBooks, new_id: Callable[[], UUID], now: datetime
) -> tuple[Invoice, ...] | None:
    """What was issued of one employer's month now; None where nothing is to be issued."""
    debt = await books.next_month()
    if debt is None:
        return None
    city, month = debt.settings, debt.month
    debtor, subject = debtor_of(month.employer, debt.billed_to, city), all_leases(month)
    issued = []
    for number, part in enumerate(in_documents(month.charged), start=month.invoiced + 1):
        billed = month_billed(month, part, number, city)
        made = await _issued(billed, debtor, subject, city, counters=books, new_id=new_id, now=now)
        await books.keep(made, [each.charge_id for each in part])
        issued.append(made)
    return tuple(issued)


async def invoice_claims(
    lease_id: LeaseId, *, books: LeaseInvoiceBooks, new_id: Callable[[], UUID], now: datetime
) -> tuple[Invoice, ...]:
    """What was issued now. Asked for again it issues nothing."""
    debts = await books.debts(lease_id)
    if debts is None:
        return ()
    city, subject = debts.settings, subject_of(debts.lease)
    issued = []
    for entry in debts.posted:
        billed = claim_billed(claim_as_posted(entry, debts.lease, ZoneInfo(city.time_zone)), city)
        made = await _issued(billed, debts.debtor, subject, city, counters=books, new_id=new_id, now=now)
        await books.keep(made)
        issued.append(made)
    return tuple(issued)


async def _issued(
    billable: Billable,
    debtor: Debtor,
    subject: Subject,
    city: CitySettings,
    *,
    counters: Counters,
    new_id: Callable[[], UUID],
    now: datetime,
) -> Invoice:
    """The invoice about what was posted, with the next number; it is kept by whoever asks. What is debited is collected."""
    return invoice_for(
        billable,
        invoice_id=InvoiceId(new_id()),
        city=city,
        debtor=debtor,
        subject=subject,
        numbers=Numbers(await _next(InvoiceKind.INVOICE, city, counters=counters, now=now)),
        collected=billable.posted is not None and billable.posted.debit is not None,
        now=now,
    )


async def _next(kind: InvoiceKind, city: CitySettings, *, counters: Counters, now: datetime) -> Counter:
    """Of the series of the year in which the city is now."""
    return await counters.counter(series_of(kind, city.invoicing, local_day(now, city.time_zone).year))
