"""The payments' books in memory: what a transaction would not keep, they do not keep."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from uuid import UUID

from msgspec.structs import replace

from domain.booking.bookings import Booking
from domain.booking.events import Changed
from domain.booking.extensions import BookingExtended
from domain.booking.paying import is_regained
from domain.booking.sharing import Sharing
from domain.identity import City, PersonId, PoolId
from domain.payments.payments import Payment, PaymentId, PaymentState, Purpose, news
from domain.payments.settlement import UNCONTESTED, Asked, Contested
from domain.refusals import Refusal
from services.calls import Answer, Call, NotAnswerable
from services.payments.ports import Account, OpenBooks

T = TypeVar("T")
OPEN = {
    PaymentState.REQUIRES_PAYMENT_METHOD,
    PaymentState.REQUIRES_ACTION,
    PaymentState.PROCESSING,
    PaymentState.AUTHORISED,
    PaymentState.SAVED,
}


class MemoryBooks:
    """`taken` are the bookings whose time somebody else has by now, `sharing` and `pool_id` are those of all that is booked; `outbox`
    are the kinds, in order, with their booking."""

    def __init__(self) -> None:
        self.bookings: dict[UUID, Booking] = {}
        self.known: dict[PaymentId, Payment] = {}
        self.outbox: list[tuple[str, UUID]] = []
        self.answers: dict[tuple[UUID, str, str], tuple[str, Answer]] = {}
        self.customers: dict[tuple[str, PersonId], str] = {}
        self.taken: set[UUID] = set()
        self.sharing: Sharing | None = None
        self.pool_id: PoolId | None = None
        self._lock = asyncio.Lock()

    async def work(
        self,
        city: City,  # noqa: ARG002 - one city is enough
        booking_id: UUID,
        do: Callable[[OpenBooks], Awaitable[T]],
        call: Call[Any] | None = None,  # noqa: ARG002 - nobody reads this audit trail
    ) -> T:
        async with self._lock:
            page = _Page(self, booking_id)
            done = await do(page)
            page.commit()
            return done

    async def find(self, city: City, payment_id: PaymentId) -> Payment | None:  # noqa: ARG002 - likewise
        return self.known.get(payment_id)

    async def find_intent(self, city: City, intent_id: str) -> Payment | None:  # noqa: ARG002 - likewise
        return next((p for p in self.known.values() if p.intent_id == intent_id), None)

    async def customer(self, account: Account, person: PersonId) -> str | None:
        return self.customers.get((account.id, person))

    async def keep_customer(self, account: Account, person: PersonId, customer: str) -> None:
        self.customers.setdefault((account.id, person), customer)


def _is_claimed_again(before: Booking, to: Changed) -> bool:
    lapsed = before.extension is not None and before.extension.lapsed
    return lapsed and isinstance(to, BookingExtended)


class _Page:
    def __init__(self, books: MemoryBooks, booking_id: UUID) -> None:
        self._books = books
        self._booking = books.bookings.get(booking_id)
        mine = [p for p in books.known.values() if p.booking_id == booking_id]
        self._payments = {p.id: p for p in sorted(mine, key=lambda p: (p.made_at, p.id))}
        self._told: list[tuple[str, UUID]] = []
        self._answers: dict[tuple[UUID, str, str], tuple[str, Answer]] = {}

    @property
    def booking(self) -> Booking | None:
        return self._booking

    @property
    def payments(self) -> tuple[Payment, ...]:
        return tuple(self._payments.values())

    @property
    def sharing(self) -> Sharing | None:
        return self._books.sharing

    @property
    def pool_id(self) -> PoolId | None:
        return self._books.pool_id

    async def asked(self) -> Asked | None:
        """Nobody is reminded here."""
        return None

    async def contested(self) -> Contested:
        """No bank takes anything back here."""
        return UNCONTESTED

    async def earlier(self, call: Call[Any]) -> Answer | Refusal[NotAnswerable] | None:
        found = self._books.answers.get((call.actor.id, call.route, call.key))
        if found is None:
            return None
        fingerprint, answer = found
        return replace(answer, replayed=True) if fingerprint == call.fingerprint else Refusal(NotAnswerable.KEY_REUSED)

    async def keep(self, payment: Payment) -> None:
        self._told += [(kind, payment.booking_id) for kind in news(self._payments.get(payment.id), payment)]
        self._payments[payment.id] = payment
        self._check()

    async def change(self, to: Changed | Booking) -> bool:
        if isinstance(to, Booking):
            self._booking = to
            return True
        before = self._booking
        if (
            before is not None
            and before.id in self._books.taken
            and (is_regained(before) or _is_claimed_again(before, to))
        ):
            return False
        self._booking = to.booking
        self._told.append((str(to.__struct_config__.tag), to.booking.id))
        return True

    async def answer(self, call: Call[Any], answer: Answer, action: str) -> None:  # noqa: ARG002 - no audit trail
        self._answers[call.actor.id, call.route, call.key] = (call.fingerprint, answer)

    def commit(self) -> None:
        if self._booking is not None:
            self._books.bookings[self._booking.id] = self._booking
        self._books.known |= self._payments
        self._books.outbox += self._told
        self._books.answers |= self._answers

    def _check(self) -> None:
        """What the database's constraints would not let pass."""
        live = [
            (p.purpose, p.kind)
            for p in self._payments.values()
            if p.state in OPEN and (p.is_pending or not p.is_for_extension)
        ]
        assert len(live) == len(set(live)), "one open payment per purpose and kind"
        rest = [p for p in self._payments.values() if p.purpose is Purpose.REMAINDER]
        assert len(rest) <= 1, "one remainder per booking"
        for p in self._payments.values():
            assert 0 <= p.refunded <= p.captured <= p.amount.amount, p
