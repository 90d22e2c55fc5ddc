"""The ledger asks less of each posting, and finds a month's entries.

The city of an entry is that of its accounts, so it needs no key of its own: every posting of a city locked one row. What
waits to be sealed is written by a trigger alone, so it needs none either.
"""

from typing import Any

from alembic import op

revision = "0030"
down_revision = "0029"

SCRIPT = """
ALTER TABLE ledger_entries DROP CONSTRAINT ledger_entries_city_fkey;
ALTER TABLE ledger_unsealed DROP CONSTRAINT ledger_unsealed_city_entry_id_fkey;
CREATE INDEX ledger_entries_of_month ON ledger_entries (city, period, effective_at, id);

CREATE OR REPLACE FUNCTION ledger_month() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended('ledger months ' || NEW.city, 0));
  SELECT greatest(date_trunc('month', NEW.effective_at AT TIME ZONE c.time_zone)::date, (
      SELECT (max(p.month) + interval '1 month')::date FROM ledger_periods p WHERE p.city = NEW.city)) INTO NEW.period
  FROM cities c WHERE c.city = NEW.city;
  RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION ledger_entry_balances() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE found record;
BEGIN
  SELECT coalesce(sum(c.legs), 0) AS legs, bool_or(c.difference <> 0) AS is_unbalanced INTO found FROM (
    SELECT count(*) AS legs, sum(CASE l.side WHEN 'debit' THEN l.amount ELSE -l.amount END) AS difference
    FROM ledger_legs l WHERE l.city = NEW.city AND l.entry_id = NEW.id GROUP BY l.currency) c;
  IF found.legs <> NEW.leg_count THEN
    RAISE EXCEPTION 'entry % has % of % legs', NEW.source, found.legs, NEW.leg_count USING ERRCODE = 'check_violation';
  END IF;
  IF found.is_unbalanced THEN
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
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
