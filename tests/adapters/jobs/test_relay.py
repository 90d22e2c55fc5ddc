"""What the relay does with entries of the outbox, on a real database and a clock that is moved by hand."""

import asyncio
from collections import Counter
from datetime import timedelta
from functools import partial

import asyncpg
import pytest
from sqlalchemy import select

from adapters.database import tables
from adapters.database.connections import Address, connect
from adapters.database.outbox import SqlOutbox, backlog, overdue_s, replay
from adapters.jobs import relay as relaying
from adapters.jobs.relay import ATTEMPTS, LEASE, Job, Relay, Routes
from infra.embedded import DatabaseUrls
from services.jobs.ports import Backlog, DeadLetter, Entry, Kinds, Waiting
from tests.adapters.jobs.desk import Clock, Desk, Effect, Row, until

pytestmark = pytest.mark.database

KIND = "booking.confirmed"
SILENT = "charging.charge_point_reserved"


def routes_to(*effects: Effect) -> Routes:
    return {KIND: tuple(Job(f"effect {n}", effect) for n, effect in enumerate(effects)), SILENT: ()}


async def test_an_entry_is_delivered_once_and_marked(desk: Desk, clock: Clock) -> None:
    entry_id = await desk.write_one(KIND)
    effect = Effect()
    relay = Relay(desk.outbox, routes_to(effect), clock)
    await relay.drain()
    clock.forward(timedelta(days=1))
    await relay.drain()
    assert effect.asked == {entry_id: 1}
    assert await desk.rows() == {entry_id: Row("done", 1, None, (clock() - timedelta(days=1)) + LEASE)}


async def test_entries_that_nobody_waits_for_are_cleared_away(desk: Desk, clock: Clock) -> None:
    await desk.write(SILENT, 2500)
    await Relay(desk.outbox, routes_to(Effect()), clock).drain()
    assert await desk.rows() == {}


async def test_an_entry_of_an_unknown_kind_is_left_for_a_newer_worker(desk: Desk, clock: Clock) -> None:
    entry_id = await desk.write_one("parking.space_reserved")
    await Relay(desk.outbox, routes_to(Effect()), clock).drain()
    assert await desk.rows() == {entry_id: Row("open", 0, None, clock())}


async def test_nothing_is_delivered_before_it_is_due(desk: Desk, clock: Clock) -> None:
    await desk.write(KIND)
    effect = Effect()
    clock.forward(timedelta(seconds=-1))
    await Relay(desk.outbox, routes_to(effect), clock).drain()
    assert effect.asked == {}


async def test_what_a_worker_had_in_hand_when_it_died_comes_back_after_its_lease(desk: Desk, clock: Clock) -> None:
    entry_id = await desk.write_one(KIND)
    effect = Effect()
    happened = asyncio.Event()

    async def effect_and_death(entry: Entry) -> None:
        await effect(entry)
        happened.set()
        await asyncio.Event().wait()

    dying = Relay(desk.outbox, {KIND: (Job("effect", effect_and_death),)}, clock)
    work = asyncio.create_task(dying.drain())
    await happened.wait()
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)

    heir = Relay(desk.outbox, routes_to(effect), clock)
    clock.forward(LEASE - timedelta(seconds=1))
    await heir.drain()
    assert effect.asked == {entry_id: 1}
    clock.forward(timedelta(seconds=1))
    await heir.drain()
    assert effect.asked == {entry_id: 2}
    assert effect.happened == {entry_id}
    assert (await desk.rows())[entry_id].state == "done"


async def test_two_workers_share_the_work_and_do_nothing_twice(desk: Desk, clock: Clock) -> None:
    ids = await desk.write(KIND, 300)
    shares = Effect(), Effect()
    await asyncio.gather(*(Relay(desk.outbox, routes_to(share), clock).drain() for share in shares))
    assert shares[0].asked + shares[1].asked == Counter(ids)
    assert min(len(share.asked) for share in shares) > 0


async def test_a_worker_does_not_wait_for_what_another_is_just_taking(desk: Desk, clock: Clock) -> None:
    taken, free = await desk.write(KIND, 2)
    effect = Effect()
    async with desk.database.app.transactions.city(desk.city) as connection:
        await connection.execute(select(tables.outbox.c.id).filter_by(id=taken).with_for_update())
        async with asyncio.timeout(5):
            await Relay(desk.outbox, routes_to(effect), clock).drain()
    assert effect.asked == {free: 1}


async def test_a_failure_is_tried_again_later_and_later(desk: Desk, clock: Clock) -> None:
    entry_id = await desk.write_one(KIND)
    effect = Effect()
    effect.fail_with = ConnectionError("the mail server knows ada@example.org")
    relay = Relay(desk.outbox, routes_to(effect), clock)
    pauses = []
    for attempt in range(1, 5):
        await relay.drain()
        row = (await desk.rows())[entry_id]
        assert (row.state, row.attempts) == ("open", attempt)
        pauses.append((row.due_at - clock()).total_seconds())
        clock.now = row.due_at
    expected = [1, 3, 9, 27]
    assert [round(pause / base) for pause, base in zip(pauses, expected, strict=True)] == [1, 1, 1, 1]
    effect.fail_with = None
    await relay.drain()
    assert (await desk.rows())[entry_id].state == "done"


