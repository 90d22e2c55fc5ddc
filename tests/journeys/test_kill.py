"""`kill -9` while eight people book, pay and cancel: nothing that was answered is lost, nothing happens twice."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Iterator

import psutil  # type: ignore[import-untyped]  # its stubs are a package that nothing else needs
import pytest
from msgspec import Struct

from tests.journeys.client import Connection
from tests.journeys.installation import Installation
from tests.journeys.money import at_rest, charges, compared
from tests.journeys.observer import Observer, Sql, superuser
from tests.journeys.towns import BRAUNSCHWEIG, demo_charge_points, people
from tests.journeys.writers import Writers, quarters

WRITERS, CHARGERS = 8, 16
SEED = 20262
BACK_WITHIN_S = 90.0
BETWEEN = 2 * WRITERS  # so many answers come between two kills

# What is killed in turn. A new `up` starts its children again without the pause that grows with each death.
ROUND = ("api", "api and worker", "api", "api and worker", "up")

# Calls that the provider answers late, so that many kills come between what it does and what we write down of it.
LATE = ("/v1/payment_intents", "/v1/payment_intents/*")
LATE_S = 0.15

Report = Callable[[str], None]


class Kill(Struct, frozen=True):
    """`in_flight` requests were sent and not answered at that moment of the monotonic clock."""

    what: str
    at: float
    in_flight: int

    def cut_off(self, writers: Writers) -> int:
        """How many of the requests in flight were never answered."""
        return sum(request.sent <= self.at <= request.given_up for request in writers.unanswered)


@pytest.fixture
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """An installation of the test's own."""
    installation = Installation(tmp_path_factory.mktemp("mortal") / "data")
    try:
        installation.start()
        yield installation
    finally:
        installation.stop()


async def test_what_was_answered_before_kill_9_is_there_afterwards_and_every_charge_belongs_to_one_payment(
    mortal: Installation, report: Report, full: bool
) -> None:
    plan = ("postgres", *ROUND * 4) if full else ("postgres", "up", "api and worker", "api", "api")
    bodies = quarters(demo_charge_points(CHARGERS), 2, random.Random(SEED))
    writers = Writers(await people(mortal, BRAUNSCHWEIG, WRITERS), bodies, SEED)
    await make_provider_late(mortal)
    async with writers.writing():
        kills = [await killed(mortal, writers, what) for what in plan]
        await writers.some_answers(BETWEEN)
    async with superuser(mortal.urls().superuser) as connection:
        rest = await at_rest(connection, BRAUNSCHWEIG, 90)
        observer = Observer(connection, BRAUNSCHWEIG)
        await observer.look()
        books = await compared(connection, BRAUNSCHWEIG, await charges(mortal.sandbox, "acct_braunschweig"))
        found = await bookings(connection)
    again = await repeated(writers)
    cut_off = [kill.cut_off(writers) for kill in kills]
    report(
        f"seed {SEED}, {len(kills)} kills, {sum(map(bool, cut_off))} of them with requests in flight "
        f"({', '.join(f'{kill.what} {cut}/{kill.in_flight}' for kill, cut in zip(kills, cut_off, strict=True))}), "
        f"{len(writers.wishes)} bookings, {writers.answered} answers, {len(writers.unanswered)} unknown outcomes of "
        f"which {writers.done_unheard} were done, {books.agreeing} payments agree, at rest after {rest:.1f} s"
    )
    assert sum(map(bool, cut_off)) >= (15 if full else 3)
    assert found == {
        wish.booking_id: ("cancelled", "released") if wish.cancelled else ("confirmed", "authorised")
        for wish in writers.wishes
    }
    assert again == [wish.answer for wish in writers.wishes]
    assert books.faults == []
    assert observer.overlaps == set()


async def killed(installation: Installation, writers: Writers, what: str) -> Kill:
    """Wait until all is well and half of the writers wait for an answer; kill."""
    await writers.some_answers(BETWEEN)
    victims = victims_of(installation, what)
    async with asyncio.timeout(BACK_WITHIN_S):
        while writers.in_flight < WRITERS // 2:  # noqa: ASYNC110 - the moment itself is looked for
            await asyncio.sleep(0.002)
    kill = Kill(what, time.monotonic(), writers.in_flight)
    for victim in victims:
        victim.kill()
    if what == "up":
        await asyncio.to_thread(installation.start)
        await make_provider_late(installation)
    return kill


async def make_provider_late(installation: Installation) -> None:
    """Until the sandbox is started again."""
    with Connection(installation.sandbox) as connection:
        for path in LATE:
            fault = {"method": "POST", "path": path, "kind": "delay", "seconds": LATE_S, "times": 10_000}
            reply = await connection.post("/sandbox/faults", fault)
            assert reply.status == 200, reply.body


def victims_of(installation: Installation, what: str) -> list[psutil.Process]:
    """All processes of the API are killed together; with `up` itself, all its children die."""
    match what:
        case "api":
            return installation.children("api")
        case "api and worker":
            return installation.children("api") + installation.children("worker")
        case "up":
            return [installation.up]
        case _:
            return [installation.postmaster()]


async def bookings(connection: Sql) -> dict[str, tuple[str, str]]:
    """Every booking with its state and that of its payment."""
    rows = await connection.fetch(
        "SELECT b.id, b.state, p.state FROM bookings b LEFT JOIN payments p ON p.city = b.city AND p.booking_id = b.id"
    )
    assert Counter(row[0] for row in rows).most_common(1)[0][1] == 1, "a booking has several payments"
    return {str(row[0]): (row[1], row[2]) for row in rows}


async def repeated(writers: Writers) -> list[bytes]:
    """What is answered to every wish when it is sent once more, under the key it had."""
    found = []
    for wish in writers.wishes:
        with wish.person.connection() as connection:
            reply = await connection.post(wish.person.path("bookings"), wish.body, wish.key)
        found.append(reply.body)
    return found
