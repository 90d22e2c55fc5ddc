"""Waiting for what is taken: whoever is refused something for a time may be told when it gets free.

An entry is a wish as it would be booked, and its place in line is when it was entered. What gets free is offered: it is claimed
for the entry, so that nobody else can have it, until an instant at which the next one is asked. An offer is neither a booking
nor a price: what is offered is booked like anything else, by the rules of the moment in which it is accepted.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any, NewType, TypeAlias
from uuid import UUID

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Basis, BookingId, Grant, Payer
from domain.booking.classes import ClassRequest
from domain.booking.holds import NotBookable, Order
from domain.booking.resources import Resource, ResourceId, Service
from domain.cities.booking import WaitlistSettings
from domain.identity import Actor, City, PersonId, PoolId, Role
from domain.periods import Period
from domain.quiet_hours import QuietHours
from domain.refusals import Refusal

WaitlistEntryId = NewType("WaitlistEntryId", UUID)

# No offer lasts shorter, and none is made that could not.
SHORTEST = timedelta(minutes=5)
# An offer takes at most this part of the time that is left until the start, so that others can be asked after it.
PART = 4
# Whoever would have less time than this between the end of the night and the start is told in the night.
NEAR = timedelta(hours=2)
# What was not free is looked at again after this, whatever is heard until then.
LOOKED_AGAIN = timedelta(minutes=5)
# Why something cannot be had now and may be later. Who may not have it at all has nothing to wait for.
WAITED_FOR = frozenset({NotBookable.TAKEN, NotBookable.OUT_OF_SERVICE})


class EntryState(StrEnum):
    """`ended`: the time began before anything was offered, or while it was."""

    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    ENDED = "ended"


OPEN = frozenset({EntryState.WAITING, EntryState.OFFERED})


class Term(Struct, frozen=True):
    """From when on somebody may be told of an offer, and until when it counts."""

    told_from: datetime
    until: datetime


class TimedOffer(Struct, frozen=True):
    """What is claimed for an entry: this span of the resource."""

    resource_id: ResourceId
    claimed: Period
    made_at: datetime
    term: Term


class WaitlistEntry(Struct, frozen=True):
    """A wish and what became of it. `roles` and `pools` are what its holder was when she entered it: as that she is offered
    something, and as what she is then she accepts it. `looked_at_again` is when somebody looks whether it can be had.
    """

    id: WaitlistEntryId
    holder_id: PersonId
    service: Service
    resource_id: ResourceId | None
    request: ClassRequest | None
    start: datetime
    end: datetime
    payer: Payer
    options: msgspec.Raw
    early_start: bool
    roles: frozenset[Role]
    pools: frozenset[PoolId]
    joined_at: datetime
    state: EntryState = EntryState.WAITING
    looked_at_again: datetime | None = None
    offer: TimedOffer | None = None
    booking_id: BookingId | None = None
    settled_at: datetime | None = None

    @property
    def period(self) -> Period:
        return Period(self.start, self.end)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def holder(self, city: City) -> Actor:
        return Actor(self.holder_id, city, self.roles, self.pools)

    def order(self, booking_id: BookingId) -> Order:
        """The wish as an order; of a class, that which is offered before others."""
        resource_id = self.offer.resource_id if self.offer is not None else self.resource_id
        return Order(
            *(booking_id, resource_id, self.holder_id, self.period, self.payer, self.options),
            early_start=self.early_start,
            request=self.request,
        )


class JoinWaitlist(Struct, frozen=True):
    """The order is that of a booking that was refused; the id comes from the edge."""

    id: WaitlistEntryId
    service: Service
    order: Order


class WaitlistJoined(Struct, frozen=True, tag="waitlist.joined"):
    entry: WaitlistEntry


class WaitlistLookedAt(Struct, frozen=True):
    """It cannot be had yet. Nobody is told of that."""

    entry: WaitlistEntry


class WaitlistOffered(Struct, frozen=True, tag="waitlist.offered"):
    """Whoever records it sees to it that the `basis` of what was tried still stands."""

    entry: WaitlistEntry
    offer: TimedOffer
    basis: Basis | None = None


class WaitlistAccepted(Struct, frozen=True, tag="waitlist.accepted"):
    """What was claimed for the entry is its booking's now."""

    entry: WaitlistEntry


