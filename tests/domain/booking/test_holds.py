"""Who gets what when, and at what price and terms."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from domain.booking.bookings import BookingId, Grant, Payer, State
from domain.booking.classes import ClassRequest
from domain.booking.fees import frozen_taxes
from domain.booking.holds import Agreed, NotBookable, Open, Order, agree, hold
from domain.booking.resources import Claim, Resource, Service
from domain.booking.terms import Counted, Step, Terms, Withdrawal
from domain.identity import Actor, Role
from domain.periods import Period
from domain.pricing.quotes import Usage
from domain.proofs import Proof, ProofKind
from domain.refusals import Refusal
from tests.examples import (
    BERLIN,
    NOON,
    a_booking,
    a_pool_car,
    a_resource,
    an_actor,
    an_agreement,
    an_id,
    an_offer,
    an_order,
    euros,
    hours,
    minutes,
)

ONE = NOON + hours(1)
NOW = NOON - hours(48)
DRIVER = an_actor("ada", Role.DRIVER)


def claim(start: float, end: float) -> Claim:
    """Somebody else's, in hours from noon."""
    return Claim(an_id("other booking"), NOON + hours(start), NOON + hours(end))


def held(resource: Resource, *claims: Claim, actor: Actor = DRIVER, **order: Any) -> Grant | Refusal[NotBookable]:
    wish = an_order(resource, **order)
    return hold(wish, an_offer(resource, *claims), an_agreement(wish, resource, NOW), actor, NOW)


def test_a_free_charge_point_is_held_for_ten_minutes() -> None:
    point = a_resource()
    assert held(point) == Grant(a_booking(State.HELD, point), Period(NOON, ONE), point, BERLIN)


def test_what_costs_nothing_is_confirmed_at_once() -> None:
    grant = held(a_pool_car(), payer=Payer.COST_CENTRE)
    assert isinstance(grant, Grant)
    assert (grant.booking.state, grant.booking.hold_expires_at) == (State.CONFIRMED, None)


def test_the_time_that_a_car_needs_afterwards_is_claimed_with_it() -> None:
    grant = held(a_pool_car(), payer=Payer.COST_CENTRE)
    assert isinstance(grant, Grant)
    assert grant.claimed == Period(NOON, ONE + minutes(15))


@pytest.mark.parametrize("taken", [claim(-1, 0), claim(1, 2)])
def test_back_to_back_never_overlaps(taken: Claim) -> None:
    assert isinstance(held(a_resource(), taken), Grant)


def test_a_taken_time_is_refused_with_the_conflict_and_the_next_time_that_is_free() -> None:
    first, second = claim(0.5, 1.5), claim(2, 3)
    assert held(a_resource(), first, second) == Refusal(
        NotBookable.TAKEN,
        conflicts=(first.period,),
        alternatives=(Period(NOON + hours(3), NOON + hours(4)),),
    )


def test_a_car_that_is_busy_within_its_turnaround_is_taken() -> None:
    outcome = held(a_pool_car(), claim(1.1, 2), payer=Payer.COST_CENTRE)
    assert isinstance(outcome, Refusal)
    assert outcome.reason is NotBookable.TAKEN


@pytest.mark.parametrize(
    ("start", "length", "reason", "pointer"),
    [
        (hours(-49), hours(1), NotBookable.PERIOD_IN_THE_PAST, "/start"),
        (hours(0), minutes(14), NotBookable.PERIOD_TOO_SHORT, "/end"),
        (hours(0), hours(24 * 7 + 1), NotBookable.PERIOD_TOO_LONG, "/end"),
        (hours(24 * 89), hours(1), NotBookable.TOO_FAR_AHEAD, "/start"),
    ],
)
def test_a_time_that_is_not_sold_is_refused(
    start: timedelta, length: timedelta, reason: NotBookable, pointer: str
) -> None:
    period = Period(NOON + start, NOON + start + length)
    assert held(a_resource(), period=period) == Refusal(reason, pointer)


