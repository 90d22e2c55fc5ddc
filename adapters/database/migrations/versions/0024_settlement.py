"""What the payment provider moved of a city's money, its payouts and disputes, and how far its books were read."""

from typing import Any

from alembic import op

revision = "0024"
down_revision = "0023"

# A movement is final when it is made. What it went out with, and whose it is, may be learnt later, and once.
TABLES = """
CREATE TABLE provider_transactions (
  city text REFERENCES cities, id uuid, transaction_id text NOT NULL, kind text NOT NULL, type text NOT NULL,
  category text NOT NULL, amount bigint NOT NULL, fee bigint NOT NULL, net bigint NOT NULL, currency text NOT NULL,
  source_id text, created_at timestamptz NOT NULL, available_at timestamptz NOT NULL, payout_id text, payment_id uuid,
  booking_id uuid, intent_id text, refund_number int, fees json NOT NULL, exchange_rate text, seen_at timestamptz NOT NULL,
  PRIMARY KEY (city, id), UNIQUE (city, transaction_id), FOREIGN KEY (city, payment_id) REFERENCES payments,
  CONSTRAINT net_is_what_is_left CHECK (net = amount - fee));
CREATE INDEX provider_transactions_by_time ON provider_transactions (city, created_at, id);
CREATE INDEX provider_transactions_of_payout ON provider_transactions (city, payout_id) WHERE payout_id IS NOT NULL;
CREATE INDEX provider_transactions_of_payment ON provider_transactions (city, payment_id) WHERE payment_id IS NOT NULL;

CREATE TABLE payouts (
  city text REFERENCES cities, id uuid, payout_id text NOT NULL, amount bigint NOT NULL, currency text NOT NULL,
  state text NOT NULL, is_automatic bool NOT NULL, is_reconciled bool NOT NULL, created_at timestamptz NOT NULL,
  arrives_on date NOT NULL, trace_id text, failure text, transaction_id text, failure_transaction_id text,
  itemised_at timestamptz, version int NOT NULL, updated_at timestamptz NOT NULL,
  PRIMARY KEY (city, id), UNIQUE (city, payout_id));
CREATE INDEX payouts_by_time ON payouts (city, created_at DESC, id DESC);
CREATE INDEX payouts_to_itemise ON payouts (city, created_at) WHERE is_automatic AND is_reconciled AND itemised_at IS NULL;

CREATE TABLE disputes (
  city text REFERENCES cities, id uuid, dispute_id text NOT NULL, charge_id text NOT NULL, intent_id text,
  amount bigint NOT NULL, currency text NOT NULL, reason text NOT NULL, state text NOT NULL, opened_at timestamptz NOT NULL,
  is_refundable bool NOT NULL, evidence_due_at timestamptz, has_evidence bool NOT NULL, submissions int NOT NULL,
  transactions text[] NOT NULL, withdrawn bigint NOT NULL, fee bigint NOT NULL, payment_id uuid, booking_id uuid,
  version int NOT NULL, updated_at timestamptz NOT NULL,
  PRIMARY KEY (city, id), UNIQUE (city, dispute_id), FOREIGN KEY (city, payment_id) REFERENCES payments);
CREATE INDEX disputes_by_time ON disputes (city, opened_at DESC, id DESC);
CREATE INDEX disputes_of_payment ON disputes (city, payment_id) WHERE payment_id IS NOT NULL;

CREATE TABLE provider_looks (
  city text REFERENCES cities, account text, read_until timestamptz NOT NULL, looked_at timestamptz NOT NULL,
  PRIMARY KEY (city, account));
"""

WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['provider_transactions', 'payouts', 'disputes', 'provider_looks'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO kommobil_app', t);
  END LOOP;
END $$;
GRANT UPDATE (payout_id, payment_id, booking_id) ON provider_transactions TO kommobil_app;
GRANT UPDATE ON payouts, disputes, provider_looks TO kommobil_app;
-- The relay sees when a city's account was last looked at, to know where it is due.
GRANT SELECT (city, account, looked_at) ON provider_looks TO kommobil_relay;
CREATE POLICY every_city_seen ON provider_looks FOR SELECT TO kommobil_relay USING (true);
"""

FINAL = """
CREATE FUNCTION movement_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'UPDATE' OR OLD.payout_id <> NEW.payout_id OR OLD.payment_id <> NEW.payment_id
     OR (OLD.payout_id IS NOT NULL AND NEW.payout_id IS NULL) OR (OLD.payment_id IS NOT NULL AND NEW.payment_id IS NULL)
     OR (NEW.city, NEW.id, NEW.transaction_id, NEW.amount, NEW.fee, NEW.net, NEW.currency, NEW.created_at)
        IS DISTINCT FROM (OLD.city, OLD.id, OLD.transaction_id, OLD.amount, OLD.fee, OLD.net, OLD.currency, OLD.created_at) THEN
    RAISE EXCEPTION 'what the provider moved stays as it was' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER movements_are_final BEFORE UPDATE OR DELETE ON provider_transactions
  FOR EACH ROW EXECUTE FUNCTION movement_is_final();
CREATE TRIGGER movements_stay BEFORE TRUNCATE ON provider_transactions FOR EACH STATEMENT EXECUTE FUNCTION refuse_rewriting();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, FINAL):
        driver.run_async(lambda connection, script=script: connection.execute(script))
