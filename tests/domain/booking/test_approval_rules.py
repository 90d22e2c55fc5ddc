"""Which bookings a pool's rules ask for, why, and by when somebody has to answer."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from domain.booking.approval import Approval, ApprovalState, ask
from domain.booking.approval_rules import Approving, Asked, Condition, Facts, Ground, Rule, faults
from domain.booking.asking import facts_of
from domain.booking.bookings import Grant, Payer, State
from domain.booking.holds import hold
from domain.identity import Role
from domain.periods import Period
from domain.pricing.quotes import waived
from services.booking.approval_words import in_words
from tests.examples import (
    BERLIN,
    NOON,
    TARIFFS,
    TOWN_HALL,
    a_pool_car,
    a_quote_of,
    an_actor,
    an_agreement,
    an_offer,
    an_order,
    euros,
    hours,
)

EVERYTHING = Rule("all")


def facts(**said: Any) -> Facts:
    """An hour for 20 euros, booked a day ahead for work."""
    usual: dict[str, Any] = {
        "price": euros("20.00"),
        "period": Period(NOON, NOON + hours(1)),
        "made_at": NOON - hours(24),
        "said": "Ortstermin",
        "by_cost_centre": True,
    }
    return Facts(**(usual | said))


@pytest.mark.parametrize(
    ("rule", "ground"),
    [
        ({}, Ground(Condition.ALWAYS)),
        ({"price_over": 1999}, Ground(Condition.PRICE_OVER, 2000, 1999)),
        ({"price_over": 2000}, None),
        ({"longer_than_s": 3599}, Ground(Condition.LONGER_THAN, 3600, 3599)),
        ({"longer_than_s": 3600}, None),
        ({"notice_under_s": 86401}, Ground(Condition.SHORT_NOTICE, 86400, 86401)),
        ({"notice_under_s": 86400}, None),
        ({"ahead_over_s": 86399}, Ground(Condition.FAR_AHEAD, 86400, 86399)),
        ({"ahead_over_s": 86400}, None),
        ({"words": ("Ausland", "ORTS")}, Ground(Condition.WORD, word="ORTS")),
        ({"words": ("Ausland",)}, None),
        ({"cost_centre": True}, Ground(Condition.ALWAYS)),
        ({"cost_centre": False}, None),
    ],
)
def test_a_rule_fits_beyond_its_limit_and_says_why(rule: dict[str, Any], ground: Ground | None) -> None:
    asked = Approving(60, (Rule("this", **rule),)).asks(facts())
    assert asked == (Asked("this", (ground,)) if ground else None)


def test_all_that_a_rule_names_has_to_hold() -> None:
    both = Rule("both", price_over=1000, longer_than_s=7200)
    assert both.grounds(facts()) == ()
    longer = facts(period=Period(NOON, NOON + hours(3)))
    assert [each.condition for each in both.grounds(longer)] == [Condition.PRICE_OVER, Condition.LONGER_THAN]


def test_the_first_rule_that_fits_decides_also_that_nobody_is_asked() -> None:
    rules = (Rule("short is free", asks=False, cost_centre=True), EVERYTHING)
    assert Approving(60, rules).asks(facts()) is None
    assert Approving(60, rules).asks(facts(by_cost_centre=False)) == Asked("all", (Ground(Condition.ALWAYS),))
    assert Approving(60, ()).asks(facts()) is None


def test_what_a_cost_centre_takes_over_counts_at_its_internal_price() -> None:
    car = a_pool_car()
    period = Period(NOON, NOON + hours(5))
    quote = a_quote_of(car, period)
    sold_by = TARIFFS[car.service], BERLIN
    options = msgspec.Raw(b'{"purpose": "Messe", "destination": "Ausland", "passengers": 2}')
    found = facts_of(period, Payer.COST_CENTRE, options, waived(quote), sold_by, made_at=NOON)
    assert found == Facts(quote.total, period, NOON, "Messe Ausland", True)
    assert quote.total.amount > 0


def test_no_rule_reads_what_somebody_who_pays_herself_is_up_to() -> None:
    car = a_pool_car(shared=True)
    period = Period(NOON, NOON + hours(5))
    quote = a_quote_of(car, period)
    options = msgspec.Raw(b'{"purpose": "Messe", "destination": "Ausland", "note": "Anruf"}')
    found = facts_of(period, Payer.SELF, options, quote, (TARIFFS[car.service], BERLIN), made_at=NOON)
    assert found == Facts(quote.total, period, NOON, "Anruf", False)


@pytest.mark.parametrize("by", [Role.DRIVER, Role.FLEET_MANAGER])
def test_rules_ask_for_the_bookings_of_whoever_runs_the_pool_too(by: Role) -> None:
    long = Rule("long", longer_than_s=1800)
    car = a_pool_car(approving=Approving(3600, (long,)))
    order = an_order(car, payer=Payer.COST_CENTRE)
    now = NOON - hours(24)
    grant = hold(order, an_offer(car), an_agreement(order, car, now), an_actor("ada", by, pools=[TOWN_HALL]), now)
    assert isinstance(grant, Grant)
    booking = grant.booking
    assert (booking.state, booking.hold_expires_at) == (State.HELD, now + hours(1))
    assert booking.approval is not None
    assert (booking.approval.rule, booking.approval.grounds) == ("long", (Ground(Condition.LONGER_THAN, 3600, 1800),))


@pytest.mark.parametrize(
    ("escalated_s", "latest", "due", "remind", "escalate"),
    [
        (None, 24, 4, 2, None),
        (7200, 24, 6, 2, 4),
        (7200, 5, 5, 2, 4),
        (7200, 4, 4, 2, None),
        (7200, 2, 2, 1, None),
        (None, 0.4, 0.4, None, None),
    ],
)
def test_half_way_one_is_reminded_and_operators_are_asked_but_never_beyond_the_start(
    escalated_s: int | None, latest: float, due: float, remind: float | None, escalate: float | None
) -> None:
    approving, end = Approving(4 * 3600, (EVERYTHING,), escalated_s), NOON + timedelta(days=2)
    asked = ask(Asked("all", ()), approving, end, NOON + timedelta(hours=latest), NOON)
    assert asked == Approval(
        ApprovalState.PENDING,
        NOON + timedelta(hours=due),
        rule="all",
        remind_at=NOON + timedelta(hours=remind) if remind is not None else None,
        escalate_at=NOON + timedelta(hours=escalate) if escalate is not None else None,
        end=end,
    )


def test_a_rule_says_why_in_words() -> None:
    grounds = (Ground(Condition.PRICE_OVER, 20150, 20000), Ground(Condition.LONGER_THAN, 90000, 86400))
    said = in_words(grounds, "EUR")
    assert said.de == "Der Preis von 201,50 EUR liegt über 200,00 EUR. Die Dauer von 1 Tag 1 Stunde liegt über 1 Tag."
    assert said.en == "The price of EUR 201.50 is above EUR 200.00. The length of 1 day 1 hour is above 1 day."


def test_what_is_no_rule_is_pointed_at() -> None:
    rules = (Rule(" "), Rule("a", price_over=-1), Rule("A", words=("",)))
    assert [pointer for pointer, _ in faults(rules)] == ["/0/name", "/1/price_over", "/2/words", "/2/name"]