@pytest.mark.parametrize(
    ("ahead", "outcome"),
    [(minutes(119) - minutes(1), NotBookable.TOO_SHORT_NOTICE), (minutes(119), None), (hours(3), None)],
)
def test_a_booking_needs_the_notice_that_the_terms_ask_for(ahead: timedelta, outcome: NotBookable | None) -> None:
    point = a_resource()
    order = an_order(point, period=Period(NOW + ahead, NOW + ahead + hours(1)))
    offer = an_offer(point)
    offer = replace(offer, policy=replace(offer.policy, min_ahead_s=7200))
    said = hold(order, offer, an_agreement(order, point, NOW), DRIVER, NOW)
    assert (said if isinstance(said, Refusal) else None) == (Refusal(outcome, "/start") if outcome else None)


def with_open(count: int, *, at_most: int | None, payer: Payer = Payer.SELF) -> Grant | Refusal[NotBookable]:
    """Wish for one more, with so many open bookings."""
    car = a_pool_car(shared=True)
    order = an_order(car, payer=payer)
    offer = an_offer(car)
    known = tuple(Open(BookingId(an_id(f"open {n}"))) for n in range(count))
    offer = replace(offer, policy=replace(offer.policy, max_open=at_most), open=known)
    return hold(order, offer, an_agreement(order, car, NOW), DRIVER, NOW)


@pytest.mark.parametrize(("count", "at_most"), [(2, 2), (3, 2), (1, 1)])
def test_whoever_has_as_many_bookings_open_as_the_terms_allow_gets_no_other(count: int, at_most: int) -> None:
    assert with_open(count, at_most=at_most) == Refusal(NotBookable.TOO_MANY_BOOKINGS)


@pytest.mark.parametrize(
    ("count", "at_most", "payer", "counted_again"),
    [(1, 2, Payer.SELF, 2), (9, None, Payer.SELF, None), (9, 2, Payer.COST_CENTRE, None)],
)
def test_below_the_limit_or_at_a_cost_centres_expense_another_booking_is_made(
    count: int, at_most: int | None, payer: Payer, counted_again: int | None
) -> None:
    grant = with_open(count, at_most=at_most, payer=payer)
    assert isinstance(grant, Grant)
    assert grant.open_at_most == counted_again


@pytest.mark.parametrize(
    ("week", "payer", "outcome"),
    [
        (hours(3), Payer.SELF, None),
        (hours(3.5), Payer.SELF, Refusal(NotBookable.QUOTA_USED_UP, "/end", latest_end=NOON + minutes(30))),
        (hours(4), Payer.SELF, Refusal(NotBookable.QUOTA_USED_UP, "/start")),
        (hours(9), Payer.COST_CENTRE, None),
    ],
)
def test_a_week_has_only_so_many_hours_for_each(
    week: timedelta, payer: Payer, outcome: Refusal[NotBookable] | None
) -> None:
    car = a_pool_car(shared=True)
    order = an_order(car, payer=payer)
    offer = an_offer(car)
    policy = replace(offer.policy, max_week_s=4 * 3600)
    offer = replace(offer, policy=policy, week_s=int(week.total_seconds()))
    said = hold(order, offer, an_agreement(order, car, NOW), DRIVER, NOW)
    if outcome is not None:
        assert said == outcome
    else:
        assert isinstance(said, Grant)
        assert said.week_at_most_s == (4 * 3600 if payer is Payer.SELF else None)


def test_a_booking_may_start_right_now_in_spite_of_a_slow_clock() -> None:
    assert isinstance(held(a_resource(), period=Period(NOW - minutes(1), NOW + hours(1))), Grant)


