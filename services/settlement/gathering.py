"""Reading the provider's books into ours: by the hour, and when it says that payouts or disputes changed.

What moved is read window by window from where the last look ended, a page to a transaction. Only when a window is whole
does the mark move on, so whatever a crash leaves out is read again, and what was read twice is kept once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from domain.identity import City
from domain.payments.transactions import Dispute
from services.payments.ports import Account
from services.settlement.ports import Ports

# Between two looks at an account.
EVERY = timedelta(hours=1)
# The provider's lists lag behind a little, and its clock may be another: what was read last is read again.
OVERLAP = timedelta(hours=1)
WINDOW = timedelta(days=1)
# A message is kept by the provider for so long; an account is not older to us than what it can still tell.
KEPT_FOR = timedelta(days=30)
# A payout's trace id comes days after it was paid, and nobody tells; one may fail a while after it was paid.
PAYOUTS_LIVE = timedelta(days=14)
# Banks leave four months to dispute a payment, thirteen to return a debit: those opened lately are listed.
DISPUTES_LISTED = timedelta(days=7)
# The message that a dispute is decided: the dispute itself does not say when.
CLOSED = "charge.dispute.closed"


async def gather(city: City, *, ports: Ports, heard_at: datetime | None = None) -> None:
    """Take over all that the provider says of the city's money since the last look. Raises what the provider raises.

    Where several messages ask for it at once they wait for each other: a look that began after a message was heard has what
    that was about.
    """
    account = await ports.accounts.of(city)
    if account is None:
        return
    async with ports.turns.of(city):
        last = await ports.books.read_until(account)
        if heard_at is None or last is None or last <= heard_at:
            await _look(account, last, ports)


async def _look(account: Account, last: datetime | None, ports: Ports) -> None:
    now = ports.clock()
    mark = last or now - KEPT_FOR
    closed: dict[str, datetime] = {}
    while True:
        until = min(mark + WINDOW, now)
        closed |= await _window(ports, account, mark - OVERLAP, None if until == now else until)
        if until == now:
            break
        mark = until
        await ports.books.looked(account, mark, now)
    await _lives(ports, account, now, closed)
    await ports.books.looked(account, now, now)


async def _window(ports: Ports, account: Account, since: datetime, until: datetime | None) -> dict[str, datetime]:
    """When the disputes were decided that were decided within it."""
    closed: dict[str, datetime] = {}
    async for movements in ports.provider.movements(account.city, since, until):
        await ports.books.keep(account.city, movements, ports.clock())
    async for events in ports.provider.events(account.city, since, until):
        for event in events:
            await ports.catch_up(account, event)
            if event.type == CLOSED:
                closed.setdefault(event.object_id, datetime.fromtimestamp(event.created, UTC))
    return closed


async def _lives(ports: Ports, account: Account, now: datetime, closed: Mapping[str, datetime]) -> None:
    """How payouts and disputes stand by now; what a payout is made of is read once it is known."""
    city = account.city
    for payout in await ports.provider.payouts(city, now - PAYOUTS_LIVE):
        await ports.books.see(city, payout, ports.clock)
    listed = await ports.disputes.opened(city, now - DISPUTES_LISTED)
    for dispute in listed:
        await ports.books.see(city, await dated(dispute, city, ports, closed), ports.clock)
    ends = await ports.books.open_ends(city)
    for payout_id in ends.payouts:
        await ports.books.keep(city, await ports.provider.items(city, payout_id), now)
        await ports.books.itemised(city, payout_id, now)
    for dispute_id in ends.disputes:
        if dispute_id not in {dispute.id for dispute in listed}:
            said = await ports.disputes.fetch(city, dispute_id)
            await ports.books.see(city, await dated(said, city, ports, closed), ports.clock)


async def dated(dispute: Dispute, city: City, ports: Ports, closed: Mapping[str, datetime] | None = None) -> Dispute:
    """With the time at which it ended, where that is news and the provider still has the message of it.

    Not everybody who meets it ended has heard that message: it may be on its way, or an earlier look may have read it and
    been cut off.
    """
    at = (closed or {}).get(dispute.id)
    if at is None and dispute.is_ended and not await ports.books.knows_end(city, dispute.id):
        since = max(dispute.opened_at, ports.clock() - KEPT_FOR)
        async for events in ports.provider.events(city, since):
            for event in events:
                if event.type == CLOSED and event.object_id == dispute.id:
                    return replace(dispute, decided_at=datetime.fromtimestamp(event.created, UTC))
    return replace(dispute, decided_at=at)
