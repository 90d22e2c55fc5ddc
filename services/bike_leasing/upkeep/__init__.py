"""The upkeep of leased bikes: what their service packages have left, and what dealers bill."""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from msgspec import Struct

from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.upkeep.budgets import ServiceBudget
from domain.bike_leasing.upkeep.invoices import InvoiceState, NoInvoice, ServiceInvoice, SubmitInvoice
from domain.identity import Actor
from services.bike_leasing.pages import Wanted
from services.bike_leasing.upkeep.billing import DecideInvoice
from services.calls import Answer, Call

Billed: TypeAlias = ServiceInvoice | NoInvoice


class LeaseUpkeep(Struct, frozen=True):
    """The use cases, bound to their books."""

    submit: Callable[[Call[Billed], SubmitInvoice], Awaitable[Answer]]
    decide: Callable[[Call[Billed], DecideInvoice], Awaitable[Answer]]
    budget: Callable[[Actor, LeaseId], Awaitable[ServiceBudget | NoInvoice]]
    invoices: Callable[[Actor, Wanted, Sequence[InvoiceState]], Awaitable[Sequence[ServiceInvoice]]]
