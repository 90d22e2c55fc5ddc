"""Persons' charging cards in PostgreSQL; the audit trail names whose, and not which."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.database.answering import LostRace
from adapters.database.connections import Transactions
from adapters.database.sheets import Sheet
from adapters.database.transacting import in_city
from domain.charging.cards import AddCard, BlockCard, Card, Known, NotACard, RemoveCard
from domain.charging.reports import IdToken
from domain.identity import SYSTEM, Actor, City, PersonId
from domain.refusals import Refusal
from services.calls import Call
from services.charging.cards import Cards, add_card, block_card, remove_card

T = TypeVar("T")
CARD = "SELECT token, person_id, label, blocked, made_at FROM person_tokens WHERE city = :city"
ONE = f"{CARD} AND token = :token FOR UPDATE"
OF_PERSON = f"{CARD} AND person_id = :person_id ORDER BY made_at, token"
# Whoever adds a card does so alone: two at once would be one more than the most.
ALONE = "SELECT id FROM persons WHERE city = :city AND id = :person_id FOR NO KEY UPDATE"
BESIDES = """
SELECT EXISTS (SELECT FROM charging_tokens t WHERE t.city = :city AND t.token = :token) AS is_bookings,
  (SELECT count(*) FROM person_tokens p WHERE p.city = :city AND p.person_id = :person_id) AS count
"""
KEEP = """
INSERT INTO person_tokens (city, token, person_id, label, blocked, made_at)
SELECT :city, :token, id, cast(:label AS text), :blocked, :made_at FROM persons
WHERE city = :city AND id = :person_id AND erased_at IS NULL
ON CONFLICT (city, token) DO UPDATE SET label = excluded.label, blocked = excluded.blocked
WHERE person_tokens.person_id = excluded.person_id
"""
PERSON = "SELECT 1 FROM persons WHERE city = :city AND id = :person_id AND erased_at IS NULL"
REMOVE = "DELETE FROM person_tokens WHERE city = :city AND token = :token AND person_id = :person_id"


class SqlCardBooks:
    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    async def known(self, token: IdToken, person: PersonId) -> Known:
        await self._sheet.rows(ALONE, person_id=person)
        found = await self._sheet.rows(ONE, token=token)
        (besides,) = await self._sheet.rows(BESIDES, token=token, person_id=person)
        return Known(Card(*found[0]) if found else None, besides.is_bookings, besides.count)

    async def of(self, person: PersonId) -> Sequence[Card]:
        return [Card(*row) for row in await self._sheet.rows(OF_PERSON, person_id=person)]

    async def keep(self, card: Card, action: str) -> bool:
        """Raises LostRace where it became somebody else's meanwhile."""
        row = {"token": card.token, "label": card.label, "blocked": card.blocked, "made_at": card.made_at}
        if not await self._sheet.write(KEEP, person_id=card.person_id, **row):
            if await self._sheet.rows(PERSON, person_id=card.person_id):
                raise LostRace
            return False
        await self._sheet.note(action, card.person_id)
        return True

    async def remove(self, card: Card) -> None:
        await self._sheet.write(REMOVE, token=card.token, person_id=card.person_id)
        await self._sheet.note("charging.card_removed", card.person_id)


class SqlChargingCards:
    """Opens the books for one call, and again where somebody was quicker."""

    def __init__(self, transactions: Transactions, clock: Callable[[], datetime], new_id: Callable[[], UUID]) -> None:
        self._transactions = transactions
        self._clock = clock
        self._new_id = new_id

    def bound(self) -> Cards:
        async def own(actor: Actor) -> Sequence[Card]:
            return await of(actor.city, actor.id)

        async def add(call: Call[Any], command: AddCard) -> Card | Refusal[NotACard]:
            now = self._clock()
            return await self._called(call, lambda books: add_card(command, books=books, actor=call.actor, now=now))

        async def remove(call: Call[Any], command: RemoveCard) -> Refusal[NotACard] | None:
            return await self._called(call, lambda books: remove_card(command, books=books, actor=call.actor))

        async def find(city: City, token: IdToken) -> Card | None:
            return (await self._in(city, SYSTEM, "", lambda books: books.known(token, PersonId(SYSTEM)))).card

        async def of(city: City, person: PersonId) -> Sequence[Card]:
            return await self._in(city, SYSTEM, "", lambda books: books.of(person))

        async def block(call: Call[Any], command: BlockCard) -> Card | Refusal[NotACard]:
            return await self._called(call, lambda books: block_card(command, books=books, actor=call.actor))

        return Cards(own, add, remove, find, of, block)

    async def _called(self, call: Call[Any], do: Callable[[SqlCardBooks], Awaitable[T]]) -> T:
        return await self._in(call.city, call.actor.id, call.request_id, do)

    async def _in(self, city: City, by: UUID, request_id: str, do: Callable[[SqlCardBooks], Awaitable[T]]) -> T:
        async def work(connection: AsyncConnection) -> T:
            return await do(SqlCardBooks(Sheet(connection, city, by, request_id, self._clock(), self._new_id)))

        return await in_city(self._transactions, city, work)
