"""A resource, who may book it, and the claims that already lie on it."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NewType
from uuid import UUID

from msgspec import Struct

from domain.booking.approval_rules import Approving
from domain.booking.sharing import Sharing
from domain.identity import Actor, PoolId
from domain.periods import Period
from domain.places import Location

ResourceId = NewType("ResourceId", UUID)
StationId = NewType("StationId", UUID)


SOON = timedelta(minutes=30)
"""So far ahead counts what a resource says of itself: what begins later may be mended by then."""


class Service(StrEnum):
    CHARGING = "charging"
    FLEET = "fleet"
    BIKE_LEASING = "bike_leasing"


class Station(Struct, frozen=True):
    id: StationId
    name: str
    location: Location


class Resource(Struct, frozen=True):
    """What can be booked. `bookable` is false where it is only listed; `shared` opens a pool's vehicle to residents.

    `approving` is how the bookings of its pool are approved; None where nobody need. From `usable_until` on it
    may not be used, until it was inspected or insured again; None for good. `sharing` are the windows in which residents may
    have what its pool shares; None where they may at any time. `repair_days` are those after which it is expected back, as it is out of
    service and its city says so.
    """

    id: ResourceId
    service: Service
    name: str
    station: Station
    in_service: bool
    bookable: bool
    pool_id: PoolId | None
    shared: bool
    buffer_before_s: int
    buffer_after_s: int
    approving: Approving | None = None
    usable_until: datetime | None = None
    sharing: Sharing | None = None
    repair_days: int | None = None

    def claim(self, period: Period) -> Period:
        """The period plus the time that the resource needs before and after it."""
        return period.widened(timedelta(seconds=self.buffer_before_s), timedelta(seconds=self.buffer_after_s))

    def is_usable_to(self, end: datetime) -> bool:
        """Whether it may be used until then."""
        return self.usable_until is None or end <= self.usable_until

    def is_shared_for(self, period: Period, now: datetime) -> bool:
        """Whether residents may have it for all of the period, as far as its pool's windows say."""
        return self.sharing is None or self.sharing.covers(period, now)

    def is_open_to(self, actor: Actor) -> bool:
        """Whether the actor may know of it as something to book."""
        return self.pool_id is None or self.shared or actor.works_in(self.pool_id)


class Claim(Struct, frozen=True):
    """A live claim. `lapses_at` is set where it belongs to a hold that nobody has confirmed yet, or to more time that
    nobody has paid yet; `movable` where its booking may be moved to an equal resource."""

    booking_id: UUID
    start: datetime
    end: datetime
    lapses_at: datetime | None = None
    movable: bool = False

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    def has_lapsed(self, now: datetime) -> bool:
        return self.lapses_at is not None and self.lapses_at <= now


class Agenda(Struct, frozen=True):
    """A resource and its claims around the asked period, in order of time."""

    resource: Resource
    claims: tuple[Claim, ...]

    def conflicts(self, period: Period) -> tuple[Claim, ...]:
        wanted = self.resource.claim(period)
        return tuple(claim for claim in self.claims if claim.period.overlaps(wanted))

    def next_free(self, period: Period) -> Period:
        """The first period of the same length, not before this one, that the known claims leave free."""
        before = timedelta(seconds=self.resource.buffer_before_s)
        candidate = period
        for claim in self.claims:
            if claim.period.overlaps(self.resource.claim(candidate)):
                start = claim.end + before
                candidate = Period(start, start + period.length)
        return candidate
