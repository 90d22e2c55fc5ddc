"""Months close once they are over where the city is, and stay closed."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.ledger.months import ClosedMonth, NotClosable, close, closing_of, following
from domain.refusals import Refusal
from tests.examples import person_id

BERLIN = ZoneInfo("Europe/Berlin")
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
FINANCE = person_id("finance")
MIDNIGHT = datetime(2026, 11, 30, 23, tzinfo=UTC)


def test_a_month_is_over_when_it_is_over_in_the_city() -> None:
    early = close(NOVEMBER, (), BERLIN, FINANCE, datetime(2026, 11, 30, 22, 59, 59, tzinfo=UTC))
    assert early == Refusal(NotClosable.MONTH_NOT_OVER)
    assert close(NOVEMBER, (), BERLIN, FINANCE, MIDNIGHT) == ClosedMonth(NOVEMBER, MIDNIGHT, FINANCE)


def test_what_is_closed_stays_as_it_was_closed_and_takes_all_before_it_along() -> None:
    closed = (ClosedMonth(NOVEMBER, MIDNIGHT, FINANCE),)
    for month in (NOVEMBER, date(2026, 1, 1)):
        assert close(month, closed, BERLIN, person_id("other"), datetime(2027, 5, 1, tzinfo=UTC)) == closed[0]
        assert closing_of(month, closed) == closed[0]
    assert closing_of(DECEMBER, closed) is None


@pytest.mark.parametrize(
    ("month", "after"), [(NOVEMBER, DECEMBER), (DECEMBER, date(2027, 1, 1)), (date(2024, 2, 1), date(2024, 3, 1))]
)
def test_one_month_follows_another(month: date, after: date) -> None:
    assert following(month) == after
