"""Looking up what the city publishes: itself, its stations, a resource and when it is free."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.resources import Service
from domain.periods import Period
from domain.refusals import Refusal
from services.search.asking import (
    LONGEST_WINDOW,
    CitiesAsked,
    FreeTimeAsked,
    NotFindable,
    ResourceAsked,
    StationMark,
    StationsAsked,
)
from services.search.free_time import free_periods, shared_periods
from services.search.ports import Finder, FoundCities, FoundResource, SoldHere
from services.search.prices import shown_prices, unit_prices
from services.search.views import ChargingPrices, FreeTime, ResourceDetails, StationView


async def cities(asked: CitiesAsked, *, finder: Finder) -> FoundCities:
    """Every city of the installation."""
    return await finder.cities(asked)


class Stations(Struct, frozen=True):
    """One page; `next` is set where another one follows."""

    items: tuple[StationView, ...]
    next: StationMark | None


async def stations(asked: StationsAsked, now: datetime, *, finder: Finder) -> Stations | Refusal[NotFindable]:
    """With what it may cost to charge there now."""
    found = await finder.stations(asked, now)
    if found is None:
        return Refusal(NotFindable.UNKNOWN_CITY)
    return Stations(tuple(replace(each.station, charging=_charging(each.sold)) for each in found.items), found.next)


def _charging(sold: Sequence[SoldHere]) -> tuple[ChargingPrices, ...]:
    return tuple(
        ChargingPrices(each.sold.tariff.id, each.points, shown_prices(Service.CHARGING, each.sold)) for each in sold
    )


async def resource(asked: ResourceAsked, now: datetime, *, finder: Finder) -> ResourceDetails | Refusal[NotFindable]:
    """Its details, for whoever may know of it."""
    found = await finder.resource(asked.city, asked.key, now)
    if found is None or not found.resource.is_open_to(asked.actor):
        return Refusal(NotFindable.UNKNOWN_RESOURCE)
    return _view(found)


async def free_time(asked: FreeTimeAsked, now: datetime, *, finder: Finder) -> FreeTime | Refusal[NotFindable]:
    """When it is free inside the window; what of the window has passed is left out, for nobody can book it."""
    window = asked.window
    if window.end <= now:
        return Refusal(NotFindable.PERIOD_IN_THE_PAST, "/to")
    if window.length > LONGEST_WINDOW:
        return Refusal(NotFindable.PERIOD_TOO_LONG, "/to")
    ahead = Period(max(window.start, now), window.end)
    found = await finder.agenda(asked.city, asked.resource_id, ahead)
    if found is None or not found.agenda.resource.is_open_to(asked.actor):
        return Refusal(NotFindable.UNKNOWN_RESOURCE)
    works_there = asked.actor.works_in(found.agenda.resource.pool_id)
    periods = free_periods(found.agenda, ahead) if works_there else shared_periods(found.agenda, ahead)
    return FreeTime(found.time_zone, periods)


def _view(found: FoundResource) -> ResourceDetails:
    known, sold = found.resource, found.sold
    return ResourceDetails(
        id=known.id,
        service=known.service,
        name=known.name,
        code=found.code,
        station=found.station,
        time_zone=found.time_zone,
        in_service=known.in_service,
        bookable=known.bookable,
        pool_id=known.pool_id,
        attributes=found.attributes,
        tariff_id=sold.tariff.id if sold else None,
        unit_prices=unit_prices(sold.tariff) if sold else (),
        tariff=sold.tariff if sold else None,
        prices=shown_prices(known.service, sold) if sold else (),
    )
