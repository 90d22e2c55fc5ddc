"""Leases by the thousand, handed over and with a plan, written as the loader that stands above the walls; their bikes in the books."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.connections import Database, Within, connect
from adapters.database.ledger.writing import Posting, write
from domain.bike_leasing.calculation.annuity import Financing, monthly_rate
from domain.bike_leasing.calculation.fees import Fee, FeeKind
from domain.bike_leasing.calculation.recomputing import stored
from domain.bike_leasing.calculation.schedule import months_on
from domain.bike_leasing.calculation.sheets import EUR
from domain.bike_leasing.contracts.leases import BikeKind, Lease, LeasedBike, LeaseId, LeaseQuote, LeaseState
from domain.bike_leasing.contracts.parties import Parties, PartyId
from domain.bike_leasing.contracts.plans import Calendar, LeaseInstalment, last_day, planned
from domain.bike_leasing.money.bikes import Bought
from domain.bike_leasing.money.entries import bought
from domain.identity import City, PersonId
from domain.money import Money
from domain.refusals import Refusal
from infra.bench.city import BenchCity
from infra.bench.scaffold import BenchDatabase, bench_database, postgres_settings
from infra.clock import now
from infra.ids import new_id

MONTHS = 36
EMPLOYERS = 40
BIKE = LeasedBike(BikeKind.PEDELEC, "Stadtrad 9", Money(3_999_00, EUR), Money(3_799_00, EUR), serial_number="SN-1")
FEES = (Fee(FeeKind.INSURANCE, Money(10_64, EUR)), Fee(FeeKind.SERVICE, Money(3_67, EUR)))
NOBODY = PersonId(UUID(int=0))
LEASES = text("""
INSERT INTO leases (city, id, holder_id, dealer, lessor, employer, state, version, financed_cents, lease, made_at, updated_at)
SELECT :city, n.id, n.holder, 'radhaus', 'leasing-ag', n.employer, 'active', 7, :financed,
  CAST(:lease AS jsonb) || jsonb_build_object('id', n.id, 'parties', jsonb_build_object('holder', n.holder, 'dealer', 'radhaus',
    'lessor', 'leasing-ag', 'employer', n.employer)), :at, :at
FROM (SELECT gen_random_uuid() AS id, gen_random_uuid() AS holder, CASE WHEN i > :debited THEN 'employer-' || i % :employers END AS employer
  FROM generate_series(1, :count) i) n
""")
PLANS = text("""
INSERT INTO lease_instalments (city, lease_id, number, month, due_on, amount, rate_cents, insurance_cents, service_cents,
  rate_protection_cents, conversion_cents, currency, employer)
SELECT l.city, l.id, p.number, p.month, p.due_on, p.rate + p.insurance + p.service, p.rate, p.insurance, p.service, 0,
  CASE WHEN l.employer IS NULL THEN 0 ELSE p.rate + p.insurance + p.service END, 'EUR', l.employer
FROM leases l CROSS JOIN jsonb_to_recordset(CAST(:plan AS jsonb)) p(number int, month date, due_on date, rate bigint, insurance bigint,
  service bigint)
WHERE l.city = :city
""")
DEBITS = text("""
INSERT INTO lease_debits (city, lease_id, holder_id, method_id, agreed_at)
SELECT city, id, holder_id, 'pm_' || replace(id::text, '-', ''), made_at FROM leases WHERE city = :city AND employer IS NULL
""")
SHEETS = text("""
INSERT INTO lease_sheets (city, lease_id, name, sheet, made_at)
SELECT city, id, 'rate', :sheet, made_at FROM leases WHERE city = :city
""")
NO_HURRY = text("SET LOCAL statement_timeout = 0")
WITHIN = Money(606_57, EUR)  # of the price, as tax
A_BATCH = 500


class LeaseBench(Struct, frozen=True):
    """One city without leases, as the loader finds it and as the product does; `settings` are PostgreSQL's."""

    city: City
    place: BenchDatabase
    loader: Database
    app: Database
    settings: dict[str, str]

    @asynccontextmanager
    async def loading(self) -> AsyncIterator[AsyncConnection]:
        """One transaction above row-level security, as long as it takes."""
        async with self.loader.transactions.everywhere() as connection:
            await connection.execute(NO_HURRY)
            yield connection


