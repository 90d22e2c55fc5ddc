"""A month's run, and the queue that it fills: nothing is charged, posted or collected twice."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, TypeVar

import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.answering import sqlstate
from adapters.database.bike_leasing.collections import SqlCollections, due_collections
from adapters.database.bike_leasing.receivables import open_receivables
from adapters.database.bike_leasing.runs import SqlBikeBooks, SqlChargedMonths, SqlRunBooks, open_runs
from adapters.database.sheets import Sheet, SqlSheets
from adapters.payments.signatures import StripeSignatures
from domain.bike_leasing.money.collecting import LEASE_UNDONE, Collection, CollectionState
from domain.bike_leasing.money.receivables import Receivable
from domain.identity import SYSTEM, City
from domain.payments.payments import PaymentState
from domain.refusals import Refusal
from infra.bench.leases import many_leases
from infra.bike_leasing.money import charging, lease_money
from infra.ids import new_id
from services.bike_leasing.money.collecting import CollectionPorts, collect, collect_for, hear, take_back
from services.bike_leasing.money.ports import Run
from services.bike_leasing.money.running import NotRun, begin_run, charge_batch
from services.payments.ports import Inbox, Ports
from tests.adapters.payments.sandboxed import KnownAccounts
from tests.database import Databases
from tests.fakes.debits import MemoryDebits
from tests.fakes.gateway import FakeGateway
from tests.fakes.payment_books import MemoryBooks

pytestmark = pytest.mark.database
DECEMBER, NOW = date(2026, 12, 1), datetime(2027, 1, 2, 8, tzinfo=UTC)
RATE = 12560
T = TypeVar("T")


async def _nothing(_: Collection) -> None: ...


async def holders_owe(sheet: Sheet) -> Sequence[Receivable]:
    return [each for each in await open_receivables(sheet) if each.holder is not None]


class Lessor(Struct):
    """A city with leases, its clock, and the provider that debits its lessees."""

    database: Databases
    city: City
    bank: MemoryDebits
    now: datetime = NOW

    def clock(self) -> datetime:
        return self.now

    @property
    def books(self) -> SqlCollections:
        return SqlCollections(self.database.app.transactions, self.clock, new_id)

    @property
    def ports(self) -> CollectionPorts:
        return CollectionPorts(self.books, self.bank, self.clock, new_id)

    async def begin(self, month: date = DECEMBER) -> Run | Refusal[NotRun]:
        return await self.at_desk(lambda sheet: begin_run(month, books=SqlRunBooks(sheet)))

    async def batch(self, month: date = DECEMBER) -> int | None:
        return await self.at_desk(
            lambda s: charge_batch(month, books=SqlRunBooks(s), bikes=SqlBikeBooks(s), new_id=new_id, now=s.now)
        )

    async def run(self, month: date = DECEMBER) -> None:
        assert isinstance(await self.begin(month), Run)
        while await self.batch(month) is not None:
            pass

    async def sweep(self) -> None:
        """What a worker does by its clock."""
        inbox: Inbox = None  # type: ignore[assignment]  # nobody writes to this city
        signatures = StripeSignatures(lambda secret: secret)
        ports = Ports(MemoryBooks(), inbox, KnownAccounts(()), FakeGateway(), signatures, self.clock, new_id)
        offered = lease_money(self.database.app.transactions, ports, self.clock, new_id)
        while await charging(offered, self.database.relay, self.clock)():
            pass  # runs of other tests, too, which are in the same database

    async def at_desk(self, work: Callable[[Sheet], Awaitable[T]]) -> T:
        return await SqlSheets(self.database.app.transactions, self.clock, new_id).work(self.city, SYSTEM, "", work)

    async def collect(self) -> int:
        return await collect(self.city, ports=self.ports)

    async def rows(self, sql: str) -> Sequence[Any]:
        async with self.database.app.transactions.city(self.city) as connection:
            return (await connection.execute(text(sql), {"city": self.city})).all()

    async def write(self, sql: str) -> None:
        async with self.database.app.transactions.city(self.city) as connection:
            await connection.execute(text(sql), {"city": self.city})

    async def withdraw(self, collection: Collection) -> None:
        """As the holder's declaration does it."""

        async def undo(sheet: Sheet) -> None:
            lease = collection.lease_id
            await sheet.write("UPDATE leases SET state = 'withdrawn' WHERE city = :city AND id = :id", id=lease)
            await SqlChargedMonths(sheet).owe_back(lease)

        await self.at_desk(undo)

    async def withdraw_once(self, collection: Collection) -> None:
        self.bank.meanwhile = _nothing
        await self.withdraw(collection)

    async def collections(self) -> dict[str, int]:
        counted = "SELECT state, count(*) FROM lease_collections WHERE city = :city GROUP BY 1"
        return {str(state): count for state, count in await self.rows(counted)}

    async def balances(self) -> dict[str, int]:
        """Debits less credits by account."""
        summed = """SELECT account, sum(CASE side WHEN 'debit' THEN amount ELSE -amount END)::bigint FROM ledger_legs
          WHERE city = :city GROUP BY 1"""
        return {str(account): amount for account, amount in await self.rows(summed)}


