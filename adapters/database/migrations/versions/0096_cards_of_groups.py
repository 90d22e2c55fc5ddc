"""The bookings of a group are found by its token, when a card of the group is held before a station."""

from alembic import op

revision = "0096"
down_revision = "0095"


def upgrade() -> None:
    op.execute("CREATE INDEX charging_tokens_of_group ON charging_tokens (city, group_token) WHERE group_token IS NOT NULL")
