"""Refunds that persons propose and decide, and all others that the provider made; what is answered to disputes.

Movements and disputes are books and outlive the vouchers that they point at.
"""

from typing import Any

from alembic import op

revision = "0028"
down_revision = "0027"

TABLES = """
ALTER TABLE payments ADD COLUMN came_back bigint NOT NULL DEFAULT 0;
ALTER TABLE provider_transactions DROP CONSTRAINT provider_transactions_city_payment_id_fkey;
ALTER TABLE disputes DROP CONSTRAINT disputes_city_payment_id_fkey;

CREATE TABLE refunds (
  city text REFERENCES cities, id uuid, booking_id uuid NOT NULL, payment_id uuid NOT NULL, amount bigint NOT NULL CHECK (amount > 0),
  currency text NOT NULL, reason text NOT NULL, state text NOT NULL
    CHECK (state IN ('proposed', 'rejected', 'approved', 'asked', 'paid', 'failed')),
  needs_second bool NOT NULL, proposed_by uuid NOT NULL, proposed_at timestamptz NOT NULL, decided_by uuid, decided_at timestamptz,
  decision_reason text NOT NULL, number int, provider_id text, failure text, version int NOT NULL, updated_at timestamptz NOT NULL,
  PRIMARY KEY (city, id),
  CONSTRAINT decided_as_a_whole CHECK ((decided_by IS NULL) = (decided_at IS NULL)),
  CONSTRAINT four_eyes CHECK (NOT needs_second OR decided_by <> proposed_by),
  CONSTRAINT nothing_goes_undecided CHECK (NOT needs_second OR decided_by IS NOT NULL OR state = 'proposed'));
CREATE INDEX refunds_by_time ON refunds (city, proposed_at DESC, id DESC);
CREATE INDEX refunds_of_booking ON refunds (city, booking_id);
CREATE UNIQUE INDEX one_refund_per_number ON refunds (city, payment_id, number) WHERE number IS NOT NULL;
CREATE UNIQUE INDEX one_refund_per_provider_id ON refunds (city, provider_id) WHERE provider_id IS NOT NULL;

CREATE TABLE dispute_answers (
  city text, dispute_id uuid, kind text NOT NULL CHECK (kind IN ('evidence', 'acceptance')), evidence json NOT NULL,
  answered_by uuid NOT NULL, answered_at timestamptz NOT NULL, handed_in_at timestamptz, failure text,
  PRIMARY KEY (city, dispute_id), FOREIGN KEY (city, dispute_id) REFERENCES disputes);
"""

WALLS = """
DO $$
DECLARE t text;
BEGIN
  FOREACH t IN ARRAY ARRAY['refunds', 'dispute_answers'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY one_city ON %I TO kommobil_app USING (city = current_setting(''kommobil.city'', true))', t);
    EXECUTE format('GRANT SELECT, INSERT ON %I TO kommobil_app', t);
  END LOOP;
END $$;
GRANT UPDATE (state, decided_by, decided_at, decision_reason, number, provider_id, failure, version, updated_at) ON refunds
  TO kommobil_app;
GRANT UPDATE (handed_in_at, failure) ON dispute_answers TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS):
        driver.run_async(lambda connection, script=script: connection.execute(script))
