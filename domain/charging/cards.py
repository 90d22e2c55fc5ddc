"""Charging cards: whoever has one holds it before a station, and charges by what she has booked there."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.charging.reports import IdToken
from domain.identity import PersonId
from domain.refusals import Refusal

MOST_CARDS = 10


class Card(Struct, frozen=True):
    """`label` are its holder's own words. One that is blocked starts nothing, and is nobody else's either."""

    token: IdToken
    person_id: PersonId
    label: str | None
    blocked: bool
    made_at: datetime


class AddCard(Struct, frozen=True):
    token: IdToken
    label: str | None = None


class RemoveCard(Struct, frozen=True):
    token: IdToken


class BlockCard(Struct, frozen=True):
    """Or let it charge again, where not `blocked`."""

    token: IdToken
    blocked: bool


class NotACard(StrEnum):
    UNKNOWN_PERSON = "unknown_person"
    UNKNOWN_CARD = "unknown_card"
    CARD_OF_ANOTHER = "card_of_another"
    CARD_BLOCKED = "card_blocked"
    TOO_MANY_CARDS = "too_many_cards"


class Known(Struct, frozen=True):
    """What the city knows of a token: whose card it is, if anybody's; that it is a booking's own; and how many cards she has who asks."""

    card: Card | None = None
    is_bookings: bool = False
    count: int = 0


def add(command: AddCard, known: Known, person: PersonId, now: datetime) -> Card | Refusal[NotACard]:
    """Hers from now on; added again, it has the new label. Nobody gets around a block by adding it anew."""
    there = known.card
    if known.is_bookings or (there is not None and there.person_id != person):
        return Refusal(NotACard.CARD_OF_ANOTHER, "/token")
    if there is not None:
        return Refusal(NotACard.CARD_BLOCKED) if there.blocked else replace(there, label=command.label)
    if known.count >= MOST_CARDS:
        return Refusal(NotACard.TOO_MANY_CARDS)
    return Card(command.token, person, command.label, False, now)


def remove(known: Known, person: PersonId) -> Card | Refusal[NotACard]:
    """It starts nothing any more, unless somebody adds it. One that is blocked stays."""
    there = known.card
    if there is None or there.person_id != person:
        return Refusal(NotACard.UNKNOWN_CARD)
    return Refusal(NotACard.CARD_BLOCKED) if there.blocked else there


def block(command: BlockCard, known: Known) -> Card | Refusal[NotACard]:
    if known.card is None:
        return Refusal(NotACard.UNKNOWN_CARD)
    return replace(known.card, blocked=command.blocked)
