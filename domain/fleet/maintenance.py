"""What falls due in a fleet, and when: inspections and insurance by vehicle, licences and briefings by driver."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.fleet.documents import counting
from domain.fleet.drivers import Driver, counts_until
from domain.fleet.keeping import Vehicle
from domain.fleet.vehicles import REQUIRED, Life


class Care(StrEnum):
    """`workshop` is a service or repair for which the vehicle is blocked; `licence` and `briefing` are a driver's."""

    HU = "hu"
    UVV = "uvv"
    INSURANCE = "insurance"
    REGISTRATION = "registration"
    WORKSHOP = "workshop"
    LICENCE = "licence"
    BRIEFING = "briefing"


class Urgency(StrEnum):
    """`missing` is what nobody ever entered, or what did not count when it was looked at."""

    MISSING = "missing"
    OVERDUE = "overdue"
    DUE = "due"


class Stay(Struct, frozen=True):
    """A time for which a vehicle is blocked that is not over, and what for; it has the block's id."""

    id: UUID
    vehicle_id: ResourceId
    start: datetime
    end: datetime
    reason: str | None = None


class Due(Struct, frozen=True):
    """`on` is the last day on which it counts, None where it is missing; of a stay in the workshop the day on which it
    begins, or once it has, on which the vehicle is expected back, `reason` what it is for and `stay_id` which one it is. It is
    of a vehicle or of a driver."""

    kind: Care
    on: date | None
    urgency: Urgency
    vehicle: Vehicle | None = None
    driver: Driver | None = None
    reason: str | None = None
    stay_id: UUID | None = None


def falls_due(
    vehicles: Iterable[Vehicle],
    drivers: Iterable[Driver],
    stays: Iterable[Stay],
    *,
    today: date,
    before: date,
    time_zone: str,
) -> tuple[Due, ...]:
    """All that ends before a day, is over or is missing: what is missing first, then by day. What is retired needs nothing, and
    what is ordered still waits for its papers."""
    kept = {vehicle.id: vehicle for vehicle in vehicles if vehicle.life is not Life.RETIRED}
    zone = ZoneInfo(time_zone)
    found = [due for vehicle in kept.values() for due in _of_vehicle(vehicle, today)]
    found += [_of_stay(stay, kept[stay.vehicle_id], today, zone) for stay in stays if stay.vehicle_id in kept]
    found += [due for driver in drivers for due in _of_driver(driver, today)]
    return tuple(sorted((due for due in found if due.on is None or due.on < before), key=place))


def place(due: Due) -> tuple[date, str, str, str]:
    """Where it stands in the list, and nothing else does: a vehicle may have several stays on one day."""
    whose = due.vehicle or due.driver
    return due.on or date.min, due.kind.value, str(whose.id) if whose else "", str(due.stay_id or "")


def _of_vehicle(vehicle: Vehicle, today: date) -> Iterator[Due]:
    papers = counting(vehicle.papers)
    for kind, paper in papers.items():
        if paper.valid_until is not None:
            yield Due(Care(kind.value), paper.valid_until, _urgency(paper.valid_until, today), vehicle)
    if vehicle.life is Life.IN_SERVICE and vehicle.description.kind.is_motor_vehicle:
        for kind in REQUIRED:
            if kind not in papers:
                yield Due(Care(kind.value), None, Urgency.MISSING, vehicle)


def _of_stay(stay: Stay, vehicle: Vehicle, today: date, zone: ZoneInfo) -> Due:
    begins, ends = (instant.astimezone(zone).date() for instant in (stay.start, stay.end))
    on = begins if begins > today else ends
    return Due(Care.WORKSHOP, on, Urgency.DUE, vehicle, reason=stay.reason, stay_id=stay.id)


def _of_driver(driver: Driver, today: date) -> Iterator[Due]:
    for kind, until in counts_until(driver):
        yield Due(Care(kind.value), until, _urgency(until, today), driver=driver)


def _urgency(until: date | None, today: date) -> Urgency:
    if until is None:
        return Urgency.MISSING
    return Urgency.OVERDUE if until < today else Urgency.DUE
