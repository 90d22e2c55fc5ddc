"""Invoices and credit notes, their numbers, the documents they are sent as, and whom people want them addressed to."""

from typing import Any

from alembic import op

revision = "0016"
down_revision = "0014"

# A number is taken from its series' row, locked until the invoice is there: what is rolled back leaves no gap. Each
# number but the first points at the one before it, so a gap is not even possible.
TABLES = """
CREATE TABLE invoice_series (
  city text REFERENCES cities, series text, last int NOT NULL CHECK (last >= 0), last_on date NOT NULL, PRIMARY KEY (city, series));

CREATE TABLE invoices (
  city text, id uuid, kind text NOT NULL CHECK (kind IN ('invoice', 'credit_note')), series text NOT NULL,
  position int NOT NULL CHECK (position > 0), follows int GENERATED ALWAYS AS (nullif(position - 1, 0)) STORED,
  number text NOT NULL, source text NOT NULL, booking_id uuid NOT NULL, debtor_id uuid NOT NULL, service text NOT NULL,
  issued_on date NOT NULL, issued_at timestamptz NOT NULL, gross bigint NOT NULL CHECK (gross > 0), currency text NOT NULL,
  cash_reference text NOT NULL, corrects uuid, content text NOT NULL, digest text NOT NULL,
  PRIMARY KEY (city, id), UNIQUE (city, series, position), UNIQUE (city, number), UNIQUE (city, source),
  FOREIGN KEY (city, series) REFERENCES invoice_series,
  CONSTRAINT no_gap FOREIGN KEY (city, series, follows) REFERENCES invoices (city, series, position),
  FOREIGN KEY (city, booking_id) REFERENCES bookings, FOREIGN KEY (city, corrects) REFERENCES invoices,
  CHECK ((kind = 'credit_note') = (corrects IS NOT NULL)),
  CONSTRAINT sealed CHECK (digest = encode(sha256(convert_to(content, 'UTF8')), 'hex')));
CREATE INDEX invoices_of_debtor ON invoices (city, debtor_id, issued_at DESC, id);
CREATE INDEX invoices_of_city ON invoices (city, issued_at DESC, id);
CREATE INDEX invoices_of_booking ON invoices (city, booking_id);
CREATE INDEX credit_notes_of_invoice ON invoices (city, corrects) WHERE corrects IS NOT NULL;
CREATE UNIQUE INDEX one_cash_reference_once ON invoices (city, cash_reference) WHERE kind = 'invoice';

CREATE TABLE invoice_documents (
  city text, invoice_id uuid, format text CHECK (format IN ('pdf', 'xml')), content bytea NOT NULL, digest text NOT NULL,
  rendered_at timestamptz NOT NULL, PRIMARY KEY (city, invoice_id, format), FOREIGN KEY (city, invoice_id) REFERENCES invoices,
  CONSTRAINT document_sealed CHECK (digest = encode(sha256(content), 'hex')));
ALTER TABLE invoice_documents ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE debtors (
  city text, person_id uuid, name text NOT NULL, street text NOT NULL, postcode text NOT NULL, town text NOT NULL,
  country text NOT NULL, leitweg_id text, version int NOT NULL, changed_at timestamptz NOT NULL,
  PRIMARY KEY (city, person_id), FOREIGN KEY (city, person_id) REFERENCES persons);
"""

WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['invoice_series', 'invoices', 'invoice_documents', 'debtors'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
  END LOOP;
END $$;
GRANT SELECT, INSERT ON invoices, invoice_documents, invoice_series TO kommobil_app;
GRANT UPDATE (last, last_on) ON invoice_series TO kommobil_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON debtors TO kommobil_app;
"""

SEALS = """
CREATE FUNCTION refuse_other_invoices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'invoices and their documents are sealed' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER invoices_are_sealed BEFORE UPDATE OR DELETE OR TRUNCATE ON invoices
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_invoices();
CREATE TRIGGER invoice_documents_are_sealed BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice_documents
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_invoices();
CREATE TRIGGER invoice_series_stay BEFORE DELETE OR TRUNCATE ON invoice_series
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_other_invoices();

CREATE FUNCTION one_number_further() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.last <> OLD.last + 1 OR NEW.last_on < OLD.last_on THEN
    RAISE EXCEPTION 'a series goes up by one, and never back in time' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoice_series_go_up BEFORE UPDATE ON invoice_series FOR EACH ROW EXECUTE FUNCTION one_number_further();

CREATE FUNCTION invoice_fits() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM invoices i WHERE i.city = NEW.city AND i.series = NEW.series AND i.position = NEW.position - 1
             AND i.issued_on > NEW.issued_on) THEN
    RAISE EXCEPTION 'the invoice before it has a later day' USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.corrects IS NOT NULL AND NOT EXISTS (
      SELECT FROM invoices i WHERE i.city = NEW.city AND i.id = NEW.corrects AND i.kind = 'invoice' AND i.currency = NEW.currency
        AND i.gross >= NEW.gross + coalesce((
          SELECT sum(c.gross) FROM invoices c WHERE c.city = NEW.city AND c.corrects = NEW.corrects), 0)) THEN
    RAISE EXCEPTION 'no more is given back than was invoiced' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER invoices_fit BEFORE INSERT ON invoices FOR EACH ROW EXECUTE FUNCTION invoice_fits();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, SEALS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
