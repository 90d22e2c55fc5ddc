"""Charging cards: whose they are."""

import pytest
from msgspec.structs import replace

from domain.charging.cards import AddCard, BlockCard, Card, Known, NotACard, add, block, remove
from domain.charging.reports import IdToken
from domain.refusals import Refusal
from tests.examples import NOON, minutes, person_id

ADA, BEN = person_id("ada"), person_id("ben")
TOKEN = IdToken("04A1B2C3D4E5F6")
HERS = Card(TOKEN, ADA, "keys", False, NOON)


def test_a_card_that_nobody_has_is_hers_who_adds_it() -> None:
    assert add(AddCard(TOKEN, "keys"), Known(), ADA, NOON) == HERS


def test_a_card_added_again_has_the_new_label() -> None:
    again = add(AddCard(TOKEN, "wallet"), Known(HERS, count=10), ADA, NOON + minutes(1))
    assert again == replace(HERS, label="wallet")


@pytest.mark.parametrize(
    ("known", "why"),
    [
        (Known(replace(HERS, person_id=BEN)), NotACard.CARD_OF_ANOTHER),
        (Known(is_bookings=True), NotACard.CARD_OF_ANOTHER),
        (Known(replace(HERS, blocked=True)), NotACard.CARD_BLOCKED),
        (Known(count=10), NotACard.TOO_MANY_CARDS),
    ],
)
def test_what_is_somebody_elses_or_blocked_or_too_much_is_not_added(known: Known, why: NotACard) -> None:
    refused = add(AddCard(TOKEN), known, ADA, NOON)
    assert isinstance(refused, Refusal)
    assert refused.reason is why


def test_only_her_own_card_that_is_not_blocked_is_taken_away() -> None:
    assert remove(Known(HERS), ADA) == HERS
    assert remove(Known(HERS), BEN) == Refusal(NotACard.UNKNOWN_CARD)
    assert remove(Known(), ADA) == Refusal(NotACard.UNKNOWN_CARD)
    assert remove(Known(replace(HERS, blocked=True)), ADA) == Refusal(NotACard.CARD_BLOCKED)


def test_a_card_is_blocked_and_let_charge_again() -> None:
    blocked = block(BlockCard(TOKEN, True), Known(HERS))
    assert blocked == replace(HERS, blocked=True)
    assert block(BlockCard(TOKEN, False), Known(replace(HERS, blocked=True))) == HERS
    assert block(BlockCard(TOKEN, True), Known()) == Refusal(NotACard.UNKNOWN_CARD)
