"""Drivers of the pools that one runs: their licences are looked at, and they are briefed."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from domain.fleet.documents import next_reminder
from domain.fleet.drivers import (
    BriefDriver,
    Briefing,
    CheckLicence,
    Driver,
    NotChecked,
    briefed,
    checked,
    looks_after,
)
from domain.identity import Actor, City, PersonId, PoolId
from domain.proofs import LicenceCheck
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.fleet.keeping import Reach, Today, reach


class DriverMark(Struct, array_like=True, frozen=True):
    """Where a page of drivers ended; they are in order of these."""

    email: str


class DriversWanted(Struct, frozen=True):
    """Of one pool, or those alone whose licence has to be looked at before a day."""

    limit: int
    after: DriverMark | None = None
    pool_id: PoolId | None = None
    due_before: date | None = None


class KnownDriver(Struct, frozen=True):
    """A driver, and the day by which that is judged."""

    driver: Driver
    today: Today


class DriverBooks(Protocol):
    """Open for one call in one city, in one transaction."""

    async def today(self) -> Today: ...
    async def now(self) -> datetime: ...
    async def find(self, person_id: PersonId, *, locked: bool = False) -> Driver | None: ...
    async def page(self, within: Reach, wanted: DriversWanted) -> Sequence[Driver]: ...
    async def keep_check(self, driver: Driver, check: LicenceCheck, remind_on: date | None) -> None:
        """Beside those before. The driver's licence counts until then in the whole product, or no longer."""

    async def keep_briefing(self, driver: Driver, briefing: Briefing) -> None: ...


Driving: TypeAlias = KnownDriver | Refusal[NotChecked]


class Drivers(Struct, frozen=True):
    """The use cases, bound to their books."""

    check: Callable[[Call[Driving], CheckLicence], Awaitable[Answer]]
    brief: Callable[[Call[Driving], BriefDriver], Awaitable[Answer]]
    find: Callable[[City, Actor, PersonId], Awaitable[KnownDriver | None]]
    page: Callable[[City, Actor, DriversWanted], Awaitable[Sequence[KnownDriver]]]


async def check_licence(command: CheckLicence, *, books: DriverBooks, actor: Actor) -> Driving:
    """Enter what was seen; the check before stays among the records."""
    today, now = await books.today(), await books.now()
    driver = await books.find(command.person_id, locked=True)
    outcome = checked(command, driver, actor, now, today.day)
    if isinstance(outcome, Refusal) or driver is None:
        return outcome if isinstance(outcome, Refusal) else Refusal(NotChecked.UNKNOWN_DRIVER)
    remind_on = next_reminder(outcome.counts_until, today.day) if outcome.counts_until else None
    await books.keep_check(driver, outcome, remind_on)
    return KnownDriver(await books.find(driver.id) or driver, today)


async def brief_driver(command: BriefDriver, *, books: DriverBooks, actor: Actor) -> Driving:
    today, now = await books.today(), await books.now()
    driver = await books.find(command.person_id, locked=True)
    outcome = briefed(command, driver, actor, now, today.day)
    if isinstance(outcome, Refusal) or driver is None:
        return outcome if isinstance(outcome, Refusal) else Refusal(NotChecked.UNKNOWN_DRIVER)
    await books.keep_briefing(driver, outcome)
    return KnownDriver(await books.find(driver.id) or driver, today)


async def find_driver(person_id: PersonId, *, books: DriverBooks, actor: Actor) -> KnownDriver | None:
    driver = await books.find(person_id)
    return KnownDriver(driver, await books.today()) if driver is not None and looks_after(actor, driver) else None


async def list_drivers(wanted: DriversWanted, *, books: DriverBooks, actor: Actor) -> Sequence[KnownDriver]:
    today = await books.today()
    return [KnownDriver(driver, today) for driver in await books.page(reach(actor), wanted)]
