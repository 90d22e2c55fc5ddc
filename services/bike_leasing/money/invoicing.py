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
from domain.invoicing.invoices import Debtor, Invoice, InvoiceId, InvoiceKind, Why
from domain.invoicing.issuing import Counter, Numbers, credit_note_for, invoice_for, local_day, series_of
from domain.ledger.entries import Entry
from domain.money import Money


class LeaseDebts(Struct, frozen=True):
    """`posted` is what was posted of a lease's claims and is not invoiced yet, the first first."""

    lease: Lease
    settings: CitySettings
    debtor: Debtor
    posted: Sequence[Entry]


class LeaseInvoiceBooks(Protocol):
    """In one transaction."""

    async def debts(self, lease_id: LeaseId) -> LeaseDebts | None:
        """For nobody else at the same time; None where there is no such lease."""

    async def counter(self, series: str) -> Counter:
        """How far the series has come. Nobody else takes a number from it until the transaction is over."""

    async def keep(self, invoice: Invoice) -> None:
        """Write it, with the number it takes and the news of it."""


class EmployersDebt(Struct, frozen=True):
    month: EmployersMonth
    settings: CitySettings
    billed_to: BilledTo | None


class EmployerInvoiceBooks(Protocol):
    """In one transaction."""

    async def next_month(self) -> EmployersDebt | None:
        """An employer's month of which something is charged and not invoiced, for nobody else at the same time; None where there is
        none, or a run is under way that may add to it."""

    async def counter(self, series: str) -> Counter:
        """As of `LeaseInvoiceBooks`."""

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


class UndoneLeaseBooks(Protocol):
    """In one transaction."""

    async def undone(self, lease_id: LeaseId) -> LeaseUndone:
        """For nobody else at the same time; those of which something is left, in the order in which they were issued."""

    async def counter(self, series: str) -> Counter:
        """As of `LeaseInvoiceBooks`."""

    async def keep(self, invoice: Invoice) -> None:
        """As of `LeaseInvoiceBooks`."""


async def credit_undone(
    lease_id: LeaseId, *, books: UndoneLeaseBooks, new_id: Callable[[], UUID], now: datetime
) -> tuple[Invoice, ...]:
    """The credit notes (Rechnungskorrekturen, § 14c, § 17 UStG) about all that is left of the lease's invoices whose entries were taken
    back, issued now. Asked for again it issues nothing."""
    found = await books.undone(lease_id)
    city = found.settings
    series = series_of(InvoiceKind.CREDIT_NOTE, city.invoicing, local_day(now, city.time_zone).year)
    issued = []
    for each in found.undone:
        made = credit_note_for(
            each.invoice,
            each.credited,
            each.left,
            Why.REFUND,
            credit_note_id=InvoiceId(new_id()),
            city=city,
            counter=await books.counter(series),
            now=now,
        )
        await books.keep(made)
        issued.append(made)
    return tuple(issued)


class HoldersDebts(Struct, frozen=True):
    months: Sequence[HoldersMonth]
    settings: CitySettings


class HolderInvoiceBooks(Protocol):
    """In one transaction."""

    async def next_months(self) -> HoldersDebts:
        """Months that holders were charged for, that were not taken back and are on no invoice, with the leases for nobody else at the
        same time; a batch of them, and whether more are left is told of. None while a run is under way."""

    async def counter(self, series: str) -> Counter:
        """As of `LeaseInvoiceBooks`."""

    async def keep(self, invoice: Invoice, charges: Sequence[ChargeId]) -> None:
        """As of `EmployerInvoiceBooks`."""


async def invoice_holders(
    *, books: HolderInvoiceBooks, new_id: Callable[[], UUID], now: datetime
) -> tuple[Invoice, ...]:
    """What was issued of a batch of holders' months now, each month of a lease in a document of its own."""
    debts = await books.next_months()
    city = debts.settings
    series = series_of(InvoiceKind.INVOICE, city.invoicing, local_day(now, city.time_zone).year)
    issued = []
    for owed in debts.months:
        made = invoice_for(
            holders_month_billed(owed, city),
            invoice_id=InvoiceId(new_id()),
            city=city,
            debtor=owed.debtor,
            subject=subject_of(owed.lease),
            numbers=Numbers(await books.counter(series)),
            collected=owed.debit is not None,
            now=now,
        )
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
    series = series_of(InvoiceKind.INVOICE, city.invoicing, local_day(now, city.time_zone).year)
    issued = []
    for number, part in enumerate(in_documents(month.charged), start=month.invoiced + 1):
        made = invoice_for(
            month_billed(month, part, number, city),
            invoice_id=InvoiceId(new_id()),
            city=city,
            debtor=debtor_of(month.employer, debt.billed_to, city),
            subject=all_leases(month),
            numbers=Numbers(await books.counter(series)),
            collected=False,
            now=now,
        )
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
    city = debts.settings
    series = series_of(InvoiceKind.INVOICE, city.invoicing, local_day(now, city.time_zone).year)
    issued = []
    for entry in debts.posted:
        claim = claim_as_posted(entry, debts.lease, ZoneInfo(city.time_zone))
        made = invoice_for(
            claim_billed(claim, city),
            invoice_id=InvoiceId(new_id()),
            city=city,
            debtor=debts.debtor,
            subject=subject_of(debts.lease),
            numbers=Numbers(await books.counter(series)),
            collected=False,
            now=now,
        )
        await books.keep(made)
        issued.append(made)
    return tuple(issued)