async def test_a_failure_is_written_down_without_naming_anybody(desk: Desk, clock: Clock) -> None:
    entry_id = await desk.write_one(KIND)
    effect = Effect()
    effect.fail_with = ConnectionError("the mail server knows ada@example.org")
    await Relay(desk.outbox, routes_to(effect), clock).drain()
    failure = (await desk.rows())[entry_id].failure or ""
    assert failure.startswith("effect 0: ConnectionError at desk.py:")
    assert "ada" not in failure


async def test_one_effect_that_fails_does_not_keep_the_other_from_happening(desk: Desk, clock: Clock) -> None:
    entry_id = await desk.write_one(KIND)
    mail, settlement = Effect(), Effect()
    mail.fail_with = OSError("no space left")
    await Relay(desk.outbox, routes_to(mail, settlement), clock).drain()
    assert settlement.happened == {entry_id}
    assert (await desk.rows())[entry_id].state == "open"


async def test_an_effect_that_hangs_is_given_up(desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relaying, "PATIENCE_S", 0.01)
    entry_id = await desk.write_one(KIND)

    async def hang(_: Entry) -> None:
        await asyncio.Event().wait()

    await Relay(desk.outbox, {KIND: (Job("hang", hang),)}, clock).drain()
    assert (await desk.rows())[entry_id].attempts == 1
    assert ((await desk.rows())[entry_id].failure or "").startswith("hang: TimeoutError")


async def dead_letters_of(desk: Desk, clock: Clock, effect: Effect, relay: Relay) -> tuple[DeadLetter, ...]:
    """Let everything fail until the relay gives up."""
    effect.fail_with = RuntimeError()
    for _ in range(ATTEMPTS):
        await relay.drain()
        clock.forward(timedelta(hours=2))
    async with desk.database.relay.statements.session() as session:
        return tuple((await backlog(session, clock())).dead)


async def test_what_fails_too_often_is_a_dead_letter_until_it_is_replayed(desk: Desk, clock: Clock) -> None:
    ids = await desk.write(KIND, 2)
    effect = Effect()
    relay = Relay(desk.outbox, routes_to(effect), clock)
    dead = await dead_letters_of(desk, clock, effect, relay)
    died_at = clock() - timedelta(hours=2)
    assert {(d.city, d.id, d.kind, d.attempts, d.since) for d in dead} == {
        (desk.city, id_, KIND, ATTEMPTS, died_at) for id_ in ids
    }
    assert effect.asked == dict.fromkeys(ids, ATTEMPTS)

    await relay.drain()
    assert effect.asked == dict.fromkeys(ids, ATTEMPTS)

    effect.fail_with = None
    async with desk.database.relay.statements.session() as session:
        assert await replay(session, clock(), ids[0]) == 1
        await relay.drain()
        assert effect.happened == {ids[0]}
        assert await replay(session, clock(), ids[0]) == 0
        assert await replay(session, clock()) == 1
    await relay.drain()
    assert effect.happened == set(ids)


async def test_an_entry_that_ends_the_worker_each_time_is_a_dead_letter_too(desk: Desk, clock: Clock) -> None:
    entry_id = await desk.write_one(KIND)
    kinds = Kinds(delivered=(KIND,), cleared=())
    for _ in range(ATTEMPTS):
        assert len((await desk.outbox.claim(kinds, 1, clock(), clock() + LEASE)).entries) == 1
        clock.forward(LEASE)
    effect = Effect()
    await Relay(desk.outbox, routes_to(effect), clock).drain()
    assert effect.asked == {}
    assert (await desk.rows())[entry_id].state == "dead"


async def test_the_backlog_shows_what_waits_by_kind(desk: Desk, clock: Clock) -> None:
    written_at = clock()
    await desk.write(KIND, 2)
    await desk.write(SILENT)
    effect = Effect()
    effect.fail_with = RuntimeError()
    async with desk.database.relay.statements.session() as session:
        assert await overdue_s(session, clock()) == 0.0
        clock.forward(timedelta(seconds=7))
        assert await overdue_s(session, clock()) == 7.0
        await Relay(desk.outbox, routes_to(effect), clock).drain()
        await desk.write("parking.space_reserved")
        assert await backlog(session, clock()) == Backlog(
            waiting=(
                Waiting(kind=KIND, count=2, overdue=0, failed=2, oldest=written_at),
                Waiting(kind="parking.space_reserved", count=1, overdue=1, failed=0, oldest=clock()),
            ),
            dead=(),
        )


async def test_the_relay_serves_on_when_its_connection_breaks(desk: Desk, clock: Clock, postgres: DatabaseUrls) -> None:
    mine = connect(Address(postgres.relay), hot=1)
    superuser = await asyncpg.connect(postgres.superuser)
    effect = Effect()
    rung, stop = asyncio.Event(), asyncio.Event()
    relay = Relay(SqlOutbox(mine.statements), routes_to(effect), clock)
    serving = asyncio.create_task(relay.serve(rung, stop))
    for done in range(1, 4):
        async with mine.statements.session() as session:
            await superuser.execute("SELECT pg_terminate_backend($1)", await session.one("SELECT pg_backend_pid()"))
        await desk.write(KIND)
        rung.set()
        await until(partial(effect.has_happened, done))
    stop.set()
    rung.set()
    await serving
    await superuser.close()
    await mine.close()
