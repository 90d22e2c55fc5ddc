"""Calendar feeds: made, ended, and read by whoever has the address."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from domain.booking.bookings import BookingId, State
from domain.booking.resources import ResourceId
from domain.fleet.feeds import Feed, FeedId, NotFed, is_open
from domain.fleet.keeping import Vehicle, runs
from domain.grants import Grant
from domain.identity import Actor, City, PersonId, PoolId
from domain.places import Location
from domain.refusals import Refusal
from domain.sign_in.signing_in import actor_of


class FedBooking(Struct, frozen=True):
    """One entry. Of a completed booking the times are those of its use. Nothing says who has it."""

    id: BookingId
    version: int
    start: datetime
    end: datetime
    changed_at: datetime
    state: State
    final: bool
    vehicle: str
    station: str
    address: str
    location: Location


class FedBlock(Struct, frozen=True):
    """A time in which the vehicle stands still; why is for the staff's own pages, as it may name somebody."""

    id: UUID
    start: datetime
    end: datetime
    changed_at: datetime


class Fed(Struct, frozen=True):
    """A feed with what stands in it, in order of time. `vehicle` is the name of the vehicle that it is of, in that pool."""

    feed: Feed
    grants: tuple[Grant, ...]
    city: City
    city_name: str
    language: str
    vehicle: str | None
    pool_id: PoolId | None
    bookings: tuple[FedBooking, ...]
    blocks: tuple[FedBlock, ...]


class FeedBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def vehicle(self, vehicle_id: ResourceId) -> Vehicle | None: ...
    async def grants(self, person_id: PersonId) -> tuple[Grant, ...] | None:
        """None where the city does not know the person."""

    async def keep(self, feed: Feed) -> bool:
        """In place of the one before of the same person and vehicle; False where the city does not know the person."""

    async def end(self, actor: Actor, vehicle_id: ResourceId | None) -> None: ...
    async def fed(self, feed_id: FeedId, now: datetime) -> Fed | None: ...


class FeedSeal(Protocol):
    """Tokens are derived from a key that the database never sees, so none of them is kept anywhere."""

    def feed_token(self, city: City, feed_id: FeedId) -> str: ...
    def feed(self, city: City, token: str) -> FeedId | None:
        """None for what was never made here, for this city."""


class Addressed(Struct, frozen=True):
    """A feed and the secret part of its address."""

    feed: Feed
    token: str


async def make_feed(feed: Feed, *, books: FeedBooks, actor: Actor) -> Feed | Refusal[NotFed]:
    """One's own, or of a vehicle whose pool one runs. Whoever reads it has no token, so what a token says is not enough."""
    if feed.vehicle_id is not None:
        vehicle = await books.vehicle(feed.vehicle_id)
        if vehicle is None or not runs(actor, vehicle.placement.pool_id):
            return Refusal(NotFed.UNKNOWN_VEHICLE)
        grants = await books.grants(actor.id)
        if grants is None:
            return Refusal(NotFed.UNKNOWN_PERSON)
        if not is_open(feed, actor_of(actor.id, actor.city, grants), vehicle.placement.pool_id):
            return Refusal(NotFed.ROLE_NOT_GRANTED)
    return feed if await books.keep(feed) else Refusal(NotFed.UNKNOWN_PERSON)


async def end_feed(vehicle_id: ResourceId | None, *, books: FeedBooks, actor: Actor) -> None:
    """Whoever made it ends it, also of a vehicle that somebody else runs by now; once more does nothing."""
    await books.end(actor, vehicle_id)


async def read_feed(feed_id: FeedId, *, books: FeedBooks, now: datetime) -> Fed | Refusal[NotFed]:
    """What it says now, by what its owner may see now."""
    fed = await books.fed(feed_id, now)
    if fed is None or not is_open(fed.feed, actor_of(fed.feed.person_id, fed.city, fed.grants), fed.pool_id):
        return Refusal(NotFed.UNKNOWN_FEED)
    return fed


class Feeds(Struct, frozen=True):
    """The use cases, bound. `read` gives the calendar's file for the token in its address."""

    make: Callable[[Actor, ResourceId | None], Awaitable[Addressed | Refusal[NotFed]]]
    end: Callable[[Actor, ResourceId | None], Awaitable[None]]
    read: Callable[[City, str], Awaitable[bytes | Refusal[NotFed]]]
