"""Dunning cases in PostgreSQL: the booking's row is locked while its case is open, so it sees all of its money."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from sqlalchemy import text

from adapters.database.booking_sheets import BOOKING, PAYMENTS
from adapters.database.connections import Transactions
from adapters.database.desks import Desks, OpenDesk
from adapters.database.refunds import asked_of
from adapters.database.reservations import as_json
from adapters.database.settlements import LOST_DISPUTE
from domain.booking.bookings import Booking
from domain.cities import DunningPolicy
from domain.identity import City
from domain.payments.dunning import Case, news
from domain.payments.payments import Payment
from domain.payments.transactions import LostDispute
from services.calls import Answer, Call
from services.settlement.ports import CaseDesk, OpenCase, Wanted

T = TypeVar("T")

# A case as JSON, of dunning_cases k.
CASE = """json_build_object('booking_id', k.booking_id, 'debtor_id', k.debtor_id,
  'owed', json_build_object('amount', k.owed, 'currency', k.currency), 'opened_at', k.opened_at, 'updated_at', k.updated_at,
  'policy', k.policy, 'steps_taken', k.steps_taken, 'fees', k.fees, 'next_at', k.next_at, 'state', k.state,
  'closed_at', k.closed_at, 'closed_by', k.closed_by, 'reason', k.reason, 'version', k.version)"""
DESK = text(f"""
SELECT json_build_object('booking', {BOOKING}, 'payments', {PAYMENTS}, 'zone', y.time_zone,
  'policies', coalesce(y.settings -> 'dunning', '[]'::jsonb),
  'disputes', (SELECT coalesce(json_agg({LOST_DISPUTE}), '[]'::json) FROM disputes d
    WHERE d.city = b.city AND d.lost_at IS NOT NULL AND d.payment_id IN (SELECT p.id FROM payments p WHERE p.city = b.city AND p.booking_id = b.id)),
  'case', (SELECT {CASE} FROM dunning_cases k WHERE k.city = b.city AND k.booking_id = b.id))::text
FROM bookings b JOIN cities y ON y.city = b.city WHERE b.city = :city AND b.id = :id
""")
KEEP = text("""
INSERT INTO dunning_cases (city, booking_id, debtor_id, owed, currency, opened_at, policy, steps_taken, fees, next_at, state,
  closed_at, closed_by, reason, version, updated_at)
VALUES (:city, :booking_id, :debtor_id, :owed, :currency, :opened_at, CAST(:policy AS json), :steps_taken, :fees, :next_at, :state,
  :closed_at, :closed_by, :reason, :version, :updated_at)
ON CONFLICT (city, booking_id) DO UPDATE SET owed = excluded.owed, opened_at = excluded.opened_at, policy = excluded.policy,
  steps_taken = excluded.steps_taken, fees = excluded.fees, next_at = excluded.next_at, state = excluded.state,
  closed_at = excluded.closed_at, closed_by = excluded.closed_by, reason = excluded.reason, version = excluded.version,
  updated_at = excluded.updated_at
""")
FIND = text(f"SELECT {CASE}::text FROM dunning_cases k WHERE k.city = :city AND k.booking_id = :id")
PAGE = text(f"""
SELECT {CASE}::text FROM dunning_cases k WHERE k.city = :city
  AND (CAST(:at AS timestamptz) IS NULL OR (k.opened_at, k.booking_id) < (:at, CAST(:after AS uuid)))
  AND (CAST(:since AS timestamptz) IS NULL OR k.opened_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR k.opened_at < :until)
  AND (CAST(:states AS text[]) = '{{}}' OR k.state = ANY (:states))
  AND (CAST(:booking_id AS uuid) IS NULL OR k.booking_id = :booking_id)
ORDER BY k.opened_at DESC, k.booking_id DESC LIMIT :limit
""")
DUE = text("SELECT city, booking_id FROM dunning_cases WHERE next_at <= :now ORDER BY random() LIMIT :limit")


class _Read(Struct, frozen=True):
    booking: Booking
    payments: tuple[Payment, ...]
    disputes: tuple[LostDispute, ...]
    policies: tuple[DunningPolicy, ...]
    zone: str
    case: Case | None


_read = msgspec.json.Decoder(_Read)
_case = msgspec.json.Decoder(Case)


class SqlOpenCase:
    def __init__(self, open_: OpenDesk, desk: CaseDesk | None) -> None:
        self._open = open_
        self._desk = desk

    @property
    def desk(self) -> CaseDesk | None:
        return self._desk

    async def keep(self, case: Case) -> None:
        row = msgspec.structs.asdict(case) | {
            "city": self._open.city,
            "owed": case.owed.amount,
            "currency": case.owed.currency,
            "policy": as_json(case.policy) if case.policy is not None else None,
            "state": case.state.value,
        }
        await self._open.connection.execute(KEEP, row)
        for kind in news(self._desk.case if self._desk is not None else None, case):
            await self._open.note(kind, case.booking_id)


class SqlCaseBooks:
    def __init__(self, desks: Desks) -> None:
        self._desks = desks
        self._transactions = desks.transactions

    async def work(self, city: City, booking_id: UUID, do: Callable[[OpenCase], Awaitable[T]]) -> T:
        async def at(desk: OpenDesk) -> T:
            return await do(await _at(desk, booking_id))

        return await self._desks.work(city, at)

    async def answered(self, call: Call[Any], booking_id: UUID, do: Callable[[OpenCase], Awaitable[Any]]) -> Answer:
        async def at(desk: OpenDesk) -> Any:
            return await do(await _at(desk, booking_id))

        return await self._desks.answered(call, at)

    async def find(self, city: City, booking_id: UUID) -> Case | None:
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(FIND, {"city": city, "id": booking_id})).scalar_one_or_none()
        return _case.decode(found) if found else None

    async def page(self, city: City, wanted: Wanted) -> tuple[Case, ...]:
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(PAGE, asked_of(city, wanted))).scalars()
            return tuple(_case.decode(each) for each in found)


async def _at(desk: OpenDesk, booking_id: UUID) -> SqlOpenCase:
    await desk.lock(booking_id)
    found = (await desk.connection.execute(DESK, {"city": desk.city, "id": booking_id})).scalar_one_or_none()
    read = _read.decode(found) if found else None
    if read is None:
        return SqlOpenCase(desk, None)
    sheet = CaseDesk(read.booking, read.payments, read.disputes, read.policies, ZoneInfo(read.zone), read.case)
    return SqlOpenCase(desk, sheet)


async def due_cases(relay: Transactions, now: datetime, limit: int) -> list[tuple[City, UUID]]:
    """Across cities, the cases of which it is time to remind."""
    async with relay.everywhere() as connection:
        rows = await connection.execute(DUE, {"now": now, "limit": limit})
        return [(City(city), booking_id) for city, booking_id in rows]
