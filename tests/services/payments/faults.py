"""Faults at every point where something can go wrong: before and after each call of the provider and of the books."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from domain.identity import City, PersonId
from domain.payments.payments import Intent, Payment, PaymentId
from services.calls import Call, Unavailable
from services.payments.ports import (
    Account,
    Agreement,
    OpenBooks,
    PaymentBooks,
    PaymentGateway,
    ProviderUnavailable,
)

T = TypeVar("T")


class Crash(BaseException):
    """The process dies here: nothing of it handles this."""


class Fault(StrEnum):
    CRASH = "crash"
    TIMEOUT = "timeout"


class Fuse:
    """Counts the points that are passed, and blows where `blows` says so; `mended` it lets everything pass."""

    def __init__(self, blows: Callable[[int], Fault | None] = lambda _point: None) -> None:
        self._blows = blows
        self.passed: list[str] = []
        self.mended = False

    async def around(self, name: str, what: Callable[[], Awaitable[T]], lost: type[Exception]) -> T:
        """Do it, with a point before and one after; the effect of what fails after is there all the same."""
        await self._point(f"before {name}", lost)
        try:
            return await what()
        finally:
            await self._point(f"after {name}", lost)

    async def _point(self, name: str, lost: type[Exception]) -> None:
        self.passed.append(name)
        fault = None if self.mended else self._blows(len(self.passed))
        await asyncio.sleep(0)  # here others may go on
        if fault is not None:
            raise Crash(name) if fault is Fault.CRASH else lost(name)


class FaultyGateway:
    def __init__(self, gateway: PaymentGateway, fuse: Fuse) -> None:
        self._gateway = gateway
        self._fuse = fuse

    async def customer(self, city: City, person: PersonId) -> str:
        return await self._around("customer", lambda: self._gateway.customer(city, person))

    async def open(self, city: City, payment: Payment, customer: str | None, return_url: str | None = None) -> Intent:
        return await self._around("open", lambda: self._gateway.open(city, payment, customer, return_url))

    async def confirm(
        self,
        city: City,
        payment: Payment,
        method_id: str,
        return_url: str | None,
        agreed: Agreement | None = None,
    ) -> Intent:
        return await self._around(
            "confirm", lambda: self._gateway.confirm(city, payment, method_id, return_url, agreed)
        )

    async def fetch(self, city: City, payment: Payment, customer: str | None) -> Intent | None:
        return await self._around("fetch", lambda: self._gateway.fetch(city, payment, customer))

    async def capture(self, city: City, payment: Payment, amount: int) -> Intent:
        return await self._around("capture", lambda: self._gateway.capture(city, payment, amount))

    async def give_back(self, city: City, payment: Payment, amount: int) -> Intent:
        return await self._around("give_back", lambda: self._gateway.give_back(city, payment, amount))

    async def _around(self, name: str, what: Callable[[], Awaitable[T]]) -> T:
        return await self._fuse.around(name, what, ProviderUnavailable)


class FaultyBooks:
    def __init__(self, books: PaymentBooks, fuse: Fuse) -> None:
        self._books = books
        self._fuse = fuse

    async def work(
        self, city: City, booking_id: UUID, do: Callable[[OpenBooks], Awaitable[T]], call: Call[Any] | None = None
    ) -> T:
        return await self._around("work", lambda: self._books.work(city, booking_id, do, call))

    async def find(self, city: City, payment_id: PaymentId) -> Payment | None:
        return await self._books.find(city, payment_id)

    async def find_intent(self, city: City, intent_id: str) -> Payment | None:
        return await self._books.find_intent(city, intent_id)

    async def customer(self, account: Account, person: PersonId) -> str | None:
        return await self._books.customer(account, person)

    async def keep_customer(self, account: Account, person: PersonId, customer: str) -> None:
        await self._around("keep_customer", lambda: self._books.keep_customer(account, person, customer))

    async def _around(self, name: str, what: Callable[[], Awaitable[T]]) -> T:
        return await self._fuse.around(name, what, Unavailable)
