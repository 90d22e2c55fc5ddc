"""Reminders of what is owed, word by word where it matters."""

import re
from datetime import date

import pytest
from msgspec.structs import replace

from adapters.mail.composing import composer
from domain.booking.bookings import State
from domain.cities.finance import DunningPolicy, DunningStep
from domain.notices.occasions import Occasion
from domain.payments.dunning import Case, CaseState
from domain.payments.owing import CaseId, Claim
from services.notices.ports import BookingNotice
from services.notices.telling import STILL_TRUE
from tests.adapters.mail.notices import a_notice
from tests.examples import NOON, a_booking, an_id, euros, person_id

POLICY = DunningPolicy(
    date(2026, 1, 1),
    (DunningStep(14), DunningStep(28, 250), DunningStep(42, 250)),
    "Ratsbeschluss vom 1. Dezember 2025",
)
BOOKING = a_booking(State.COMPLETED)
CASE = Case(CaseId(an_id("case")), BOOKING.id, person_id("ada"), euros("19.70"), NOON, NOON, POLICY)


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


def test_a_reminder_names_the_invoices_and_the_reference_under_which_all_is_to_be_paid() -> None:
    claims = (
        Claim(an_id("first"), "RE-2026-000017", "2026000001740", 1970),
        Claim(an_id("second"), "RE-2026-000018", "2026000001837", 4900, later=True),
        Claim(an_id("fee"), "RE-2026-000019", "2026000001934", 250, fee=True),
    )
    case = replace(CASE, claims=claims, owed=euros("68.70"), steps_taken=2, fees=250)
    text = said(a_notice(BOOKING, dunning=case))
    assert "Rechnung RE-2026-000017, Kassenzeichen 2026000001740: 19,70 Euro" in text
    assert "Rechnung RE-2026-000018, Kassenzeichen 2026000001837: 49,00 Euro" in text
    assert "2026000001934" not in text
    assert (
        "71,20 Euro auf das Konto DE02120300000000202051 und nennen Sie dabei das Kassenzeichen 2026000001740." in text
    )


def test_where_only_fees_are_left_nothing_else_is_said_to_be_open() -> None:
    text = said(a_notice(BOOKING, dunning=replace(CASE, owed=euros("0.00"), steps_taken=3, fees=500)))
    assert "noch 0,00 Euro" not in text
    assert "Bitte überweisen Sie 5,00 Euro" in text


def test_nobody_is_reminded_of_what_was_paid_meanwhile() -> None:
    is_true = STILL_TRUE[Occasion.REMINDED]
    assert is_true(a_reminder(1, 0))
    assert not is_true(a_reminder(0, 0))
    assert not is_true(a_notice(BOOKING))
    assert not is_true(a_notice(BOOKING, dunning=replace(CASE, steps_taken=1, state=CaseState.PAID)))