@pytest.mark.parametrize(
    ("resource", "reason"),
    [
        (a_resource(bookable=False), NotBookable.NOT_BOOKABLE),
        (a_resource(in_service=False), NotBookable.OUT_OF_SERVICE),
    ],
)
def test_what_is_only_listed_or_broken_is_not_booked(resource: Resource, reason: NotBookable) -> None:
    assert held(resource) == Refusal(reason)


def test_nobody_books_beyond_the_day_to_which_it_may_be_used() -> None:
    until = ONE - minutes(1)
    assert held(a_resource(usable_until=until)) == Refusal(NotBookable.NOT_USABLE, "/end", latest_end=until)
    assert isinstance(held(a_resource(usable_until=ONE)), Grant)
    taken = held(a_resource(usable_until=ONE + minutes(10)), claim(0, 30))
    assert isinstance(taken, Refusal)
    assert (taken.reason, taken.alternatives) == (NotBookable.TAKEN, ())


def test_a_pool_car_is_unknown_to_residents_unless_it_is_shared() -> None:
    resident = an_actor("ada")
    assert held(a_pool_car(), actor=resident) == Refusal(NotBookable.UNKNOWN_RESOURCE)
    assert isinstance(held(a_pool_car(shared=True), actor=resident), Grant)


def test_only_the_pools_own_people_charge_a_cost_centre_and_they_must() -> None:
    elsewhere = an_actor("ada", Role.DRIVER, pools=["fire-brigade"])
    shared = a_pool_car(shared=True)
    assert held(shared, actor=elsewhere, payer=Payer.COST_CENTRE) == Refusal(
        NotBookable.COST_CENTRE_NOT_ALLOWED, "/payer"
    )
    assert held(a_pool_car(), payer=Payer.SELF) == Refusal(NotBookable.COST_CENTRE_REQUIRED, "/payer")


def test_price_and_terms_are_made_out_for_the_wish() -> None:
    point = a_resource()
    order = an_order(point)
    agreed = agree(order, an_offer(point), Usage(order.period, BERLIN), DRIVER, NOW)
    assert isinstance(agreed, Agreed)
    assert (agreed.quote.total, agreed.tariff_id, agreed.tariff_version) == (euros("2.40"), "charging-standard", 1)
    assert agreed.terms == Terms(
        free_cancel_until=NOON - hours(24),
        steps=(Step(NOON - hours(1), euros("1.20")),),
        no_show_fee=euros("2.40"),
        earliest_start=NOON - minutes(15),
        latest_end=NOON + hours(24 * 7),
        max_duration_s=7 * 86400,
        withdrawal=Withdrawal(False, None),
        version="2025-1",
        fee_tax=frozen_taxes((), Decimal("0.19"), NOW.date())[:2],
    )


def test_a_lease_may_be_withdrawn_from_for_fourteen_days() -> None:
    bike = a_resource(Service.BIKE_LEASING)
    order = an_order(bike, period=Period(NOON, NOON + hours(24 * 80)))
    agreed = agree(order, an_offer(bike), Usage(order.period, BERLIN), DRIVER, NOW)
    assert isinstance(agreed, Agreed)
    assert agreed.terms.withdrawal == Withdrawal(
        True, datetime(2030, 6, 17, 21, 59, 59, tzinfo=UTC), counted=Counted(14, BERLIN, "NI")
    )
    assert (agreed.quote.total, agreed.quote.due_now) == (euros("87.00"), euros("29.00"))


def test_the_text_about_withdrawal_is_frozen_for_whoever_may_withdraw() -> None:
    bike, point = a_resource(Service.BIKE_LEASING), a_resource()
    lease, charge = an_order(bike, period=Period(NOON, NOON + hours(24 * 80))), an_order(point)

    def texts(order: Order, resource: Resource, documents: dict[str, str]) -> dict[str, str]:
        offer = replace(an_offer(resource), documents=documents, withdrawal_text="2026-01")
        agreed = agree(order, offer, Usage(order.period, BERLIN), DRIVER, NOW)
        assert isinstance(agreed, Agreed)
        return agreed.terms.documents

    assert texts(lease, bike, {"general": "3"}) == {"general": "3", "withdrawal": "2026-01"}
    assert texts(lease, bike, {"withdrawal": "2025-07"}) == {"withdrawal": "2025-07"}
    assert texts(charge, point, {"general": "3"}) == {"general": "3"}


