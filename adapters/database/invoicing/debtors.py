"""Whom people want their invoices addressed to, in PostgreSQL."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace, through
from adapters.database.booking.changes import write_note
from adapters.database.connections import Transactions
from domain.cities.settings import CitySettings
from domain.identity import PersonId
from domain.invoicing.debtors import AddressInvoices, BillingAddress, NotAddressable
from domain.invoicing.invoices import Address
from domain.refusals import Refusal
from services.calls import Call
from services.invoicing.addressing import address_invoices, forget_address

FIND = text("""
SELECT name, street, postcode, town, country, leitweg_id, version, changed_at FROM debtors WHERE city = :city AND person_id = :person
""")
SETTINGS = text("SELECT settings FROM cities WHERE city = :city")
KEEP = text("""
INSERT INTO debtors (city, person_id, name, street, postcode, town, country, leitweg_id, version, changed_at)
SELECT p.city, p.id, :name, :street, :postcode, :town, :country, :leitweg_id, :version, :changed_at FROM persons p
WHERE p.city = :city AND p.id = :person AND p.erased_at IS NULL
ON CONFLICT (city, person_id) DO UPDATE SET name = excluded.name, street = excluded.street, postcode = excluded.postcode,
  town = excluded.town, country = excluded.country, leitweg_id = excluded.leitweg_id, version = excluded.version,
  changed_at = excluded.changed_at WHERE debtors.version = excluded.version - 1
RETURNING 1
""")
KNOWN = text("SELECT 1 FROM persons WHERE city = :city AND id = :person AND erased_at IS NULL")
FORGET = text("DELETE FROM debtors WHERE city = :city AND person_id = :person")


class SqlDebtors:
    def __init__(self, connection: AsyncConnection, call: Call[Any], now: datetime, new_id: Callable[[], UUID]) -> None:
        self._connection = connection
        self._call = call
        self._now = now
        self._new_id = new_id

    async def find(self, person_id: PersonId) -> BillingAddress | None:
        scope = {"city": self._call.city, "person": person_id}
        row = (await self._connection.execute(FIND, scope)).one_or_none()
        if row is None:
            return None
        where = Address(row.street, row.postcode, row.town, row.country)
        return BillingAddress(row.name, where, row.changed_at, row.version, row.leitweg_id)

    async def settings(self) -> CitySettings:
        found = await self._connection.execute(SETTINGS, {"city": self._call.city})
        return msgspec.convert(found.scalar_one(), CitySettings)

    async def keep(self, address: BillingAddress) -> bool:
        scope = {"city": self._call.city, "person": self._call.actor.id}
        row = scope | msgspec.structs.asdict(address.address) | msgspec.structs.asdict(address)
        del row["address"]
        if (await self._connection.execute(KEEP, row)).one_or_none() is None:
            if (await self._connection.execute(KNOWN, scope)).one_or_none() is None:
                return False
            raise LostRace
        await self._note("person.billing_address_changed")
        return True

    async def forget(self) -> bool:
        scope = {"city": self._call.city, "person": self._call.actor.id}
        if (await self._connection.execute(FORGET, scope)).rowcount != 1:
            return False
        await self._note("person.billing_address_removed")
        return True

    async def _note(self, action: str) -> None:
        person = self._call.actor.id
        await write_note(self._connection, self._call, action, person, tell=False, new_id=self._new_id, now=self._now)


class SqlAddressing:
    """The use cases, each a transaction of its own."""

    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    async def find(self, call: Call[Any]) -> BillingAddress | None:
        async def once() -> BillingAddress | None:
            async with self._transactions.city(call.city) as connection:
                return await self._debtors(connection, call).find(call.actor.id)

        return await through(once)

    async def address(self, call: Call[Any], command: AddressInvoices) -> BillingAddress | Refusal[NotAddressable]:
        async def once() -> BillingAddress | Refusal[NotAddressable]:
            async with self._transactions.city(call.city) as connection:
                debtors = self._debtors(connection, call)
                return await address_invoices(command, call.actor.id, debtors=debtors, now=self._clock())

        return await through(once)

    async def forget(self, call: Call[Any]) -> Refusal[NotAddressable] | None:
        async def once() -> Refusal[NotAddressable] | None:
            async with self._transactions.city(call.city) as connection:
                return await forget_address(debtors=self._debtors(connection, call))

        return await through(once)

    def _debtors(self, connection: AsyncConnection, call: Call[Any]) -> SqlDebtors:
        return SqlDebtors(connection, call, self._clock(), self._new_id)
