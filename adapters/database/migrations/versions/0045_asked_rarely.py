"""What a booking's desk asks for only where the city's rules or the terms want it.

As functions, since a statement pays at each execution for the sub-selects that it has and does not come to.
"""

from typing import Any

from alembic import op

revision = "0045"
down_revision = "0044"

SCRIPT = """
-- Nobody needs a licence to ride a bicycle.
CREATE FUNCTION required_for(of_city text, of_resource uuid, of_service text, wanted jsonb) RETURNS jsonb LANGUAGE plpgsql STABLE AS $$
BEGIN
  IF of_service = 'fleet' AND EXISTS (SELECT FROM vehicles WHERE city = of_city AND id = of_resource AND kind IN ('pedelec', 'cargo_bike')) THEN
    RETURN wanted - 'licence';
  END IF;
  RETURN wanted;
END $$;

CREATE FUNCTION proofs_shown(of_city text, of_person uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(json_agg(json_build_object('kind', kind, 'valid_until', valid_until)), '[]')
          FROM proofs WHERE city = of_city AND person_id = of_person);
END $$;

CREATE FUNCTION open_now(of_city text, of_holder uuid, of_service text) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(json_agg(json_build_object('booking_id', id, 'lapses_at', CASE WHEN state = 'held' THEN hold_expires_at END)), '[]')
          FROM bookings WHERE city = of_city AND holder_id = of_holder AND service = of_service
          AND payer = 'self' AND state IN ('held', 'confirmed', 'in_use'));
END $$;

CREATE FUNCTION withdrawal_text(of_city text) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT version FROM documents WHERE city = of_city AND document = 'withdrawal'
          ORDER BY published_at DESC, version DESC LIMIT 1);
END $$;

CREATE FUNCTION approval_s_of(of_city text, of_pool text) RETURNS int LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT approval_s FROM pools WHERE city = of_city AND id = of_pool);
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
