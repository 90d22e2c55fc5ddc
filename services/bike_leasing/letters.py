"""Telling a lease's sides by mail: of a step from the outbox, and by the clock of what comes near.

That it is time is written down once for each lease, occasion and day, together with the news of it in the outbox; from there it is told
until it was. Whoever has no address is told nothing; nobody's pay stands in a letter, and a PIN in none.
"""

from collections.abc import Callable
from datetime import date, datetime
from typing import Protocol
from uuid import UUID, uuid5

from msgspec import Struct

from domain.bike_leasing.contracts.acts import Act
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.reminding import BY_THE_CLOCK, TOLD, Occasion, due
from domain.bike_leasing.upkeep.budgets import ServiceBudget
from domain.cities import CitySettings
from domain.identity import City
from domain.money import Money
from services.notices.ports import Holder, Mailer, Message


class LeaseNotice(Struct, frozen=True):
    """What there is to say; `about` is the day that comes near, `left` what the contract year's service budget has left then."""

    city: City
    settings: CitySettings
    occasion: Occasion
    lease: Lease
    side: Side
    about: date | None = None
    left: Money | None = None


class OfLease(Struct, frozen=True):
    """`readers` are the lease's sides with those who act on them and have an address."""

    settings: CitySettings
    lease: Lease
    readers: dict[Side, tuple[Holder, ...]]
    today: date
    budget: ServiceBudget | None = None

    def left_on(self, day: date) -> Money | None:
        return self.budget.left(self.budget.year_of(day)) if self.budget is not None else None


class LeaseLetterBooks(Protocol):
    """Each call is a transaction of its own."""

    async def look(self, city: City, lease_id: LeaseId) -> None:
        """Write down what it is time to remind of, once, and when to look again."""

    async def of_lease(self, city: City, lease_id: LeaseId) -> OfLease | None: ...
    async def reminder(self, city: City, letter_id: UUID) -> tuple[LeaseId, Occasion, date] | None: ...


Compose = Callable[[LeaseNotice, Holder, UUID, datetime], Message]


async def tell_of_step(
    act: Act,
    city: City,
    lease_id: LeaseId,
    message_id: UUID,
    at: datetime,
    *,
    books: LeaseLetterBooks,
    compose: Compose,
    mailer: Mailer,
) -> int:
    """To how many a letter goes; none where the lease has gone on meanwhile. Afterwards it is known what comes near next."""
    await books.look(city, lease_id)
    telling, found = TOLD.get(act), await books.of_lease(city, lease_id)
    if telling is None or found is None or found.lease.state not in telling.states:
        return 0
    sent = 0
    for side in sorted(telling.sides - {Side.HR} if found.lease.is_only_offered else telling.sides):
        notice = LeaseNotice(city, found.settings, telling.occasion, found.lease, side)
        sent += await _send(notice, found, message_id, at, compose=compose, mailer=mailer)
    return sent


async def tell_of_reminder(
    city: City,
    letter_id: UUID,
    message_id: UUID,
    at: datetime,
    *,
    books: LeaseLetterBooks,
    compose: Compose,
    mailer: Mailer,
) -> int:
    """None where it is not true any more, or the day is over."""
    known = await books.reminder(city, letter_id)
    found = await books.of_lease(city, known[0]) if known is not None else None
    if known is None or found is None:
        return 0
    _, occasion, about = known
    time_zone = found.settings.time_zone
    if not any((each.occasion, each.about) == (occasion, about) for each in due(found.lease, found.today, time_zone)):
        return 0
    sent = 0
    for side in sorted(BY_THE_CLOCK):
        notice = LeaseNotice(city, found.settings, occasion, found.lease, side, about, found.left_on(about))
        sent += await _send(notice, found, message_id, at, compose=compose, mailer=mailer)
    return sent


async def _send(
    notice: LeaseNotice, found: OfLease, message_id: UUID, at: datetime, *, compose: Compose, mailer: Mailer
) -> int:
    """Each has a letter of an id of its own, so that a second try sends none twice."""
    readers = found.readers.get(notice.side, ())
    for reader in readers:
        await mailer.send(compose(notice, reader, uuid5(message_id, f"{notice.side} {reader.email}"), at))
    return len(readers)
