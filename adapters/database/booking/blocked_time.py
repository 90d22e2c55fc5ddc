"""What the blocks of a resource claim: of their time whatever nobody else claims.

A use, or the turnaround after it, keeps what it has; what is given back under a block falls to that.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.identity import City
from domain.periods import Period

GIVE_BACK = text("DELETE FROM claims WHERE city = :city AND booking_id = :id RETURNING resource_id")
FILL = text("""
INSERT INTO claims (city, resource_id, claimed_from, claimed_until, kind)
SELECT CAST(:city AS text), CAST(:resource_id AS uuid), lower(gap), upper(gap), 'maintenance' FROM unnest(
  (SELECT range_agg(tstzrange(k.starts, k.ends)) FROM blocks k
   WHERE k.city = :city AND k.resource_id = :resource_id AND k.lifted_at IS NULL AND k.ends > :now)
  - coalesce((SELECT range_agg(c.claimed) FROM claims c WHERE c.city = :city AND c.resource_id = :resource_id),
             CAST('{}' AS tstzmultirange))) gap
ON CONFLICT DO NOTHING
""")
STAND_STILL = text("""
SELECT 1 FROM claims WHERE city = :city AND resource_id = :resource_id AND claimed_from < :until AND claimed_until > :since
FOR UPDATE
""")


async def give_back(connection: AsyncConnection, city: City, booking_id: UUID, now: datetime) -> None:
    """All that the booking claims. The blocks are looked at by a statement of its own: one was perhaps being made."""
    gone = await connection.execute(GIVE_BACK, {"city": city, "id": booking_id})
    for resource_id in set(gone.scalars()):
        await fill(connection, city, resource_id, now)


async def fill(connection: AsyncConnection, city: City, resource_id: UUID, now: datetime) -> None:
    """Claim for the resource's blocks what is free of their time."""
    await connection.execute(FILL, {"city": city, "resource_id": resource_id, "now": now})


async def stand_still(connection: AsyncConnection, city: City, resource_id: UUID, period: Period) -> None:
    """Nobody gives back what she claims of the period until the transaction is over."""
    scope = {"city": city, "resource_id": resource_id, "since": period.start, "until": period.end}
    await connection.execute(STAND_STILL, scope)
