"""Tell a subscriber what happened since it was told last: in order, one after the other, each until it is taken.

A message that was taken while we ended comes again: its id is the same, and receivers know it by that.
"""

from datetime import datetime, timedelta

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from domain.identity import City
from domain.subscriptions.subscriptions import Subscription, delivered, failed
from services.live.ports import BookingSeen, EntrySeen, Happening, Log, OfferSeen, Stretch, TicketSeen
from services.subscriptions.ports import Courier, Desk, Due, Message, NotDelivered, Told

AT_ONCE = 50  # of the log's entries; the next look goes on
LEASE = timedelta(minutes=2)  # nobody else tells it meanwhile
TELLS_FOR = timedelta(seconds=5)
"""Then no other message is begun. Whoever has it told waits half a minute, and a message takes up to 20 s: what was cut off in between would
come again and again, and nothing after it ever."""
GONE = 410


class Roads(Struct, frozen=True):
    """From where it is known what happened, and by which road it goes out."""

    log: Log[Happening]
    courier: Courier


class BookingTold(Struct, frozen=True):
    """Ids and times only: whoever receives it may ask for more with a token of its own."""

    id: str
    service: str
    state: str
    version: int
    start: datetime
    end: datetime


class EntryTold(Struct, frozen=True):
    """An entry of a waitlist, likewise. Whoever tells its holder of an `offer` waits until `told_from`: nobody is woken."""

    id: str
    service: str
    state: str
    start: datetime
    end: datetime
    offer: OfferSeen | None
    booking_id: str | None


class TicketTold(Struct, frozen=True):
    """A ticket of the charging stations, without its words."""

    id: str
    charging_station_id: str | None
    evse: int
    kind: str | None
    severity: str
    state: str
    version: int


class EventTold(Struct, frozen=True):
    """What it is about: one of the three."""

    city: City
    booking: BookingTold | UnsetType = UNSET
    waitlist_entry: EntryTold | UnsetType = UNSET
    charging_ticket: TicketTold | UnsetType = UNSET


class Payload(Struct, frozen=True):
    """The body that Standard Webhooks recommend: what, when, and the data."""

    type: str
    timestamp: datetime
    data: EventTold


async def tell_subscriber(due: Due, *, desk: Desk, roads: Roads) -> bool:
    """Tell what is new; whether anything was, or could not be."""
    told = await _look(due, desk)
    if told is None:
        return False
    stretch = await roads.log.after(due.city, told.mark, AT_ONCE)
    wanted = [each for each in stretch.happenings if told.subscription.wants(each.type)]
    if not wanted and not stretch.more:
        return False
    leased = await _leased(due, told, desk)
    return leased is not None and await _tell(due.city, leased, stretch, desk, roads)


async def _look(due: Due, desk: Desk) -> Told | None:
    async with desk.books(due.city) as books:
        told = await books.find(due.id)
    return told if told and _is_due(told.subscription, desk.clock()) else None


async def _leased(due: Due, seen: Told, desk: Desk) -> Told | None:
    """Ours for a while, unless somebody else was quicker."""
    async with desk.books(due.city) as books:
        told = await books.find(due.id)
        if told is None or told.mark != seen.mark or not _is_due(told.subscription, desk.clock()):
            return None
        await books.keep(replace(told, subscription=replace(told.subscription, retry_at=desk.clock() + LEASE)))
        return told


async def _tell(city: City, told: Told, stretch: Stretch[Happening], desk: Desk, roads: Roads) -> bool:
    until = desk.clock() + TELLS_FOR
    how, reached = replace(told.subscription, retry_at=desk.clock()), told.mark
    for happening in stretch.happenings:
        if how.wants(happening.type):
            how = await _told(city, how, happening, desk, roads)
            if how.failures:
                break
        reached = happening.mark
        if desk.clock() >= until:
            break
    else:
        reached = stretch.passed
    async with desk.books(city) as books:
        now = await books.find(told.subscription.id)
        if now is not None:
            await books.keep(Told(_as_it_went(now.subscription, how), reached))
    return True


async def _told(city: City, subscription: Subscription, happening: Happening, desk: Desk, roads: Roads) -> Subscription:
    """The subscription after one message."""
    body = msgspec.json.encode(_payload(city, happening))
    headers = desk.signer.headers(city, subscription, str(happening.mark.entry), body, desk.clock())
    try:
        status = await roads.courier.deliver(Message(subscription.url, headers, body))
    except NotDelivered as error:
        return failed(subscription, str(error), desk.clock())
    if 200 <= status < 300:
        return delivered(subscription, desk.clock())
    return failed(subscription, f"answered {status}", desk.clock(), gone=status == GONE)


def _as_it_went(now: Subscription, how: Subscription) -> Subscription:
    """The delivery's outcome, on the subscription as its owner may have changed it meanwhile."""
    return replace(
        now,
        retry_at=how.retry_at,
        failing_since=how.failing_since,
        failures=how.failures,
        last_error=how.last_error,
        enabled=now.enabled and how.enabled,
    )


def _is_due(subscription: Subscription, now: datetime) -> bool:
    return subscription.enabled and subscription.retry_at <= now


def _payload(city: City, happening: Happening) -> Payload:
    match happening.about:
        case BookingSeen() as seen:
            booking = BookingTold(str(seen.id), seen.service, seen.state, seen.version, seen.start, seen.end)
            about = EventTold(city, booking=booking)
        case EntrySeen() as seen:
            taken = str(seen.booking_id) if seen.booking_id is not None else None
            entry = EntryTold(str(seen.id), seen.service, seen.state, seen.start, seen.end, seen.offer, taken)
            about = EventTold(city, waitlist_entry=entry)
        case TicketSeen() as seen:
            station = str(seen.charging_station_id) if seen.charging_station_id is not None else None
            ticket = TicketTold(str(seen.id), station, seen.evse, seen.kind, seen.severity, seen.state, seen.version)
            about = EventTold(city, charging_ticket=ticket)
    return Payload(happening.type, happening.at, about)
