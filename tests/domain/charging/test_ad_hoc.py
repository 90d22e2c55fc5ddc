"""Whoever stands at a charge point without an account."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from domain.booking.bookings import Booking, State
from domain.booking.events import BookingFinished, BookingNotUsed
from domain.booking.holds import NotBookable
from domain.booking.life import bill, cancel, not_used
from domain.booking.metered import Metered, finish_metered, price_metered
from domain.booking.paying import pay
from domain.booking.resources import Claim
from domain.booking.terms import AdHoc, BlockingPolicy
from domain.charging.ad_hoc.starting import ChargeAdHoc, NotAdHoc, Offered, Outlet, Place, ShownTariff, begin, offer
from domain.charging.ad_hoc.steps import AdHocFacts, Begin, End, GiveUp, Nothing, Start, next_step
from domain.charging.orders import Answered, StartTransaction, StopTransaction
from domain.charging.plugs.reservations import Facts, Plug
from domain.charging.reports import IdToken, TransactionRef
from domain.charging.reservations import ChargePoint, ChargePointReserved, ChargingOptions
from domain.charging.sessions.acting import NotCharging
from domain.charging.sessions.sessions import Session, SessionId, SessionState
from domain.charging.stations import ChargingStationId, EvseStatus
from domain.payments.payments import Capture, Kind, PaymentId, PaymentState, Purpose, RecoveryPoint
from domain.payments.settlement import CaptureHold, Find, Open, Release
from domain.payments.settlement import next_step as next_payment_step
from domain.periods import Period
from domain.proofs import ProofKind
from domain.refusals import Refusal
from tests.examples import (
    BERLIN,
    CHARGING_STANDARD,
    NOON,
    SHORT_POLICY,
    TOWN_HALL,
    a_payment,
    a_resource,
    an_actor,
    an_id,
    an_offer,
    an_order,
    euros,
    hours,
    minutes,
)

POINT = a_resource()
STRANGER = an_actor("a stranger")
FREE = Outlet(online=True)


def a_point(*claims: Claim, **changes: object) -> ChargePoint:
    return replace(ChargePoint(an_offer(POINT, *claims), ("IEC_62196_T2",), Decimal(22)), **changes)


def at(point: ChargePoint | None, outlet: Outlet | None = FREE, *, payable: bool = True) -> Place:
    return Place(point, outlet, payable)


def a_wish(energy_kwh: str | None = None, budget: str | None = None) -> ChargeAdHoc:
    order = an_order(POINT, holder="a stranger", period=Period(NOON, NOON + minutes(30)))
    options = ChargingOptions(energy_kwh=Decimal(energy_kwh) if energy_kwh else None)
    seen = ShownTariff(CHARGING_STANDARD.id, CHARGING_STANDARD.version)
    return ChargeAdHoc(order, options, euros(budget) if budget else None, seen=seen)


def begun(wish: ChargeAdHoc | None = None, *claims: Claim) -> Booking:
    event = begin(wish or a_wish(), at(a_point(*claims)), STRANGER, NOON)
    assert isinstance(event, ChargePointReserved)
    return event.grant.booking


def a_claim(start: timedelta) -> Claim:
    return Claim(an_id("somebody else's"), NOON + start, NOON + start + hours(1))


def in_use(booking: Booking, **changes: object) -> Booking:
    return replace(booking, state=State.IN_USE, started_at=NOON + minutes(3), **changes)


def test_a_stranger_has_the_point_from_now_until_somebody_else_booked_it() -> None:
    booking = begun(None, a_claim(hours(2)))
    assert (booking.state, booking.period) == (State.HELD, Period(NOON, NOON + hours(2)))
    assert booking.hold_expires_at == NOON + minutes(5)
    assert booking.terms.no_show_from == NOON + minutes(20)
    assert begun().end == NOON + hours(6)


def test_a_stranger_shows_nothing_whatever_residents_have_to() -> None:
    point = a_point()
    asking = replace(point.offer, min_age=18, required=(ProofKind.LICENCE,))
    assert isinstance(begin(a_wish(), at(replace(point, offer=asking)), STRANGER, NOON), ChargePointReserved)


def test_time_that_a_point_needs_after_a_use_is_left_before_the_next() -> None:
    resting = a_resource(buffer_after_s=600)
    point = replace(a_point(), offer=an_offer(resting, a_claim(hours(1))))
    offered = offer(a_wish(), at(point), STRANGER, NOON)
    assert isinstance(offered, Offered)
    assert offered.until == NOON + minutes(50)


def test_what_is_held_at_most_is_what_the_wish_may_cost() -> None:
    # Six hours at 2.40 and 20 kWh at 48.50 ct, but time costs 12 euros a day at most.
    assert begun(a_wish("20")).quote.total == euros("21.70")
    assert begun(a_wish("20")).terms.ad_hoc == AdHoc(euros("21.70"), Decimal(20))
    assert begun(a_wish(budget="10.00")).quote.total == euros("10.00")
    assert begun(a_wish()).quote.total == euros("60.50")  # with 100 kWh


def test_of_a_small_wish_as_much_is_held_as_a_card_is_asked_for_and_no_more_taken_than_it_costs() -> None:
    # By the kWh alone: 400 Wh at 48.50 ct are 19 ct.
    tariff = replace(CHARGING_STANDARD, time=None)
    point = a_point()
    place = at(replace(point, offer=replace(point.offer, tariff=tariff)))
    offered = offer(a_wish("0.4"), place, STRANGER, NOON)
    assert isinstance(offered, Offered)
    assert offered.most == euros("1.00")
    event = begin(a_wish("0.4"), place, STRANGER, NOON)
    assert isinstance(event, ChargePointReserved)
    booking = event.grant.booking
    assert (booking.quote.total, booking.terms.ad_hoc) == (euros("0.19"), AdHoc(euros("1.00"), Decimal("0.4")))
    due = pay(booking, [], STRANGER, PaymentId(an_id("payment")), NOON + minutes(1))
    assert not isinstance(due, Refusal)
    assert due.payment.amount == euros("1.00")


def test_nothing_is_claimed_where_the_city_takes_no_money_and_it_would_cost_some() -> None:
    refused = Refusal(NotAdHoc.PAYMENTS_NOT_AVAILABLE)
    assert begin(a_wish(), at(a_point(), payable=False), STRANGER, NOON) == refused
    assert offer(a_wish(), at(a_point(), payable=False), STRANGER, NOON) == refused
    gratis = replace(CHARGING_STANDARD, time=None, energy=Decimal(0))
    point = a_point()
    free = at(replace(point, offer=replace(point.offer, tariff=gratis)), payable=False)
    event = begin(a_wish(), free, STRANGER, NOON)
    assert isinstance(event, ChargePointReserved)
    assert (event.grant.booking.state, event.grant.booking.terms.ad_hoc) == (State.CONFIRMED, AdHoc(euros("0.00")))


def test_it_begins_at_the_prices_that_were_shown_or_not_at_all() -> None:
    point, wish = a_point(), a_wish()
    offered = offer(wish, at(point), STRANGER, NOON)
    assert isinstance(offered, Offered)
    assert offered.tariff == wish.seen
    dearer = replace(point, offer=replace(point.offer, tariff=replace(CHARGING_STANDARD, version=2)))
    changed = Refusal(NotAdHoc.PRICE_CHANGED, "/tariff_version")
    assert begin(wish, at(dearer), STRANGER, NOON) == changed
    assert begin(replace(wish, seen=None), at(point), STRANGER, NOON) == changed
    assert not isinstance(begin(wish, at(point), STRANGER, NOON), Refusal)


def test_the_quote_of_a_budget_sums_to_it() -> None:
    quote = begun(a_wish(budget="10.00")).quote
    assert (
        sum(line.gross.amount for line in quote.lines)
        == sum(line.net.amount + line.vat.amount for line in quote.lines)
        == quote.due_now.amount
        == 1000
    )


def test_a_budget_that_beginning_alone_would_spend_is_refused_and_nothing_taken_for_nothing() -> None:
    # The first hour is 2.40 however little of it is used, the first kWh 48.5 ct.
    refused = begin(a_wish(budget="2.88"), at(a_point()), STRANGER, NOON)
    assert refused == Refusal(NotCharging.LIMIT_OUT_OF_RANGE, "/budget")
    assert begun(a_wish(budget="2.89")).quote.total == euros("2.89")


@pytest.mark.parametrize("budget", ["0.99", "80.01"])
def test_a_budget_is_neither_too_small_for_a_card_nor_above_what_the_city_holds(budget: str) -> None:
    refused = begin(a_wish(budget=budget), at(a_point()), STRANGER, NOON)
    assert refused == Refusal(NotCharging.LIMIT_OUT_OF_RANGE, "/budget")


@pytest.mark.parametrize(
    ("point", "outlet", "why"),
    [
        (None, FREE, NotBookable.UNKNOWN_RESOURCE),
        (a_point(a_claim(minutes(29))), FREE, NotAdHoc.BOOKED_SOON),
        (a_point(a_claim(-minutes(10))), FREE, NotBookable.TAKEN),
        (a_point(out_of_order=True), FREE, NotBookable.OUT_OF_SERVICE),
        (a_point(), None, NotCharging.NO_STATION),
        (a_point(), Outlet(online=False), NotCharging.STATION_OFFLINE),
        (a_point(), Outlet(online=True, running=TransactionRef("7")), NotAdHoc.OCCUPIED),
        (replace(a_point(), offer=an_offer(a_resource(pool_id=TOWN_HALL))), FREE, NotBookable.UNKNOWN_RESOURCE),
        (a_point(power_kw=Decimal(150)), FREE, NotAdHoc.PRICE_NOT_AD_HOC),
        (replace(a_point(), offer=an_offer(a_resource(bookable=False))), FREE, NotBookable.NOT_BOOKABLE),
    ],
)
def test_nobody_begins_where_she_could_not_charge(
    point: ChargePoint | None, outlet: Outlet | None, why: object
) -> None:
    refused = begin(a_wish(), at(point, outlet), STRANGER, NOON)
    assert isinstance(refused, Refusal)
    assert refused.reason is why


def test_a_stranger_pays_at_the_providers_page_within_the_hold() -> None:
    booking = begun(a_wish("20"))
    due = pay(booking, [], STRANGER, PaymentId(an_id("payment")), NOON + minutes(1))
    assert not isinstance(due, Refusal)
    assert (due.payment.kind, due.payment.purpose, due.payment.capture) == (
        Kind.PAYMENT,
        Purpose.AD_HOC,
        Capture.MANUAL,
    )
    assert (due.payment.amount, due.booking) == (euros("21.70"), booking)


def test_leaving_it_costs_nothing_whatever_others_pay_for_that() -> None:
    booking = replace(begun(), state=State.CONFIRMED)
    left = cancel(booking, by_holder=True, now=NOON + minutes(2))
    missed = not_used(booking, POINT, NOON + minutes(20))
    assert not isinstance(left, Refusal)
    assert isinstance(missed, BookingNotUsed)
    assert (left.booking.fee, missed.booking.fee) == (euros("0.00"), euros("0.00"))


def finished(booking: Booking, kwh: str, until: timedelta, parked: timedelta = timedelta()) -> Booking:
    event = finish_metered(
        booking,
        POINT,
        Metered(Decimal(kwh), parked),
        tariff=CHARGING_STANDARD,
        time_zone=BERLIN,
        over_at=NOON + until,
        now=NOON + until,
    )
    assert isinstance(event, BookingFinished)
    return event.booking


def test_a_stranger_pays_for_the_time_that_it_took_and_not_for_that_which_was_free() -> None:
    # From 12:03 to 12:53 one hour of 2.40, and 10 kWh.
    assert finished(in_use(begun(a_wish("20"))), "10", minutes(53)).fee == euros("7.25")


def test_nobody_pays_more_than_was_held() -> None:
    booking = in_use(begun(a_wish(budget="5.00")))
    over = finished(booking, "10.4", minutes(53))
    assert over.fee == over.quote.total == euros("5.00")
    assert sum(line.gross.amount for line in over.quote.lines) == 500


def test_standing_there_costs_what_the_tariff_says_up_to_what_was_held() -> None:
    blocking = BlockingPolicy(Decimal("0.10"), Decimal("12.00"))
    point = a_point()
    point = replace(point, offer=replace(point.offer, policy=replace(SHORT_POLICY, blocking=blocking)))
    event = begin(a_wish(budget="8.00"), at(point), STRANGER, NOON)
    assert isinstance(event, ChargePointReserved)
    booking = in_use(event.grant.booking)
    costs = price_metered(
        booking,
        POINT,
        Metered(Decimal(10), minutes(60)),
        tariff=CHARGING_STANDARD,
        time_zone=BERLIN,
        until=NOON + minutes(53),
    )
    assert costs.total == euros("8.00")


def test_the_hold_is_taken_to_the_cent_and_no_card_asked_again() -> None:
    over = finished(in_use(begun(a_wish("20"))), "10", minutes(53))
    held = a_payment(over, purpose=Purpose.AD_HOC, amount=euros("21.70"), method_id="pm_1")
    new_id = PaymentId(an_id("another"))
    assert next_payment_step(bill(over), [held], new_id, NOON) == CaptureHold(held, 725)
    lost = replace(held, state=PaymentState.RELEASED, capture_before=NOON)
    assert next_payment_step(bill(over), [lost], new_id, NOON) is None


def test_a_hold_for_what_never_began_goes_back() -> None:
    left = replace(begun(), state=State.CANCELLED, fee=euros("0.00"))
    held = a_payment(left, purpose=Purpose.AD_HOC)
    assert next_payment_step(bill(left), [held], PaymentId(an_id("another")), NOON) == Release(held)


def test_a_page_that_nobody_was_shown_is_looked_for_and_not_opened() -> None:
    booking = begun()
    unopened = a_payment(
        booking, PaymentState.REQUIRES_PAYMENT_METHOD, purpose=Purpose.AD_HOC, recovery_point=RecoveryPoint.RECORDED
    )
    new_id = PaymentId(an_id("another"))
    assert next_payment_step(bill(booking), [unopened], new_id, NOON) == Find(unopened)
    own = replace(unopened, purpose=Purpose.BOOKING)
    assert next_payment_step(bill(booking), [own], new_id, NOON) == Open(own)


STATION = ChargingStationId(an_id("station"))
TOKEN = IdToken("ABCDEFGHIJ0123456789")
PLUG = Plug(STATION, 1, POINT.id, EvseStatus.AVAILABLE, NOON, online=True)
CONFIRMED = replace(begun(), state=State.CONFIRMED, hold_expires_at=None, updated_at=NOON + minutes(1))
BEGIN = StartTransaction(1, TOKEN, 7)


def facts(*starts: Start, booking: Booking = CONFIRMED, plug: Plug | None = PLUG, used: bool = False) -> AdHocFacts:
    return AdHocFacts(Facts(booking, plug, token_used=used), TOKEN, 7, starts)


def test_once_the_card_said_yes_the_station_is_told_to_begin() -> None:
    at = NOON + minutes(1)
    assert next_step(facts(), at) == Begin(BEGIN, at + timedelta(seconds=45))
    assert next_step(facts(booking=replace(CONFIRMED, state=State.HELD)), at) == Nothing()


def test_a_station_is_not_told_twice_before_it_has_said_something() -> None:
    assert next_step(facts(Start(NOON)), NOON + minutes(1)) == Nothing()


def test_a_station_that_says_no_is_told_again_after_a_moment() -> None:
    no = Start(NOON, Answered.REJECTED, NOON)
    assert next_step(facts(no), NOON + timedelta(seconds=9)) == Nothing()
    assert isinstance(next_step(facts(no), NOON + timedelta(seconds=10)), Begin)


def test_a_station_that_said_yes_has_some_minutes_for_the_cable() -> None:
    yes = Start(NOON, Answered.ACCEPTED, NOON)
    assert next_step(facts(yes), NOON + minutes(2)) == Nothing()
    assert isinstance(next_step(facts(yes), NOON + minutes(3)), Begin)
    assert next_step(facts(yes, used=True), NOON + minutes(3)) == Nothing()


def test_a_station_that_never_says_yes_is_given_up() -> None:
    no = Start(NOON, Answered.REJECTED, NOON)
    assert next_step(facts(*[no] * 8), NOON + minutes(2)) == GiveUp()
    assert next_step(facts(plug=None), NOON + minutes(1)) == GiveUp()


@pytest.mark.parametrize("trouble", [{"online": False}, {"status": EvseStatus.OUTOFORDER}])
def test_a_station_that_is_away_is_waited_for_two_minutes(trouble: dict[str, object]) -> None:
    away = facts(plug=replace(PLUG, **trouble))
    assert next_step(away, NOON + minutes(2)) == Nothing()
    assert next_step(away, NOON + minutes(3)) == GiveUp()


def test_at_the_end_of_her_time_the_station_stops_once() -> None:
    booking = in_use(CONFIRMED)
    session = Session(
        SessionId(an_id("session")),
        STATION,
        1,
        TransactionRef("7"),
        7,
        SessionState.ACTIVE,
        NOON,
        booking_id=booking.id,
    )
    there = replace(facts(booking=booking, used=True), session=session)
    assert next_step(there, booking.end - minutes(2)) == Nothing()
    soon = booking.end - minutes(1)
    stopping = next_step(there, soon)
    assert stopping == End(replace(session, stop_asked_at=soon, version=2), StopTransaction(session.ref))
    assert isinstance(stopping, End)
    assert next_step(replace(there, session=stopping.session), soon) == Nothing()
