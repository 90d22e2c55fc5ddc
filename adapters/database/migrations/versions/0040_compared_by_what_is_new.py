"""Three books are compared by what is new since the last look, and by sums that are kept.

`provider_sums` is what all movements sum to, those that retention took away as well; `forgotten_until` is when the last of
these was made. A look keeps how far the ledger was sealed then, and whether the provider's own balance differed.
"""

from typing import Any

from alembic import op

revision = "0040"
down_revision = "0039"

SCRIPT = """
CREATE TABLE provider_sums (
  city text REFERENCES cities, currency text, moved bigint NOT NULL, paid_out bigint NOT NULL, forgotten_until timestamptz,
  PRIMARY KEY (city, currency));
ALTER TABLE provider_sums ENABLE ROW LEVEL SECURITY;
ALTER TABLE provider_sums FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON provider_sums TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT ON provider_sums TO kommobil_app;
GRANT UPDATE (moved, paid_out, forgotten_until) ON provider_sums TO kommobil_app;

ALTER TABLE provider_transactions NO FORCE ROW LEVEL SECURITY;
ALTER TABLE provider_sums NO FORCE ROW LEVEL SECURITY;
INSERT INTO provider_sums (city, currency, moved, paid_out)
SELECT city, currency, sum(net), coalesce(sum(amount) FILTER (WHERE kind IN ('payout', 'payout_failure')), 0)
FROM provider_transactions GROUP BY 1, 2;
ALTER TABLE provider_sums FORCE ROW LEVEL SECURITY;
ALTER TABLE provider_transactions FORCE ROW LEVEL SECURITY;

CREATE FUNCTION provider_sums_grow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO provider_sums AS s (city, currency, moved, paid_out)
  SELECT a.city, a.currency, sum(a.net), coalesce(sum(a.amount) FILTER (WHERE a.kind IN ('payout', 'payout_failure')), 0)
  FROM added a GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (city, currency) DO UPDATE SET moved = s.moved + excluded.moved, paid_out = s.paid_out + excluded.paid_out;
  RETURN NULL;
END $$;
CREATE TRIGGER movements_are_summed_up AFTER INSERT ON provider_transactions REFERENCING NEW TABLE AS added
  FOR EACH STATEMENT EXECUTE FUNCTION provider_sums_grow();
CREATE FUNCTION provider_sums_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO provider_sums AS s (city, currency, moved, paid_out, forgotten_until)
  SELECT g.city, g.currency, 0, 0, max(g.created_at) FROM gone g GROUP BY 1, 2 ORDER BY 1, 2
  ON CONFLICT (city, currency) DO UPDATE SET forgotten_until = greatest(s.forgotten_until, excluded.forgotten_until);
  RETURN NULL;
END $$;
CREATE TRIGGER movements_are_forgotten AFTER DELETE ON provider_transactions REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION provider_sums_stay();

CREATE INDEX provider_transactions_by_sight ON provider_transactions (city, seen_at);
CREATE INDEX provider_transactions_for_somebody ON provider_transactions (city) WHERE kind IN ('refund_failure', 'other')
  OR currency <> 'EUR' OR (payment_id IS NULL AND kind IN ('charge', 'refund'));
CREATE INDEX match_parts_of_payouts ON match_parts (city, match_id) WHERE expected_id LIKE 'payout:%';
ALTER TABLE reconciliations ADD COLUMN sealed bigint, ADD COLUMN stated_differs boolean;
ALTER TABLE exceptions ADD COLUMN about text;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
