"""Reports over a fleet: how much its vehicles were used, what of it could be electric, and what it saved in CO2."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.fleet.charge import Battery, charge_rule
from domain.fleet.electrification import DayDriven, Electrification, electrification
from domain.fleet.emissions import Consumption, Energy, NotComparable, Saving, saving
from domain.fleet.utilisation import Use, Utilisation, begins_within, utilisation
from domain.fleet.vehicles import OF_BICYCLES, Drive
from domain.identity import Actor, City, PoolId
from domain.periods import Period
from domain.refusals import Refusal
from services.fleet.keeping import Reach, reach

ENERGIES = {
    Drive.ELECTRIC: Energy.ELECTRICITY,
    Drive.ELECTRIC_ASSIST: Energy.ELECTRICITY,
    Drive.COMBUSTION: Energy.PETROL,
    Drive.HYBRID: Energy.PETROL,
    Drive.COMBUSTION_DIESEL: Energy.DIESEL,
}
"""What a vehicle's consumption is measured in; a plug-in hybrid's is of both, and says nothing by itself."""


class Days(Struct, frozen=True):
    """From a day on and before another, by the calendar of the city; of one pool, or of all that one runs."""

    since: date
    until: date
    pool_id: PoolId | None = None


class Trip(Struct, frozen=True):
    """A time in which a vehicle was booked and used, or blocked; `km` by the odometer where it was read both times."""

    start: datetime
    end: datetime
    blocked: bool
    km: int | None


class Used(Struct, frozen=True):
    """A vehicle and what was done with it; of the days it was in the fleet from `since` until `until`."""

    id: ResourceId
    name: str
    drive: Drive
    consumption: Decimal | None
    since: datetime
    until: datetime
    trips: tuple[Trip, ...]


class FleetUse(Struct, frozen=True):
    """What `ReportBooks` found, with the days as instants."""

    since: datetime
    until: datetime
    time_zone: str
    vehicles: tuple[Used, ...]

    @property
    def within(self) -> Period:
        return Period(self.since, self.until)

    def begun(self, vehicle: Used) -> Iterator[Trip]:
        """The trips whose way counts in these days."""
        return (trip for trip in vehicle.trips if not trip.blocked and begins_within(trip.start, self.within))

    def ways(self, vehicle: Used) -> Iterator[tuple[Trip, int]]:
        """Those that somebody drove some way, each with its kilometres."""
        return ((trip, trip.km) for trip in self.begun(vehicle) if trip.km)

    def driven(self, vehicle: Used) -> int:
        return sum(km for _, km in self.ways(vehicle))

    def unread(self, vehicle: Used) -> int:
        """How many trips are in no kilometres, since nobody read the odometer before and after."""
        return sum(trip.km is None for trip in self.begun(vehicle))


class ReportBooks(Protocol):
    async def used(self, city: City, within: Reach, days: Days) -> FleetUse:
        """Every vehicle within reach that was in the fleet on some of the days, and what of its uses and blocks falls into
        them."""


class UtilisationReport(Struct, frozen=True):
    use: FleetUse
    found: dict[ResourceId, Utilisation]


class ElectrificationReport(Struct, frozen=True):
    use: FleetUse
    found: Electrification


class SavingReport(Struct, frozen=True):
    """By vehicle, or what is missing to say it."""

    use: FleetUse
    found: dict[ResourceId, Saving | Refusal[NotComparable]]


async def report_utilisation(days: Days, *, books: ReportBooks, actor: Actor) -> UtilisationReport:
    use = await books.used(actor.city, reach(actor), days)
    uses = [
        Use(vehicle.id, Period(trip.start, trip.end), trip.blocked, trip.km)
        for vehicle in use.vehicles
        for trip in vehicle.trips
    ]
    there = {vehicle.id: Period(vehicle.since, vehicle.until) for vehicle in use.vehicles}
    return UtilisationReport(use, utilisation(there, uses, use.within, use.time_zone))


async def report_electrification(
    days: Days, battery: Battery, *, books: ReportBooks, actor: Actor
) -> ElectrificationReport:
    """As if every car and van had had that battery. A trip's way counts on the day on which it began."""
    use = await books.used(actor.city, reach(actor), days)
    zone = ZoneInfo(use.time_zone)
    driven = [
        DayDriven(vehicle.id, trip.start.astimezone(zone).date(), Decimal(km))
        for vehicle in use.vehicles
        if vehicle.drive not in OF_BICYCLES
        for trip, km in use.ways(vehicle)
    ]
    return ElectrificationReport(use, electrification(driven, battery, charge_rule(days.until)))


async def report_saving(
    days: Days, reference: Consumption, *, green: bool, books: ReportBooks, actor: Actor
) -> SavingReport:
    """Against a reference vehicle, by the factors of the first day; `green` where the city's electricity is."""
    use = await books.used(actor.city, reach(actor), days)
    found = {each.id: _saved(each, use.driven(each), reference, days.since, green=green) for each in use.vehicles}
    return SavingReport(use, found)


def _saved(
    vehicle: Used, driven: int, reference: Consumption, on: date, *, green: bool
) -> Saving | Refusal[NotComparable]:
    energy = ENERGIES.get(vehicle.drive)
    if energy is None:
        return Refusal(NotComparable.ENERGY)
    if vehicle.consumption is None:
        return Refusal(NotComparable.CONSUMPTION)
    if green and energy is Energy.ELECTRICITY:
        energy = Energy.GREEN_ELECTRICITY
    return saving(Decimal(driven), Consumption(energy, vehicle.consumption), reference, on)


class Reports(Struct, frozen=True):
    """The use cases, bound."""

    utilisation: Callable[[Actor, Days], Awaitable[UtilisationReport]]
    electrification: Callable[[Actor, Days, Battery], Awaitable[ElectrificationReport]]
    saving: Callable[[Actor, Days, Consumption, bool], Awaitable[SavingReport]]
