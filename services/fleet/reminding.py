"""Reminding by mail: whoever runs the pool of a vehicle's papers, the driver and her managers of a licence.

That it is time is written to the outbox together with when it is time again; from there it is told until it was.
"""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID, uuid5

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.cities.settings import CitySettings
from domain.fleet.drivers import Driver
from domain.fleet.keeping import Vehicle
from domain.fleet.reminding import due_papers, is_near
from domain.fleet.vehicles import Life
from domain.identity import City, PersonId
from services.fleet.letters import Compose, LicenceNotice, PapersNotice
from services.notices.ports import Holder, Mailer
from services.notices.sending import send_each


class OfVehicle(Struct, frozen=True):
    """`readers` are whoever runs its pool, or the operators where nobody does."""

    settings: CitySettings
    vehicle: Vehicle
    readers: tuple[Holder, ...]
    today: date


class OfDriver(Struct, frozen=True):
    """`readers` are herself and whoever runs a pool of hers."""

    settings: CitySettings
    driver: Driver
    readers: tuple[Holder, ...]
    today: date


class Reminders(Protocol):
    async def papers_are_due(self, city: City, vehicle_id: ResourceId) -> None:
        """Write down that it is time, and when it is time again; nothing where it is not, or no longer."""

    async def licence_is_due(self, city: City, person_id: PersonId) -> None: ...
    async def of_vehicle(self, city: City, vehicle_id: ResourceId) -> OfVehicle | None: ...
    async def of_driver(self, city: City, person_id: PersonId) -> OfDriver | None: ...


async def tell_of_papers(
    city: City,
    vehicle_id: ResourceId,
    message_id: UUID,
    at: datetime,
    *,
    reminders: Reminders,
    compose: Compose,
    mailer: Mailer,
) -> int:
    """To how many a letter goes: none where everything was renewed meanwhile, or the vehicle is retired."""
    found = await reminders.of_vehicle(city, vehicle_id)
    if found is None or found.vehicle.life is Life.RETIRED:
        return 0
    due = due_papers(found.vehicle.papers, found.today)
    if not due:
        return 0
    what = found.vehicle.description
    plate = str(what.plate) if what.plate else None
    notice = PapersNotice(city, found.settings, what.name, plate, due, found.today)
    return await _send(notice, found.readers, message_id, at, compose=compose, mailer=mailer)


async def tell_of_licence(
    city: City,
    person_id: PersonId,
    message_id: UUID,
    at: datetime,
    *,
    reminders: Reminders,
    compose: Compose,
    mailer: Mailer,
) -> int:
    found = await reminders.of_driver(city, person_id)
    last = found.driver.checks[-1].counts_until if found is not None and found.driver.checks else None
    if found is None or last is None or not is_near(last, found.today):
        return 0
    notice = LicenceNotice(city, found.settings, found.driver.name or found.driver.email, last, found.today)
    return await _send(notice, found.readers, message_id, at, compose=compose, mailer=mailer)


async def _send(
    notice: PapersNotice | LicenceNotice,
    readers: tuple[Holder, ...],
    message_id: UUID,
    at: datetime,
    *,
    compose: Compose,
    mailer: Mailer,
) -> int:
    """Each has a letter of an id of its own, so that a second try sends none twice."""
    letters = [compose(notice, reader, uuid5(message_id, reader.email), at) for reader in readers]
    return await send_each(letters, mailer)
