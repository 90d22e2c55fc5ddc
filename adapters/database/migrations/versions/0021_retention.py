"""Legal holds, and the deletion of what nobody has to keep any more: written down first, proven by the database itself.

Numbers of invoices get a table of their own, which stays when the invoices go: the series has no gap even then.
"""

from typing import Any

from alembic import op

revision = "0021"
down_revision = "0020"

TABLES = """
CREATE TABLE legal_holds (
  city text REFERENCES cities, id uuid, kind text NOT NULL CHECK (kind IN ('city', 'person', 'booking', 'document')),
  subject_id uuid, reason text NOT NULL, placed_by uuid NOT NULL, placed_at timestamptz NOT NULL,
  lifted_by uuid, lifted_at timestamptz, lifted_because text, PRIMARY KEY (city, id),
  CONSTRAINT subject_unless_all CHECK ((kind = 'city') = (subject_id IS NULL)),
  CONSTRAINT lifted_as_a_whole CHECK ((lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lifted_because IS NULL)));
CREATE INDEX legal_holds_in_force ON legal_holds (city, subject_id) WHERE lifted_at IS NULL;

CREATE TABLE deletions (
  city text REFERENCES cities, id uuid, record text NOT NULL, rule text NOT NULL, before timestamptz NOT NULL, made_by uuid NOT NULL,
  at timestamptz NOT NULL, written_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (city, id),
  -- Six years are the least that any record is kept, whatever the program says.
  CONSTRAINT nothing_young CHECK (before < written_at - interval '2190 days'));
CREATE INDEX deletions_under_way ON deletions (city, written_at);
CREATE TABLE deletion_proofs (
  city text, deletion_id uuid, relation text, count int NOT NULL CHECK (count > 0), digest text NOT NULL,
  PRIMARY KEY (city, deletion_id, relation), FOREIGN KEY (city, deletion_id) REFERENCES deletions);

CREATE TABLE retention_reviews (
  city text REFERENCES cities, id uuid, at timestamptz NOT NULL, applied bool NOT NULL, due jsonb NOT NULL, PRIMARY KEY (city, id));
CREATE INDEX retention_reviews_by_time ON retention_reviews (city, at);

CREATE TABLE invoice_numbers (
  city text, series text, position int CHECK (position > 0), follows int GENERATED ALWAYS AS (nullif(position - 1, 0)) STORED,
  PRIMARY KEY (city, series, position), FOREIGN KEY (city, series) REFERENCES invoice_series,
  CONSTRAINT no_gap FOREIGN KEY (city, series, follows) REFERENCES invoice_numbers (city, series, position));
ALTER TABLE invoices NO FORCE ROW LEVEL SECURITY;
INSERT INTO invoice_numbers (city, series, position) SELECT city, series, position FROM invoices;
ALTER TABLE invoices FORCE ROW LEVEL SECURITY;
ALTER TABLE invoices DROP CONSTRAINT no_gap;
"""

WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['legal_holds', 'deletions', 'deletion_proofs', 'retention_reviews', 'invoice_numbers'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
    EXECUTE format('GRANT SELECT ON %I TO kommobil_app', t);
  END LOOP;
END $$;
GRANT INSERT ON legal_holds, deletion_proofs, retention_reviews, invoice_numbers TO kommobil_app;
GRANT INSERT (city, id, record, rule, before, made_by, at) ON deletions TO kommobil_app;  -- when it was written is nobody's to say
GRANT UPDATE (lifted_by, lifted_at, lifted_because) ON legal_holds TO kommobil_app;
GRANT DELETE ON bookings, audit, invoices, invoice_documents, problems, problem_resolutions, withdrawals, erasures, debtor_numbers
  TO kommobil_app;
-- The relay sees when a city's records were last reviewed, to know where it is due.
GRANT SELECT (city, at) ON retention_reviews TO kommobil_relay;
CREATE POLICY every_city_seen ON retention_reviews FOR SELECT TO kommobil_relay USING (true);
"""

# A deletion is under way in the transaction that wrote it down, and there alone.
GUARDS = """
CREATE FUNCTION no_deletion_is_under_way() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM deletions d WHERE d.written_at = now() AND d.xmin = pg_current_xact_id()::xid) THEN
    RAISE EXCEPTION '% is append-only: no deletion was written down', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NULL;
