"""`/v1/{city}/me/charging-cards`, and the operator's say in them at `/v1/{city}/admin/charging-cards`."""

from datetime import datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import OPERATORS, SIGNED_IN, Ask, Endpoint, Reply, answer, nothing
from adapters.http.me import ME
from adapters.http.problems import Fault, Rejected
from domain.charging.cards import AddCard, BlockCard, Card, RemoveCard
from domain.charging.reports import IdToken
from domain.identity import PersonId
from domain.refusals import Refusal
from services.calls import Answer
from services.charging.cards import Cards

OWN = f"{ME}/charging-cards"
ALL = "/v1/{city:str}/admin/charging-cards"
# What OCPP 1.6 can carry of a card: an RFID's number in hexadecimal, or a contract's.
PATTERN = r"^[0-9A-Za-z*_=:+|@.-]{4,20}$"
Token: TypeAlias = Annotated[str, Meta(pattern=PATTERN)]
Label: TypeAlias = Annotated[str, Meta(min_length=1, max_length=50, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]


class CardRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """`token` is what the card says to a station, its number in hexadecimal say; in any case the same."""

    token: Token
    label: Label | None = None


class CardView(Struct, frozen=True):
    """One that is `blocked` starts nothing."""

    token: str
    label: str | None
    blocked: bool
    added_at: datetime


class CardList(Struct, frozen=True):
    """All of one's own, ten at most."""

    items: tuple[CardView, ...]
    next_cursor: None = None


class CardQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """Whose card that is, or which cards she has."""

    token: Token | None = None
    person_id: UUID | None = None


class BlockRequest(Struct, forbid_unknown_fields=True, frozen=True):
    blocked: bool


class KnownCardView(Struct, frozen=True):
    """What its holder calls it is hers."""

    token: str
    person_id: PersonId
    blocked: bool
    added_at: datetime


class KnownCardList(Struct, frozen=True):
    items: tuple[KnownCardView, ...]
    next_cursor: None = None


def charging_cards(offered: Cards) -> tuple[Endpoint, ...]:
    async def list_own(ask: Ask) -> Reply:
        return answer(CardList(tuple(map(_own, await offered.own(ask.actor)))))

    async def add(ask: Ask) -> Reply:
        asked = await ask.body(CardRequest)
        added = await offered.add(ask.unkeyed(nothing), AddCard(IdToken(asked.token.upper()), asked.label))
        return ask.refuse(added) if isinstance(added, Refusal) else answer(_own(added))

    async def remove(ask: Ask) -> Reply:
        refused = await offered.remove(ask.unkeyed(nothing), RemoveCard(_token(ask)))
        return ask.refuse(refused) if refused is not None else Answer(204, "", "")

    async def list_known(ask: Ask) -> Reply:
        asked = ask.query(CardQuery)
        if (asked.token is None) == (asked.person_id is None):
            raise Rejected("invalid_input", errors=(Fault("either the token or the person", parameter="token"),))
        if asked.token is not None:
            found = await offered.find(ask.city, IdToken(asked.token.upper()))
            return answer(KnownCardList((_known(found),) if found is not None else ()))
        hers = await offered.of(ask.city, PersonId(asked.person_id or UUID(int=0)))
        return answer(KnownCardList(tuple(map(_known, hers))))

    async def block(ask: Ask) -> Reply:
        asked = await ask.body(BlockRequest)
        done = await offered.block(ask.unkeyed(nothing), BlockCard(_token(ask), asked.blocked))
        return ask.refuse(done) if isinstance(done, Refusal) else answer(_known(done))

    def own(method: HttpMethod, path: str, operation: str, summary: str, handler: Any, **more: Any) -> Endpoint:
        return Endpoint(method, SIGNED_IN, path, operation, "me", summary, handler, **more)

    def all_(method: HttpMethod, path: str, operation: str, summary: str, handler: Any, **more: Any) -> Endpoint:
        return Endpoint(method, OPERATORS, path, operation, "admin", summary, handler, **more)

    return (
        own(
            HttpMethod.GET,
            OWN,
            "listChargingCards",
            "One's own charging cards",
            list_own,
            answers={200: CardList},
            examples={200: {"items": [CARD], "next_cursor": None}},
        ),
        own(
            HttpMethod.POST,
            OWN,
            "addChargingCard",
            "Charge with this card what one has booked; added again it gets the new label",
            add,
            answers={200: CardView},
            codes=("unknown_person", "card_of_another", "card_blocked", "too_many_cards"),
            body=CardRequest,
            example={"token": "04a1b2c3d4e5f6", "label": "Schlüsselbund"},
            examples={200: CARD},
        ),
        own(
            HttpMethod.DELETE,
            f"{OWN}/{{token:str}}",
            "removeChargingCard",
            "Charge with this card no more",
            remove,
            answers={204: None},
            codes=("unknown_card", "card_blocked"),
        ),
        all_(
            HttpMethod.GET,
            ALL,
            "findChargingCards",
            "Whose a charging card is, or which cards somebody has",
            list_known,
            answers={200: KnownCardList},
            query=CardQuery,
            examples={200: {"items": [KNOWN], "next_cursor": None}},
        ),
        all_(
            HttpMethod.PATCH,
            f"{ALL}/{{token:str}}",
            "blockChargingCard",
            "Block a charging card, or let it charge again",
            block,
            answers={200: KnownCardView},
            codes=("unknown_card",),
            body=BlockRequest,
            example={"blocked": True},
            examples={200: KNOWN | {"blocked": True}},
        ),
    )


def _token(ask: Ask) -> IdToken:
    """What no station could say is nobody's."""
    said = str(ask.path("token"))
    if not said.isascii() or not said.isprintable() or len(said) > 20:
        raise Rejected("unknown_card")
    return IdToken(said.upper())


def _own(card: Card) -> CardView:
    return CardView(card.token, card.label, card.blocked, card.made_at)


def _known(card: Card) -> KnownCardView:
    return KnownCardView(card.token, card.person_id, card.blocked, card.made_at)


CARD: dict[str, Any] = {
    "token": "04A1B2C3D4E5F6",
    "label": "Schlüsselbund",
    "blocked": False,
    "added_at": "2026-12-01T17:02:11Z",
}
KNOWN: dict[str, Any] = {
    "token": CARD["token"],
    "person_id": "01928f4e-7c1a-7e53-9d52-6a6f5b0c9d11",
    "blocked": False,
    "added_at": CARD["added_at"],
}
