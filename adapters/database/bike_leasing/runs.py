"""Runs of instalments in PostgreSQL: read a batch, write it with its entries, in one transaction."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from adapters.database.bike_leasing.plans import instalment
from adapters.database.connections import Transactions, Within
from adapters.database.ledger.journal import ENTRY
from adapters.database.ledger.writing import Posting, write
from adapters.database.sheets import Sheet, as_json
from domain.bike_leasing.calculation.annuity import Financing
from domain.bike_leasing.calculation.recomputing import restored
from domain.bike_leasing.contracts.leases import Lease, LeaseId
from domain.bike_leasing.money.collecting import Collection
from domain.identity import City, PersonId
from domain.ledger.entries import Entry, EntryId
from services.bike_leasing.money.ports import Owed, Posted, Run
from services.ledger.ports import Recorded

PLACE = """SELECT CAST(CAST(:now AS timestamptz) AT TIME ZONE time_zone AS date) AS today, time_zone FROM cities WHERE city = :city"""
COLUMNS = "month, asked_at, charges, amount, collections, ended_at"
BEGUN = f"""INSERT INTO lease_runs (city, month, asked_by, asked_at, charges, amount, collections)
VALUES (:city, :month, :by, :now, 0, 0, 0) ON CONFLICT (city, month) DO UPDATE SET ended_at = NULL RETURNING {COLUMNS}"""
RUNS = f"SELECT {COLUMNS} FROM lease_runs WHERE city = :city ORDER BY month DESC LIMIT 240"
# One worker at a time works on a run; the others pass it by.
MINE = "SELECT 1 FROM lease_runs WHERE city = :city AND month = :month AND ended_at IS NULL FOR UPDATE SKIP LOCKED"
# The ledger's statement and its triggers' were planned while their tables were small, and would read all of them for each entry of a batch:
# everything in it has its index, and plans are made anew as on the hot connections.
BY_INDEX = "SELECT set_config('enable_seqscan', 'off', true)"
ANEW = "DISCARD PLANS"
LEFT = """FROM lease_instalments i JOIN leases l ON l.city = i.city AND l.id = i.lease_id
WHERE i.city = :city AND i.month <= :month AND i.state IN ('planned', 'insured') AND i.amount > 0"""
OWED = f"""SELECT i.lease_id, i.number, i.month, i.due_on, i.amount, coalesce(i.rate_cents, i.amount) AS rate_cents, i.insurance_cents,
  i.service_cents, i.rate_protection_cents, i.conversion_cents, i.currency, i.employer, i.state, l.holder_id,
  (SELECT d.method_id FROM lease_debits d WHERE d.city = i.city AND d.lease_id = i.lease_id AND d.holder_id = l.holder_id) AS method_id
{LEFT} ORDER BY i.month, i.lease_id LIMIT :limit FOR UPDATE OF i SKIP LOCKED"""
ENDED = f"""UPDATE lease_runs SET ended_at = :now
WHERE city = :city AND month = :month AND NOT EXISTS (SELECT {LEFT}) AND ended_at IS NULL"""
RECORD = """
WITH given AS (
  SELECT g.* FROM jsonb_to_recordset(CAST(:rows AS jsonb)) g(id uuid, lease_id uuid, number int, month date, due_on date, payer text,
    holder_id uuid, employer text, amount bigint, vat_rate numeric, vat bigint, passed_on bigint, currency text, collection uuid,
    method_id text, due_at timestamptz, note uuid, told uuid)),
taken AS (
  UPDATE lease_instalments i SET state = 'posted' FROM given g
  WHERE i.city = :city AND i.lease_id = g.lease_id AND i.number = g.number AND i.state IN ('planned', 'insured')),
kept AS (
  INSERT INTO lease_charges (city, id, lease_id, number, month, due_on, payer, holder_id, employer, amount, vat_rate, vat, passed_on,
    currency, made_at)
  SELECT :city, id, lease_id, number, month, due_on, payer, holder_id, employer, amount, vat_rate, vat, passed_on, currency, :now
  FROM given RETURNING id),
queued AS (
  INSERT INTO lease_collections (city, id, charge_id, lease_id, number, holder_id, attempt, amount, currency, method_id, due_at, made_at,
    state, updated_at)
  SELECT :city, g.collection, g.id, g.lease_id, g.number, g.holder_id, 1, g.amount, g.currency, g.method_id, g.due_at, :now, 'queued',
    :now
  FROM given g JOIN kept k USING (id) WHERE g.collection IS NOT NULL RETURNING id),
