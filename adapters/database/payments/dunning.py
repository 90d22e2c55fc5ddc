"""Dunning cases in PostgreSQL: the booking's row is locked while its case is open, so it sees all of its money."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.booking.reading import BOOKING, PAYMENTS
from adapters.database.booking.reservations import as_json
from adapters.database.connections import Transactions
from adapters.database.desks import Desks, OpenDesk
from adapters.database.invoicing.invoices import BY_TRANSFER
from adapters.database.payments.refunds import asked_of
from adapters.database.payments.settlements import LOST_DISPUTE
from domain.booking.bookings import Booking
from domain.cities.finance import DunningPolicy
from domain.identity import City
from domain.payments.dunning import Case, news
from domain.payments.owing import CaseId
from domain.payments.payments import Payment
from domain.payments.transactions import LostDispute
from services.calls import Answer, Call
from services.settlement.case_ports import CaseDesk, DocumentOwed, OpenCase
from services.settlement.lists import Wanted

T = TypeVar("T")

# A case as JSON, of dunning_cases k.
CASE = """json_build_object('id', k.id, 'booking_id', k.booking_id, 'debtor_id', k.debtor_id,
  'owed', json_build_object('amount', k.owed, 'currency', k.currency), 'opened_at', k.opened_at, 'updated_at', k.updated_at,
  'policy', k.policy, 'claims', k.claims, 'charges', k.charges, 'transferred', k.transferred, 'steps_taken', k.steps_taken,
  'fees', k.fees, 'next_at', k.next_at, 'state', k.state, 'closed_at', k.closed_at, 'closed_by', k.closed_by,
  'reason', k.reason, 'reference', k.reference, 'version', k.version)"""
# What was credited of an invoice i, and what came by bank for it.
CREDITED = """coalesce((SELECT sum(n.gross) FROM invoices n WHERE n.city = i.city AND n.corrects = i.id), 0)"""
TRANSFERRED = """coalesce((SELECT sum(m.amount) FROM match_parts m WHERE m.city = i.city AND m.expected_id = 'invoice:' || i.id
    AND NOT EXISTS (SELECT FROM match_undoings u WHERE u.city = m.city AND u.match_id = m.match_id)), 0)"""
DESK = text(f"""
SELECT json_build_object('booking', {BOOKING}, 'payments', {PAYMENTS}, 'zone', y.time_zone,
  'policies', coalesce(y.settings -> 'dunning', '[]'::jsonb),
  'disputes', (SELECT coalesce(json_agg({LOST_DISPUTE}), '[]'::json) FROM disputes d
    WHERE d.city = b.city AND d.lost_at IS NOT NULL
      AND d.payment_id IN (SELECT p.id FROM payments p WHERE p.city = b.city AND p.booking_id = b.id)),
  'documents', (SELECT coalesce(json_agg(json_build_object('id', i.id, 'number', i.number, 'source', i.source,
      'cash_reference', i.cash_reference, 'left', i.gross - {CREDITED}, 'transferred', {TRANSFERRED},
      'due_on', coalesce(i.content::json ->> 'payable_by', i.issued_on::text)) ORDER BY i.issued_at, i.position), '[]'::json)
    FROM invoices i WHERE i.city = b.city AND i.booking_id = b.id AND i.kind = 'invoice'),
  'cases', (SELECT coalesce(json_agg({CASE} ORDER BY k.opened_at, k.closed_at NULLS LAST), '[]'::json) FROM dunning_cases k
    WHERE k.city = b.city AND k.booking_id = b.id))::text
FROM bookings b JOIN cities y ON y.city = b.city WHERE b.city = :city AND b.id = :id
""")
KEEP = text("""
INSERT INTO dunning_cases (city, id, booking_id, debtor_id, owed, currency, opened_at, policy, claims, charges, transferred,
  steps_taken, fees, next_at, state, closed_at, closed_by, reason, reference, version, updated_at)
VALUES (:city, :id, :booking_id, :debtor_id, :owed, :currency, :opened_at, CAST(:policy AS json), CAST(:claims AS json),
  CAST(:charges AS json), :transferred, :steps_taken, :fees, :next_at, :state, :closed_at, :closed_by, :reason, :reference,
  :version, :updated_at)
