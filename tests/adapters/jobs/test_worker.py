"""The whole worker on a real PostgreSQL, while Redis comes and goes."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest
from redis.asyncio import Redis

from adapters.jobs.doorbell import RedisDoorbell
from adapters.jobs.effects import Effects
from adapters.jobs.worker import run
from domain.booking.bookings import BookingId
from domain.identity import City
from infra.embedded import DataFolder, RedisServer
from tests.adapters.jobs.desk import Clock, Desk, until

pytestmark = pytest.mark.database

KIND = "booking.expired"


class Settled:
    """How often each booking was settled."""

    def __init__(self) -> None:
        self.times: dict[UUID, int] = {}
        self.holding: asyncio.Event | None = None

    async def settle(self, _: City, booking_id: BookingId) -> None:
        if self.holding is not None:
            await self.holding.wait()
        self.times[booking_id] = self.times.get(booking_id, 0) + 1

    def reaches(self, count: int) -> bool:
        return len(self.times) >= count


async def nothing(*_: object) -> int:
    return 0


@asynccontextmanager
async def working(desk: Desk, settled: Settled, redis_url: str | None) -> AsyncIterator[asyncio.Event]:
    """A worker; gives the event that stops it. It is stopped at the end, and must have ended well."""
    effects = Effects(
        tell=nothing,
        tell_waiting=nothing,
        plan_reminders=nothing,
        settle=settled.settle,
        invoice_lease=nothing,
        credit_lease=nothing,
        invoice_employers=nothing,
        invoice_holders=nothing,
        apply_event=nothing,
        hear_event=nothing,
        carry_out_refund=nothing,
        follow_refunds=nothing,
        hand_in=nothing,
        review_case=nothing,
        review_disputed=nothing,
        return_instalment=nothing,
        review_document=nothing,
        review_match=nothing,
        leave_withdrawn=nothing,
        leave_vehicle=nothing,
        rebook_from=nothing,
        rebook_waiting=nothing,
        empty_mailbox=nothing,
        forget_cards=nothing,
        carry_out_withdrawal=nothing,
        mail_code=nothing,
        open_trip=nothing,
        look_after_plug=nothing,
        follow_order=nothing,
        steer_session=nothing,
        steer_station=nothing,
        follow_start=nothing,
        tell_of_ticket=nothing,
        follow_faults=nothing,
        begin_session=nothing,
        bill_session=nothing,
        tell_of_papers=nothing,
        tell_of_licence=nothing,
        tell_of_lock=nothing,
        tell_of_damage=nothing,
        tell_of_trip=nothing,
        tell_of_step=nothing,
        remind_of_lease=nothing,
        tell_of_debt=nothing,
        issue=nothing,
        mail_invoice=nothing,
        expire_holds=nothing,
        close_unused=nothing,
        lapse_extensions=nothing,
        keep_overdue=nothing,
        ask_locks_again=nothing,
        look_after_plugs=nothing,
        lapse_orders=nothing,
        steer_groups=nothing,
        keep_dates_of_leases=nothing,
        settle_sessions=nothing,
        bill_sessions=nothing,
        leave_again=nothing,
        look_at_breakdowns=nothing,
        assign=nothing,
        freed=nothing,
        ask_who_waits=nothing,
        ask=nothing,
        ask_again=nothing,
        complete_payments=nothing,
        tell_subscribers=nothing,
        send_notices=nothing,
        gather=nothing,
        remind=nothing,
        remind_of_fleet=nothing,
        remind_of_logbooks=nothing,
        look_at_leases=nothing,
        remind_debtors=nothing,
        post=nothing,
        reconcile=nothing,
        reconcile_nightly=nothing,
        take_in_statements=nothing,
        review_records=nothing,
        issue_due=nothing,
        roll=nothing,
        seal_ledger=nothing,
        run_leases=nothing,
        collect_instalments=nothing,
        forget=nothing,
    )
    stop = asyncio.Event()
    worker = asyncio.create_task(run(effects, desk.outbox, redis_url, desk.clock, stop))
    try:
        yield stop
    finally:
        stop.set()
        await asyncio.wait_for(worker, 10)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis of our own, not started yet."""
    folder = DataFolder(tmp_path / "data")
    with folder.owned():
        server = RedisServer(folder, say=lambda _: None)
        yield server
        server.stop()


def started(server: RedisServer) -> str:
    url = server.start()
    assert url is not None
    return url


async def test_without_redis_everything_is_done_within_five_seconds(desk: Desk, clock: Clock) -> None:
    settled = Settled()
    async with working(desk, settled, None):
        for count in range(1, 4):
            await desk.write(KIND)
            await until(partial(settled.reaches, count), seconds=5)
    assert set(settled.times.values()) == {1}


async def test_a_redis_that_is_missing_from_the_start_delays_nothing_by_more_than_five_seconds(
    desk: Desk, tmp_path: Path
) -> None:
    settled = Settled()
    async with working(desk, settled, f"unix://{tmp_path}/nobody.sock"):
        await desk.write(KIND, 20)
        await until(partial(settled.reaches, 20), seconds=5)


async def test_all_is_done_once_while_redis_is_wiped_and_restarted_under_the_work(
    desk: Desk, server: RedisServer
) -> None:
    url = started(server)
    settled, bell = Settled(), RedisDoorbell(url)
    ids: list[UUID] = []
    async with working(desk, settled, url), working(desk, settled, url):
        for round_ in range(6):
            ids += await desk.write(KIND, 50)
            bell.ring()
            if round_ % 2:
                await asyncio.to_thread(server.stop)
                ids += await desk.write(KIND, 50)
                bell.ring()
                await asyncio.to_thread(started, server)
            else:
                async with Redis.from_url(url) as redis:
                    await redis.flushall()
        await until(partial(settled.reaches, len(ids)), seconds=5)
    await bell.close()
    assert set(settled.times.values()) == {1}
    assert await desk.states(ids) == {"done": 450}


async def test_what_was_begun_is_finished_before_the_worker_stops(desk: Desk) -> None:
    settled = Settled()
    settled.holding = asyncio.Event()
    ids = await desk.write(KIND, 3)
    async with working(desk, settled, None) as stop:
        async with asyncio.timeout(5):
            while (await desk.rows())[ids[0]].attempts == 0:  # noqa: ASYNC110 - another task claims it
                await asyncio.sleep(0.01)
        stop.set()
        settled.holding.set()
    assert await desk.states(ids) == {"done": 3}
