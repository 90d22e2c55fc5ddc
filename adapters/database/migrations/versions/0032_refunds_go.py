"""What was given back, answered and owed goes with the booking that it is about, and with the same proof."""

from typing import Any

from alembic import op

revision = "0032"
down_revision = "0031"

GUARDS = """
GRANT DELETE ON refunds, dispute_answers, dunning_cases TO kommobil_app;
DO $$
DECLARE of_table text; touched text; keys text;
BEGIN
  FOR of_table, touched, keys IN VALUES
    ('refunds', 'updated_at', 'id'), ('dispute_answers', 'answered_at', 'dispute_id'), ('dunning_cases', 'updated_at', 'booking_id')
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION kept_until_due(%L)',
      of_table || '_kept_until_due', of_table, touched);
    EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion(%L)',
      of_table || '_gone_with_proof', of_table, keys);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(GUARDS))
