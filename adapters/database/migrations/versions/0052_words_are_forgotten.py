"""What people wrote on an exception may be forgotten with the person that it is about; that it was done, by whom and when, stays."""

from typing import Any

from alembic import op

revision = "0052"
down_revision = "0051"

SCRIPT = """
GRANT UPDATE (words) ON exception_steps TO kommobil_app;
DROP TRIGGER exception_steps_are_append_only ON exception_steps;
CREATE TRIGGER exception_steps_are_append_only BEFORE DELETE OR TRUNCATE ON exception_steps
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE FUNCTION nobody_is_being_erased() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM erasures e WHERE e.city = current_setting('kommobil.city', true) AND e.xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION '% is append-only: nobody is being erased', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER exception_steps_are_kept BEFORE UPDATE ON exception_steps FOR EACH STATEMENT EXECUTE FUNCTION nobody_is_being_erased();
CREATE FUNCTION only_words_are_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.words <> '' OR to_jsonb(NEW) - 'words' IS DISTINCT FROM to_jsonb(OLD) - 'words' THEN
    RAISE EXCEPTION '% is append-only, and forgets no more than words', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER exception_steps_forget_words BEFORE UPDATE ON exception_steps
  FOR EACH ROW EXECUTE FUNCTION only_words_are_forgotten();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