@pytest.fixture
async def lessor(database: Databases) -> Lessor:
    """Six leases from December on, of which four are debited."""
    seeded = await database.new_city()
    async with database.app.transactions.city(seeded.city) as connection:
        await many_leases(connection, seeded.city, 6, first=DECEMBER, debited=4, months=2)
    return Lessor(database, seeded.city, MemoryDebits())


RUN_ON = (
    """UPDATE cities SET settings = coalesce(settings, '{}') || '{"leasing": {"run_on_day": 3}}' WHERE city = :city"""
)


async def test_where_a_city_says_so_its_months_are_run_by_its_own_calendar(lessor: Lessor) -> None:
    runs = "SELECT month, charges, ended_at IS NOT NULL AS ended FROM lease_runs WHERE city = :city"
    lessor.now = datetime(2026, 12, 2, 23, 30, tzinfo=UTC)  # the 3rd in the city
    await lessor.sweep()
    assert await lessor.rows(runs) == [], "finance asks for it where nothing is said"
    await lessor.write(RUN_ON)
    lessor.now = datetime(2026, 12, 2, 22, 30, tzinfo=UTC)
    await lessor.sweep()
    assert await lessor.rows(runs) == []

    lessor.now = datetime(2026, 12, 2, 23, 30, tzinfo=UTC)
    for _ in range(2):
        await asyncio.gather(lessor.sweep(), lessor.sweep())

    assert [tuple(row) for row in await lessor.rows(runs)] == [(DECEMBER, 6, True)]
    charged = "SELECT lease_id, month FROM lease_charges WHERE city = :city"
    assert len(await lessor.rows(charged)) == 6


async def test_a_run_charges_posts_and_queues_every_lease_once_however_often_it_is_run(lessor: Lessor) -> None:
    assert await lessor.begin(date(2027, 2, 1)) == Refusal(NotRun.MONTH_NOT_BEGUN, "/month")
    await lessor.run()
    books = await lessor.balances()
    await lessor.run()

    (run,) = await lessor.rows("SELECT charges, amount, collections, ended_at FROM lease_runs WHERE city = :city")
    assert tuple(run) == (6, 6 * RATE, 4, NOW)
    assert books == await lessor.balances()
    assert books == {
        "leasing_employers": 2 * RATE,
        "receivables": 4 * RATE,
        "revenue.bike_leasing.19": -6 * 9661,
        "vat.19": -6 * 1835,
        "insurers": -6 * 1064,
    }
    counted = """SELECT (SELECT count(*) FROM audit WHERE city = :city AND action = 'bike_leasing.instalment_charged'),
      (SELECT count(*) FROM outbox WHERE city = :city AND kind = 'bike_leasing.instalment_charged'),
      (SELECT count(*) FROM lease_instalments WHERE city = :city AND state = 'posted'),
      (SELECT count(*) FROM ledger_entries WHERE city = :city AND period = '2026-12-01')"""
    assert tuple((await lessor.rows(counted))[0]) == (6, 6, 6, 6)
    assert await open_runs(lessor.database.relay.transactions, 1000) == []


