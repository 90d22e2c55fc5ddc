"""Sealed invoices of what leases make somebody owe beside the rates: each once for its lease and kind, with the tax that was posted."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.money.invoicing import claim_as_posted, claim_billed, subject_of
from domain.cities import CitySettings
from domain.invoicing.invoices import Debtor, Invoice, InvoiceId, InvoiceKind
from domain.invoicing.issuing import Counter, Numbers, invoice_for, local_day, series_of
from domain.ledger.entries import Entry


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