class WaitlistDeclined(Struct, frozen=True, tag="waitlist.declined"):
    """The next one is asked."""

    entry: WaitlistEntry


class WaitlistLapsed(Struct, frozen=True, tag="waitlist.lapsed"):
    """Nobody answered in time, and the next one is asked."""

    entry: WaitlistEntry


class WaitlistTakenBack(Struct, frozen=True, tag="waitlist.taken_back"):
    """What was offered cannot be had any more; she waits again where she did."""

    entry_id: WaitlistEntryId


class WaitlistWithdrawn(Struct, frozen=True, tag="waitlist.withdrawn"):
    entry: WaitlistEntry


class WaitlistEnded(Struct, frozen=True, tag="waitlist.ended"):
    entry: WaitlistEntry


Settled: TypeAlias = WaitlistAccepted | WaitlistDeclined | WaitlistLapsed | WaitlistWithdrawn | WaitlistEnded
WaitlistEvent: TypeAlias = WaitlistJoined | WaitlistLookedAt | WaitlistOffered | Settled


class NotWaiting(StrEnum):
    UNKNOWN_ENTRY = "unknown_waitlist_entry"
    STILL_AVAILABLE = "still_available"
    ALREADY_WAITING = "already_waiting"
    TOO_MANY_ENTRIES = "too_many_waitlist_entries"
    NOTHING_OFFERED = "nothing_offered"
    OFFER_OVER = "offer_over"


def join(
    command: JoinWaitlist,
    tried: Grant | Refusal[Any],
    own: Sequence[WaitlistEntry],
    *,
    settings: WaitlistSettings,
    actor: Actor,
    now: datetime,
) -> WaitlistJoined | Refusal[Any]:
    """Put the wish at the end of the line; `tried` is what booking it would come to now, `own` are the open entries of whoever
    asks. One person waits once for the same time, so that nobody is offered it twice."""
    order = command.order
    if not isinstance(tried, Refusal):
        return Refusal(NotWaiting.STILL_AVAILABLE)
    if tried.reason not in WAITED_FOR:
        return tried
    if any(each.service is command.service and each.period.overlaps(order.period) for each in own):
        return Refusal(NotWaiting.ALREADY_WAITING, "/start")
    if len(own) >= settings.most_entries:
        return Refusal(NotWaiting.TOO_MANY_ENTRIES)
    entry = WaitlistEntry(
        id=command.id,
        holder_id=order.holder_id,
        service=command.service,
        resource_id=order.resource_id,
        request=order.request,
        start=order.period.start,
        end=order.period.end,
        payer=order.payer,
        options=order.options,
        early_start=order.early_start,
        roles=actor.roles,
        pools=actor.pools,
        joined_at=now,
        looked_at_again=now,
    )
    return WaitlistJoined(entry)


def offer(
    entry: WaitlistEntry, tried: Grant | Refusal[Any], term: Term, now: datetime
) -> WaitlistOffered | WaitlistLookedAt:
    """Claim for the entry what it would get, if it would get anything."""
    if isinstance(tried, Refusal):
        return looked_at(entry, now)
    made = TimedOffer(tried.resource.id, tried.claimed, now, term)
    offered = replace(entry, state=EntryState.OFFERED, offer=made, looked_at_again=None)
    return WaitlistOffered(offered, made, tried.basis)


def looked_at(entry: WaitlistEntry, now: datetime) -> WaitlistLookedAt:
    """Nothing to be had now, or too little time left to answer."""
    return WaitlistLookedAt(replace(entry, looked_at_again=now + LOOKED_AGAIN))


