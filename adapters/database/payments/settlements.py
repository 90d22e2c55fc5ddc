"""Our copy of the payment provider's books in PostgreSQL."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import through
from adapters.database.booking.changes import NOTE
from adapters.database.booking.reservations import as_json
from adapters.database.connections import Transactions
from domain.identity import SYSTEM, City
from domain.payments.transactions import (
    TRANSACTION_SEEN,
    Dispute,
    DisputeState,
    Payout,
    dispute_news,
    dispute_seen,
    filed_as,
    is_claimed,
    is_lost,
    payout_news,
    payout_seen,
)
from services.payments.ports import Account
from services.settlement.ports import Movement, OpenEnds

T = TypeVar("T")

READ_UNTIL = text("SELECT read_until FROM provider_looks WHERE city = :city AND account = :account")
LOOKED = text("""
INSERT INTO provider_looks (city, account, read_until, looked_at) VALUES (:city, :account, :read_until, :now)
ON CONFLICT (city, account) DO UPDATE SET read_until = greatest(provider_looks.read_until, excluded.read_until),
  looked_at = excluded.looked_at
""")
# A movement's own entry in the outbox carries its id: it is told of once.
KEEP = text(f"""
WITH kept AS (
  INSERT INTO provider_transactions (city, id, transaction_id, kind, type, category, amount, fee, net, currency, source_id,
    created_at, available_at, payout_id, payment_id, booking_id, lease_collection, intent_id, refund_number, fees, exchange_rate,
    presented_amount, presented_currency, seen_at)
  SELECT :city, m.id, m.transaction_id, m.kind, m.type, m.category, m.amount, m.fee, m.net, m.currency, m.source_id,
    m.created_at, m.available_at, m.payout_id, p.id, p.booking_id, c.id, m.intent_id, m.refund_number, m.fees, m.exchange_rate,
    (m.presented ->> 'amount')::bigint, m.presented ->> 'currency', :now
  FROM json_to_recordset(CAST(:movements AS json)) m(id uuid, transaction_id text, kind text, type text, category text,
    amount bigint, fee bigint, net bigint, currency text, source_id text, created_at timestamptz, available_at timestamptz,
    payout_id text, payment_id uuid, intent_id text, refund_number int, fees json, exchange_rate text, presented json)
  LEFT JOIN LATERAL (SELECT q.id, q.booking_id FROM payments q
    WHERE q.city = :city AND (q.id = m.payment_id OR q.intent_id = m.intent_id) LIMIT 1) p ON true
  LEFT JOIN LATERAL (SELECT q.id FROM lease_collections q
    WHERE q.city = :city AND (q.id = m.payment_id OR q.intent_id = m.intent_id) LIMIT 1) c ON true
  ON CONFLICT (city, transaction_id) DO UPDATE SET payout_id = excluded.payout_id
    WHERE provider_transactions.payout_id IS NULL AND excluded.payout_id IS NOT NULL
  RETURNING id, xmax = 0 AS is_new),
told AS (
  INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at)
  SELECT :city, id, '{TRANSACTION_SEEN}', id, :now, :now FROM kept WHERE is_new)