noted AS (
  INSERT INTO audit (city, id, at, actor_id, action, subject_id, request_id)
  SELECT :city, note, :now, :by, 'bike_leasing.instalment_charged', lease_id, :request FROM given),
told AS (
  INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)
  SELECT :city, told, 'bike_leasing.instalment_charged', id, :now, :now FROM given)
UPDATE lease_runs SET charges = charges + (SELECT count(*) FROM kept), collections = collections + (SELECT count(*) FROM queued),
  amount = amount + (SELECT coalesce(sum(amount), 0) FROM given)
WHERE city = :city AND month = :month
"""
OWNED = """SELECT l.lease, s.sheet FROM leases l JOIN lease_sheets s ON s.city = l.city AND s.lease_id = l.id AND s.name = 'rate'
WHERE l.city = :city AND EXISTS (SELECT FROM ledger_entries b
    WHERE b.city = l.city AND b.source = 'lease_bought:' || l.id AND b.effective_at < :until)
  AND NOT EXISTS (SELECT FROM ledger_entries g
    WHERE g.city = l.city AND g.source = 'lease_bike_gone:' || l.id AND g.effective_at < :until)"""
CHARGED = rf"""
WITH named AS (
  SELECT 'lease\:' || c.lease_id || '\:' || to_char(c.month, 'YYYY-MM') AS source, c.month FROM lease_charges c
  WHERE c.city = :city AND c.lease_id = :id
  UNION ALL SELECT 'lease_reminder\:' || m.id, c.month FROM lease_charges c
  JOIN lease_reminders m ON m.city = c.city AND m.receivable = 'charge\:' || c.id WHERE c.city = :city AND c.lease_id = :id)
SELECT CAST({ENTRY} AS text) AS recorded FROM named n JOIN ledger_entries e ON e.city = :city AND e.source = n.source
WHERE NOT EXISTS (SELECT FROM ledger_entries r WHERE r.city = e.city AND r.source = 'reversal\:' || e.id) ORDER BY n.month, e.source"""
# Its lease is locked by whoever undoes it.
OWE_BACK = """UPDATE lease_collections SET state = 'owed_back', due_at = :now, updated_at = :now
WHERE city = :city AND lease_id = :id AND state = 'paid'"""
HOLDER = "SELECT holder_id FROM leases WHERE city = :city AND id = :id"
NAMED = """INSERT INTO lease_debits (city, lease_id, holder_id, method_id, agreed_at) VALUES (:city, :id, :holder, :method, :now)
ON CONFLICT (city, lease_id) DO UPDATE SET holder_id = excluded.holder_id, method_id = excluded.method_id, agreed_at = excluded.agreed_at"""
# Where a city has its months run by the calendar, that of its own day, once nobody has asked for it before.
DUE = """SELECT d.city, d.month FROM (
  SELECT c.city, CAST(date_trunc('month', t.today) AS date) AS month FROM cities c,
    LATERAL (SELECT CAST(:now AS timestamptz) AT TIME ZONE c.time_zone AS today) t
  WHERE CAST(c.settings -> 'leasing' ->> 'run_on_day' AS int) <= extract(day FROM t.today)) d
