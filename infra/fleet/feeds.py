"""Calendar feeds, wired: the books, the key from which their addresses come, and whoever writes the file."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from adapters.database.connections import Transactions
from adapters.database.fleet.feeds import SqlFeedBooks
from adapters.database.sheets import SqlSheets
from adapters.documents.feeds import feed_file
from domain.booking.resources import ResourceId
from domain.fleet.feeds import Feed, FeedId, NotFed
from domain.identity import SYSTEM, Actor, City
from domain.refusals import Refusal
from services.fleet.feeds import Addressed, Feeds, FeedSeal, end_feed, make_feed, read_feed


def calendar_feeds(
    transactions: Transactions, seal: FeedSeal, clock: Callable[[], datetime], new_id: Callable[[], UUID]
) -> Feeds:
    desk = SqlSheets(transactions, clock, new_id)

    async def make(actor: Actor, vehicle_id: ResourceId | None) -> Addressed | Refusal[NotFed]:
        feed = Feed(FeedId(new_id()), actor.id, vehicle_id, clock())
        made = await desk.work(
            actor.city, actor.id, "", lambda sheet: make_feed(feed, books=SqlFeedBooks(sheet), actor=actor)
        )
        return made if isinstance(made, Refusal) else Addressed(made, seal.feed_token(actor.city, made.id))

    async def end(actor: Actor, vehicle_id: ResourceId | None) -> None:
        await desk.work(
            actor.city, actor.id, "", lambda sheet: end_feed(vehicle_id, books=SqlFeedBooks(sheet), actor=actor)
        )

    async def read(city: City, token: str) -> bytes | Refusal[NotFed]:
        feed_id = seal.feed(city, token)
        if feed_id is None:
            return Refusal(NotFed.UNKNOWN_FEED)
        found = await desk.work(
            city, SYSTEM, "", lambda sheet: read_feed(feed_id, books=SqlFeedBooks(sheet), now=clock())
        )
        return found if isinstance(found, Refusal) else feed_file(found)

    return Feeds(make, end, read)
