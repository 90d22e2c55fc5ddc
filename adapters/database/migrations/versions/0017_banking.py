"""Bank statements and their lines, what they are matched with, the queue of exceptions, and the numbers of debtors.

Statements, lines, matches and the history of exceptions are only added to: a match is undone by a row that says so.
"""

from typing import Any

from alembic import op

revision = "0017"
down_revision = "0016"

TABLES = """
CREATE TABLE bank_statements (
  city text REFERENCES cities, id uuid, iban text NOT NULL, named text NOT NULL, sequence int, page int NOT NULL CHECK (page > 0),
  currency text NOT NULL, opening bigint NOT NULL, closing bigint NOT NULL, opened_on date NOT NULL, closed_on date NOT NULL,
  made_at timestamptz, skipped int NOT NULL DEFAULT 0, line_count int NOT NULL, digest text NOT NULL, file text NOT NULL,
  imported_at timestamptz NOT NULL, imported_by uuid NOT NULL, PRIMARY KEY (city, id));
CREATE INDEX bank_statements_of_account ON bank_statements (city, iban, closed_on, sequence);

CREATE TABLE bank_lines (
  city text, id uuid, statement_id uuid NOT NULL, position int NOT NULL, booked_on date NOT NULL, value_on date NOT NULL,
  amount bigint NOT NULL, currency text NOT NULL, end_to_end_id text NOT NULL, "references" text[] NOT NULL, text text NOT NULL,
  counterparty text NOT NULL, counterparty_iban text NOT NULL, bank_reference text NOT NULL, mandate_id text NOT NULL,
  code text NOT NULL, returned text NOT NULL, original bigint, reversal bool NOT NULL,
  PRIMARY KEY (city, id), UNIQUE (city, statement_id, position), FOREIGN KEY (city, statement_id) REFERENCES bank_statements);
CREATE INDEX bank_lines_by_day ON bank_lines (city, booked_on, id);
CREATE INDEX bank_lines_by_reference ON bank_lines (city, bank_reference) WHERE bank_reference <> '';

CREATE TABLE matches (
  city text REFERENCES cities, id uuid, rule text NOT NULL CHECK (rule IN ('reference', 'amount_and_date', 'by_hand')),
  score int NOT NULL CHECK (score BETWEEN 1 AND 100), reason text NOT NULL, made_by uuid NOT NULL, made_at timestamptz NOT NULL,
  PRIMARY KEY (city, id));
CREATE INDEX matches_by_time ON matches (city, made_at, id);
CREATE TABLE match_undoings (
  city text, match_id uuid, undone_by uuid NOT NULL, undone_at timestamptz NOT NULL, reason text NOT NULL,
  PRIMARY KEY (city, match_id), FOREIGN KEY (city, match_id) REFERENCES matches);
CREATE TABLE match_parts (
  city text, match_id uuid, line_id uuid, expected_id text, amount bigint NOT NULL CHECK (amount <> 0), expected_amount bigint NOT NULL,
  PRIMARY KEY (city, match_id, line_id, expected_id),
  FOREIGN KEY (city, match_id) REFERENCES matches, FOREIGN KEY (city, line_id) REFERENCES bank_lines);
CREATE INDEX match_parts_of_line ON match_parts (city, line_id);
CREATE INDEX match_parts_of_expected ON match_parts (city, expected_id);

CREATE TABLE exceptions (
  city text REFERENCES cities, id uuid, kind text NOT NULL, source text NOT NULL, words text NOT NULL, since date NOT NULL,
  amount bigint NOT NULL, currency text NOT NULL, line_id uuid, expected_id text, raised_at timestamptz NOT NULL,
  due_on date NOT NULL, owner uuid, resolution text, resolved_at timestamptz, resolved_by uuid,
  PRIMARY KEY (city, id), UNIQUE (city, source), FOREIGN KEY (city, line_id) REFERENCES bank_lines,
  CONSTRAINT resolved_as_a_whole CHECK ((resolution IS NULL) = (resolved_at IS NULL) AND (resolution IS NULL) = (resolved_by IS NULL)));
CREATE INDEX exceptions_open ON exceptions (city, due_on, id) WHERE resolution IS NULL;
CREATE INDEX exceptions_of_line ON exceptions (city, line_id) WHERE line_id IS NOT NULL;
CREATE TABLE exception_steps (
  city text, id uuid, exception_id uuid NOT NULL, kind text NOT NULL, by uuid NOT NULL, at timestamptz NOT NULL,
  words text NOT NULL, owner uuid, due_on date, resolution text,
  PRIMARY KEY (city, id), FOREIGN KEY (city, exception_id) REFERENCES exceptions);
CREATE INDEX exception_steps_in_order ON exception_steps (city, exception_id, at, id);

CREATE TABLE reconciliations (
  city text REFERENCES cities, id uuid, ran_at timestamptz NOT NULL, matched int NOT NULL, raised int NOT NULL, resolved int NOT NULL,
  waiting_lines int NOT NULL, waiting_expected int NOT NULL, PRIMARY KEY (city, id));
CREATE INDEX reconciliations_by_time ON reconciliations (city, ran_at);

CREATE TABLE debtor_numbers (
  city text, person_id uuid, number int NOT NULL CHECK (number > 0), PRIMARY KEY (city, person_id), UNIQUE (city, number),
  FOREIGN KEY (city, person_id) REFERENCES persons);
"""

WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['bank_statements', 'bank_lines', 'matches', 'match_parts', 'match_undoings', 'exceptions',
                           'exception_steps', 'reconciliations', 'debtor_numbers'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO kommobil_app', t);
  END LOOP;
END $$;
GRANT UPDATE (due_on, owner, resolution, resolved_at, resolved_by) ON exceptions TO kommobil_app;
-- The relay sees when a city was last reconciled, to know where it is due.
GRANT SELECT (city, ran_at) ON reconciliations TO kommobil_relay;
CREATE POLICY every_city_seen ON reconciliations FOR SELECT TO kommobil_relay USING (true);
"""

APPEND_ONLY = """
CREATE FUNCTION refuse_rewriting() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER bank_statements_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_statements
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER bank_lines_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON bank_lines
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER matches_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON matches
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER match_parts_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON match_parts
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER match_undoings_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON match_undoings
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
CREATE TRIGGER exception_steps_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON exception_steps
  FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
"""

# A statement has all its lines or is not there, and they lead from the opening balance to the closing one. Whoever adds
# the statement is asked at the commit, whoever adds lines to it at once.
ADDS_UP = """
CREATE FUNCTION check_statement(of_city text, of_id uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM FROM bank_statements b LEFT JOIN bank_lines l ON l.city = b.city AND l.statement_id = b.id AND l.currency = b.currency
  WHERE b.city = of_city AND b.id = of_id GROUP BY b.city, b.id
  HAVING count(l.id) = b.line_count AND coalesce(sum(l.amount), 0) = b.closing - b.opening;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'bank statement % does not add up', of_id USING ERRCODE = 'check_violation';
  END IF;
END $$;
CREATE FUNCTION statement_adds_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_statement(NEW.city, NEW.id);
  RETURN NULL;
END $$;
CREATE FUNCTION statements_of_lines_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM check_statement(a.city, a.statement_id) FROM (SELECT DISTINCT city, statement_id FROM added) a;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER statement_adds_up AFTER INSERT ON bank_statements DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION statement_adds_up();
CREATE TRIGGER statements_of_lines_add_up AFTER INSERT ON bank_lines REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION statements_of_lines_add_up();
"""

# Neither a line nor what was expected is matched beyond its amount or against its sign. The lock lets two transactions
# that match the same see each other.
BOUNDED = """
CREATE FUNCTION match_is_bounded() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE of_line bigint; matched numeric; settled numeric;
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('matches ' || NEW.city, 0));
  SELECT l.amount INTO of_line FROM bank_lines l WHERE l.city = NEW.city AND l.id = NEW.line_id;
  SELECT sum(p.amount) INTO matched FROM match_parts p WHERE p.city = NEW.city AND p.line_id = NEW.line_id
    AND NOT EXISTS (SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id);
  SELECT sum(p.amount) INTO settled FROM match_parts p WHERE p.city = NEW.city AND p.expected_id = NEW.expected_id
    AND NOT EXISTS (SELECT FROM match_undoings u WHERE u.city = p.city AND u.match_id = p.match_id);
  IF sign(NEW.amount) <> sign(of_line) OR sign(NEW.amount) <> sign(NEW.expected_amount)
     OR abs(matched) > abs(of_line) OR abs(settled) > abs(NEW.expected_amount) THEN
    RAISE EXCEPTION 'line % or % would be matched beyond its amount', NEW.line_id, NEW.expected_id
      USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER match_is_bounded AFTER INSERT ON match_parts FOR EACH ROW EXECUTE FUNCTION match_is_bounded();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, APPEND_ONLY, ADDS_UP, BOUNDED):
        driver.run_async(lambda connection, script=script: connection.execute(script))