async def test_two_workers_share_no_lease_and_a_batch_that_was_cut_off_left_nothing(lessor: Lessor) -> None:
    await lessor.begin()
    assert (lessor.city, DECEMBER) in await open_runs(lessor.database.relay.transactions, 1000)

    class Killed(Exception):
        pass

    async def dies(sheet: Sheet) -> None:
        await charge_batch(DECEMBER, books=SqlRunBooks(sheet), bikes=SqlBikeBooks(sheet), new_id=new_id, now=NOW)
        raise Killed

    with pytest.raises(Killed):
        await lessor.at_desk(dies)
    assert await lessor.balances() == {}
    found = await asyncio.gather(*(lessor.batch() for _ in range(4)))
    assert [each for each in found if each] == [6]
    await lessor.run()
    assert (await lessor.balances())["receivables"] == 4 * RATE


async def test_a_month_of_a_lease_cannot_be_charged_twice_nor_collected_twice(lessor: Lessor) -> None:
    await lessor.run()
    again = """INSERT INTO lease_charges SELECT city, gen_random_uuid(), lease_id, number + 50, month, due_on, payer, holder_id, employer,
      amount, vat_rate, vat, passed_on, currency, made_at FROM lease_charges"""
    twice = """INSERT INTO lease_collections (city, id, charge_id, lease_id, number, holder_id, attempt, amount, currency, method_id, due_at,
      made_at, state, updated_at) SELECT city, gen_random_uuid(), charge_id, lease_id, number, holder_id, 2, amount, currency, method_id,
      due_at, made_at, 'queued', updated_at FROM lease_collections"""
    for statement in (again, twice):
        with pytest.raises(DBAPIError) as refused:
            await lessor.write(statement + " WHERE city = :city LIMIT 1")
        assert sqlstate(refused.value) == "23505"
    with pytest.raises(DBAPIError) as kept:
        await lessor.write("UPDATE lease_charges SET amount = 1 WHERE city = :city")
    assert sqlstate(kept.value) == "42501"


async def test_what_was_asked_for_before_a_crash_is_asked_for_again_under_the_same_key(lessor: Lessor) -> None:
    await lessor.run()

    class Killed(Exception):
        pass

    def kill(_: Collection) -> None:
        raise Killed

    lessor.bank.before_answer = kill
    with pytest.raises(ExceptionGroup):
        await lessor.collect()
    lessor.bank.before_answer = lambda _: None
    assert await lessor.collections() == {"asked": 4}
    lessor.now += timedelta(seconds=59)
    assert await lessor.collect() == 0
    lessor.now += timedelta(seconds=2)
    assert lessor.city in await due_collections(lessor.database.relay.transactions, lessor.now, 1000)

    assert await lessor.collect() == 4

    assert len(lessor.bank.debited) == 4, "no debit has two keys"
    assert await lessor.collections() == {"processing": 4}


async def test_the_queue_is_drained_at_the_citys_pace_and_waits_when_the_provider_has_enough(lessor: Lessor) -> None:
    await lessor.write(
        """UPDATE cities SET settings = coalesce(settings, '{}') || '{"leasing": {"collections_per_s": 2}}' WHERE city = :city"""
    )
    await lessor.run()
    lessor.bank.patience = 3
    paused = list[float]()

    async def pause(seconds: float) -> None:
        paused.append(round(seconds, 3))
        lessor.now += timedelta(seconds=seconds)

    began = lessor.now
    assert await collect_for(lessor.city, 20, ports=lessor.ports, pause=pause) == 4
    assert (await lessor.collections(), paused) == ({"processing": 3, "queued": 1}, [1.0])
    assert await lessor.books.next_at(lessor.city) == lessor.now + timedelta(seconds=30)
    lessor.now, lessor.bank.patience = began + timedelta(seconds=31), None
    assert await collect_for(lessor.city, 20, ports=lessor.ports, pause=pause) == 1
    assert await lessor.books.next_at(lessor.city) is None


