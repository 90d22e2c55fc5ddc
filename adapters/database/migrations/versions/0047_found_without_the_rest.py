"""Invoices that are paid by transfer are found without those that are collected, and payouts summed up without their items' rows.

Invoices are sealed, so what they say of that stays where it is: the index has the words of `adapters.database.invoicing.invoices.BY_TRANSFER`.
"""

from typing import Any

from alembic import op

revision = "0047"
down_revision = "0046"

SCRIPT = """
CREATE INDEX invoices_by_transfer ON invoices (city, issued_on) WHERE kind = 'invoice' AND content::json ->> 'collected' = 'false';
CREATE INDEX items_of_payouts ON provider_transactions (city, payout_id) INCLUDE (net)
  WHERE payout_id IS NOT NULL AND kind NOT IN ('payout', 'payout_failure');
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
