"""What is free and bookable for the whole of a period, and what it costs."""

from datetime import datetime

from msgspec import Struct

from domain.booking.price_list import PriceShown
from domain.identity import Actor
from domain.refusals import Refusal
from services.search.asking import FreeMark, NotFindable, Wanted, no_time_for
from services.search.ports import Finder, FreeResource, FreeResources, Sold
from services.search.prices import ShownPrice, nothing_to_pay, shown_price, shown_prices, unit_prices
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
    prices: tuple[PriceShown, ...]


def _priced(sold: Sold, wanted: Wanted, time_zone: str) -> _Priced:
    tariff = sold.tariff
    return _Priced(
        shown_price(tariff, wanted.period, time_zone),
        nothing_to_pay(tariff),
        unit_prices(tariff),
        shown_prices(wanted.service, sold),
    )


def _shown(found: FreeResources, wanted: Wanted) -> tuple[AvailableResource, ...]:
    priced = {sold.tariff.id: _priced(sold, wanted, found.time_zone) for sold in found.tariffs}
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
        prices=priced.prices,
    )


def _is_for_work_only(item: FreeResource, actor: Actor) -> bool:
    """A pool's vehicle that residents may not book is charged to a cost centre, never to its driver.

    One that is shared is priced as for anybody: whether the trip is for work is said with the order.
    """
    return not item.shared and actor.works_in(item.pool_id)
