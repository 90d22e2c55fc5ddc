"""Reminders of what is owed, word by word where it matters."""

import re
from datetime import date

import pytest
from msgspec.structs import replace

from adapters.mail.composing import composer
from domain.booking.bookings import State
from domain.cities import DunningPolicy, DunningStep
from domain.payments.dunning import Case, CaseState
from services.notices.ports import BookingNotice, Occasion
from services.notices.telling import STILL_TRUE
from tests.adapters.mail.notices import a_notice
from tests.examples import NOON, a_booking, an_id, euros, person_id

POLICY = DunningPolicy(
    date(2026, 1, 1),
    (DunningStep(14), DunningStep(28, 250), DunningStep(42, 250)),
    "Ratsbeschluss vom 1. Dezember 2025",
)
BOOKING = a_booking(State.COMPLETED)
CASE = Case(BOOKING.id, person_id("ada"), euros("19.70"), NOON, NOON, POLICY)


def a_reminder(steps: int, fees: int, language: str = "de") -> BookingNotice:
    return a_notice(BOOKING, language=language, dunning=replace(CASE, steps_taken=steps, fees=fees))


def said(notice: BookingNotice) -> str:
    return re.sub(r"\s+", " ", composer()(Occasion.REMINDED, notice, an_id("message"), NOON).text)


def test_the_first_reminder_costs_nothing_and_says_where_to_pay() -> None:
    text = said(a_reminder(1, 0))
    assert "Für Ihre Buchung sind noch 19,70 Euro offen." in text
    assert "Bitte überweisen Sie 19,70 Euro auf das Konto DE02120300000000202051" in text
    assert str(BOOKING.id) in text
    assert "Mahnkosten" not in text
    assert "letzte" not in text


@pytest.mark.parametrize(
    ("language", "words"),
    [
        (
            "de",
            (
                "5,00 Euro Mahnkosten als Verzugsschaden; Umsatzsteuer fällt darauf nicht an.",
                "überweisen Sie 24,70 Euro",
                "Das ist die letzte Erinnerung.",
            ),
        ),
        ("en", ("they bear no value added tax", "Please transfer EUR 24.70", "This is the last reminder.")),
    ],
)
def test_the_last_one_sums_up_the_fees_which_bear_no_tax(language: str, words: tuple[str, ...]) -> None:
    text = said(a_reminder(3, 500, language))
    for each in words:
        assert each in text


def test_nobody_is_reminded_of_what_was_paid_meanwhile() -> None:
    is_true = STILL_TRUE[Occasion.REMINDED]
    assert is_true(a_reminder(1, 0))
    assert not is_true(a_reminder(0, 0))
    assert not is_true(a_notice(BOOKING))
    assert not is_true(a_notice(BOOKING, dunning=replace(CASE, steps_taken=1, state=CaseState.PAID)))
