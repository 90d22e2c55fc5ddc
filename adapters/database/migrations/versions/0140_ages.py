"""Residents show that they have reached an age: a number of years, and no birthday."""

from typing import Any

from alembic import op

revision = "0140"
down_revision = "0139"

SCRIPT = """
ALTER TABLE proofs ADD COLUMN years smallint;
ALTER TABLE proofs DROP CONSTRAINT a_known_kind;
ALTER TABLE proofs ADD CONSTRAINT a_known_kind CHECK (kind IN ('licence', 'verification', 'briefing', 'age')) NOT VALID;
ALTER TABLE proofs ADD CONSTRAINT years_of_an_age CHECK ((kind = 'age') = (years IS NOT NULL) AND years BETWEEN 16 AND 99) NOT VALID;

CREATE OR REPLACE FUNCTION proofs_shown(of_city text, of_person uuid) RETURNS json LANGUAGE plpgsql STABLE AS $$
BEGIN
  RETURN (SELECT coalesce(json_agg(json_build_object('kind', kind, 'valid_until', valid_until, 'years', years)), '[]')
          FROM proofs WHERE city = of_city AND person_id = of_person);
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
