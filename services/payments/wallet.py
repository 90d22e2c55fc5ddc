"""The cards that a person has saved with the city's payment provider: seen, taken away, and forgotten with the person."""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from typing import Any, Protocol

from msgspec import Struct

from domain.identity import Actor, City, PersonId
from domain.refusals import Refusal
from services.calls import Call, Unavailable
from services.payments.ports import Account, Accounts, ProviderUnavailable


class SavedCard(Struct, frozen=True):
    """What its owner knows it by; a card's number never comes here."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


class NoCard(StrEnum):
    UNKNOWN_PAYMENT_METHOD = "unknown_payment_method"
    PAYMENT_METHOD_IN_USE = "payment_method_in_use"


class CardKeeper(Protocol):
    """The provider. Both raise ProviderUnavailable and ProviderRefused."""

    async def cards(self, city: City, customer: str) -> tuple[SavedCard, ...]: ...

    async def detach(self, city: City, customer: str, card_id: str) -> None:
        """Take the card from the customer; done twice, nothing happens."""
        ...


class CardBooks(Protocol):
    async def customer(self, account: Account, person: PersonId) -> str | None:
        """The provider's id of the person."""
        ...

    async def is_in_use(self, city: City, person: PersonId, card_id: str) -> bool:
        """Whether a booking that is not over, or money under way, counts on the card."""
        ...

    async def note(self, call: Call[Any], action: str) -> None:
        """Leave a line in the audit trail."""
        ...

    async def forget_customer(self, account: Account, person: PersonId) -> None: ...


class Wallet(Struct, frozen=True):
    """The use cases, bound to their adapters. `forget` is for the job that follows an erasure."""

    cards: Callable[[Actor], Awaitable[tuple[SavedCard, ...]]]
    detach: Callable[[Call[Any], str], Awaitable[Refusal[NoCard] | None]]
    forget: Callable[[City, PersonId], Awaitable[None]]


def wallet_with(books: CardBooks, accounts: Accounts, keeper: CardKeeper) -> Wallet:
    return Wallet(
        cards=partial(saved_cards, books=books, accounts=accounts, keeper=keeper),
        detach=partial(detach_card, books=books, accounts=accounts, keeper=keeper),
        forget=partial(forget_cards, books=books, accounts=accounts, keeper=keeper),
    )


async def saved_cards(
    actor: Actor, *, books: CardBooks, accounts: Accounts, keeper: CardKeeper
) -> tuple[SavedCard, ...]:
    """Raises Unavailable where the provider does not answer."""
    customer = await _customer(actor.city, actor.id, books, accounts)
    if customer is None:
        return ()
    try:
        return await keeper.cards(actor.city, customer)
    except ProviderUnavailable as error:
        raise Unavailable("the payment provider does not answer") from error


async def detach_card(
    call: Call[Any], card_id: str, *, books: CardBooks, accounts: Accounts, keeper: CardKeeper
) -> Refusal[NoCard] | None:
    """Take one's own card away; somebody else's is unknown. Raises Unavailable where the provider does not answer."""
    city, person = call.city, call.actor.id
    customer = await _customer(city, person, books, accounts)
    if customer is None:
        return Refusal(NoCard.UNKNOWN_PAYMENT_METHOD)
    try:
        if card_id not in {card.id for card in await keeper.cards(city, customer)}:
            return Refusal(NoCard.UNKNOWN_PAYMENT_METHOD)
        if await books.is_in_use(city, person, card_id):
            return Refusal(NoCard.PAYMENT_METHOD_IN_USE)
        await books.note(call, "payments.card_detached")
        await keeper.detach(city, customer, card_id)
    except ProviderUnavailable as error:
        raise Unavailable("the payment provider does not answer") from error
    return None


async def forget_cards(
    city: City, person: PersonId, *, books: CardBooks, accounts: Accounts, keeper: CardKeeper
) -> None:
    """Take every card away, then forget by what name the provider knows the person. Raises what the keeper raises."""
    account = await accounts.of(city)
    customer = await books.customer(account, person) if account is not None else None
    if account is None or customer is None:
        return
    for card in await keeper.cards(city, customer):
        await keeper.detach(city, customer, card.id)
    await books.forget_customer(account, person)


async def _customer(city: City, person: PersonId, books: CardBooks, accounts: Accounts) -> str | None:
    account = await accounts.of(city)
    return await books.customer(account, person) if account is not None else None
