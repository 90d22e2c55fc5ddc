"""The payments' books in PostgreSQL: a booking's row is locked while they are open, so nobody decides on stale facts."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace
from adapters.database.booking.changes import EARLIER, write_answer, write_change, write_note
from adapters.database.booking.reading import ASKED as OF_THE_CASE
from adapters.database.booking.reading import BOOKING, PAYMENT
from adapters.database.booking.reservations import kind_of
from adapters.database.booking.sharing import SHARING
from adapters.database.connections import Transactions
from adapters.database.payments.settlements import DISPUTE, LOST_DISPUTE
from adapters.database.transacting import Transacting, in_city
from domain.booking.bookings import Booking
from domain.booking.events import Changed
from domain.booking.paying import is_regained
from domain.booking.sharing import Sharing
from domain.identity import SYSTEM, Actor, City, PersonId, PoolId, Role
from domain.payments.owing import contested
from domain.payments.payments import Payment, PaymentId, news
from domain.payments.settlement import UNCONTESTED, Asked, Contested
from domain.payments.transactions import Dispute, LostDispute
from domain.refusals import Refusal
from services.calls import Answer, Call, NotAnswerable
from services.payments.ports import Account, OpenBooks

T = TypeVar("T")

LOCKED = text(f"""
SELECT json_build_object('booking', {BOOKING}, 'pool_id', (SELECT r.pool_id FROM resources r
  WHERE r.city = b.city AND r.id = b.resource_id), 'sharing', (SELECT {SHARING} FROM resources r
  WHERE r.city = b.city AND r.id = b.resource_id AND b.payer = 'self'))::text
FROM bookings b WHERE b.city = :city AND b.id = :id FOR UPDATE
""")

OF_BOOKING = text(
    f"SELECT {PAYMENT}::text FROM payments p WHERE p.city = :city AND p.booking_id = :id ORDER BY p.made_at, p.id"
)
DISPUTES = text(f"""
SELECT {DISPUTE}::text AS dispute, CASE WHEN d.lost_at IS NOT NULL THEN {LOST_DISPUTE}::text END AS lost FROM disputes d
WHERE d.city = :city AND d.payment_id = ANY (CAST(:ids AS uuid[]))
""")
ASKED = text(f"SELECT {OF_THE_CASE}::text FROM bookings b WHERE b.city = :city AND b.id = :id")
BY_ID = text(f"SELECT {PAYMENT}::text FROM payments p WHERE p.city = :city AND p.id = :id")
BY_INTENT = text(f"SELECT {PAYMENT}::text FROM payments p WHERE p.city = :city AND p.intent_id = :id")

KEEP = text("""
INSERT INTO payments (city, id, booking_id, holder_id, kind, purpose, capture, amount, currency, state, recovery_point,
  intent_id, method_id, captured, refunded, refunds, pending, came_back, capture_before, failure, attempts, retry_at, ended_at,
  version, made_at, updated_at, creditor_id, mandate, debit_on, share_account, share_basis_points)
VALUES (:city, :id, :booking_id, :holder_id, :kind, :purpose, :capture, :amount, :currency, :state, :recovery_point,
  :intent_id, :method_id, :captured, :refunded, :refunds, :pending, :came_back, :capture_before, :failure, :attempts, :retry_at,
  :ended_at, :version, :made_at, :updated_at, :creditor_id, :mandate, :debit_on, :share_account,
  :share_basis_points)
ON CONFLICT (city, id) DO UPDATE SET state = excluded.state, recovery_point = excluded.recovery_point,
  intent_id = excluded.intent_id, method_id = excluded.method_id, captured = excluded.captured,
  refunded = excluded.refunded, refunds = excluded.refunds, pending = excluded.pending, came_back = excluded.came_back,
  capture_before = excluded.capture_before, failure = excluded.failure, attempts = excluded.attempts,
  retry_at = excluded.retry_at, ended_at = excluded.ended_at, version = excluded.version, updated_at = excluded.updated_at,
  mandate = excluded.mandate, debit_on = excluded.debit_on
""")
PROLONG = text("""
UPDATE bookings SET hold_expires_at = :hold_expires_at, hold_extended = :hold_extended, version = :version,
  updated_at = :updated_at
