"""Who was reminded of what is owed for leases, and when somebody looked."""

from typing import Any

from alembic import op

revision = "0113"
down_revision = "0112"

# A step of a receivable is written down once, whoever looks; its fee is posted with it.
TABLES = """
CREATE TABLE lease_reminders (
  city text REFERENCES cities, id uuid, receivable text NOT NULL, step int NOT NULL CHECK (step > 0), lease_id uuid, holder_id uuid,
  employer text, fee bigint NOT NULL CHECK (fee >= 0), currency text NOT NULL, reminded_on date NOT NULL, written_at timestamptz NOT NULL,
  PRIMARY KEY (city, id), CONSTRAINT reminded_once UNIQUE (city, receivable, step), FOREIGN KEY (city, lease_id) REFERENCES leases,
  CONSTRAINT somebody_owes_it CHECK (num_nonnulls(holder_id, employer) = 1 AND (holder_id IS NULL) = (lease_id IS NULL)));
CREATE INDEX lease_reminders_of_leases ON lease_reminders (city, lease_id) WHERE lease_id IS NOT NULL;
CREATE TABLE lease_dunnings (city text REFERENCES cities, looked_on date NOT NULL, PRIMARY KEY (city));
"""
CHANGED = ("lease_dunnings",)
WALLS = "".join(
    f"""
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON {table} TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT{", UPDATE" if table in CHANGED else ""} ON {table} TO kommobil_app;
"""
    for table in ("lease_reminders", "lease_dunnings")
)
# Where somebody is to look is found across cities; a holder's reminders go with her lease, written down first.
SEEN = """
GRANT SELECT (city, looked_on) ON lease_dunnings TO kommobil_relay;
CREATE POLICY every_city_seen ON lease_dunnings FOR SELECT TO kommobil_relay USING (true);
CREATE TRIGGER lease_reminders_kept_until_due BEFORE DELETE ON lease_reminders FOR EACH ROW EXECUTE FUNCTION kept_until_due('written_at');
CREATE TRIGGER lease_reminders_gone_with_proof AFTER DELETE ON lease_reminders REFERENCING OLD TABLE AS gone FOR EACH STATEMENT
  EXECUTE FUNCTION prove_deletion('id');
CREATE TRIGGER lease_reminders_stay BEFORE DELETE ON lease_reminders FOR EACH STATEMENT EXECUTE FUNCTION no_deletion_is_under_way();
GRANT DELETE ON lease_reminders TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, SEEN):
        driver.run_async(lambda connection, script=script: connection.execute(script))
