"""The upkeep of leased bikes, bound to its books."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from adapters.database.bike_leasing.upkeep import SqlUpkeepBooks
from adapters.database.connections import Transactions
from adapters.database.sheets import SqlSheets
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.upkeep.budgets import ServiceBudget
from domain.bike_leasing.upkeep.invoices import InvoiceState, NoInvoice, ServiceInvoice, SubmitInvoice
from domain.identity import Actor
from services.bike_leasing.pages import Wanted
from services.bike_leasing.upkeep import Billed, LeaseUpkeep
from services.bike_leasing.upkeep.billing import (
    DecideInvoice,
    decide_invoice,
    find_budget,
    page_of_invoices,
    submit_invoice,
)
from services.calls import Answer, Call


def lease_upkeep(transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> LeaseUpkeep:
    desk = SqlSheets(transactions, clock, new_id)

    async def submit(call: Call[Billed], command: SubmitInvoice) -> Answer:
        return await desk.answered(
            call,
            lambda sheet: submit_invoice(command, books=SqlUpkeepBooks(sheet), actor=call.actor, now=sheet.now),
        )

    async def decide(call: Call[Billed], command: DecideInvoice) -> Answer:
        return await desk.answered(
            call,
            lambda sheet: decide_invoice(command, books=SqlUpkeepBooks(sheet), actor=call.actor, now=sheet.now),
        )

    async def budget(actor: Actor, lease_id: LeaseId) -> ServiceBudget | NoInvoice:
        return await desk.work(
            actor.city, actor.id, "", lambda sheet: find_budget(lease_id, books=SqlUpkeepBooks(sheet), actor=actor)
        )

    async def invoices(actor: Actor, wanted: Wanted, states: Sequence[InvoiceState]) -> Sequence[ServiceInvoice]:
        return await desk.work(
            actor.city,
            actor.id,
            "",
            lambda sheet: page_of_invoices(wanted, states, books=SqlUpkeepBooks(sheet), actor=actor),
        )

    return LeaseUpkeep(submit, decide, budget, invoices)