SELECT count(*) FILTER (WHERE is_new) FROM kept
""")
ITEMISED = text(
    "UPDATE payouts SET itemised_at = :now WHERE city = :city AND payout_id = :payout_id AND itemised_at IS NULL"
)
PAYOUT = """json_build_object('id', o.payout_id, 'amount', o.amount, 'currency', o.currency, 'state', o.state,
  'is_automatic', o.is_automatic, 'is_reconciled', o.is_reconciled, 'created_at', o.created_at, 'arrives_on', o.arrives_on,
  'trace_id', o.trace_id, 'failure', o.failure, 'transaction_id', o.transaction_id,
  'failure_transaction_id', o.failure_transaction_id)"""
DISPUTE = """json_build_object('id', d.dispute_id, 'charge_id', d.charge_id, 'intent_id', d.intent_id, 'amount', d.amount,
  'currency', d.currency, 'reason', d.reason, 'state', d.state, 'opened_at', d.opened_at, 'is_refundable', d.is_refundable,
  'evidence_due_at', d.evidence_due_at, 'has_evidence', d.has_evidence, 'submissions', d.submissions,
  'transactions', d.transactions, 'withdrawn', d.withdrawn, 'fee', d.fee, 'payment_id', d.payment_id, 'booking_id', d.booking_id,
  'decided_at', d.decided_at)"""
# Whoever sees the same thing waits, even where it is not known yet: there is no row to lock then.
ONE_AT_A_TIME = text("SELECT pg_advisory_xact_lock(hashtextextended('provider ' || :city || ' ' || :said, 0))")
# Documents of a booking are written by whoever has its row: a loss is seen before one of them or after it.
LOCK_DISPUTED = text("""
SELECT 1 FROM bookings WHERE city = :city
  AND id = (SELECT booking_id FROM payments WHERE city = :city AND intent_id = :intent_id) FOR UPDATE
""")
KNOWN_PAYOUT = text(f"SELECT {PAYOUT}::text FROM payouts o WHERE o.city = :city AND o.payout_id = :said")
KNOWN_DISPUTE = text(f"SELECT {DISPUTE}::text FROM disputes d WHERE d.city = :city AND d.dispute_id = :said")
KEEP_PAYOUT = text("""
INSERT INTO payouts (city, id, payout_id, amount, currency, state, is_automatic, is_reconciled, created_at, arrives_on,
  trace_id, failure, transaction_id, failure_transaction_id, version, updated_at)
VALUES (:city, :row_id, :id, :amount, :currency, :state, :is_automatic, :is_reconciled, :created_at, :arrives_on, :trace_id,
  :failure, :transaction_id, :failure_transaction_id, 1, :now)
ON CONFLICT (city, payout_id) DO UPDATE SET state = excluded.state, is_reconciled = excluded.is_reconciled,
  arrives_on = excluded.arrives_on, trace_id = excluded.trace_id, failure = excluded.failure,
  transaction_id = excluded.transaction_id, failure_transaction_id = excluded.failure_transaction_id,
  version = payouts.version + 1, updated_at = excluded.updated_at
""")
# Whose payment it is, is looked up when the dispute is first heard of: payments are written before the provider knows them.
KEEP_DISPUTE = text("""
INSERT INTO disputes (city, id, dispute_id, charge_id, intent_id, amount, currency, reason, state, opened_at, is_refundable,
  evidence_due_at, has_evidence, submissions, transactions, withdrawn, fee, payment_id, booking_id, lease_collection,
  decided_at, version, updated_at)
SELECT :city, :row_id, :id, :charge_id, :intent_id, :amount, :currency, :reason, :state, :opened_at, :is_refundable,
  :evidence_due_at, :has_evidence, :submissions, :transactions, :withdrawn, :fee, p.id, p.booking_id, c.id, :decided_at, 1,
  :now
FROM (VALUES (1)) v LEFT JOIN payments p ON p.city = :city AND p.intent_id = :intent_id
  LEFT JOIN lease_collections c ON c.city = :city AND c.intent_id = :intent_id
ON CONFLICT (city, dispute_id) DO UPDATE SET state = excluded.state, amount = excluded.amount,
  is_refundable = excluded.is_refundable, evidence_due_at = excluded.evidence_due_at, has_evidence = excluded.has_evidence,
  submissions = excluded.submissions, transactions = excluded.transactions, withdrawn = excluded.withdrawn, fee = excluded.fee,
  payment_id = coalesce(disputes.payment_id, excluded.payment_id), booking_id = coalesce(disputes.booking_id, excluded.booking_id),
  decided_at = excluded.decided_at, version = disputes.version + 1, updated_at = excluded.updated_at