async def test_what_a_bank_refuses_or_takes_back_is_tried_once_more_and_what_it_pays_is_collected(
    lessor: Lessor,
) -> None:
    await lessor.run()
    first = sorted((await lessor.books.take(lessor.city, lessor.now)), key=lambda each: each.id)
    lessor.bank.refuses = lambda each: each.id == first[0].id
    lessor.now += timedelta(minutes=2)
    await lessor.collect()
    lessor.bank.state = PaymentState.CAPTURED
    for each in first[1:]:
        assert await hear(lessor.city, each.id, None, ports=lessor.ports)
        assert await hear(lessor.city, None, f"pi_{each.id.hex}", ports=lessor.ports)
    assert not await hear(lessor.city, new_id(), None, ports=lessor.ports)
    paid = await lessor.books.find(lessor.city, first[1].id, None)
    assert paid is not None
    await take_back(lessor.city, paid, "debit_not_authorized", ports=lessor.ports)

    assert await lessor.collections() == {"failed": 1, "returned": 1, "paid": 2, "queued": 2}
    anew = (
        "SELECT attempt, due_at, count(*) FROM lease_collections WHERE city = :city AND state = 'queued' GROUP BY 1, 2"
    )
    assert [tuple(row) for row in await lessor.rows(anew)] == [(2, lessor.now + timedelta(days=10), 2)]
    states = "SELECT state, count(*) FROM lease_instalments WHERE city = :city AND month = '2026-12-01' GROUP BY 1"
    assert dict(map(tuple, await lessor.rows(states))) == {"posted": 2, "collected": 2, "failed": 2}
    assert CollectionState.RETURNED in {CollectionState(state) for state in await lessor.collections()}


async def test_news_is_not_lost_while_somebody_writes_older_news_down(lessor: Lessor) -> None:
    await lessor.run()
    first, *_ = await lessor.books.take(lessor.city, lessor.now)
    await lessor.bank.debit(lessor.city, first)
    lessor.bank.state = PaymentState.CAPTURED

    async def older(asked: Collection) -> None:
        under_way = replace(asked, state=CollectionState.PROCESSING, intent_id=f"pi_{asked.id.hex}")
        await lessor.books.keep(lessor.city, first, under_way, None)

    lessor.bank.meanwhile = older
    assert await hear(lessor.city, first.id, None, ports=lessor.ports)
    assert await lessor.collections() == {"paid": 1, "asked": 3}
    await take_back(lessor.city, first, "debit_not_authorized", ports=lessor.ports)
    assert await lessor.collections() == {"returned": 1, "asked": 3, "queued": 1}


WITHDRAWN = "UPDATE leases SET state = 'withdrawn' WHERE city = :city AND id = '{}'"


async def test_of_a_lease_that_was_withdrawn_from_nothing_is_asked_for_but_what_the_provider_may_have_heard_of(
    lessor: Lessor,
) -> None:
    await lessor.run()
    heard, unheard, *_ = sorted(await lessor.books.take(lessor.city, lessor.now), key=lambda each: each.id)
    await lessor.bank.debit(lessor.city, heard)  # and then the worker crashed
    for each in (heard, unheard):
        await lessor.write(WITHDRAWN.format(each.lease_id))
    lessor.now += timedelta(minutes=2)

    assert await lessor.collect() == 4

    assert await lessor.collections() == {"processing": 3, "failed": 1}
    assert await lessor.rows("SELECT failure FROM lease_collections WHERE city = :city AND state = 'failed'") == [
        (LEASE_UNDONE,)
    ]
    assert unheard.id not in lessor.bank.debited
    assert lessor.city not in await due_collections(lessor.database.relay.transactions, lessor.now, 1000)