END $$;
CREATE FUNCTION kept_until_due() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NOT EXISTS (SELECT FROM deletions d WHERE d.city = OLD.city AND d.written_at = now() AND d.xmin = pg_current_xact_id()::xid
                 AND (TG_NARGS = 0 OR (to_jsonb(OLD) ->> TG_ARGV[0])::timestamptz < d.before)) THEN
    RAISE EXCEPTION '% is kept until it is due and its deletion is written down', TG_TABLE_NAME
      USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN OLD;
END $$;
-- The relay, which has no city, takes away declarations that nobody confirmed: these were never records.
CREATE FUNCTION prove_deletion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF coalesce(current_setting('kommobil.city', true), '') = '' THEN
    RETURN NULL;
  END IF;
  INSERT INTO deletion_proofs (city, deletion_id, relation, count, digest)
  SELECT d.city, d.id, TG_TABLE_NAME, count(*), encode(sha256(convert_to(string_agg(g.key, E'\\n' ORDER BY g.key), 'UTF8')), 'hex')
  FROM (SELECT gone.city, (SELECT string_agg(to_jsonb(gone) ->> k.name, '/' ORDER BY k.n)
          FROM unnest(TG_ARGV) WITH ORDINALITY k(name, n)) COLLATE "C" AS key FROM gone) g
    JOIN deletions d ON d.city = g.city AND d.written_at = now() AND d.xmin = pg_current_xact_id()::xid
  GROUP BY d.city, d.id;
  RETURN NULL;
END $$;

DO $$
DECLARE
  of_table text; touched text; keys text;
BEGIN
  FOR of_table, touched, keys IN VALUES
    ('bookings', 'ends', '''id'''), ('payments', 'updated_at', '''id'''), ('invoices', 'issued_at', '''id'''),
    ('invoice_documents', '', '''invoice_id'', ''format'''), ('problems', 'reported_at', '''id'''),
    ('problem_resolutions', 'resolved_at', '''problem_id'''), ('audit', 'at', '''id'''), ('withdrawals', 'declared_at', '''id'''),
    ('persons', 'erased_at', '''id'''), ('erasures', 'erased_at', '''person_id'''), ('debtor_numbers', '', '''person_id'''),
    ('acceptances', 'accepted_at', '''person_id'', ''document'', ''version''')
  LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE DELETE ON %I FOR EACH ROW %s EXECUTE FUNCTION kept_until_due(%s)',
      of_table || '_kept_until_due', of_table, CASE of_table WHEN 'withdrawals' THEN 'WHEN (OLD.confirmed_at IS NOT NULL)' ELSE '' END,
      CASE touched WHEN '' THEN '' ELSE quote_literal(touched) END);
    EXECUTE format('CREATE TRIGGER %I AFTER DELETE ON %I REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion(%s)',
      of_table || '_gone_with_proof', of_table, keys);
  END LOOP;
END $$;
"""

# What was sealed or only added to stays so but for a deletion that is under way.
SEALS = """
DROP TRIGGER audit_is_append_only ON audit;
CREATE TRIGGER audit_is_append_only BEFORE UPDATE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_is_kept BEFORE DELETE ON audit FOR EACH STATEMENT EXECUTE FUNCTION no_deletion_is_under_way();
DROP TRIGGER invoices_are_sealed ON invoices;
CREATE TRIGGER invoices_are_sealed BEFORE UPDATE OR TRUNCATE ON invoices
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_invoices();
CREATE TRIGGER invoices_stay BEFORE DELETE ON invoices FOR EACH STATEMENT EXECUTE FUNCTION no_deletion_is_under_way();
DROP TRIGGER invoice_documents_are_sealed ON invoice_documents;
CREATE TRIGGER invoice_documents_are_sealed BEFORE UPDATE OR TRUNCATE ON invoice_documents
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_invoices();
CREATE TRIGGER invoice_documents_stay BEFORE DELETE ON invoice_documents
  FOR EACH STATEMENT EXECUTE FUNCTION no_deletion_is_under_way();

CREATE TRIGGER deletions_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deletions
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER deletion_proofs_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON deletion_proofs
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER invoice_numbers_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice_numbers
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();

CREATE FUNCTION take_number() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO invoice_numbers (city, series, position) VALUES (NEW.city, NEW.series, NEW.position);
  RETURN NEW;
END $$;
CREATE TRIGGER invoices_take_a_number BEFORE INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION take_number();

CREATE FUNCTION hold_is_lifted_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.lifted_at IS NOT NULL THEN
    RAISE EXCEPTION 'a hold is lifted once' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER legal_holds_are_lifted_once BEFORE UPDATE ON legal_holds FOR EACH ROW EXECUTE FUNCTION hold_is_lifted_once();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, GUARDS, SEALS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