""")
CLAIMS_LOST = text(
    "SELECT coalesce((settings -> 'disputes' ->> 'claim_lost')::bool, false) FROM cities WHERE city = :city"
)
LOST = text("""
UPDATE disputes SET lost_at = :at, lost_seen_at = :now, lost = :lost, claimed = :claimed WHERE city = :city AND dispute_id = :id AND lost_at IS NULL
""")
WON = text("""
UPDATE disputes SET won_at = :at, won_seen_at = :now WHERE city = :city AND dispute_id = :id AND lost_at IS NOT NULL AND won_at IS NULL
""")
# As it was lost, of disputes d.
LOST_DISPUTE = """json_build_object('id', d.dispute_id, 'amount', d.lost, 'currency', d.currency, 'reason', d.reason,
  'at', d.lost_at, 'seen_at', d.lost_seen_at,
  'is_claimed', d.claimed, 'won_at', d.won_at, 'won_seen_at', d.won_seen_at, 'payment_id', d.payment_id, 'booking_id', d.booking_id)"""
OPEN_ENDS = text("""
SELECT ARRAY(SELECT payout_id FROM payouts WHERE city = :city AND is_automatic AND is_reconciled AND itemised_at IS NULL
    ORDER BY created_at) AS payouts,
  ARRAY(SELECT dispute_id FROM disputes WHERE city = :city AND state IN ('inquiry', 'needs_response', 'under_review')
    ORDER BY opened_at) AS disputes
""")
KNOWS_END = text("""
SELECT EXISTS (SELECT FROM disputes WHERE city = :city AND dispute_id = :said AND decided_at IS NOT NULL)
""")
DUE = text("""
SELECT c.city FROM cities c WHERE c.stripe_account IS NOT NULL AND NOT EXISTS (
  SELECT FROM provider_looks l WHERE l.city = c.city AND l.account = c.stripe_account AND l.looked_at >= :since)
