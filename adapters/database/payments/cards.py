"""What the books know of saved cards: by what name the provider knows a person, and which card is counted on."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import through
from adapters.database.booking.changes import write_note
from adapters.database.connections import Transactions
from adapters.database.payments.books import CUSTOMER
from domain.identity import City, PersonId
from services.calls import Call
from services.payments.ports import Account
from services.payments.wallet import SavedMandate

T = TypeVar("T")

IN_USE = text("""
SELECT EXISTS (SELECT FROM bookings b JOIN payments p ON p.city = b.city AND p.booking_id = b.id
  WHERE b.city = :city AND b.holder_id = :person AND p.method_id = :card
    AND (p.state IN ('requires_action', 'processing', 'authorised')
      OR p.state = 'saved' AND b.state IN ('held', 'confirmed', 'in_use') OR p.retry_at IS NOT NULL))
""")
MANDATES = text("""
SELECT DISTINCT ON (method_id) method_id, mandate, creditor_id FROM payments
WHERE city = :city AND holder_id = :person AND method_id IS NOT NULL AND mandate IS NOT NULL AND creditor_id IS NOT NULL
ORDER BY method_id, made_at DESC
""")
FORGET = text("DELETE FROM payers WHERE city = :city AND person_id = :person_id AND account = :account")


class SqlCards:
    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def customer(self, account: Account, person: PersonId) -> str | None:
        async def read(connection: AsyncConnection) -> str | None:
            return (await connection.execute(CUSTOMER, _payer(account, person))).scalar_one_or_none()

        return await self._through(account.city, read)

    async def is_in_use(self, city: City, person: PersonId, card_id: str) -> bool:
        async def read(connection: AsyncConnection) -> bool:
            values = {"city": city, "person": person, "card": card_id}
            return bool((await connection.execute(IN_USE, values)).scalar_one())

        return await self._through(city, read)

    async def mandates(self, city: City, person: PersonId) -> dict[str, SavedMandate]:
        async def read(connection: AsyncConnection) -> dict[str, SavedMandate]:
            found = await connection.execute(MANDATES, {"city": city, "person": person})
            return {method: SavedMandate(reference, creditor) for method, reference, creditor in found}

        return await self._through(city, read)

    async def note(self, call: Call[Any], action: str) -> None:
        async def write(connection: AsyncConnection) -> None:
            subject, now = call.actor.id, self._clock()
            await write_note(connection, call, action, subject, tell=False, new_id=self._new_id, now=now)

        await self._through(call.city, write)

    async def forget_customer(self, account: Account, person: PersonId) -> None:
        async def write(connection: AsyncConnection) -> None:
            await connection.execute(FORGET, _payer(account, person))

        await self._through(account.city, write)

    async def _through(self, city: City, work: Callable[[AsyncConnection], Awaitable[T]]) -> T:
        async def once() -> T:
            async with self._transactions.city(city) as connection:
                return await work(connection)

        return await through(once)


def _payer(account: Account, person: PersonId) -> dict[str, object]:
    return {"city": account.city, "person_id": person, "account": account.id}
