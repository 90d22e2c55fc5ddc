"""What is free and bookable for the whole of a period, and what it costs."""

from datetime import datetime

from msgspec import Struct

from domain.identity import Actor
from domain.periods import Period
from domain.pricing.tariffs import Tariff
from domain.refusals import Refusal
from services.search.asking import FreeMark, NotFindable, Wanted, no_time_for
from services.search.ports import Finder, FreeResource, FreeResources
from services.search.prices import ShownPrice, nothing_to_pay, shown_price, unit_prices
from services.search.views import AvailableResource, UnitPrice


class Available(Struct, frozen=True):
    """One page; `next` is set where another one follows."""

    items: tuple[AvailableResource, ...]
    next: FreeMark | None


async def available(wanted: Wanted, now: datetime, *, finder: Finder) -> Available | Refusal[NotFindable]:
    """Nearest first. What is only listed, out of service, without a tariff or not sold for this period is left out."""
    if refusal := no_time_for(wanted.period, wanted.service, now):
        return refusal
    found = await finder.free(wanted, now)
    if found is None:
        return Refusal(NotFindable.UNKNOWN_CITY)
    return Available(_shown(found, wanted), found.next)


class _Priced(Struct, frozen=True):
    """A tariff, made out for the period: once, however many resources have it."""

    for_all: ShownPrice
    at_work: ShownPrice
    units: tuple[UnitPrice, ...]


def _priced(tariff: Tariff, period: Period, time_zone: str) -> _Priced:
    return _Priced(shown_price(tariff, period, time_zone), nothing_to_pay(tariff), unit_prices(tariff))


def _shown(found: FreeResources, wanted: Wanted) -> tuple[AvailableResource, ...]:
    priced = {tariff.id: _priced(tariff, wanted.period, found.time_zone) for tariff in found.tariffs}
    return tuple(_item(item, priced[item.tariff_id], wanted, found.time_zone) for item in found.items)


def _item(item: FreeResource, priced: _Priced, wanted: Wanted, time_zone: str) -> AvailableResource:
    shown = priced.at_work if _is_for_work_only(item, wanted.actor) else priced.for_all
    return AvailableResource(
        resource_id=item.id,
        service=wanted.service,
        name=item.name,
        station=item.station,
        distance_m=round(item.distance_m) if wanted.near is not None else None,
        time_zone=time_zone,
        attributes=item.attributes,
        price=shown.price,
        price_basis=shown.basis,
        unit_prices=priced.units,
    )


def _is_for_work_only(item: FreeResource, actor: Actor) -> bool:
    """A pool's vehicle that residents may not book is charged to a cost centre, never to its driver.

    One that is shared is priced as for anybody: whether the trip is for work is said with the order.
    """
    return not item.shared and actor.works_in(item.pool_id)
