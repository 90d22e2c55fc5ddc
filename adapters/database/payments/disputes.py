"""Disputes and payouts as they are filed in PostgreSQL, and the answers to disputes."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text

from adapters.database.booking.reservations import as_json
from adapters.database.connections import Transactions
from adapters.database.desks import Desks, OpenDesk
from adapters.database.payments.refunds import asked_of
from adapters.database.payments.settlements import DISPUTE, PAYOUT
from domain.identity import City
from domain.refusals import Refusal
from services.calls import Answer, Call
from services.settlement.lists import Wanted
from services.settlement.ports import DisputeAnswer, FiledDispute, FiledItem, FiledPayout, Total

ANSWER = """(SELECT json_build_object('kind', a.kind, 'evidence', a.evidence, 'answered_by', a.answered_by,
  'answered_at', a.answered_at, 'handed_in_at', a.handed_in_at, 'failure', a.failure)
  FROM dispute_answers a WHERE a.city = d.city AND a.dispute_id = d.id)"""
FILED = f"""json_build_object('id', d.id, 'version', d.version, 'updated_at', d.updated_at, 'dispute', {DISPUTE},
  'answer', {ANSWER})::text"""
FIND = text(f"SELECT {FILED} FROM disputes d WHERE d.city = :city AND d.id = :id")
OPEN = text(f"SELECT {FILED} FROM disputes d WHERE d.city = :city AND d.id = :id FOR UPDATE OF d")
IN_ORDER = """
  AND (CAST(:at AS timestamptz) IS NULL OR ({time}, {table}.id) < (:at, CAST(:after AS uuid)))
  AND (CAST(:since AS timestamptz) IS NULL OR {time} >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR {time} < :until)
  AND (CAST(:states AS text[]) = '{{}}' OR {table}.state = ANY (:states))
"""
PAGE = text(f"""
SELECT {FILED} FROM disputes d WHERE d.city = :city {IN_ORDER.format(table="d", time="d.opened_at")}
  AND (CAST(:booking_id AS uuid) IS NULL OR d.booking_id = :booking_id)
ORDER BY d.opened_at DESC, d.id DESC LIMIT :limit
""")
KEEP = text("""
INSERT INTO dispute_answers (city, dispute_id, kind, evidence, answered_by, answered_at)
VALUES (:city, :dispute_id, :kind, CAST(:evidence AS json), :answered_by, :answered_at)
""")
TOUCH = text("UPDATE disputes SET version = version + 1, updated_at = :now WHERE city = :city AND id = :id")
HANDED_IN = text("""
UPDATE dispute_answers SET handed_in_at = :now, failure = :failure
WHERE city = :city AND dispute_id = :id AND handed_in_at IS NULL
""")
FILED_PAYOUT = f"""json_build_object('id', o.id, 'version', o.version, 'updated_at', o.updated_at,
  'itemised_at', o.itemised_at, 'payout', {PAYOUT})::text"""
FIND_PAYOUT = text(f"SELECT {FILED_PAYOUT} FROM payouts o WHERE o.city = :city AND o.id = :id")
PAGE_OF_PAYOUTS = text(f"""
SELECT {FILED_PAYOUT} FROM payouts o WHERE o.city = :city {IN_ORDER.format(table="o", time="o.created_at")}
ORDER BY o.created_at DESC, o.id DESC LIMIT :limit
""")
ITEM = """json_build_object('id', t.id, 'item', json_build_object('id', t.transaction_id, 'kind', t.kind, 'amount', t.amount,
  'fee', t.fee, 'net', t.net, 'currency', t.currency, 'source_id', t.source_id, 'created_at', t.created_at,
  'available_at', t.available_at, 'payout_id', t.payout_id, 'payment_id', t.payment_id, 'booking_id', t.booking_id))::text"""
MOVEMENT = text(f"SELECT {ITEM} FROM provider_transactions t WHERE t.city = :city AND t.id = :id")
ITEMS = text(f"""
SELECT {ITEM}
FROM provider_transactions t WHERE t.city = :city AND t.payout_id = :payout AND t.kind <> 'payout'
  AND (CAST(:at AS timestamptz) IS NULL OR (t.created_at, t.id) > (:at, CAST(:after AS uuid)))
  AND (CAST(:since AS timestamptz) IS NULL OR t.created_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR t.created_at < :until)
