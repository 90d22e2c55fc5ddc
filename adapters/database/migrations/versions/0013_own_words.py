"""What somebody wrote about a problem may be taken away when the person is erased; that it was reported stays."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.execute("GRANT UPDATE (note) ON problems, problem_resolutions TO kommobil_app")
