"""A person has a name if she likes, and may be erased: the row stays, and names nobody.

What an erasure leaves to be done elsewhere stands in `erasures`, which is also the proof that it was done.
"""

from typing import Any

from alembic import op

revision = "0009"
down_revision = "0008"

SCRIPT = """
ALTER TABLE persons ALTER COLUMN email DROP NOT NULL;
ALTER TABLE persons ADD COLUMN name text;
ALTER TABLE persons ADD COLUMN version int NOT NULL DEFAULT 1;
ALTER TABLE persons ADD COLUMN erased_at timestamptz;
ALTER TABLE persons ADD CONSTRAINT known_or_erased
  CHECK (CASE WHEN erased_at IS NULL THEN email IS NOT NULL ELSE email IS NULL AND name IS NULL END) NOT VALID;
ALTER TABLE persons VALIDATE CONSTRAINT known_or_erased;

CREATE TABLE erasures (
  city text, person_id uuid, erased_at timestamptz NOT NULL, mailbox text, emptied_at timestamptz,
  PRIMARY KEY (city, person_id), FOREIGN KEY (city, person_id) REFERENCES persons,
  CONSTRAINT emptied_or_known CHECK ((mailbox IS NULL) = (emptied_at IS NOT NULL)));
ALTER TABLE erasures ENABLE ROW LEVEL SECURITY;
ALTER TABLE erasures FORCE ROW LEVEL SECURITY;
CREATE POLICY one_city ON erasures TO kommobil_app USING (city = current_setting('kommobil.city', true));
GRANT SELECT, INSERT, UPDATE ON erasures TO kommobil_app;
"""


def upgrade() -> None:
    driver: Any = op.get_bind().connection.dbapi_connection
    driver.run_async(lambda connection: connection.execute(SCRIPT))
