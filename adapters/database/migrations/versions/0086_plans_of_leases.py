"""A lease's instalments are a plan: with parts, a state and whoever owes them, and they move until the ledger has taken them up."""

from typing import Any

from alembic import op

revision = "0086"
down_revision = "0085"

# An instalment has one number for good; that a month has one is looked at when a statement is over, for a plan moves at once.
# What was posted is corrected by documents and not here.
SCRIPT = """
ALTER TABLE lease_instalments
  ADD COLUMN rate_cents bigint CHECK (rate_cents >= 0),
  ADD COLUMN insurance_cents bigint NOT NULL DEFAULT 0 CHECK (insurance_cents >= 0),
  ADD COLUMN service_cents bigint NOT NULL DEFAULT 0 CHECK (service_cents >= 0),
  ADD COLUMN rate_protection_cents bigint NOT NULL DEFAULT 0 CHECK (rate_protection_cents >= 0),
  ADD COLUMN conversion_cents bigint NOT NULL DEFAULT 0 CHECK (conversion_cents >= 0),
  ADD COLUMN employer text,
  ADD COLUMN state text NOT NULL DEFAULT 'planned'
    CHECK (state IN ('planned', 'on_hold', 'insured', 'cut', 'posted', 'collected', 'failed')),
  ADD CONSTRAINT amount_of_its_parts
    CHECK (amount = rate_cents + insurance_cents + service_cents + rate_protection_cents AND conversion_cents <= amount),
  ADD CONSTRAINT only_pay_is_converted CHECK (employer IS NOT NULL OR conversion_cents = 0),
  DROP CONSTRAINT lease_instalments_pkey,
  DROP CONSTRAINT lease_instalments_city_lease_id_number_key,
  ADD PRIMARY KEY (city, lease_id, number),
  ADD CONSTRAINT one_instalment_a_month UNIQUE (city, lease_id, month) DEFERRABLE INITIALLY IMMEDIATE;
CREATE INDEX lease_instalments_due ON lease_instalments (city, due_on, lease_id, number) WHERE state = 'planned';
GRANT UPDATE (month, due_on, conversion_cents, employer, state) ON lease_instalments TO kommobil_app;

CREATE FUNCTION posted_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state IN ('posted', 'collected', 'failed') AND (NEW.state NOT IN ('posted', 'collected', 'failed')
      OR (NEW.month, NEW.due_on, NEW.conversion_cents, NEW.employer)
        IS DISTINCT FROM (OLD.month, OLD.due_on, OLD.conversion_cents, OLD.employer)) THEN
    RAISE EXCEPTION 'what was posted of a lease stays as it is' USING ERRCODE = 'restrict_violation';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER posted_instalments_stay BEFORE UPDATE ON lease_instalments FOR EACH ROW EXECUTE FUNCTION posted_stays();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