@asynccontextmanager
async def lease_bench(url: str | None, say: Callable[[str], None]) -> AsyncIterator[LeaseBench]:
    """A database that ends with the benchmark, `url` as in `bench_database`; says with which settings its numbers must be read."""
    city = BenchCity()
    async with AsyncExitStack() as stack:
        place = await stack.enter_async_context(bench_database(url))
        await city.open(place.loader, 4)
        loader, app = connect(place.loader, hot=1, cold=1), connect(place.app, hot=2, cold=6)
        stack.push_async_callback(loader.close)
        stack.push_async_callback(app.close)
        settings = await postgres_settings(place.loader)
        say("  ".join(f"{name}={value}" for name, value in settings.items()))
        yield LeaseBench(city.name, place, loader, app, settings)


async def many_leases(
    loader: AsyncConnection,
    city: City,
    count: int,
    *,
    first: date,
    debited: int,
    months: int = MONTHS,
    due_day: int = 31,
) -> None:
    """So many leases that begin with the month of `first`; of `debited` of them the holders pay by debit, of the others forty
    employers. The connection is of a role above row-level security."""
    quote = LeaseQuote(BIKE, datetime(2026, 1, 1, tzinfo=UTC), months, Money(111_29, EUR), FEES, due_day=due_day)
    plan = planned(first, quote, None, Calendar(due_day, "NI"))
    lease = Lease(
        LeaseId(UUID(int=0)),
        LeaseState.ACTIVE,
        Parties(NOBODY, PartyId("radhaus"), PartyId("leasing-ag"), None),
        version=7,
        quote=quote,
        handed_over_on=months_on(first, -1).replace(day=20),
        first_month=first,
        last_day=last_day(plan),
    )
    scope = {
        "city": city,
        "count": count,
        "debited": debited,
        "employers": EMPLOYERS,
        "financed": BIKE.sale_price.amount,
        "lease": msgspec.json.encode(lease).decode(),
        "at": datetime.combine(first, datetime.min.time(), UTC),
        "plan": msgspec.json.encode([_row(each) for each in plan]).decode(),
    }
    for statement in (LEASES, PLANS, DEBITS):
        await loader.execute(statement, scope)


async def bikes_of(connection: AsyncConnection, city: City, on: date) -> None:
    """The bikes of all leases that are there come into the books on a day, each with the sheet of its rate; their dealer is owed for them."""
    residual = Money(BIKE.sale_price.amount // 10, EUR)
    sheet = monthly_rate(Financing(BIKE.sale_price, residual, MONTHS, Decimal("5.90")))
    if isinstance(sheet, Refusal):
        raise ValueError(sheet.reason)
    await connection.execute(SHEETS, {"city": city, "sheet": stored(sheet).decode()})
    found = await connection.execute(text("SELECT id FROM leases WHERE city = :city ORDER BY id"), {"city": city})
    leases, at = [LeaseId(id_) for (id_,) in found], datetime.combine(on, datetime.min.time(), UTC)
    for begin in range(0, len(leases), A_BATCH):
        some = (
            Bought(lease, PartyId("radhaus"), on, BIKE.sale_price, WITHIN) for lease in leases[begin : begin + A_BATCH]
        )
        entries = {new_id(): bought(each, at) for each in some}
        await write(Within(connection), city, Posting(entries, now()))


def _row(each: LeaseInstalment) -> dict[str, object]:
    parts = each.parts
    return {
        "number": each.number,
        "month": each.month,
        "due_on": each.due_on,
        "rate": parts.rate.amount,
        "insurance": parts.insurance.amount,
        "service": parts.service.amount,
    }
