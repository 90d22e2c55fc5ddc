"""Refunds in PostgreSQL: the booking's row is locked while they are open, so nobody promises the same money twice."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.booking.reading import BOOKING, PAYMENTS
from adapters.database.desks import Desks, OpenDesk
from adapters.database.payments.books import KEEP as KEEP_PAYMENT
from adapters.database.payments.books import payment_row
from adapters.database.payments.settlements import DISPUTE
from domain.identity import City
from domain.payments.payments import Payment
from domain.payments.refunds import Refund, RefundId, news
from services.calls import Answer, Call
from services.settlement.lists import Wanted
from services.settlement.ports import Desk, OpenRefunds

T = TypeVar("T")

# A refund as JSON, of refunds r.
REFUND = """json_build_object('id', r.id, 'booking_id', r.booking_id, 'payment_id', r.payment_id,
  'amount', json_build_object('amount', r.amount, 'currency', r.currency), 'reason', r.reason, 'state', r.state,
  'needs_second', r.needs_second, 'proposed_by', r.proposed_by, 'proposed_at', r.proposed_at, 'updated_at', r.updated_at,
  'decided_by', r.decided_by, 'decided_at', r.decided_at, 'decision_reason', r.decision_reason, 'number', r.number,
  'provider_id', r.provider_id, 'failure', r.failure, 'version', r.version)"""
DESK = text(f"""
SELECT json_build_object('booking', {BOOKING}, 'payments', {PAYMENTS},
  'refunds', (SELECT coalesce(json_agg({REFUND} ORDER BY r.proposed_at, r.id), '[]'::json) FROM refunds r
    WHERE r.city = b.city AND r.booking_id = b.id),
  'disputes', (SELECT coalesce(json_agg({DISPUTE}), '[]'::json) FROM disputes d
    WHERE d.city = b.city AND d.payment_id IN (SELECT p.id FROM payments p WHERE p.city = b.city AND p.booking_id = b.id)),
  'limit', coalesce((y.settings -> 'refunds' ->> 'four_eyes_above')::bigint, :limit))::text
FROM bookings b JOIN cities y ON y.city = b.city WHERE b.city = :city AND b.id = :id
""")
KEEP = text("""
INSERT INTO refunds (city, id, booking_id, payment_id, amount, currency, reason, state, needs_second, proposed_by, proposed_at,
  decided_by, decided_at, decision_reason, number, provider_id, failure, version, updated_at)
VALUES (:city, :id, :booking_id, :payment_id, :amount, :currency, :reason, :state, :needs_second, :proposed_by, :proposed_at,
  :decided_by, :decided_at, :decision_reason, :number, :provider_id, :failure, :version, :updated_at)
ON CONFLICT (city, id) DO UPDATE SET state = excluded.state, decided_by = excluded.decided_by, decided_at = excluded.decided_at,
  decision_reason = excluded.decision_reason, number = excluded.number, provider_id = excluded.provider_id,
  failure = excluded.failure, version = excluded.version, updated_at = excluded.updated_at
""")
FIND = text(f"SELECT {REFUND}::text FROM refunds r WHERE r.city = :city AND r.id = :id")
PAGE = text(f"""
SELECT {REFUND}::text FROM refunds r WHERE r.city = :city
  AND (CAST(:at AS timestamptz) IS NULL OR (r.proposed_at, r.id) < (:at, CAST(:after AS uuid)))
  AND (CAST(:since AS timestamptz) IS NULL OR r.proposed_at >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR r.proposed_at < :until)
  AND (CAST(:states AS text[]) = '{{}}' OR r.state = ANY (:states))
  AND (CAST(:booking_id AS uuid) IS NULL OR r.booking_id = :booking_id)
ORDER BY r.proposed_at DESC, r.id DESC LIMIT :limit
""")

_desk = msgspec.json.Decoder(Desk)
_refund = msgspec.json.Decoder(Refund)


class SqlOpenRefunds:
    def __init__(self, open_: OpenDesk, desk: Desk | None) -> None:
        self._open = open_
        self._desk = desk

    @property
    def desk(self) -> Desk | None:
        return self._desk

    async def keep(self, refund: Refund) -> None:
        if self._desk is None:
            raise LookupError("there is no such booking")
        known = {each.id: each for each in self._desk.refunds}
        row = msgspec.structs.asdict(refund) | {
            "city": self._open.city,
            "amount": refund.amount.amount,
            "currency": refund.amount.currency,
            "state": refund.state.value,
        }
        await self._open.connection.execute(KEEP, row)
        for kind in news(known.get(refund.id), refund):
            await self._open.note(kind, refund.id)
        self._desk = replace(self._desk, refunds=tuple((known | {refund.id: refund}).values()))

    async def keep_payment(self, payment: Payment) -> None:
        if self._desk is None:
            raise LookupError("there is no such booking")
        row = payment_row(self._open.city, payment)
        await self._open.connection.execute(KEEP_PAYMENT, row)
        known = {each.id: each for each in self._desk.payments}
        self._desk = replace(self._desk, payments=tuple((known | {payment.id: payment}).values()))


class SqlRefundBooks:
    """`limit` is what one person decides alone where the city does not say."""

    def __init__(self, desks: Desks, limit: int) -> None:
        self._desks = desks
        self._transactions = desks.transactions
        self._limit = limit

    async def work(self, city: City, booking_id: UUID, do: Callable[[OpenRefunds], Awaitable[T]]) -> T:
        async def at(desk: OpenDesk) -> T:
            return await do(await self._at(desk, booking_id))

        return await self._desks.work(city, at)

    async def answered(self, call: Call[Any], booking_id: UUID, do: Callable[[OpenRefunds], Awaitable[Any]]) -> Answer:
        async def at(desk: OpenDesk) -> Any:
            return await do(await self._at(desk, booking_id))

        return await self._desks.answered(call, at)

    async def find(self, city: City, refund_id: RefundId) -> Refund | None:
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(FIND, {"city": city, "id": refund_id})).scalar_one_or_none()
        return _refund.decode(found) if found else None

    async def page(self, city: City, wanted: Wanted) -> tuple[Refund, ...]:
        async with self._transactions.city(city) as connection:
            found = (await connection.execute(PAGE, asked_of(city, wanted))).scalars()
            return tuple(_refund.decode(each) for each in found)

    async def _at(self, desk: OpenDesk, booking_id: UUID) -> SqlOpenRefunds:
        await desk.lock(booking_id)
        scope = {"city": desk.city, "id": booking_id, "limit": self._limit}
        found = (await desk.connection.execute(DESK, scope)).scalar_one_or_none()
        return SqlOpenRefunds(desk, _desk.decode(found) if found else None)


def asked_of(city: City, wanted: Wanted) -> dict[str, Any]:
    """A list's conditions, by name."""
    return {
        "city": city,
        "limit": wanted.limit,
        "at": wanted.after.at if wanted.after else None,
        "after": wanted.after.id if wanted.after else None,
        "since": wanted.since,
        "until": wanted.until,
        "states": list(wanted.states),
        "booking_id": wanted.booking_id,
    }
