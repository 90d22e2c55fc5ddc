"""PostgreSQL is restarted, killed and replaced under eight people who book, pay and cancel."""

import asyncio
import random
import time
from collections.abc import Callable, Iterator

import pytest

from tests.journeys.installation import Installation
from tests.journeys.money import at_rest, charges, compared
from tests.journeys.observer import Observer, superuser
from tests.journeys.pair import Pair
from tests.journeys.test_kill import bookings, repeated
from tests.journeys.towns import BRAUNSCHWEIG, demo_charge_points, people
from tests.journeys.writers import Writers, quarters

WRITERS, CHARGERS = 8, 16
SEED = 20263
BACK_WITHIN_S = 30.0
BETWEEN = 2 * WRITERS  # so many answers come between two faults

Report = Callable[[str], None]


@pytest.fixture
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    pair = Pair(tmp_path_factory.mktemp("pair"))
    try:
        pair.start()
        yield pair
    finally:
        pair.stop()


@pytest.fixture
def elsewhere(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation whose database is the pair."""
    installation = Installation(tmp_path_factory.mktemp("elsewhere") / "data", database=pair.urls)
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()


@pytest.mark.full
async def test_what_was_answered_outlives_restarts_of_postgresql_and_servers_that_take_over(
    pair: Pair, elsewhere: Installation, report: Report
) -> None:
    plan = (*("restart", "killed") * 5, "fail over", "fail over")
    writers = Writers(
        await people(elsewhere, BRAUNSCHWEIG, WRITERS),
        quarters(demo_charge_points(CHARGERS), 2, random.Random(SEED)),
        SEED,
    )
    away = []
    async with writers.writing():
        for what in plan:
            if what == "fail over":
                await asyncio.to_thread(pair.follow)
            await writers.some_answers(BETWEEN)
            away.append(await until_back(pair, writers, what))
        await writers.some_answers(BETWEEN)
    async with superuser(pair.urls.superuser) as connection:
        rest = await at_rest(connection, BRAUNSCHWEIG, 90)
        observer = Observer(connection, BRAUNSCHWEIG)
        await observer.look()
        books = await compared(connection, BRAUNSCHWEIG, await charges(elsewhere.sandbox, "acct_braunschweig"))
        found = await bookings(connection)
    again = await repeated(writers)
    report(
        f"seed {SEED}, {', '.join(f'{what} {s:.1f} s' for what, s in zip(plan, away, strict=True))}; "
        f"{len(writers.wishes)} bookings, {writers.answered} answers, {len(writers.unanswered)} unknown outcomes of "
        f"which {writers.done_unheard} were done, {books.agreeing} payments agree, at rest after {rest:.1f} s"
    )
    assert max(away) <= BACK_WITHIN_S
    assert found == {
        wish.booking_id: ("cancelled", "released") if wish.cancelled else ("confirmed", "authorised")
        for wish in writers.wishes
    }
    assert again == [wish.answer for wish in writers.wishes]
    assert books.faults == []
    assert observer.overlaps == set()


async def until_back(pair: Pair, writers: Writers, what: str) -> float:
    """The seconds from the fault until every writer can have been answered again."""
    began = time.monotonic()
    match what:
        case "restart" | "killed":
            await asyncio.to_thread(pair.restart, hard=what == "killed")
        case _:
            await asyncio.to_thread(pair.fail_over)
    await writers.some_answers(WRITERS)
    return time.monotonic() - began
