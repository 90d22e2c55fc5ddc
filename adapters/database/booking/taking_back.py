"""Taking back what is offered of a resource that cannot be had any more."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from domain.booking.waiting import WaitlistTakenBack
from domain.identity import City
from domain.periods import Period

TAKEN_BACK = str(WaitlistTakenBack.__struct_config__.tag)
# She waits again where she waited. In one order, so that two who take back do not wait for each other.
WAIT_AGAIN = text("""
UPDATE waitlist_entries SET state = 'waiting', offer = NULL, due_at = :now WHERE city = :city AND id IN (
  SELECT id FROM waitlist_entries WHERE city = :city AND settled_at IS NULL AND state = 'offered'
    AND CAST(offer ->> 'resource_id' AS uuid) = :id AND CAST(offer -> 'claimed' ->> 'start' AS timestamptz) < :until
    AND CAST(offer -> 'claimed' ->> 'end' AS timestamptz) > :since
  ORDER BY id FOR UPDATE)
RETURNING id
""")
UNCLAIM = text("""
DELETE FROM claims WHERE city = :city AND resource_id = :id AND claimed_from < :until AND claimed_until > :since AND kind = 'offer'
""")


async def take_back_offers(
    connection: AsyncConnection, city: City, resource_id: UUID, period: Period, now: datetime
) -> Sequence[UUID]:
    """The entries that wait again. An offer and its claim go together: the end of what is claimed no more would give back what
    was offered to somebody else since."""
    scope = {"city": city, "id": resource_id, "since": period.start, "until": period.end, "now": now}
    entries = (await connection.execute(WAIT_AGAIN, scope)).scalars().all()
    await connection.execute(UNCLAIM, scope)
    return entries
