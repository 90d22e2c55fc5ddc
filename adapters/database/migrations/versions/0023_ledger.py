"""The ledger: accounts, entries and their legs, the chain that seals them, and the months that are closed.

Nothing here is ever changed: what was wrong is undone by an entry that is the mirror of it. Only the sums by month, and
the list of what is not sealed yet, follow from the rest and are kept beside it.
"""

from typing import Any

from alembic import op

revision = "0023"
down_revision = "0022"

TABLES = """
CREATE TABLE ledger_accounts (
  city text REFERENCES cities, key text, kind text NOT NULL CHECK (kind IN ('asset', 'liability', 'income', 'expense', 'memo')),
  name text NOT NULL, PRIMARY KEY (city, key));

CREATE TABLE ledger_periods (
  city text REFERENCES cities, month date CHECK (extract(day FROM month) = 1), closed_at timestamptz NOT NULL,
  closed_by uuid NOT NULL, PRIMARY KEY (city, month));

CREATE TABLE ledger_entries (
  city text REFERENCES cities, id uuid, kind text NOT NULL, source text NOT NULL, effective_at timestamptz NOT NULL,
  period date NOT NULL, created_at timestamptz NOT NULL, leg_count int NOT NULL CHECK (leg_count >= 2), booking_id uuid,
  payment_id uuid, invoice_id uuid, provider_id text, bank_line uuid, text text NOT NULL, reverses uuid,
  PRIMARY KEY (city, id), UNIQUE (city, source), FOREIGN KEY (city, reverses) REFERENCES ledger_entries,
  CONSTRAINT a_reversal_says_of_what CHECK ((kind = 'reversal') = (reverses IS NOT NULL)
    AND (reverses IS NULL OR source = 'reversal:' || reverses)));
CREATE INDEX ledger_entries_in_order ON ledger_entries (city, effective_at, id);
CREATE INDEX ledger_entries_of_booking ON ledger_entries (city, booking_id) WHERE booking_id IS NOT NULL;

-- Time and month stand here as well, so that an account's statement is read from one index.
CREATE TABLE ledger_legs (
  city text, entry_id uuid, number int CHECK (number > 0), account text NOT NULL, side text NOT NULL CHECK (side IN ('debit', 'credit')),
  amount bigint NOT NULL CHECK (amount > 0), currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'), debtor_id uuid, cost_centre text,
  vat_rate numeric, effective_at timestamptz NOT NULL, period date NOT NULL,
  PRIMARY KEY (city, entry_id, number), FOREIGN KEY (city, entry_id) REFERENCES ledger_entries,
  FOREIGN KEY (city, account) REFERENCES ledger_accounts);
CREATE INDEX ledger_legs_of_account ON ledger_legs (city, account, currency, period, effective_at, entry_id, number);
CREATE INDEX ledger_legs_of_debtor ON ledger_legs (city, debtor_id, effective_at) WHERE debtor_id IS NOT NULL;

-- Each position but the first points at the one before it, so a gap is not even possible.
CREATE TABLE ledger_seals (
  city text, position bigint CHECK (position > 0), follows bigint GENERATED ALWAYS AS (nullif(position - 1, 0)) STORED,
  entry_id uuid NOT NULL, digest bytea NOT NULL CHECK (length(digest) = 32), sealed_at timestamptz NOT NULL,
  PRIMARY KEY (city, position), UNIQUE (city, entry_id), FOREIGN KEY (city, entry_id) REFERENCES ledger_entries,
  CONSTRAINT no_gap_in_the_chain FOREIGN KEY (city, follows) REFERENCES ledger_seals (city, position));

CREATE TABLE ledger_unsealed (
  city text, entry_id uuid, PRIMARY KEY (city, entry_id), FOREIGN KEY (city, entry_id) REFERENCES ledger_entries);

-- Of what is sealed; what is not is few, and added by whoever reads.
CREATE TABLE ledger_balances (
  city text, account text, currency text, period date, debit bigint NOT NULL CHECK (debit >= 0), credit bigint NOT NULL CHECK (credit >= 0),
  PRIMARY KEY (city, account, currency, period), FOREIGN KEY (city, account) REFERENCES ledger_accounts);
"""

WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['ledger_accounts', 'ledger_periods', 'ledger_entries', 'ledger_legs', 'ledger_seals', 'ledger_unsealed',
                           'ledger_balances'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO kommobil_app', t);
  END LOOP;
  FOREACH t IN ARRAY ARRAY['ledger_accounts', 'ledger_periods', 'ledger_entries', 'ledger_legs', 'ledger_seals'] LOOP
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting()',
                   t || '_are_append_only', t);
  END LOOP;
