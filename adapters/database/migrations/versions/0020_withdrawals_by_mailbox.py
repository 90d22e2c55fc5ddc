"""How many receipts of withdrawals a mailbox got within the hour is found at once."""

from adapters.database.online import build_index

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    build_index("withdrawals_by_mailbox", "withdrawals (city, email, confirmed_at)")
