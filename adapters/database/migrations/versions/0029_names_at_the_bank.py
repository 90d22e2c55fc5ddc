"""A line of a bank statement forgets who paid when nobody has to keep that any more; what was paid stays, as books."""

from typing import Any

from alembic import op

revision = "0029"
down_revision = "0028"

SCRIPT = """
GRANT UPDATE (text, counterparty, counterparty_iban, mandate_id) ON bank_lines TO kommobil_app;
DROP TRIGGER bank_lines_are_append_only ON bank_lines;
CREATE TRIGGER bank_lines_are_append_only BEFORE DELETE OR TRUNCATE ON bank_lines
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER bank_lines_are_kept BEFORE UPDATE ON bank_lines FOR EACH STATEMENT EXECUTE FUNCTION no_deletion_is_under_way();

CREATE FUNCTION forgets_whom_when_due() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE whom text[] := ARRAY['text', 'counterparty', 'counterparty_iban', 'mandate_id'];
BEGIN
  IF NOT EXISTS (SELECT FROM deletions d JOIN cities c ON c.city = d.city
                 WHERE d.city = OLD.city AND d.written_at = now() AND d.xmin = pg_current_xact_id()::xid
                   AND OLD.booked_on < (d.before AT TIME ZONE c.time_zone)::date)
     OR concat(NEW.text, NEW.counterparty, NEW.counterparty_iban, NEW.mandate_id) <> ''
     OR to_jsonb(NEW) - whom IS DISTINCT FROM to_jsonb(OLD) - whom THEN
    RAISE EXCEPTION 'bank_lines is append-only, and forgets whom it is about when that is due' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bank_lines_kept_until_due BEFORE UPDATE ON bank_lines FOR EACH ROW EXECUTE FUNCTION forgets_whom_when_due();
CREATE TRIGGER bank_lines_gone_with_proof AFTER UPDATE ON bank_lines REFERENCING NEW TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion('id');
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