ORDER BY random() LIMIT :limit
""")

_payout = msgspec.json.Decoder(Payout)
_dispute = msgspec.json.Decoder(Dispute)


class SqlSettlementBooks:
    """`written` is called after each piece of work, to wake whoever reads the outbox."""

    def __init__(self, transactions: Transactions, new_id: Callable[[], UUID], written: Callable[[], None]) -> None:
        self._transactions = transactions
        self._new_id = new_id
        self._written = written

    async def read_until(self, account: Account) -> datetime | None:
        async def read(connection: AsyncConnection) -> datetime | None:
            scope = {"city": account.city, "account": account.id}
            return (await connection.execute(READ_UNTIL, scope)).scalar_one_or_none()

        return await self._through(account.city, read)

    async def looked(self, account: Account, read_until: datetime, now: datetime) -> None:
        row = {"city": account.city, "account": account.id, "read_until": read_until, "now": now}

        async def write(connection: AsyncConnection) -> None:
            await connection.execute(LOOKED, row)

        await self._through(account.city, write)

    async def keep(self, city: City, movements: Sequence[Movement], now: datetime) -> int:
        rows = as_json([_row(city, each) for each in movements])

        async def write(connection: AsyncConnection) -> int:
            return int((await connection.execute(KEEP, {"city": city, "movements": rows, "now": now})).scalar_one())

        kept = await self._through(city, write)
        self._written()
        return kept

    async def itemised(self, city: City, payout_id: str, now: datetime) -> None:
        async def write(connection: AsyncConnection) -> None:
            await connection.execute(ITEMISED, {"city": city, "payout_id": payout_id, "now": now})

        await self._through(city, write)

    async def see(self, city: City, said: Payout | Dispute, clock: Callable[[], datetime]) -> Payout | Dispute:
        async def write(connection: AsyncConnection) -> Payout | Dispute:
            await connection.execute(ONE_AT_A_TIME, {"city": city, "said": said.id})
            if isinstance(said, Payout):
                return await self._see_payout(connection, city, said, clock())
            await connection.execute(LOCK_DISPUTED, {"city": city, "intent_id": said.intent_id})
            return await self._see_dispute(connection, city, said, clock())

        seen = await self._through(city, write)
        self._written()
        return seen

    async def knows_end(self, city: City, dispute_id: str) -> bool:
        async def read(connection: AsyncConnection) -> bool:
            return bool((await connection.execute(KNOWS_END, {"city": city, "said": dispute_id})).scalar_one())

        return await self._through(city, read)

    async def open_ends(self, city: City) -> OpenEnds:
        async def read(connection: AsyncConnection) -> OpenEnds:
            row = (await connection.execute(OPEN_ENDS, {"city": city})).one()
            return OpenEnds(tuple(row.payouts), tuple(row.disputes))

        return await self._through(city, read)

    async def _see_payout(self, connection: AsyncConnection, city: City, said: Payout, now: datetime) -> Payout:
        found = (await connection.execute(KNOWN_PAYOUT, {"city": city, "said": said.id})).scalar_one_or_none()
        known = _payout.decode(found) if found else None
        seen = payout_seen(known, said)
        if seen is not known:
            await connection.execute(KEEP_PAYOUT, _columns(city, seen, now))
            await self._tell(connection, city, seen.id, payout_news(known, seen), now)
        return seen

    async def _see_dispute(self, connection: AsyncConnection, city: City, said: Dispute, now: datetime) -> Dispute:
        found = (await connection.execute(KNOWN_DISPUTE, {"city": city, "said": said.id})).scalar_one_or_none()
        known = _dispute.decode(found) if found else None
        seen = dispute_seen(known, said, now)
        if seen is not known:
            await connection.execute(KEEP_DISPUTE, _columns(city, seen, now))
            await self._end(connection, city, seen, now)
            await self._tell(connection, city, seen.id, dispute_news(known, seen), now)
        return seen

    async def _end(self, connection: AsyncConnection, city: City, seen: Dispute, now: datetime) -> None:
        """How it was lost, and whether that is claimed, is written down once."""
        scope = {"city": city, "id": seen.id, "at": seen.decided_at or now, "now": now}
        if is_lost(seen):
            claims_lost = bool((await connection.execute(CLAIMS_LOST, {"city": city})).scalar_one())
            await connection.execute(
                LOST, scope | {"lost": seen.withdrawn, "claimed": is_claimed(seen, claims_lost=claims_lost)}
            )
        elif seen.state is DisputeState.WON:
            await connection.execute(WON, scope)

    async def _tell(
        self, connection: AsyncConnection, city: City, provider_id: str, news: Sequence[str], now: datetime
    ) -> None:
        for action in news:
            row = {
                "city": city,
                "action": action,
                "subject_id": filed_as(city, provider_id),
                "actor_id": SYSTEM,
                "request_id": "settlement",
                "address": "",
                "tell": True,
                "now": now,
                "outbox_id": self._new_id(),
                "audit_id": self._new_id(),
            }
            await connection.execute(NOTE, row)

    async def _through(self, city: City, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._transactions.city(city) as connection:
                return await work(connection)

        return await through(once)


async def due_accounts(relay: Transactions, since: datetime, limit: int) -> list[City]:
    """Across cities, those whose account was not looked at since."""
    async with relay.everywhere() as connection:
        return [City(city) for (city,) in await connection.execute(DUE, {"since": since, "limit": limit})]


def _columns(city: City, seen: Payout | Dispute, now: datetime) -> dict[str, Any]:
    row = msgspec.structs.asdict(seen)
    if isinstance(seen, Dispute):
        row["transactions"] = list(seen.transactions)
    return row | {"city": city, "row_id": filed_as(city, seen.id), "state": seen.state.value, "now": now}


def _row(city: City, movement: Movement) -> dict[str, Any]:
    row = msgspec.structs.asdict(movement.transaction)
    more = msgspec.structs.asdict(movement)
    del more["transaction"]
    return row | more | {"id": filed_as(city, movement.transaction.id), "transaction_id": movement.transaction.id}
