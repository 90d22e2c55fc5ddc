"""What a person was answered may fall silent when she is erased; that her key was answered stays."""

from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.execute("GRANT UPDATE (body, fingerprint) ON answers TO kommobil_app")
