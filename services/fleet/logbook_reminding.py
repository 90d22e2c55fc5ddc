"""Writing that a logbook does not say all of a trip yet: to its driver while there is time, then to whoever runs the pool."""

from datetime import datetime
from typing import Protocol
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.cities.settings import CitySettings
from domain.fleet.logbook import COMPLETION, TripKind, TripState, state_of
from domain.identity import City
from services.fleet.letters import Compose, TripNotice
from services.fleet.logbook import KnownTrip
from services.notices.ports import Holder, Mailer
from services.notices.sending import send_each


class OfTrip(Struct, frozen=True):
    """`driver` is empty where she has no address any more; `managers` are whoever runs the vehicle's pool, or the operators
    where nobody does."""

    settings: CitySettings
    known: KnownTrip
    driver: tuple[Holder, ...]
    managers: tuple[Holder, ...]

    @property
    def state(self) -> TripState:
        return state_of(self.known.logged, self.known.today.day, self.known.today.time_zone)


class TripReminders(Protocol):
    async def of_trip(self, city: City, trip_id: BookingId) -> OfTrip | None: ...


async def tell_of_trip(
    city: City,
    trip_id: BookingId,
    message_id: UUID,
    at: datetime,
    *,
    trips: TripReminders,
    compose: Compose,
    mailer: Mailer,
) -> int:
    """To how many a letter goes: none where it was completed meanwhile, and of what she pays for herself not to the driver,
    whom the city's logbook does not concern."""
    found = await trips.of_trip(city, trip_id)
    if found is None:
        return 0
    state, logged = found.state, found.known.logged
    readers: tuple[Holder, ...] = ()
    if state is TripState.OVERDUE:
        readers = found.managers
    elif state is TripState.OPEN and logged.current.kind is not TripKind.RENTAL:
        readers = found.driver
    zone, trip = found.known.today.time_zone, logged.trip
    notice = TripNotice(
        city,
        found.settings,
        found.known.vehicle,
        trip.plate,
        trip.started_at.astimezone(ZoneInfo(zone)).date(),
        COMPLETION.last_day(trip.ended_at, zone),
        found.known.people.get(trip.driver_id) if state is TripState.OVERDUE else None,
        logged.current.missing,
    )
    letters = [compose(notice, reader, uuid5(message_id, reader.email), at) for reader in readers]
    return await send_each(letters, mailer)
