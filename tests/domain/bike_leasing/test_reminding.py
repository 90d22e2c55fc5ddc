"""What comes near for a lease, and when somebody is to look again."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import TABLE, Act
from domain.bike_leasing.contracts.leases import LeaseState, Pin
from domain.bike_leasing.contracts.parties import Side
from domain.bike_leasing.reminding import TOLD, Occasion, due, next_look, reminders
from tests.domain.bike_leasing.leases import LEASE, PIN, QUOTE, STOLEN
from tests.examples import BERLIN

ACTIVE = replace(LEASE, state=LeaseState.ACTIVE, handed_over_on=date(2025, 12, 10), last_day=date(2028, 12, 31))


def at(today: date, lease: Any = ACTIVE) -> list[tuple[Occasion, date]]:
    return [(each.occasion, each.about) for each in due(lease, today, BERLIN)]


def test_an_inspection_comes_near_each_year_and_the_end_ninety_days_ahead() -> None:
    assert next_look(ACTIVE, date(2026, 1, 1), BERLIN) == date(2026, 11, 17)
    assert at(date(2026, 11, 16)) == []
    assert at(date(2026, 11, 17)) == at(date(2026, 12, 1)) == [(Occasion.INSPECTION, date(2026, 12, 1))]
    assert at(date(2026, 12, 2)) == []
    assert next_look(ACTIVE, date(2026, 12, 2), BERLIN) == date(2027, 11, 17)
    assert at(date(2028, 10, 1)) == []
    assert at(date(2028, 10, 2)) == [(Occasion.LEASE_ENDS, date(2028, 12, 31))]
    assert at(date(2028, 11, 20)) == [
        (Occasion.INSPECTION, date(2028, 12, 1)),
        (Occasion.LEASE_ENDS, date(2028, 12, 31)),
    ]
    assert next_look(ACTIVE, date(2028, 11, 20), BERLIN) is None


def test_a_stolen_bike_is_not_to_be_inspected() -> None:
    gone = replace(ACTIVE, state=LeaseState.INCIDENT, incident=STOLEN)
    assert at(date(2026, 11, 17), gone) == []
    assert next_look(gone, date(2026, 1, 1), BERLIN) == date(2028, 10, 2)
    assert at(date(2026, 11, 17), replace(gone, incident=LEASE.incident)) == [(Occasion.INSPECTION, date(2026, 12, 1))]


def test_after_notice_nobody_is_told_of_the_last_day_that_was_planned_whatever_happened_to_the_bike() -> None:
    gone = replace(ACTIVE, state=LeaseState.INCIDENT, incident=STOLEN)
    assert at(date(2028, 10, 2), replace(gone, interrupted=LeaseState.ENDING)) == [
        (Occasion.LEASE_ENDS, date(2028, 12, 31))
    ]
    assert at(date(2028, 10, 2), replace(gone, interrupted=LeaseState.TERMINATING)) == []


def test_an_offer_and_a_pin_end_by_the_day_in_the_city() -> None:
    late = datetime(2028, 10, 9, 22, 30, tzinfo=UTC)
    offered = replace(LEASE, state=LeaseState.OFFERED, quote=replace(QUOTE, valid_until=late))
    assert at(date(2028, 10, 7), offered) == [(Occasion.OFFER_ENDS, date(2028, 10, 10))]
    ready = replace(LEASE, state=LeaseState.READY_FOR_PICKUP, pin=Pin(PIN, late, 3))
    assert at(date(2028, 10, 4), ready) == []
    assert at(date(2028, 10, 5), ready) == [(Occasion.PIN_ENDS, date(2028, 10, 10))]
    again = replace(ready, pin=Pin(PIN, late + timedelta(days=30), 3))
    assert at(date(2028, 10, 5), again) == []
    assert next_look(again, date(2028, 10, 5), BERLIN) == date(2028, 11, 3)


def test_what_is_over_or_was_never_handed_over_is_quiet() -> None:
    for state in (LeaseState.CLOSED, LeaseState.CANCELLED, LeaseState.APPLIED, LeaseState.TOTAL_LOSS):
        assert list(reminders(replace(ACTIVE, state=state), BERLIN)) == []


def test_whoever_is_told_of_a_step_is_told_while_it_stands() -> None:
    """A letter that comes late about something that is over confuses; so each step's own end is among the states."""
    for act, telling in TOLD.items():
        targets = {row.target for row in TABLE if row.act is act}
        assert targets <= telling.states, act
        assert telling.sides <= {Side.EMPLOYEE, Side.HR, Side.DEALER, Side.LESSOR}
    assert Side.DEALER not in TOLD[Act.APPROVE].sides
