"""Finding: what a city has, and what of it is free."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial

from msgspec import Struct

from domain.refusals import Refusal
from services.search.asking import CitiesAsked, FreeTimeAsked, NotFindable, ResourceAsked, StationsAsked, Wanted
from services.search.availability import Available, available
from services.search.looking_up import Stations, cities, free_time, resource, stations
from services.search.ports import Finder, FoundCities
from services.search.views import FreeTime, ResourceDetails


class Search(Struct, frozen=True):
    """The use cases, bound to their finder. They read only, and take the present instant where it decides."""

    cities: Callable[[CitiesAsked], Awaitable[FoundCities]]
    stations: Callable[[StationsAsked, datetime], Awaitable[Stations | Refusal[NotFindable]]]
    resource: Callable[[ResourceAsked, datetime], Awaitable[ResourceDetails | Refusal[NotFindable]]]
    free_time: Callable[[FreeTimeAsked, datetime], Awaitable[FreeTime | Refusal[NotFindable]]]
    available: Callable[[Wanted, datetime], Awaitable[Available | Refusal[NotFindable]]]


def search_with(finder: Finder) -> Search:
    return Search(
        cities=partial(cities, finder=finder),
        stations=partial(stations, finder=finder),
        resource=partial(resource, finder=finder),
        free_time=partial(free_time, finder=finder),
        available=partial(available, finder=finder),
    )