def test_what_is_not_for_sale_has_no_price() -> None:
    point = a_resource(bookable=False)
    order = an_order(point)
    assert agree(order, an_offer(point), Usage(order.period, BERLIN), DRIVER, NOW) == Refusal(NotBookable.NOT_BOOKABLE)


def test_the_booking_keeps_the_options_and_whoever_booked_it() -> None:
    car = a_pool_car(shared=True)
    order = replace(an_order(car, holder="grace"), options=msgspec.Raw(b'{"purpose":"Ortstermin"}'))
    grant = hold(order, an_offer(car), an_agreement(order, car, NOW), DRIVER, NOW)
    assert isinstance(grant, Grant)
    assert (grant.booking.holder_id, grant.booking.booked_by) == (an_actor("grace").id, DRIVER.id)
    assert bytes(grant.booking.options) == b'{"purpose":"Ortstermin"}'


def test_nobody_books_for_others_what_is_not_in_a_pool_of_hers() -> None:
    point, car = a_resource(), a_pool_car(shared=True)
    elsewhere = an_actor("ada", Role.FLEET_MANAGER, pools=["elsewhere"])
    for resource, actor in ((point, DRIVER), (car, elsewhere), (car, an_actor("ada"))):
        order = an_order(resource, holder="grace")
        answer = hold(order, an_offer(resource), an_agreement(order, resource, NOW), actor, NOW)
        assert answer == Refusal(NotBookable.FORBIDDEN, "/for")


def test_what_is_asked_for_by_class_is_provisional_until_half_an_hour_before_the_start() -> None:
    point = a_resource()
    request = ClassRequest(point.station.id, None, msgspec.Raw(b"{}"))
    order = replace(an_order(point), resource_id=None, request=request)
    grant = hold(order, an_offer(point), an_agreement(order, point, NOW), DRIVER, NOW)
    assert isinstance(grant, Grant)
    assert (grant.booking.resource_id, grant.booking.request) == (point.id, request)
    assert (grant.booking.final_at, grant.booking.is_provisional) == (NOON - minutes(30), True)


@pytest.mark.parametrize(
    ("shown", "payer", "missing"),
    [
        ((), Payer.SELF, (ProofKind.LICENCE, ProofKind.AGE)),
        ((Proof(ProofKind.LICENCE),), Payer.SELF, (ProofKind.AGE,)),
        ((Proof(ProofKind.LICENCE), Proof(ProofKind.AGE, years=18)), Payer.SELF, (ProofKind.AGE,)),
        ((Proof(ProofKind.LICENCE), Proof(ProofKind.AGE, years=21)), Payer.SELF, ()),
        ((Proof(ProofKind.LICENCE), Proof(ProofKind.AGE, years=25)), Payer.SELF, ()),
        ((Proof(ProofKind.LICENCE),), Payer.COST_CENTRE, ()),
    ],
)
def test_a_shared_car_is_for_residents_who_have_reached_the_citys_age_and_for_whoever_drives_for_work(
    shown: tuple[Proof, ...], payer: Payer, missing: tuple[ProofKind, ...]
) -> None:
    car = a_pool_car(shared=True)
    order = an_order(car, payer=payer)
    offer = replace(an_offer(car), required=(ProofKind.LICENCE,), shown=shown, min_age=21)
    said = hold(order, offer, an_agreement(order, car, NOW), DRIVER, NOW)
    refused = Refusal(NotBookable.NOT_ELIGIBLE, missing=missing) if missing else None
    assert (said if isinstance(said, Refusal) else None) == refused