END $$;
GRANT DELETE ON ledger_unsealed TO kommobil_app;
GRANT UPDATE (debit, credit) ON ledger_balances TO kommobil_app;
-- The relay sees where something is not sealed yet.
GRANT SELECT (city) ON ledger_unsealed TO kommobil_relay;
CREATE POLICY every_city_seen ON ledger_unsealed FOR SELECT TO kommobil_relay USING (true);
"""

# The month is that of `effective_at` in the city's zone, or the first open one after it. Whoever closes a month waits for
# those who are posting, and they for him.
MONTHS = """
CREATE FUNCTION ledger_month() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE own date; closed date;
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger months ' || NEW.city, 0));
  SELECT date_trunc('month', NEW.effective_at AT TIME ZONE c.time_zone)::date INTO own FROM cities c WHERE c.city = NEW.city;
  SELECT max(p.month) INTO closed FROM ledger_periods p WHERE p.city = NEW.city;
  NEW.period := greatest(own, (closed + interval '1 month')::date);
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_entries_belong_to_a_month BEFORE INSERT ON ledger_entries FOR EACH ROW EXECUTE FUNCTION ledger_month();

CREATE FUNCTION ledger_months_close_in_order() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('ledger months ' || NEW.city, 0));
  IF EXISTS (SELECT FROM ledger_periods p WHERE p.city = NEW.city AND p.month > NEW.month) THEN
    RAISE EXCEPTION 'a later month is closed already' USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT FROM cities c WHERE c.city = NEW.city
             AND (NEW.month + interval '1 month') AT TIME ZONE c.time_zone > NEW.closed_at) THEN
    RAISE EXCEPTION 'the month is not over' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER ledger_months_close_in_order BEFORE INSERT ON ledger_periods
  FOR EACH ROW EXECUTE FUNCTION ledger_months_close_in_order();
"""

# Asked at the commit, when an entry has all its legs; as it says how many they are, it gets no more after that.
BALANCE = """
CREATE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found int;
BEGIN
  SELECT count(*) INTO found FROM ledger_legs l WHERE l.city = NEW.city AND l.entry_id = NEW.id;
  IF found <> NEW.leg_count THEN
    RAISE EXCEPTION 'entry % has % of % legs', NEW.source, found, NEW.leg_count USING ERRCODE = 'check_violation';
  END IF;
  IF EXISTS (SELECT FROM ledger_legs l WHERE l.city = NEW.city AND l.entry_id = NEW.id GROUP BY l.currency
             HAVING sum(CASE l.side WHEN 'debit' THEN l.amount ELSE -l.amount END) <> 0) THEN
    RAISE EXCEPTION 'entry % does not balance', NEW.source USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.reverses IS NOT NULL AND EXISTS (
      SELECT l.account, CASE l.side WHEN 'debit' THEN 'credit' ELSE 'debit' END, l.amount, l.currency, l.debtor_id, l.cost_centre
      FROM ledger_legs l WHERE l.city = NEW.city AND l.entry_id = NEW.reverses
      EXCEPT ALL SELECT l.account, l.side, l.amount, l.currency, l.debtor_id, l.cost_centre
      FROM ledger_legs l WHERE l.city = NEW.city AND l.entry_id = NEW.id) THEN
    RAISE EXCEPTION 'entry % is not the mirror of what it reverses', NEW.source USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER ledger_entries_balance AFTER INSERT ON ledger_entries DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION ledger_entry_balances();

CREATE FUNCTION ledger_legs_fit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF EXISTS (SELECT FROM added a JOIN ledger_entries e ON e.city = a.city AND e.id = a.entry_id
             WHERE a.number > e.leg_count OR a.period <> e.period OR a.effective_at <> e.effective_at) THEN
    RAISE EXCEPTION 'a leg does not fit its entry' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_legs_fit AFTER INSERT ON ledger_legs REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_legs_fit();

CREATE FUNCTION ledger_to_be_sealed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO ledger_unsealed (city, entry_id) SELECT a.city, a.id FROM added a;
  RETURN NULL;
END $$;
CREATE TRIGGER ledger_entries_are_to_be_sealed AFTER INSERT ON ledger_entries REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_to_be_sealed();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, MONTHS, BALANCE):
        driver.run_async(lambda connection, script=script: connection.execute(script))