WHERE city = :city AND id = :id AND version = :version - 1
""")
# The hold's claim went when it expired; it is claimed again with the buffers that its resource has.
CLAIM_AGAIN = text("""
INSERT INTO claims (city, resource_id, booking_id, claimed_from, claimed_until, kind)
SELECT b.city, b.resource_id, b.id, b.starts - make_interval(secs => r.buffer_before_s),
  b.ends + make_interval(secs => r.buffer_after_s), 'booking'
FROM bookings b JOIN resources r ON r.city = b.city AND r.id = b.resource_id
WHERE b.city = :city AND b.id = :id ON CONFLICT DO NOTHING
""")
CUSTOMER = text("SELECT customer_id FROM payers WHERE city = :city AND person_id = :person_id AND account = :account")
KEEP_CUSTOMER = text("""
INSERT INTO payers (city, person_id, account, customer_id)
SELECT p.city, p.id, :account, :customer_id FROM persons p WHERE p.city = :city AND p.id = :person_id
ON CONFLICT DO NOTHING
""")
DUE = text("SELECT city, id FROM payments WHERE retry_at <= :now ORDER BY retry_at LIMIT :limit")
NOTHING = Answer(204, "", "")


class _Locked(Struct, frozen=True):
    booking: Booking | None = None
    sharing: Sharing | None = None
    pool_id: PoolId | None = None


_locked = msgspec.json.Decoder(_Locked)
_payment = msgspec.json.Decoder(Payment)
_asked = msgspec.json.Decoder(Asked)
_dispute = msgspec.json.Decoder(Dispute)
_lost = msgspec.json.Decoder(LostDispute)


class SqlOpenBooks:
    def __init__(
        self,
        connection: AsyncConnection,
        call: Call[Any],
        found: _Locked,
        payments: Sequence[Payment],
        *,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
    ) -> None:
        self._connection = connection
        self._call = call
        self._booking = found.booking
        self._sharing = found.sharing
        self._pool_id = found.pool_id
        self._payments = {payment.id: payment for payment in payments}
        self._clock = clock
        self._new_id = new_id

    @property
    def booking(self) -> Booking | None:
        return self._booking

    @property
    def payments(self) -> tuple[Payment, ...]:
        return tuple(self._payments.values())

    @property
    def sharing(self) -> Sharing | None:
        return self._sharing

    @property
    def pool_id(self) -> PoolId | None:
        return self._pool_id

    async def earlier(self, call: Call[Any]) -> Answer | Refusal[NotAnswerable] | None:
        scope = {"city": call.city, "actor_id": call.actor.id, "route": call.route, "key": call.key}
        found = (await self._connection.execute(EARLIER, scope)).one_or_none()
        if found is None:
            return None
        if found.fingerprint != call.fingerprint:
            return Refusal(NotAnswerable.KEY_REUSED)
        return Answer(found.status, found.media_type, found.body, replayed=True)

    async def asked(self) -> Asked | None:
        if self._booking is None:
            return None
        scope = {"city": self._call.city, "id": self._booking.id}
        found = (await self._connection.execute(ASKED, scope)).scalar_one_or_none()
        return _asked.decode(found) if found else None

    async def contested(self) -> Contested:
        taken = [payment.id for payment in self._payments.values() if payment.captured]
        if not taken:
            return UNCONTESTED
        rows = (await self._connection.execute(DISPUTES, {"city": self._call.city, "ids": taken})).all()
        return contested(
            [_dispute.decode(row.dispute) for row in rows], [_lost.decode(row.lost) for row in rows if row.lost]
        )

    async def keep(self, payment: Payment) -> None:
        before = self._payments.get(payment.id)
        await self._connection.execute(KEEP, payment_row(self._call.city, payment))
        self._payments[payment.id] = payment
        for kind in news(before, payment):
            await self._note(kind, payment.booking_id, tell=True)

    async def change(self, to: Changed | Booking) -> bool:
        if isinstance(to, Booking):
            await self._prolong(to)
            return True
        if self._booking is not None and is_regained(self._booking):
            claimed = await self._connection.execute(CLAIM_AGAIN, {"city": self._call.city, "id": to.booking.id})
            if claimed.rowcount != 1:
                return False
        if not await write_change(self._connection, self._call.city, to):
            return False
        self._booking = to.booking
        await self._note(kind_of(to), to.booking.id, tell=True)
        return True

    async def answer(self, call: Call[Any], answer: Answer, action: str) -> None:
        await write_answer(self._connection, call, answer, self._clock())
        await self._note(action, self._booking.id if self._booking else call.actor.id, tell=False)

    async def _prolong(self, booking: Booking) -> None:
        row = {
            "city": self._call.city,
            "id": booking.id,
            "hold_expires_at": booking.hold_expires_at,
            "hold_extended": booking.hold_extended,
            "version": booking.version,
            "updated_at": booking.updated_at,
        }
        if (await self._connection.execute(PROLONG, row)).rowcount != 1:
            raise LostRace
        self._booking = booking

    async def _note(self, action: str, subject_id: UUID, *, tell: bool) -> None:
        await write_note(
            self._connection, self._call, action, subject_id, tell=tell, new_id=self._new_id, now=self._clock()
        )


def payment_row(city: City, payment: Payment) -> dict[str, Any]:
    """The payment's columns, by name."""
    row = msgspec.structs.asdict(payment)
    share = row.pop("share")
    return row | {
        "city": city,
        "amount": payment.amount.amount,
        "currency": payment.amount.currency,
        "share_account": share and share.account,
        "share_basis_points": share and share.basis_points,
    }