def is_protected(tried: Grant) -> bool:
    """Whether work takes a vehicle in a time in which its pool has it for itself: then it comes before residents."""
    resource: Resource = tried.resource
    at_work = tried.booking.payer is Payer.COST_CENTRE
    return at_work and not (resource.shared and resource.is_shared_for(tried.booking.period, tried.booking.made_at))


def is_too_near(start: datetime, now: datetime) -> bool:
    """Whether no offer made now could last until a use that begins at `start`."""
    return start - now < 2 * SHORTEST


def term_of(start: datetime, now: datetime, settings: WaitlistSettings, quiet: QuietHours | None, zone: tzinfo) -> Term:
    """How long an offer made now counts for a use that begins at `start` and is not too near: the minutes that are set, fewer as
    the start comes near.

    Nobody is woken for it, and none runs out while people sleep, as long as the start leaves time for that after the night.
    """
    told_from = _after_the_night(now, start, quiet, zone)
    until = told_from + _length(told_from, start, settings)
    morning = _after_the_night(until, start, quiet, zone)
    return Term(told_from, until if morning == until else morning + _length(morning, start, settings))


def _after_the_night(at: datetime, start: datetime, quiet: QuietHours | None, zone: tzinfo) -> datetime:
    night = quiet.around(at, zone) if quiet is not None else None
    return at if night is None or start - night.end < NEAR else night.end


def _length(since: datetime, start: datetime, settings: WaitlistSettings) -> timedelta:
    return max(SHORTEST, min(timedelta(minutes=settings.offer_min), (start - since) / PART))


def offered_to(actor: Actor, entry: WaitlistEntry | None, now: datetime) -> WaitlistEntry | Refusal[NotWaiting]:
    """The entry, if there is an offer for it that its holder may answer now."""
    if entry is None or entry.holder_id != actor.id:
        return Refusal(NotWaiting.UNKNOWN_ENTRY)
    if entry.offer is None:
        return Refusal(NotWaiting.NOTHING_OFFERED)
    if entry.state is not EntryState.OFFERED or entry.offer.term.until <= now:
        return Refusal(NotWaiting.OFFER_OVER)
    return entry


def accepted(entry: WaitlistEntry, booking_id: BookingId, now: datetime) -> WaitlistAccepted:
    return WaitlistAccepted(replace(_settled(entry, EntryState.ACCEPTED, now), booking_id=booking_id))


def decline(actor: Actor, entry: WaitlistEntry | None, now: datetime) -> WaitlistDeclined | Refusal[NotWaiting]:
    """Pass the offer on. Whoever declines what was offered waits for it no longer."""
    found = offered_to(actor, entry, now)
    return found if isinstance(found, Refusal) else WaitlistDeclined(_settled(found, EntryState.DECLINED, now))


def withdraw(
    actor: Actor, entry: WaitlistEntry | None, now: datetime
) -> WaitlistWithdrawn | WaitlistEntry | Refusal[NotWaiting]:
    """Leave the line, with an offer or without; what is settled already stays as it is."""
    if entry is None or entry.holder_id != actor.id:
        return Refusal(NotWaiting.UNKNOWN_ENTRY)
    return WaitlistWithdrawn(_settled(entry, EntryState.WITHDRAWN, now)) if entry.is_open else entry


def close(entry: WaitlistEntry, now: datetime) -> WaitlistLapsed | WaitlistEnded | None:
    """What the clock has ended: an offer that nobody answered, or the waiting as its time begins."""
    if not entry.is_open:
        return None
    if entry.start <= now:
        return WaitlistEnded(_settled(entry, EntryState.ENDED, now))
    if entry.offer is not None and entry.offer.term.until <= now:
        return WaitlistLapsed(_settled(entry, EntryState.LAPSED, now))
    return None


def _settled(entry: WaitlistEntry, state: EntryState, now: datetime) -> WaitlistEntry:
    return replace(entry, state=state, settled_at=now, looked_at_again=None)
