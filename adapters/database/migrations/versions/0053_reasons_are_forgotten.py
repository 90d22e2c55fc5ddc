"""What people wrote at refunds, matches and their undoing may be forgotten with the person that it is about, and nothing else of it."""

from typing import Any

from alembic import op

revision = "0053"
down_revision = "0052"

SCRIPT = """
CREATE FUNCTION no_more_than_words_is_forgotten() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF to_jsonb(NEW) - TG_ARGV IS DISTINCT FROM to_jsonb(OLD) - TG_ARGV
     OR EXISTS (SELECT FROM unnest(TG_ARGV) name WHERE to_jsonb(NEW) ->> name <> '') THEN
    RAISE EXCEPTION '% is append-only, and forgets no more than words', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;

GRANT UPDATE (reason) ON refunds, matches, match_undoings TO kommobil_app;
CREATE TRIGGER refunds_keep_why BEFORE UPDATE OF reason ON refunds FOR EACH STATEMENT EXECUTE FUNCTION nobody_is_being_erased();
CREATE TRIGGER refunds_forget_words BEFORE UPDATE OF reason ON refunds
  FOR EACH ROW EXECUTE FUNCTION no_more_than_words_is_forgotten('reason', 'decision_reason');
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['matches', 'match_undoings'] LOOP
    EXECUTE format('DROP TRIGGER %I ON %I', t || '_are_append_only', t);
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()',
      t || '_are_append_only', t);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION nobody_is_being_erased()',
      t || '_are_kept', t);
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE ON %I FOR EACH ROW EXECUTE FUNCTION no_more_than_words_is_forgotten(''reason'')',
      t || '_forget_words', t);
  END LOOP;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
