"""What the provider says of payouts and disputes in its messages: a hint, upon which it is asked."""

from uuid import UUID

from domain.identity import City
from services.settlement.gathering import gather
from services.settlement.ports import Ports

PAYOUTS, DISPUTES = "payout.", "charge.dispute."


async def hear(city: City, event_id: UUID, *, ports: Ports) -> None:
    """Follow up a message that was kept; those about anything else say nothing here. Raises what the provider raises."""
    event = await ports.inbox.find(city, event_id)
    if event is None or not event.type.startswith((PAYOUTS, DISPUTES)):
        return
    if event.type.startswith(PAYOUTS):
        said = await ports.provider.payout(city, event.object_id)
        await ports.books.see(city, said, ports.clock())
    else:
        await ports.books.see(city, await ports.disputes.fetch(city, event.object_id), ports.clock())
    await gather(city, ports=ports)
