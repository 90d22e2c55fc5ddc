"""Calendar feeds: a secret address at which a calendar reads on and on, until whoever made it ends it or may not look any
more."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.fleet.keeping import runs
from domain.identity import Actor, PersonId, PoolId

FeedId = NewType("FeedId", UUID)
BEFORE, AFTER = timedelta(days=31), timedelta(days=400)
"""How far back and ahead a feed goes: what an app still shows, and longer than anybody books ahead."""


class NotFed(StrEnum):
    UNKNOWN_VEHICLE = "unknown_vehicle"
    UNKNOWN_PERSON = "unknown_person"
    ROLE_NOT_GRANTED = "role_not_granted"
    UNKNOWN_FEED = "unknown_feed"


class Feed(Struct, frozen=True):
    """Of the vehicle's time, or without one of the person's own bookings of vehicles. A new one of the same ends this."""

    id: FeedId
    person_id: PersonId
    vehicle_id: ResourceId | None
    made_at: datetime


def is_open(feed: Feed, owner: Actor, pool: PoolId | None) -> bool:
    """Whether it still says anything: one's own bookings always, a vehicle's time to those who run its pool today."""
    return feed.vehicle_id is None or runs(owner, pool)
