"""Every command to the lock of what is booked, and what came of it."""

from typing import Any

from alembic import op

revision = "0059"
down_revision = "0058"

TABLES = """
CREATE TABLE key_commands (
  city text, id uuid, booking_id uuid NOT NULL, resource_id uuid NOT NULL, action text NOT NULL CHECK (action IN ('unlock', 'lock')),
  asked_by uuid NOT NULL, key text NOT NULL, asked_at timestamptz NOT NULL,
  state text NOT NULL CHECK (state IN ('asked', 'done', 'refused', 'unanswered')), reason text, settled_at timestamptz,
  tries int NOT NULL CHECK (tries > 0), PRIMARY KEY (city, id), FOREIGN KEY (city, booking_id) REFERENCES bookings,
  UNIQUE (city, asked_by, booking_id, action, key), CONSTRAINT settled_unless_asked CHECK ((state = 'asked') = (settled_at IS NULL)));
CREATE INDEX key_commands_of_booking ON key_commands (city, booking_id, asked_at);
"""
WALLS = """
ALTER TABLE key_commands ENABLE ROW LEVEL SECURITY;
ALTER TABLE key_commands FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON key_commands TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, DELETE, UPDATE (state, reason, settled_at, tries) ON key_commands TO kommobil_app;
CREATE TRIGGER key_commands_kept_until_due BEFORE DELETE ON key_commands
  FOR EACH ROW EXECUTE FUNCTION kept_until_due('asked_at');
CREATE TRIGGER key_commands_gone_with_proof AFTER DELETE ON key_commands REFERENCING OLD TABLE AS gone
  FOR EACH STATEMENT EXECUTE FUNCTION prove_deletion('id');
"""
# What a lock has done is not undone by words.
DONE = """
CREATE FUNCTION what_was_turned_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'done' AND NEW.state <> 'done' THEN
    RAISE EXCEPTION 'the lock has done it' USING ERRCODE = 'insufficient_privilege';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER what_was_turned_stays BEFORE UPDATE ON key_commands FOR EACH ROW EXECUTE FUNCTION what_was_turned_stays();
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    for script in (TABLES, WALLS, DONE):
        driver.run_async(lambda connection, script=script: connection.execute(script))
