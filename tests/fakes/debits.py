"""A bank account's provider that knows each collection by its id, as Stripe does by its idempotency key."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from domain.bike_leasing.money.collecting import Collection
from domain.identity import City
from domain.money import Money
from domain.payments.payments import Intent, PaymentState
from services.bike_leasing.money.ports import AskedTooOften, NotDebited


async def _nothing(_: Collection) -> None: ...


class MemoryDebits:
    """`debited` is what was taken of whom by which key, and `given_back` what of it went back; `asked` counts requests, also those that found it there. `patience` is how many
    requests are answered before the provider has enough for `busy_s`; `refuses` says which accounts it does not know; `meanwhile` is what
    happens while it is looked at."""

    def __init__(self) -> None:
        self.debited: dict[UUID, tuple[str, Money]] = {}
        self.given_back: dict[UUID, Money] = {}
        self.asked = 0
        self.patience: int | None = None
        self.busy_s = 30.0
        self.refuses: Callable[[Collection], bool] = lambda _: False
        self.before_answer: Callable[[Collection], None] = lambda _: None
        self.meanwhile: Callable[[Collection], Awaitable[object]] = _nothing
        self.state = PaymentState.PROCESSING

    async def debit(self, _city: City, collection: Collection) -> Intent:
        if self.patience is not None:
            if not self.patience:
                raise AskedTooOften(self.busy_s)
            self.patience -= 1
        self.asked += 1
        if self.refuses(collection):
            raise NotDebited("payment_method_unknown")
        self.debited.setdefault(collection.id, (collection.method_id, collection.amount))
        self.before_answer(collection)
        return self._intent(collection)

    async def give_back(self, _city: City, collection: Collection) -> Intent:
        if self.refuses(collection):
            raise NotDebited("charge_disputed")
        self.given_back.setdefault(collection.id, self.debited[collection.id][1])
        self.before_answer(collection)
        return self._intent(collection)

    async def look(self, _city: City, collection: Collection) -> Intent | None:
        found = self._intent(collection) if collection.id in self.debited else None
        await self.meanwhile(collection)
        return found

    def _intent(self, collection: Collection) -> Intent:
        state = PaymentState.REFUNDED if collection.id in self.given_back else self.state
        return Intent(f"pi_{collection.id.hex}", state, method_id=collection.method_id)
