"""What holders are told where somebody had to say yes."""

import pytest

from domain.booking.bookings import ReasonCode, State
from domain.notices.occasions import Occasion
from tests.adapters.mail.letters import said, written
from tests.adapters.mail.notices import a_notice, held_for
from tests.examples import NOON, a_booking, euros, hours


@pytest.mark.parametrize(
    ("reason", "german"),
    [
        (None, "Ihre Buchung wurde leider nicht freigegeben. Ladepunkt:"),
        ("Winter {dienst}", "Ihre Buchung wurde leider nicht freigegeben. Begründung: Winter {dienst} Ladepunkt:"),
    ],
)
def test_a_rejection_gives_its_reason_in_whose_words_it_came(reason: str | None, german: str) -> None:
    booking = a_booking(State.CANCELLED, reason_code=ReasonCode.APPROVAL_REJECTED, reason=reason, fee=euros("0.00"))
    text = said(Occasion.CANCELLED, a_notice(booking, held_for(booking)))
    assert german in text
    assert "Die Stornierung ist für Sie kostenlos. Die Vormerkung von 2,40 Euro auf Ihrer Karte heben wir auf." in text


def test_an_approval_asks_for_the_payment_in_time() -> None:
    booking = a_booking(State.HELD, hold_expires_at=NOON - hours(24))
    letter = written(Occasion.APPROVED, a_notice(booking, language="en"))
    assert letter.subject.startswith("Booking approved, please pay: ")
    assert "Please pay EUR 2.40 until Sunday 2 June 2030, 14:00 CEST" in letter.text.replace("\n", " ")


def test_whoever_waited_for_nothing_is_told_that_it_costs_nothing() -> None:
    booking = a_booking(State.EXPIRED, reason_code=ReasonCode.APPROVAL_MISSED)
    text = said(Occasion.NOT_APPROVED, a_notice(booking, held_for(booking)))
    assert "nicht rechtzeitig entschieden" in text
    assert "Ihnen entstehen keine Kosten. Die Vormerkung von 2,40 Euro auf Ihrer Karte heben wir auf." in text
    assert "storniert" not in text