WHERE NOT EXISTS (SELECT FROM lease_runs r WHERE r.city = d.city AND r.month = d.month) ORDER BY random() LIMIT :limit"""
RUN_ENDED = "bike_leasing.run_ended"
OPEN_RUNS = "SELECT city, month FROM lease_runs WHERE ended_at IS NULL ORDER BY random() LIMIT :limit"


class SqlRunBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def place(self) -> tuple[date, ZoneInfo]:
        (row,) = await self._sheet.rows(PLACE)
        return row.today, ZoneInfo(row.time_zone)

    async def begin(self, month: date) -> Run:
        (row,) = await self._sheet.rows(BEGUN, month=month, by=self._sheet.actor_id)
        await self._sheet.note("bike_leasing.run_asked", self._sheet.named("lease_runs", f"{month:%Y-%m}"))
        return _run(row)

    async def runs(self) -> Sequence[Run]:
        return [_run(row) for row in await self._sheet.rows(RUNS)]

    async def owed(self, month: date, limit: int) -> Sequence[Owed] | None:
        if not await self._sheet.rows(MINE, month=month):
            return None
        await self._sheet.rows(BY_INDEX)
        await self._sheet.write(ANEW)
        rows = await self._sheet.rows(OWED, month=month, limit=limit)
        return [Owed(LeaseId(row.lease_id), PersonId(row.holder_id), instalment(row), row.method_id) for row in rows]

    async def record(self, month: date, posted: Sequence[Posted]) -> None:
        sheet = self._sheet
        rows = as_json([self._row(each) for each in posted])
        await sheet.write(RECORD, rows=rows, month=month, by=sheet.actor_id, request=sheet.request_id)
        entries = {sheet.new_id(): each.entry for each in posted}
        await write(Within(sheet.connection), sheet.city, Posting(entries, sheet.now))

    def _row(self, posted: Posted) -> dict[str, Any]:
        charge, collection = posted.charge, posted.collection
        return {
            "id": posted.charge_id,
            "lease_id": charge.lease_id,
            "number": charge.number,
            "month": charge.month,
            "due_on": charge.due_on,
            "payer": charge.payer,
            "holder_id": charge.holder,
            "employer": charge.employer,
            "amount": charge.amount.amount,
            "vat_rate": charge.vat_rate,
            "vat": charge.vat.amount,
            "passed_on": charge.passed_on.amount,
            "currency": charge.amount.currency,
            "note": self._sheet.new_id(),
            "told": self._sheet.new_id(),
            **(_queued(collection) if collection is not None else {}),
        }

    async def end(self, month: date) -> bool:
        ended = bool(await self._sheet.write(ENDED, month=month))
        if ended:
            await self._sheet.tell(RUN_ENDED, self._sheet.named("lease_runs", f"{month:%Y-%m}"))
        return ended


def _queued(collection: Collection) -> dict[str, Any]:
    return {"collection": collection.id, "method_id": collection.method_id, "due_at": collection.due_at}


class SqlChargedMonths:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def charged(self, lease_id: LeaseId) -> Sequence[tuple[EntryId, Entry]]:
        rows = await self._sheet.rows(CHARGED, id=lease_id)
        found = (msgspec.json.decode(row.recorded, type=Recorded) for row in rows)
        return [(each.id, each.entry) for each in found]

    async def owe_back(self, lease_id: LeaseId) -> None:
        await self._sheet.write(OWE_BACK, id=lease_id)


class SqlBikeBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def owned(self, until: datetime) -> Sequence[tuple[Lease, Financing]]:
        rows = await self._sheet.rows(OWNED, until=until)
        found = ((msgspec.convert(row.lease, Lease), restored(row.sheet.encode()).asked) for row in rows)
        return [(lease, asked) for lease, asked in found if isinstance(asked, Financing)]

    async def post(self, entries: Sequence[Entry]) -> None:
        if entries:
            posting = Posting({self._sheet.new_id(): each for each in entries}, self._sheet.now)
            await write(Within(self._sheet.connection), self._sheet.city, posting)


class SqlAccountBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def holder(self, lease_id: LeaseId) -> PersonId | None:
        rows = await self._sheet.rows(HOLDER, id=lease_id)
        return PersonId(rows[0].holder_id) if rows else None

    async def name(self, lease_id: LeaseId, holder: PersonId, method_id: str) -> None:
        await self._sheet.write(NAMED, id=lease_id, holder=holder, method=method_id)
        await self._sheet.note("bike_leasing.account_named", lease_id)


async def due_runs(relay: Transactions, now: datetime, limit: int) -> Sequence[tuple[City, date]]:
    """Months that are to begin by the calendar of their city, in no certain order."""
    async with relay.everywhere() as connection:
        rows = (await connection.execute(text(DUE), {"now": now, "limit": limit})).all()
    return [(City(row.city), row.month) for row in rows]


async def open_runs(relay: Transactions, limit: int) -> Sequence[tuple[City, date]]:
    """Runs that are under way, in no certain order."""
    async with relay.everywhere() as connection:
        rows = (await connection.execute(text(OPEN_RUNS), {"limit": limit})).all()
    return [(City(row.city), row.month) for row in rows]


def _run(row: Any) -> Run:
    return Run(row.month, row.asked_at, row.charges, row.amount, row.collections, row.ended_at)
