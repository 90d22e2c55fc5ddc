"""The cards and bank accounts that a person has saved with the city's payment provider: seen, taken away, and forgotten
with the person.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from typing import Any, Protocol, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.identity import Actor, City, PersonId
from domain.refusals import Refusal
from services.calls import Call, Unavailable
from services.payments.ports import Account, Accounts, ProviderUnavailable


class SavedCard(Struct, frozen=True, tag_field="type", tag="card"):
    """What its owner knows it by; a card's number never comes here."""

    id: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int


class SavedMandate(Struct, frozen=True):
    """What lets the account be debited, as its owner reads it on her statements."""

    reference: str
    creditor_id: str


class SavedAccount(Struct, frozen=True, tag_field="type", tag="sepa_debit"):
    """A bank account that may be debited, by the last digits of its IBAN. `mandate` is None as long as nothing was debited
    from it."""

    id: str
    country: str
    bank_code: str
    last4: str
    mandate: SavedMandate | None = None


SavedMethod: TypeAlias = SavedCard | SavedAccount


class NoCard(StrEnum):
    UNKNOWN_PAYMENT_METHOD = "unknown_payment_method"
    PAYMENT_METHOD_IN_USE = "payment_method_in_use"


class CardKeeper(Protocol):
    """The provider. Both raise ProviderUnavailable and ProviderRefused."""

    async def cards(self, city: City, customer: str) -> tuple[SavedMethod, ...]:
        """Cards and bank accounts, these without their mandates."""
        ...

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

    async def mandates(self, city: City, person: PersonId) -> dict[str, SavedMandate]:
        """The mandates by which the person's accounts were debited, by the provider's id of the account."""
        ...

    async def note(self, call: Call[Any], action: str) -> None:
        """Leave a line in the audit trail."""
        ...

    async def forget_customer(self, account: Account, person: PersonId) -> None: ...


class Wallet(Struct, frozen=True):
    """The use cases, bound to their adapters. `forget` is for the job that follows an erasure."""

    cards: Callable[[Actor], Awaitable[tuple[SavedMethod, ...]]]
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
) -> tuple[SavedMethod, ...]:
    """Raises Unavailable where the provider does not answer."""
    customer = await _customer(actor.city, actor.id, books, accounts)
    if customer is None:
        return ()
    try:
        found = await keeper.cards(actor.city, customer)
    except ProviderUnavailable as error:
        raise Unavailable("the payment provider does not answer") from error
    known = await books.mandates(actor.city, actor.id)
    return tuple(
        replace(each, mandate=known.get(each.id)) if isinstance(each, SavedAccount) else each for each in found
    )


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
