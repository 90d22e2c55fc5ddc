"""What holders were charged and is on no invoice yet is found at once, and so is the mandate by which an account is debited."""

from adapters.database.online import build_index

revision = "0136"
down_revision = "0135"


def upgrade() -> None:
    build_index(
        "lease_charges_of_holders_not_invoiced",
        "lease_charges (city, month, lease_id) WHERE payer = 'holder' AND invoice_id IS NULL",
    )
    build_index("payments_by_mandate", "payments (city, holder_id, method_id, made_at DESC) WHERE mandate IS NOT NULL")
