"""Sessions in PostgreSQL, as others end them: inside their own transaction."""

from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Statements
from domain.identity import City, PersonId
from domain.sign_in.sessions import LONGEST_TOKEN, SessionId

# Until nobody holds a token any more that it could concern. Said twice, the later one counts.
REVOKE = text("""
INSERT INTO revocations AS r (city, subject, before, until) VALUES (:city, :subject, :now, :until)
ON CONFLICT (city, subject) DO UPDATE
SET before = greatest(r.before, excluded.before), until = greatest(r.until, excluded.until)
""")
END = text(
    "UPDATE sessions SET ended_at = :now, expires_at = least(expires_at, :now)"
    " WHERE city = :city AND person_id = :person_id AND ended_at IS NULL"
)
END_ONE = text(
    "UPDATE sessions SET ended_at = :now, expires_at = least(expires_at, :now)"
    " WHERE city = :city AND id = :session_id AND ended_at IS NULL"
)
FORGET = (
    text("DELETE FROM sessions WHERE city = :city AND person_id = :person_id"),
    text("DELETE FROM identities WHERE city = :city AND person_id = :person_id"),
    text(
        "DELETE FROM sign_in_codes c USING persons p WHERE c.city = :city AND p.city = :city AND p.id = :person_id"
        " AND c.email = p.email"
    ),
)


class SqlSessions:
    """`connection` is a transaction in the city. See services.sessions."""

    def __init__(self, connection: AsyncConnection, city: City, now: datetime) -> None:
        self._connection = connection
        self._city = city
        self._now = now

    async def outdate(self, person_id: PersonId) -> None:
        await self._revoke(person_id, self._now + LONGEST_TOKEN)

    async def end_all(self, person_id: PersonId) -> None:
        await self._connection.execute(END, {"city": self._city, "person_id": person_id, "now": self._now})
        await self.outdate(person_id)

    async def forget(self, person_id: PersonId) -> None:
        await self.outdate(person_id)
        for statement in FORGET:
            await self._connection.execute(statement, {"city": self._city, "person_id": person_id})

    async def end(self, session_id: SessionId, until: datetime) -> None:
        """End one session, whose access tokens last no longer than so."""
        await self._connection.execute(END_ONE, {"city": self._city, "session_id": session_id, "now": self._now})
        await self._revoke(session_id, until)

    async def _revoke(self, subject: UUID, until: datetime) -> None:
        values = {"city": self._city, "subject": subject, "now": self._now, "until": until}
        await self._connection.execute(REVOKE, values)


REVOKED = """
SELECT coalesce(json_object_agg(subject, extract(epoch FROM before)), '{}'::json)::text
FROM (SELECT subject, max(before) AS before FROM revocations WHERE until > $1::timestamptz GROUP BY subject) r
"""
_revoked = msgspec.json.Decoder(dict[UUID, float])


async def revoked(statements: Statements, now: datetime) -> dict[UUID, float]:
    """Sessions and persons of every city whose tokens from before an instant (seconds since 1970) count no more."""
    async with statements.session() as session:
        return _revoked.decode(await session.one(REVOKED, now))
