"""How long what is kept: whole calendar years in the city's zone, as the law has it on the day."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.retention.rules import RULES, Record, due, kept_until, rule_for
from tests.examples import BERLIN

ZONES = st.sampled_from([BERLIN, "UTC", "Pacific/Kiritimati", "America/Los_Angeles"])
RECORDS = st.sampled_from(Record)
INSTANTS = st.datetimes(datetime(2025, 1, 2), datetime(2090, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds the zone
PAST = st.datetimes(datetime(1990, 1, 1), datetime(2090, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - likewise
TODAY = date(2026, 11, 28)


def local(*when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(BERLIN))  # type: ignore[arg-type, misc]  # year, month, day, hour and so on


@pytest.mark.parametrize(
    ("record", "touched", "until"),
    [
        (Record.BOOKINGS, local(2026, 3, 5), date(2034, 12, 31)),
        (Record.AUDIT, local(2026, 3, 5), date(2036, 12, 31)),
        (Record.DECLARATIONS, local(2026, 3, 5), date(2032, 12, 31)),
        (Record.PAYMENT_ORDERS, local(2026, 3, 5), date(2034, 12, 31)),
        (Record.EMPLOYERS_REMINDERS, local(2026, 3, 5), date(2034, 12, 31)),
        (Record.PARTY_ACCOUNTS, local(2026, 3, 5), date(2032, 12, 31)),
        (Record.PERSONNEL_NUMBERS, local(2026, 3, 5), date(2032, 12, 31)),
        (Record.FRAMEWORKS, local(2026, 3, 5), date(2034, 12, 31)),
        (Record.CONSUMER_TERMS, local(2026, 3, 5), date(2034, 12, 31)),
        (Record.ACCREDITATIONS, local(2026, 3, 5), date(2032, 12, 31)),
        (Record.PAYROLL_LAYOUTS, local(2026, 3, 5), date(2036, 12, 31)),
        (Record.PARTY_NAMES, local(2026, 3, 5), date(2032, 12, 31)),
        (Record.BOOKINGS, local(2028, 2, 29, 12), date(2036, 12, 31)),
        (Record.BOOKINGS, local(2026, 12, 31, 23, 59), date(2034, 12, 31)),
        (Record.BOOKINGS, local(2027, 1, 1), date(2035, 12, 31)),
        (Record.BOOKINGS, datetime(2026, 12, 31, 23, 30, tzinfo=UTC), date(2035, 12, 31)),  # in Berlin it is 2027
    ],
)
def test_a_record_is_kept_until_the_end_of_a_year(record: Record, touched: datetime, until: date) -> None:
    assert kept_until(rule_for(record, TODAY), touched, BERLIN) == until


def test_vouchers_were_kept_for_ten_years_before_beg_iv() -> None:
    assert rule_for(Record.BOOKINGS, date(2024, 12, 31)).years == 10
    assert rule_for(Record.BOOKINGS, date(2025, 1, 1)).years == 8
    assert due(Record.BOOKINGS, local(2024, 12, 31, 23), BERLIN).before == local(2014, 1, 1)
    assert due(Record.BOOKINGS, local(2025, 1, 1), BERLIN).before == local(2017, 1, 1)
    assert due(Record.BOOKINGS, local(2025, 1, 1), BERLIN).touched_by == date(2016, 12, 31)
    assert due(Record.BOOKINGS, datetime(2024, 12, 31, 23, tzinfo=UTC), BERLIN).before == local(2017, 1, 1)


def test_no_rule_is_known_for_a_day_before_all_of_them() -> None:
    with pytest.raises(ValueError, match="no rule about bookings"):
        rule_for(Record.BOOKINGS, date(1970, 1, 1))


@given(record=RECORDS, touched=PAST, now=INSTANTS, zone=ZONES)
def test_what_is_due_is_all_whose_last_day_is_over(record: Record, touched: datetime, now: datetime, zone: str) -> None:
    wanted = due(record, now, zone)
    is_over = now.astimezone(ZoneInfo(zone)).date() > kept_until(wanted.rule, touched, zone)
    assert (touched < wanted.before) == is_over


@given(record=RECORDS, now=INSTANTS, zone=ZONES, later=st.timedeltas(timedelta(0), timedelta(days=800)))
def test_what_is_due_stays_due(record: Record, now: datetime, zone: str, later: timedelta) -> None:
    assert due(record, now, zone).before <= due(record, now + later, zone).before


@given(record=RECORDS, year=st.integers(2025, 2100), zone=ZONES)
def test_only_the_turn_of_a_year_makes_anything_due(record: Record, year: int, zone: str) -> None:
    start = datetime(year, 1, 1, tzinfo=ZoneInfo(zone))
    last = datetime(year, 12, 31, 23, 59, 59, 999_999, tzinfo=ZoneInfo(zone))
    assert due(record, start, zone) == due(record, last, zone)
    if year > 2025:
        before = due(record, start - timedelta.resolution, zone)
        assert (
            before.before.astimezone(ZoneInfo(zone)).year + 1
            == due(record, start, zone).before.astimezone(ZoneInfo(zone)).year
        )


@given(record=RECORDS, touched=PAST)
def test_nothing_is_kept_for_less_than_its_years(record: Record, touched: datetime) -> None:
    rule = rule_for(record, TODAY)
    day = touched.astimezone(ZoneInfo(BERLIN)).date()
    assert timedelta(days=365 * rule.years) <= kept_until(rule, touched, BERLIN) - day
    assert kept_until(rule, touched, BERLIN) - day <= timedelta(days=366 * (rule.years + 1))


def test_every_record_has_rules_and_none_is_shorter_than_six_years() -> None:
    assert set(RULES) == set(Record)
    assert min(rule.years for rules in RULES.values() for rule in rules) == 6
