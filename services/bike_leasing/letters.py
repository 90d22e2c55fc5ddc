"""Telling a lease's sides by mail: of a step from the outbox, and by the clock of what comes near.

That it is time is written down once for each lease, occasion and day, together with the news of it in the outbox; from there it is told
until it was. Whoever has no address is told nothing; nobody's pay stands in a letter, and a PIN in none.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Protocol
from uuid import UUID, uuid5

from msgspec import Struct

from domain.bike_leasing.contracts.acts import Act
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.reminding import BY_THE_CLOCK, TOLD, Occasion, due
from domain.bike_leasing.upkeep.budgets import ServiceBudget
from domain.cities.settings import CitySettings
from domain.identity import City
from domain.money import Money
from services.notices.ports import Holder, Mailer, Message
from services.notices.sending import send_each


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
    sides = sorted(telling.sides - {Side.HR} if found.lease.is_only_offered else telling.sides)
    notices = (LeaseNotice(city, found.settings, telling.occasion, found.lease, side) for side in sides)
    return await send_each(_letters(notices, found, message_id, at, compose), mailer)


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
    left = found.left_on(about)
    notices = (
        LeaseNotice(city, found.settings, occasion, found.lease, side, about, left) for side in sorted(BY_THE_CLOCK)
    )
    return await send_each(_letters(notices, found, message_id, at, compose), mailer)


def _letters(
    notices: Iterable[LeaseNotice], found: OfLease, message_id: UUID, at: datetime, compose: Compose
) -> Iterator[Message]:
    """Each has a letter of an id of its own, so that a second try sends none twice."""
    for notice in notices:
        for reader in found.readers.get(notice.side, ()):
            yield compose(notice, reader, uuid5(message_id, f"{notice.side} {reader.email}"), at)