ON CONFLICT (city, id) DO UPDATE SET owed = excluded.owed, claims = excluded.claims, charges = excluded.charges,
  transferred = excluded.transferred, steps_taken = excluded.steps_taken, fees = excluded.fees, next_at = excluded.next_at,
  state = excluded.state, closed_at = excluded.closed_at, closed_by = excluded.closed_by, reason = excluded.reason,
  reference = excluded.reference, version = excluded.version, updated_at = excluded.updated_at
""")
LOOK_AGAIN = text("""
UPDATE bookings SET debt_due_at = :at WHERE city = :city AND id = :id AND debt_due_at IS DISTINCT FROM :at
""")
FIND = text(f"SELECT {CASE}::text FROM dunning_cases k WHERE k.city = :city AND k.id = :id")
PAGE = text(f"""
SELECT {CASE}::text FROM dunning_cases k WHERE k.city = :city
  AND (CAST(:at AS timestamptz) IS NULL OR (k.opened_at, k.id) < (:at, CAST(:after AS uuid)))
  AND (CAST(:since AS timestamptz) IS NULL OR k.opened_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR k.opened_at < :until)
  AND (CAST(:states AS text[]) = '{{}}' OR k.state = ANY (:states))
  AND (CAST(:booking_id AS uuid) IS NULL OR k.booking_id = :booking_id)
ORDER BY k.opened_at DESC, k.id DESC LIMIT :limit
""")
OWING_BY_DOCUMENT = text(f"""
SELECT i.booking_id FROM invoices i WHERE i.city = :city AND i.id = :id AND i.booking_id IS NOT NULL AND ({BY_TRANSFER}
  OR EXISTS (SELECT FROM dunning_cases k WHERE k.city = i.city AND k.booking_id = i.booking_id AND k.state = 'open'))
""")
MATCHED_IN = text("""
SELECT DISTINCT i.booking_id FROM match_parts p JOIN invoices i ON i.city = p.city AND p.expected_id = 'invoice:' || i.id
WHERE p.city = :city AND p.match_id = :id
""")
DUE = text("""
SELECT city, booking_id FROM (SELECT city, booking_id FROM dunning_cases WHERE next_at <= :now
  UNION SELECT city, id FROM bookings WHERE debt_due_at <= :now) due ORDER BY random() LIMIT :limit
""")


class _Read(Struct, frozen=True):
    booking: Booking
    payments: tuple[Payment, ...]
    disputes: tuple[LostDispute, ...]
    policies: tuple[DunningPolicy, ...]
    zone: str
    documents: tuple[DocumentOwed, ...]
    cases: tuple[Case, ...]


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
            "claims": as_json(case.claims),
            "charges": as_json(case.charges),
            "state": case.state.value,
        }
        if self._desk is None:
            raise LookupError("there is no such booking")
        await self._open.connection.execute(KEEP, row)
        known = {each.id: each for each in self._desk.cases}
        for kind in news(known.get(case.id), case):
            await self._open.note(kind, case.booking_id)
        self._desk = replace(self._desk, cases=tuple((known | {case.id: case}).values()))

    async def look_again(self, at: datetime | None) -> None:
        if self._desk is not None:
            scope = {"city": self._open.city, "id": self._desk.booking.id}
            await self._open.connection.execute(LOOK_AGAIN, scope | {"at": at})


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

    async def owing_by_document(self, city: City, invoice_id: UUID) -> tuple[UUID, ...]:
        async with self._transactions.city(city) as connection:
            return tuple((await connection.execute(OWING_BY_DOCUMENT, {"city": city, "id": invoice_id})).scalars())

    async def matched_in(self, city: City, match_id: UUID) -> tuple[UUID, ...]:
        async with self._transactions.city(city) as connection:
            return tuple((await connection.execute(MATCHED_IN, {"city": city, "id": match_id})).scalars())

    async def find(self, city: City, case_id: CaseId) -> Case | None:
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(FIND, {"city": city, "id": case_id})).scalar_one_or_none()
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
    sheet = CaseDesk(
        read.booking, read.payments, read.disputes, read.policies, ZoneInfo(read.zone), read.documents, read.cases
    )
    return SqlOpenCase(desk, sheet)


async def due_cases(relay: Transactions, now: datetime, limit: int) -> list[tuple[City, UUID]]:
    """Across cities, the bookings of which it is time to remind, or whose invoices have fallen due."""
    async with relay.everywhere() as connection:
        rows = await connection.execute(DUE, {"now": now, "limit": limit})
        return [(City(city), booking_id) for city, booking_id in rows]
