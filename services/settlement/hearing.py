"""What the provider says of payouts, disputes and refunds in its messages: a hint, upon which it is asked."""

from datetime import UTC, datetime
from uuid import UUID

from domain.identity import City
from domain.payments.payments import Payment
from services.payments.ports import ProviderEvent
from services.settlement.gathering import CLOSED, dated, gather
from services.settlement.ports import Ports
from services.settlement.refunding import follow

PAYOUTS, DISPUTES, REFUNDS = "payout.", "charge.dispute.", ("refund.", "charge.refund")


async def hear(city: City, event_id: UUID, *, ports: Ports) -> None:
    """Follow up a message that was kept; those about anything else say nothing here. Raises what the provider raises."""
    heard_at = ports.clock()
    event = await ports.inbox.find(city, event_id)
    if event is None:
        return
    if event.type.startswith(PAYOUTS):
        await ports.books.see(city, await ports.provider.payout(city, event.object_id), ports.clock)
        await gather(city, ports=ports, heard_at=heard_at)
    elif event.type.startswith(DISPUTES):
        said = await ports.disputes.fetch(city, event.object_id)
        closed = {said.id: datetime.fromtimestamp(event.created, UTC)} if event.type == CLOSED else None
        await ports.books.see(city, await dated(said, city, ports, closed), ports.clock)
        await gather(city, ports=ports, heard_at=heard_at)
    elif event.type.startswith(REFUNDS) and (payment := await _payment(city, event, ports)) is not None:
        await follow(city, payment.booking_id, ports=ports)


async def _payment(city: City, event: ProviderEvent, ports: Ports) -> Payment | None:
    if event.payment_id is not None:
        return await ports.payments.find(city, event.payment_id)
    return await ports.payments.find_intent(city, event.intent_id) if event.intent_id is not None else None
