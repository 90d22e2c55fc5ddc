"""What leases were charged for their months, in PostgreSQL, as invoices are written about it: by one at a time in a city, each charge once."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.bike_leasing.money.collecting import ChargeId
from domain.identity import City
from domain.invoicing.invoices import InvoiceId

# Of lease_charges c.
CHARGED = """json_build_object('charge_id', c.id, 'lease_id', c.lease_id, 'due_on', c.due_on, 'vat_rate', c.vat_rate::text,
  'amount', json_build_object('amount', c.amount, 'currency', c.currency), 'vat', json_build_object('amount', c.vat, 'currency', c.currency),
  'passed_on', json_build_object('amount', c.passed_on, 'currency', c.currency))"""
TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('lease invoices ' || :city, 0))")
INVOICED = text(
    "UPDATE lease_charges SET invoice_id = :invoice WHERE city = :city AND id = ANY (CAST(:charges AS uuid[]))"
)


async def take_turn(connection: AsyncConnection, city: City) -> None:
    """Until the transaction is over nobody else issues invoices of months in the city."""
    await connection.execute(TURN, {"city": city})


async def mark_invoiced(
    connection: AsyncConnection, city: City, invoice_id: InvoiceId, charges: Sequence[ChargeId]
) -> None:
    await connection.execute(INVOICED, {"city": city, "invoice": invoice_id, "charges": charges})
