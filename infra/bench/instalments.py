"""`kommobil bench instalments`: a month's run of many leases, and how fast what it queues is collected.

The leases are written by the loader; the run is what the product does, batch by batch, through the app's role. The payment provider is a
double in this process that takes its time, knows each key, and says once that it has enough (429).
"""

import asyncio
import time
from collections.abc import Callable
from datetime import date
from uuid import UUID

from msgspec import Struct
from sqlalchemy import text

from adapters.database.bike_leasing.collections import SqlCollections
from adapters.database.bike_leasing.runs import SqlBikeBooks, SqlRunBooks
from adapters.database.connections import Database
from adapters.database.sheets import Sheet, SqlSheets, as_json
from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.money.collecting import Collection
from domain.identity import SYSTEM, Actor, City, PersonId, Role
from domain.payments.payments import Intent, PaymentState
from infra.bench.leases import lease_bench, many_leases
from infra.bench.scaffold import cpu_of, postmaster_of
from infra.clock import now
from infra.ids import new_id
from services.bike_leasing.money.collecting import CollectionPorts, collect_for
from services.bike_leasing.money.ports import AskedTooOften
from services.bike_leasing.money.running import begin_run, charge_batch
from services.calls import Answer, Call, Unavailable

GOAL_S = 120.0
ANSWERS_AFTER_S, BUSY_S, BUSY_AT = 0.1, 2.0, 100
PLANNED = 12  # months of each lease
ON = "on: row-level security, constraints, audit, outbox, double entry with its triggers, the kept answer to whoever asked for the run"


class Figures(Struct, frozen=True):
    """Seconds of the run, and of CPU here and in PostgreSQL; `collected_per_s` is measured from the first request to the last,
    without the pause that the provider asked for."""

    settings: dict[str, str]
    contracts: int
    charges: int
    entries: int
    queued: int
    run_s: float
    ours_s: float
    postgres_s: float
    collected: int
    collected_per_s: float
    waited_s: float
    keys: int


class Bank:
    """Debits each key once."""

    def __init__(self) -> None:
        self.keys: set[UUID] = set()
        self.first = self.last = 0.0
        self._busy_until: float | None = None

    async def debit(self, _city: City, collection: Collection) -> Intent:
        at = time.perf_counter()
        if self._busy_until is None and len(self.keys) >= BUSY_AT:
            self._busy_until = at + BUSY_S
        if self._busy_until is not None and at < self._busy_until:
            raise AskedTooOften(self._busy_until - at)
        self.first, self.last = self.first or at, at
        await asyncio.sleep(ANSWERS_AFTER_S)
        self.keys.add(collection.id)
        return Intent(f"pi_{collection.id.hex}", PaymentState.PROCESSING)

    async def give_back(self, _city: City, _collection: Collection) -> Intent:
        raise Unavailable("nobody withdraws")

    async def look(self, _city: City, _collection: Collection) -> Intent | None:
        raise Unavailable("nobody asks")


async def run(
    *,
    contracts: int = 20_000,
    debited: int | None = None,
    seconds: int = 20,
    url: str | None = None,
    say: Callable[[str], None] = print,
) -> Figures:
    """Measure and print. `url` is the address of a superuser on a PostgreSQL to use instead of an embedded one."""
    month = now().date().replace(day=1)
    half = contracts // 2 if debited is None else debited
    async with lease_bench(url, say) as bench:
        settings, city, app, loader = bench.settings, bench.city, bench.app, bench.place.loader
        async with bench.loading() as connection:
            await many_leases(
                connection, city, contracts, first=months_on(month, -1), debited=half, months=PLANNED, due_day=1
            )
            await connection.execute(text("ANALYZE"))
        say(ON)
        say(
            f"{contracts:,} leases of {PLANNED} instalments, {half:,} of them debited from accounts, the others owed by employers"
        )
        pids = [await postmaster_of(loader)] if url is None else []
        postgres, ours, began = cpu_of(pids), time.process_time(), time.perf_counter()
        await _charged(app, city, months_on(month, -1))
        run_s = time.perf_counter() - began
        ours_s, postgres_s = time.process_time() - ours, cpu_of(pids) - postgres
        charges, entries, queued, balance = await _counted(app, city)
        say(
            f"charged, posted and queued: {charges:,} charges, {entries:,} entries, {queued:,} collections in {run_s:.1f} s"
        )
        say(
            f"CPU: ours {ours_s:.1f} s, PostgreSQL {postgres_s:.1f} s; the ledger is {'balanced' if not balance else 'OUT OF BALANCE'}"
        )
        say(f"goal: {GOAL_S:.0f} s for 20,000 leases")
        bank = Bank()
        ports = CollectionPorts(SqlCollections(app.transactions, now, new_id), bank, now, new_id)
        await collect_for(city, seconds, ports=ports, pause=asyncio.sleep)
        took = bank.last - bank.first
        waited = BUSY_S if len(bank.keys) > BUSY_AT else 0.0
        asked, per_s = await _asked(app, city), len(bank.keys) / max(took - waited + 1, 1)
        say(
            f"collected: {asked:,} in {took:.1f} s, of which the provider wanted {waited:.0f} s of peace: {per_s:.1f} a second"
        )
    return Figures(
        settings, contracts, charges, entries, queued, run_s, ours_s, postgres_s, asked, per_s, waited, len(bank.keys)
    )


async def _charged(app: Database, city: City, month: date) -> None:
    desk = SqlSheets(app.transactions, now, new_id)

    def told(outcome: object) -> Answer:
        return Answer(202, "application/json", as_json(outcome))

    finance = Actor(PersonId(new_id()), city, frozenset({Role.FINANCE}))
    call = Call(city, finance, "runs", new_id().hex, "", new_id().hex, "192.0.2.7", told)

    async def batch(sheet: Sheet) -> int | None:
        return await charge_batch(
            month, books=SqlRunBooks(sheet), bikes=SqlBikeBooks(sheet), new_id=new_id, now=sheet.now
        )

    await desk.answered(call, lambda sheet: begin_run(month, books=SqlRunBooks(sheet)))
    while await desk.work(city, SYSTEM, "bench", batch) is not None:
        pass


async def _counted(app: Database, city: City) -> tuple[int, int, int, int]:
    counted = """SELECT (SELECT count(*) FROM lease_charges WHERE city = :city), (SELECT count(*) FROM ledger_entries WHERE city = :city),
      (SELECT count(*) FROM lease_collections WHERE city = :city),
      (SELECT coalesce(sum(CASE side WHEN 'debit' THEN amount ELSE -amount END), 0)::bigint FROM ledger_legs WHERE city = :city)"""
    async with app.transactions.city(city) as connection:
        charges, entries, queued, balance = (await connection.execute(text(counted), {"city": city})).one()
    return charges, entries, queued, balance


async def _asked(app: Database, city: City) -> int:
    counted = "SELECT count(*) FROM lease_collections WHERE city = :city AND state = 'processing'"
    async with app.transactions.city(city) as connection:
        return int((await connection.execute(text(counted), {"city": city})).scalar_one())
