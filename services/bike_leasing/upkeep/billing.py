"""Dealers bill, the lessor decides, and what is accepted is owed in the ledger."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.leases import LeaseId
from domain.bike_leasing.money.entries import serviced
from domain.bike_leasing.upkeep.budgets import ServiceBudget
from domain.bike_leasing.upkeep.invoices import (
    InvoiceState,
    NoInvoice,
    NotBilled,
    ServiceInvoice,
    ServiceInvoiceId,
    SubmitInvoice,
    decide,
    sees,
    sees_budget,
    submit,
)
from domain.identity import Actor, Role
from domain.ledger.entries import Entry
from domain.refusals import Refusal
from services.bike_leasing.pages import Wanted
from services.bike_leasing.upkeep.ports import UpkeepBooks


class DecideInvoice(Struct, frozen=True):
    """A no says why in its `reason`."""

    invoice_id: ServiceInvoiceId
    accepted: bool
    reason: str


async def submit_invoice(
    command: SubmitInvoice, *, books: UpkeepBooks, actor: Actor, now: datetime
) -> ServiceInvoice | NoInvoice:
    if command.dealer not in actor.parties_as(Role.DEALER):
        return Refusal(NotBilled.UNKNOWN_PARTY, "/dealer")
    desk = await books.desk(command.lease_id, command.dealer, command.number)
    if desk is None:
        return Refusal(NotDone.UNKNOWN_LEASE)
    by = Attempt(actor, now, await books.today())
    outcome = submit(command, desk.lease, desk.accreditation, desk.budget, by, known=desk.known)
    if isinstance(outcome, Refusal):
        return outcome
    await books.keep(outcome.invoice, outcome.budget, _entry(outcome.invoice, now))
    return outcome.invoice


async def decide_invoice(
    command: DecideInvoice, *, books: UpkeepBooks, actor: Actor, now: datetime
) -> ServiceInvoice | NoInvoice:
    """The lease is locked before the invoice is read: of two who decide the second finds it decided."""
    found = await books.invoice(command.invoice_id)
    desk = await books.desk(found.lease_id) if found is not None else None
    invoice = await books.invoice(command.invoice_id)
    if invoice is None or desk is None or desk.budget is None:
        return Refusal(NotBilled.UNKNOWN_INVOICE)
    by = Attempt(actor, now, await books.today())
    outcome = decide(invoice, desk.lease, desk.budget, by, accepted=command.accepted, reason=command.reason)
    if isinstance(outcome, Refusal):
        return outcome
    await books.keep(outcome.invoice, outcome.budget, _entry(outcome.invoice, now))
    return outcome.invoice


def _entry(invoice: ServiceInvoice, now: datetime) -> Entry | None:
    return serviced(invoice, now) if invoice.state is InvoiceState.ACCEPTED else None


async def find_budget(lease_id: LeaseId, *, books: UpkeepBooks, actor: Actor) -> ServiceBudget | NoInvoice:
    desk = await books.budget(lease_id)
    if desk is None or not sees_budget(desk.lease, actor):
        return Refusal(NotDone.UNKNOWN_LEASE)
    return desk.budget or Refusal(NotBilled.NO_PACKAGE)


async def page_of_invoices(
    wanted: Wanted, states: Sequence[InvoiceState], *, books: UpkeepBooks, actor: Actor
) -> Sequence[ServiceInvoice]:
    """In one of these states, or in any."""
    found = await books.invoices(actor, wanted, states)
    return [invoice for invoice, lease in found if sees(invoice, lease, actor)]
