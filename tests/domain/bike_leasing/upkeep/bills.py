"""Leases with a package for the upkeep of their bike, and dealers' invoices, in few words."""

from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from domain.bike_leasing.contracts.leases import Lease, LeaseState
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.upkeep.budgets import ServiceBudget, budget_of
from domain.bike_leasing.upkeep.invoices import (
    InvoiceSubmitted,
    NoInvoice,
    ServiceInvoiceId,
    ServiceKind,
    ServiceLine,
    SubmitInvoice,
    submit,
)
from domain.bike_leasing.upkeep.packages import ServicePackage
from domain.money import Money
from tests.domain.bike_leasing.asking import eur
from tests.domain.bike_leasing.leases import ACCREDITATION, LEASE, QUOTE, SHOP, tried

# A year's service as providers sell it: an inspection of 35.00 or 70.00 net (facts page, section 4).
INSPECTION = ServiceLine(ServiceKind.INSPECTION, "Jahresinspektion", eur("35"), Decimal(19), eur("6.65"), eur("41.65"))
LAPSES, CARRIES = ServicePackage(eur("83.30")), ServicePackage(eur("83.30"), carries_over=True)
FIRST, SECOND = date(2026, 6, 1), date(2027, 6, 1)


def serviced(package: ServicePackage | None, **more: Any) -> Lease:
    """Handed over on 10 December 2025, for 36 months from January 2026 on; it is 2 October 2028."""
    return replace(LEASE, state=LeaseState.ACTIVE, quote=replace(QUOTE, service=package, **more))


def budget(package: ServicePackage = LAPSES, **more: Any) -> ServiceBudget:
    found = budget_of(serviced(package, **more), {})
    assert found is not None
    return found


def bill(on: date = FIRST, *lines: ServiceLine, **more: Any) -> SubmitInvoice:
    return replace(
        SubmitInvoice(ServiceInvoiceId(UUID(int=50)), LEASE.id, SHOP, "2028-17", on, on, lines or (INSPECTION,)),
        **more,
    )


def line(gross: int) -> ServiceLine:
    """Of a dealer who owes no tax."""
    amount = Money(gross, "EUR")
    return ServiceLine(ServiceKind.REPAIR, "Bremse", amount, Decimal(0), eur("0"), amount)


def billed(command: SubmitInvoice, of: ServiceBudget, known: bool = False, **more: Any) -> InvoiceSubmitted | NoInvoice:
    lease = replace(serviced(of.package), **more)
    return submit(command, lease, ACCREDITATION, of, tried(Side.DEALER), known=known)
