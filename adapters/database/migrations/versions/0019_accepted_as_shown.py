"""Whoever reads a language in which a text is not published accepts the edition that she is shown instead."""

from typing import Any

from alembic import op

revision = "0019"
down_revision = "0018"

# The order of `domain.documents.for_reader`.
SCRIPT = """
CREATE OR REPLACE FUNCTION accepted_text() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE shown record;
BEGIN
  NEW.language := coalesce(NEW.language, (SELECT p.language FROM persons p WHERE p.city = NEW.city AND p.id = NEW.person_id));
  SELECT d.language, d.digest INTO shown FROM documents d
    WHERE d.city = NEW.city AND d.document = NEW.document AND d.version = NEW.version
    ORDER BY d.language IS DISTINCT FROM NEW.language, d.language LIMIT 1;
  IF FOUND THEN
    NEW.language := shown.language;
    NEW.digest := shown.digest;
  END IF;
  RETURN NEW;
END $$;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
