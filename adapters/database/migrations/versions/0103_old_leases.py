"""Leases go when the law keeps them no longer: whole, written down first, proven by the database itself."""

from typing import Any

from alembic import op

revision = "0103"
down_revision = "0102"

# By table: what says when it was last touched, and by which columns what went is named.
GUARDS = """
DO $$
DECLARE
  of_table text; touched text; keys text;
BEGIN
  FOR of_table, touched, keys IN VALUES
    ('leases', 'updated_at', '''id'''), ('lease_steps', 'taken_at', '''lease_id'', ''version'''),
    ('lease_sheets', 'made_at', '''lease_id'', ''name'''), ('lease_instalments', '', '''lease_id'', ''number'''),
    ('lease_charges', 'made_at', '''id'''), ('lease_debits', 'agreed_at', '''lease_id'''),
    ('lease_collections', 'updated_at', '''id'''), ('lease_papers', 'drawn_at', '''lease_id'', ''kind'''),
    ('lease_acceptances', 'accepted_at', '''lease_id'', ''kind'', ''side'''), ('lease_letters', 'written_at', '''id''')
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW EXECUTE FUNCTION kept_until_due(%s)',
      of_table || '_kept_until_due', of_table, CASE touched WHEN '' THEN '' ELSE quote_literal(touched) END);
    EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion(%s)',
      of_table || '_gone_with_proof', of_table, keys);
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH STATEMENT EXECUTE FUNCTION no_deletion_is_under_way()',
      of_table || '_stay', of_table);
    EXECUTE format('GRANT DELETE ON %I TO kommobil_app', of_table);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(GUARDS))
