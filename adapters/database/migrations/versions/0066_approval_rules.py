"""By which rules a pool's bookings are approved and by whom, who decides for whom while she is away, and when to ask again."""

from typing import Any

from alembic import op

revision = "0066"
down_revision = "0065"

SCRIPT = """
ALTER TABLE pools ADD COLUMN approval jsonb, ADD COLUMN approval_version int NOT NULL DEFAULT 0;
ALTER TABLE bookings ADD COLUMN approval_due_at timestamptz, ADD COLUMN approval_step_at timestamptz;
CREATE INDEX bookings_approvals ON bookings (city, approval_due_at, id) WHERE approval_due_at IS NOT NULL;
CREATE INDEX bookings_to_ask_again ON bookings (approval_step_at) WHERE approval_step_at IS NOT NULL;
GRANT SELECT (approval_step_at) ON bookings TO kommobil_relay;

CREATE TABLE deputies (
  city text REFERENCES cities, id uuid, person_id uuid NOT NULL, deputy_id uuid NOT NULL, starts timestamptz NOT NULL,
  ends timestamptz NOT NULL, named_by uuid NOT NULL, named_at timestamptz NOT NULL, ended_at timestamptz,
  PRIMARY KEY (city, id), FOREIGN KEY (city, person_id) REFERENCES persons,
  CONSTRAINT in_order CHECK (starts < ends), CONSTRAINT somebody_else CHECK (person_id <> deputy_id));
CREATE INDEX deputies_of_a_person ON deputies (city, person_id);
CREATE INDEX deputies_by_deputy ON deputies (city, deputy_id);
CREATE INDEX deputies_by_age ON deputies (ends);
ALTER TABLE deputies ENABLE ROW LEVEL SECURITY;
ALTER TABLE deputies FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON deputies TO kommobil_app USING (city = current_setting('kommobil.city', true));
CREATE POLICY every_city ON deputies TO kommobil_relay USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON deputies TO kommobil_app;
GRANT SELECT (ends), DELETE ON deputies TO kommobil_relay;

CREATE FUNCTION approving_of(of_city text, of_pool text) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  found record;
BEGIN
  SELECT approval_s, approval INTO found FROM pools WHERE city = of_city AND id = of_pool;
  IF found.approval_s IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN json_build_object('answer_s', found.approval_s, 'rules', found.approval -> 'rules', 'escalated_s', found.approval -> 'escalated_s');
END $$;

-- Those who are named, or whoever runs the pool where none are; with their deputies from now on.
CREATE FUNCTION deciders_of(of_city text, of_pool text) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  names jsonb;
BEGIN
  SELECT coalesce(approval -> 'approvers', '[]') INTO names FROM pools WHERE city = of_city AND id = of_pool;
  RETURN json_build_object('named', coalesce(names, '[]'), 'deputies', (
    SELECT coalesce(json_agg(json_build_object('person_id', d.person_id, 'deputy_id', d.deputy_id, 'start', d.starts, 'end', d.ends)
      ORDER BY d.starts, d.id), '[]')
    FROM deputies d WHERE d.city = of_city AND d.ended_at IS NULL AND d.ends > now()
      AND CASE WHEN jsonb_array_length(names) > 0 THEN names ? d.person_id::text
        ELSE EXISTS (SELECT FROM role_grants g WHERE g.city = of_city AND g.person_id = d.person_id AND g.role = 'fleet_manager'
          AND g.pool_id IN (of_pool, '')) END));
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
