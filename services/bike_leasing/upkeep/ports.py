"""The books of what leased bikes' upkeep costs, as their use cases need them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from msgspec import Struct

from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Accreditation, PartyId
from domain.bike_leasing.upkeep.budgets import ServiceBudget, budget_of
from domain.bike_leasing.upkeep.invoices import InvoiceState, ServiceInvoice, ServiceInvoiceId
from domain.identity import Actor
from domain.ledger.entries import Entry
from domain.money import Money
from services.bike_leasing.pages import Wanted


class UpkeepDesk(Struct, frozen=True):
    """A lease, and what of its budget is used, by contract year. `accreditation` is the dealer's with the lease's lessor; `known`
    whether he has billed under that number before."""

    lease: Lease
    used: Mapping[int, Money]
    accreditation: Accreditation | None = None
    known: bool = False

    @property
    def budget(self) -> ServiceBudget | None:
        return budget_of(self.lease, self.used)


class UpkeepBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def today(self) -> date: ...
    async def desk(self, lease_id: LeaseId, dealer: PartyId | None = None, number: str = "") -> UpkeepDesk | None:
        """One writer after the other for the lease."""

    async def budget(self, lease_id: LeaseId) -> UpkeepDesk | None:
        """To be read alone."""

    async def invoice(self, invoice_id: ServiceInvoiceId) -> ServiceInvoice | None: ...
    async def keep(self, invoice: ServiceInvoice, budget: ServiceBudget, entry: Entry | None) -> None:
        """As it was submitted, or decided since, with the budget as it is then and what is posted."""

    async def invoices(
        self, actor: Actor, wanted: Wanted, states: Sequence[InvoiceState]
    ) -> Sequence[tuple[ServiceInvoice, Lease]]:
        """Those that the actor may stand near, each with its lease, the newest first; in one of these states, or in any."""
