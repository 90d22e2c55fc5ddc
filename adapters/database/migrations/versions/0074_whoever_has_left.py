"""Whoever does not work for the city any more approves nothing, neither by name nor as a deputy."""

from typing import Any

from alembic import op

revision = "0074"
down_revision = "0073"

# Where all who are named have left, nobody is named in their place.
SCRIPT = """
CREATE FUNCTION works_for(of_city text, person uuid) RETURNS bool LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN EXISTS (SELECT FROM role_grants g WHERE g.city = of_city AND g.person_id = person
    AND g.role IN ('driver', 'fleet_manager', 'operator'));
END $$;

CREATE OR REPLACE FUNCTION deciders_of(of_city text, of_pool text) RETURNS json LANGUAGE plpgsql STABLE AS $$
DECLARE
  names jsonb;
  there jsonb;
BEGIN
  SELECT coalesce(approval -> 'approvers', '[]') INTO names FROM pools WHERE city = of_city AND id = of_pool;
  names := coalesce(names, '[]');
  SELECT coalesce(jsonb_agg(n.id ORDER BY n.place), '[]') INTO there
  FROM jsonb_array_elements_text(names) WITH ORDINALITY n (id, place) WHERE works_for(of_city, n.id::uuid);
  RETURN json_build_object('named', there, 'all_left', names <> '[]' AND there = '[]', 'deputies', (
    SELECT coalesce(json_agg(json_build_object('person_id', d.person_id, 'deputy_id', d.deputy_id, 'start', d.starts, 'end', d.ends)
      ORDER BY d.starts, d.id), '[]')
    FROM deputies d WHERE d.city = of_city AND d.ended_at IS NULL AND d.ends > now() AND works_for(of_city, d.deputy_id)
      AND CASE WHEN names <> '[]' THEN there ? d.person_id::text
        ELSE EXISTS (SELECT FROM role_grants g WHERE g.city = of_city AND g.person_id = d.person_id AND g.role = 'fleet_manager'
          AND g.pool_id IN (of_pool, '')) END));
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