class SqlPaymentBooks(Transacting):
    async def work(
        self, city: City, booking_id: UUID, do: Callable[[OpenBooks], Awaitable[T]], call: Call[Any] | None = None
    ) -> T:
        scope = {"city": city, "id": booking_id}

        async def work(connection: AsyncConnection) -> T:
            found = (await connection.execute(LOCKED, scope)).scalar_one_or_none()
            # A second statement: one that had to wait for the lock would have read the payments before it.
            payments = (await connection.execute(OF_BOOKING, scope)).scalars()
            books = SqlOpenBooks(
                connection,
                call or _by_itself(city),
                _locked.decode(found) if found else _Locked(),
                [_payment.decode(payment) for payment in payments],
                clock=self._clock,
                new_id=self._new_id,
            )
            return await do(books)

        return await self._done(city, work)

    async def find(self, city: City, payment_id: PaymentId) -> Payment | None:
        return await self._found(city, BY_ID, payment_id)

    async def find_intent(self, city: City, intent_id: str) -> Payment | None:
        return await self._found(city, BY_INTENT, intent_id)

    async def customer(self, account: Account, person: PersonId) -> str | None:
        async def read(connection: AsyncConnection) -> str | None:
            return (await connection.execute(CUSTOMER, _payer(account, person))).scalar_one_or_none()

        return await in_city(self._transactions, account.city, read)

    async def keep_customer(self, account: Account, person: PersonId, customer: str) -> None:
        async def write(connection: AsyncConnection) -> None:
            await connection.execute(KEEP_CUSTOMER, _payer(account, person) | {"customer_id": customer})

        await in_city(self._transactions, account.city, write)

    async def _found(self, city: City, sql: Any, identifier: object) -> Payment | None:
        async def read(connection: AsyncConnection) -> str | None:
            return (await connection.execute(sql, {"city": city, "id": identifier})).scalar_one_or_none()

        found = await in_city(self._transactions, city, read)
        return _payment.decode(found) if found else None


def _payer(account: Account, person: PersonId) -> dict[str, object]:
    return {"city": account.city, "person_id": person, "account": account.id}


def _by_itself(city: City) -> Call[Any]:
    """What the system does unasked."""
    return Call(city, Actor(SYSTEM, city, frozenset({Role.OPERATOR})), "payments", "", "", "payments", "", _unasked)


def _unasked(_outcome: Any) -> Answer:
    return NOTHING


async def due_payments(relay: Transactions, now: datetime, limit: int) -> list[tuple[City, PaymentId]]:
    """Across cities, the payments whose time to be looked at has come: for `Payments.complete`, longest waiting first.

    That is all there is to sweep for. What is under way, what waits for its holder, cards that are to be held a day
    before the start, holds that were refused and lapse, and holds that ended: each of them carries its time.
    """
    async with relay.everywhere() as connection:
        rows = await connection.execute(DUE, {"now": now, "limit": limit})
        return [(City(city), PaymentId(payment_id)) for city, payment_id in rows]
