"""Stations at a central system that is killed while they begin, and again under load: none is lost, and no transaction is lost or doubled."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from infra.bench.stations import Counted, Figures, run

pytestmark = pytest.mark.full


async def measured(stations: int, seconds: int, bookings: int, say: Callable[[str], None]) -> Figures:
    figures = await run(stations=stations, seconds=seconds, bookings=bookings, say=say)
    assert replace(figures.counted, messages=0) == Counted(stations, stations, stations, 0)
    assert figures.refused == {}
    assert figures.bookings.keys() <= {201, 409}
    return figures


async def test_a_few_stations_outlive_two_kills(report: Callable[[str], None]) -> None:
    figures = await measured(12, 2, 5, report)
    assert figures.orders > 10


async def test_a_thousand_stations_are_heard_and_told_while_bookings_come_in(report: Callable[[str], None]) -> None:
    """How fast they are told is what `kommobil bench stations` measures, with nothing beside it."""
    figures = await measured(1000, 60, 50, report)
    assert figures.rss_mib < 1024
    assert figures.orders > 100