ORDER BY t.created_at, t.id LIMIT :limit
""")
TOTALS = text("""
SELECT json_build_object('kind', t.kind, 'count', count(*), 'amount', sum(t.amount)::bigint, 'fee', sum(t.fee)::bigint,
  'net', sum(t.net)::bigint)::text
FROM provider_transactions t WHERE t.city = :city AND t.payout_id = :payout AND t.kind <> 'payout'
GROUP BY t.kind ORDER BY t.kind
""")

_filed = msgspec.json.Decoder(FiledDispute)
_payout = msgspec.json.Decoder(FiledPayout)
_item = msgspec.json.Decoder(FiledItem)
_total = msgspec.json.Decoder(Total)


class SqlDisputeBooks:
    def __init__(self, desks: Desks) -> None:
        self._desks = desks
        self._transactions = desks.transactions

    async def answered(
        self,
        call: Call[Any],
        dispute_id: UUID,
        decide: Callable[[FiledDispute | None], Awaitable[DisputeAnswer | Refusal[Any]]],
    ) -> Answer:
        scope = {"city": call.city, "id": dispute_id}

        async def at(desk: OpenDesk) -> FiledDispute | Refusal[Any]:
            found = (await desk.connection.execute(OPEN, scope)).scalar_one_or_none()
            decided = await decide(_filed.decode(found) if found else None)
            if isinstance(decided, Refusal):
                return decided
            await desk.connection.execute(KEEP, _answer_row(call.city, dispute_id, decided))
            await desk.connection.execute(TOUCH, scope | {"now": desk.now})
            await desk.note("settlement.dispute_answered", dispute_id)
            return _filed.decode((await desk.connection.execute(FIND, scope)).scalar_one())

        return await self._desks.answered(call, at)

    async def handed_in(self, city: City, dispute_id: UUID, failure: str | None, now: datetime) -> None:
        scope = {"city": city, "id": dispute_id, "now": now}

        async def at(desk: OpenDesk) -> None:
            if (await desk.connection.execute(HANDED_IN, scope | {"failure": failure})).rowcount:
                await desk.connection.execute(TOUCH, scope)

        await self._desks.work(city, at)

    async def find(self, city: City, dispute_id: UUID) -> FiledDispute | None:
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(FIND, {"city": city, "id": dispute_id})).scalar_one_or_none()
        return _filed.decode(found) if found else None

    async def page(self, city: City, wanted: Wanted) -> tuple[FiledDispute, ...]:
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(PAGE, asked_of(city, wanted))).scalars()
            return tuple(_filed.decode(each) for each in found)


class SqlPayoutBooks:
    def __init__(self, transactions: Transactions) -> None:
        self._transactions = transactions

    async def find(self, city: City, payout_id: UUID) -> FiledPayout | None:
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(FIND_PAYOUT, {"city": city, "id": payout_id})).scalar_one_or_none()
        return _payout.decode(found) if found else None

    async def page(self, city: City, wanted: Wanted) -> tuple[FiledPayout, ...]:
        asked = {name: value for name, value in asked_of(city, wanted).items() if name != "booking_id"}
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(PAGE_OF_PAYOUTS, asked)).scalars()
            return tuple(_payout.decode(each) for each in found)

    async def items(self, city: City, payout_id: str, wanted: Wanted) -> tuple[FiledItem, ...]:
        asked = {name: value for name, value in asked_of(city, wanted).items() if name not in {"booking_id", "states"}}
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(ITEMS, asked | {"payout": payout_id})).scalars()
            return tuple(_item.decode(each) for each in found)

    async def movement(self, city: City, movement_id: UUID) -> FiledItem | None:
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(MOVEMENT, {"city": city, "id": movement_id})).scalar_one_or_none()
            return _item.decode(found) if found else None

    async def totals(self, city: City, payout_id: str) -> tuple[Total, ...]:
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(TOTALS, {"city": city, "payout": payout_id})).scalars()
            return tuple(_total.decode(each) for each in found)


def _answer_row(city: City, dispute_id: UUID, answer: DisputeAnswer) -> dict[str, Any]:
    return {
        "city": city,
        "dispute_id": dispute_id,
        "kind": answer.kind.value,
        "evidence": as_json(answer.evidence),
        "answered_by": answer.answered_by,
        "answered_at": answer.answered_at,
    }
