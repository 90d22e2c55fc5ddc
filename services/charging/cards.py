"""Read, decide, record: one's own charging cards, and the operator's say in them."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from domain.charging.cards import AddCard, BlockCard, Card, Known, NotACard, RemoveCard, add, block, remove
from domain.charging.reports import IdToken
from domain.identity import Actor, City, PersonId
from domain.refusals import Refusal
from services.calls import Call


class CardBooks(Protocol):
    """Open in one transaction of a city; nobody else changes a card that was looked at until it is over."""

    async def known(self, token: IdToken, person: PersonId) -> Known: ...
    async def of(self, person: PersonId) -> Sequence[Card]:
        """In the order in which they were added."""

    async def keep(self, card: Card, action: str) -> bool:
        """False where the city does not know the person. Raises what makes the caller try again where somebody was quicker."""

    async def remove(self, card: Card) -> None: ...


class Cards(Struct, frozen=True):
    """The use cases, bound. `own` are the caller's; `find` and `of` are for the city's operators."""

    own: Callable[[Actor], Awaitable[Sequence[Card]]]
    add: Callable[[Call[Any], AddCard], Awaitable[Card | Refusal[NotACard]]]
    remove: Callable[[Call[Any], RemoveCard], Awaitable[Refusal[NotACard] | None]]
    find: Callable[[City, IdToken], Awaitable[Card | None]]
    of: Callable[[City, PersonId], Awaitable[Sequence[Card]]]
    block: Callable[[Call[Any], BlockCard], Awaitable[Card | Refusal[NotACard]]]


async def add_card(command: AddCard, *, books: CardBooks, actor: Actor, now: datetime) -> Card | Refusal[NotACard]:
    card = add(command, await books.known(command.token, actor.id), actor.id, now)
    if isinstance(card, Refusal):
        return card
    return card if await books.keep(card, "charging.card_added") else Refusal(NotACard.UNKNOWN_PERSON)


async def remove_card(command: RemoveCard, *, books: CardBooks, actor: Actor) -> Refusal[NotACard] | None:
    card = remove(await books.known(command.token, actor.id), actor.id)
    if isinstance(card, Refusal):
        return card
    await books.remove(card)
    return None


async def block_card(command: BlockCard, *, books: CardBooks, actor: Actor) -> Card | Refusal[NotACard]:
    card = block(command, await books.known(command.token, actor.id))
    if isinstance(card, Refusal):
        return card
    await books.keep(card, "charging.card_blocked" if card.blocked else "charging.card_unblocked")
    return card
