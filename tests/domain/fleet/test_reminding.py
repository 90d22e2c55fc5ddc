from datetime import date, timedelta

from msgspec.structs import replace

from domain.fleet.documents import Document, DocumentKind
from domain.fleet.reminding import Due, due_papers, is_near, reminders

TODAY = date(2026, 11, 28)
HU = Document(DocumentKind.HU, None, TODAY + timedelta(days=30))
INSURED = Document(DocumentKind.INSURANCE, None, TODAY - timedelta(days=2))
REGISTERED = Document(DocumentKind.REGISTRATION, date(2025, 3, 3))


def test_reminded_is_of_what_ends_soon_and_of_what_has_ended_and_of_nothing_else() -> None:
    far = Document(DocumentKind.UVV, None, TODAY + timedelta(days=61))
    assert due_papers([HU, REGISTERED, far, INSURED], TODAY) == (
        Due(DocumentKind.INSURANCE, TODAY - timedelta(days=2)),
        Due(DocumentKind.HU, TODAY + timedelta(days=30)),
    )
    assert due_papers([INSURED, replace(INSURED, valid_until=date(2027, 12, 31))], TODAY) == ()


def test_the_first_reminder_comes_sixty_days_before() -> None:
    assert [is_near(TODAY + timedelta(days=days), TODAY) for days in (61, 60, 0, -400)] == [False, True, True, True]


def test_what_is_registered_for_renting_from_now_on_is_reminded_of_sooner() -> None:
    hu = Document(DocumentKind.HU, date(2026, 3, 3), date(2028, 3, 31))
    known = (hu, Document(DocumentKind.INSURANCE, None, date(2026, 12, 31)))
    entry = Document(DocumentKind.REGISTRATION, date(2026, 3, 3), rental=True)
    assert reminders((*known, entry), known, date(2026, 6, 1)) == {
        DocumentKind.HU: date(2027, 1, 30),
        DocumentKind.REGISTRATION: None,
    }
    assert reminders(known, known, date(2026, 6, 1)) == {}