async def test_what_nobody_has_asked_for_yet_is_taken_from_the_account_that_was_named_since(lessor: Lessor) -> None:
    await lessor.run()
    asked, *_ = taken = await lessor.books.take(lessor.city, lessor.now)
    lessor.bank.refuses = lambda each: each.id == asked.id
    lessor.now += timedelta(minutes=2)
    await lessor.write("UPDATE lease_debits SET method_id = 'pm_new' WHERE city = :city")
    await lessor.collect()
    lessor.now += timedelta(days=11)
    await lessor.collect()

    (again,) = set(lessor.bank.debited) - {each.id for each in taken}
    assert lessor.bank.debited[again][0] == "pm_new", "the next attempt"
    assert "pm_new" not in {lessor.bank.debited[each.id][0] for each in taken if each is not asked}


async def test_what_was_paid_before_a_withdrawal_goes_back_once_whatever_crashes(lessor: Lessor) -> None:
    await lessor.run()
    taken = await lessor.books.take(lessor.city, lessor.now)
    paid, under_way, *_ = sorted(taken, key=lambda each: each.id)
    for each in taken:
        await lessor.bank.debit(lessor.city, each)
    lessor.bank.state = PaymentState.CAPTURED
    assert await hear(lessor.city, paid.id, None, ports=lessor.ports)
    for each in (paid, under_way):
        await lessor.withdraw(each)
    assert await lessor.collections() == {"owed_back": 1, "asked": 3}
    assert await hear(lessor.city, under_way.id, None, ports=lessor.ports), "it comes in after she withdrew"
    assert await lessor.collections() == {"owed_back": 2, "asked": 2}

    class Killed(Exception):
        pass

    def kill(_: Collection) -> None:
        raise Killed

    lessor.bank.before_answer = kill
    lessor.now += timedelta(seconds=61)
    with pytest.raises(ExceptionGroup):
        await lessor.collect()
    lessor.bank.before_answer = lambda _: None
    assert lessor.bank.given_back == {each.id: each.amount for each in (paid, under_way)}
    lessor.now += timedelta(minutes=2)
    await lessor.collect()

    assert await lessor.collections() == {"returned": 2, "paid": 2}
    assert lessor.bank.given_back == {each.id: each.amount for each in (paid, under_way)}
    open_ = await lessor.rows("SELECT lease_id FROM lease_collections WHERE city = :city AND state = 'queued'")
    assert open_ == [], "what we gave back is not taken again"
    assert await lessor.at_desk(holders_owe) == []


async def test_what_is_written_down_as_paid_while_its_lease_is_withdrawn_from_goes_back(lessor: Lessor) -> None:
    await lessor.run()
    first, *_ = await lessor.books.take(lessor.city, lessor.now)
    await lessor.bank.debit(lessor.city, first)
    lessor.bank.state = PaymentState.CAPTURED
    lessor.bank.meanwhile = lessor.withdraw_once

    assert await hear(lessor.city, first.id, None, ports=lessor.ports)

    assert await lessor.collections() == {"owed_back": 1, "asked": 3}


async def test_what_the_provider_does_not_give_back_now_is_asked_for_again_some_hours_later(lessor: Lessor) -> None:
    await lessor.run()
    first, *_ = await lessor.books.take(lessor.city, lessor.now)
    await lessor.bank.debit(lessor.city, first)
    lessor.bank.state = PaymentState.CAPTURED
    await hear(lessor.city, first.id, None, ports=lessor.ports)
    await lessor.withdraw(first)
    lessor.bank.refuses = lambda each: each.id == first.id
    lessor.now += timedelta(minutes=2)
    await lessor.collect()
    assert (await lessor.collections())["owed_back"] == 1
    lessor.bank.refuses = lambda _: False
    lessor.now += timedelta(hours=5)
    assert await lessor.collect() == 0
    lessor.now += timedelta(hours=1)
    assert await lessor.collect() == 1
    assert lessor.bank.given_back == {first.id: first.amount}
