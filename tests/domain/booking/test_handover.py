from datetime import UTC, date, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.booking.events import NotPossible
from domain.booking.handover import Handover, Shown, lasts, no_key
from domain.proofs import ProofKind
from domain.refusals import Refusal
from tests.examples import BERLIN

LAST = date(2027, 3, 31)
LICENCE = Shown(ProofKind.LICENCE, LAST, classes=("AM", "B", "L"))
BRIEFED = Shown(ProofKind.BRIEFING, LAST)
# Summer time: in the city the last day ends two hours before midnight, UTC.
IN_TIME, TOO_LATE = datetime(2027, 3, 31, 21, 59, tzinfo=UTC), datetime(2027, 3, 31, 22, tzinfo=UTC)
NO_LICENCE = Refusal(NotPossible.LICENCE_NOT_VALID, missing=(ProofKind.LICENCE,))
NO_BRIEFING = Refusal(NotPossible.BRIEFING_MISSING, missing=(ProofKind.BRIEFING,))


def test_without_a_look_at_the_licence_that_counts_today_there_is_no_key() -> None:
    shown = Handover(True, (), (LICENCE,))
    assert no_key(shown, BERLIN, IN_TIME, IN_TIME) is None
    assert no_key(shown, BERLIN, TOO_LATE, TOO_LATE) == NO_LICENCE
    assert no_key(Handover(True, (), ()), BERLIN, IN_TIME, IN_TIME) == NO_LICENCE
    assert no_key(Handover(True, (), (Shown(ProofKind.VERIFICATION),)), BERLIN, IN_TIME, IN_TIME) == NO_LICENCE


@pytest.mark.parametrize("classes", [(), ("AM", "L"), ("BF17",)])
def test_a_licence_for_other_vehicles_opens_no_car(classes: tuple[str, ...]) -> None:
    found = no_key(Handover(True, (), (Shown(ProofKind.LICENCE, LAST, classes=classes),)), BERLIN, IN_TIME, IN_TIME)
    assert found == Refusal(NotPossible.LICENCE_CLASS_MISSING, missing=(ProofKind.LICENCE,))


def test_a_bicycle_takes_no_licence() -> None:
    assert no_key(Handover(False, (ProofKind.LICENCE,), ()), BERLIN, IN_TIME, IN_TIME) is None
    assert no_key(None, BERLIN, IN_TIME, IN_TIME) is None


def test_a_city_that_wants_drivers_briefed_gives_no_key_without() -> None:
    wants = (ProofKind.BRIEFING,)
    assert no_key(Handover(False, wants, ()), BERLIN, IN_TIME, IN_TIME) == NO_BRIEFING
    assert no_key(Handover(True, wants, (LICENCE, BRIEFED)), BERLIN, IN_TIME, IN_TIME) is None
    assert no_key(Handover(True, wants, (LICENCE,)), BERLIN, IN_TIME, IN_TIME) == NO_BRIEFING


def test_a_licence_that_ends_during_the_trip_opens_no_car() -> None:
    """Another look may be due on the way; the licence itself has to last."""
    later = IN_TIME + timedelta(days=2)
    due = Handover(True, (), (replace(LICENCE, ends=date(2027, 4, 2)),))
    assert no_key(due, BERLIN, IN_TIME, later) is None
    assert no_key(due, BERLIN, IN_TIME, TOO_LATE + timedelta(days=2)) is None, "to midnight of its last day"
    assert no_key(due, BERLIN, IN_TIME, TOO_LATE + timedelta(days=2, seconds=1)) == NO_LICENCE
    assert no_key(Handover(False, (), due.shown), BERLIN, IN_TIME, later + timedelta(days=9)) is None


def test_a_use_lasts_no_longer_than_the_licence() -> None:
    due = Handover(True, (), (replace(LICENCE, ends=LAST),))
    assert (lasts(due, BERLIN, TOO_LATE), lasts(due, BERLIN, TOO_LATE + timedelta(seconds=1))) == (None, NO_LICENCE)
    assert lasts(None, BERLIN, TOO_LATE + timedelta(days=1)) is None
