"""What sessions cost by a tariff of OCPI that a city sells by, from what stations tell to the bill."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.booking.bookings import Booking, State
from domain.booking.events import BookingFinished
from domain.booking.invoicing import billed
from domain.booking.metered import Metered, finish_metered
from domain.booking.publishing import TariffDraft, publish
from domain.booking.terms import AdHoc, frozen_terms
from domain.charging.reports import Context, TransactionEnded, TransactionRef, TransactionUpdated
from domain.charging.sessions.bills import Billing, Folded, metered, timed
from domain.charging.sessions.calculations import Calculation, calculated, made_again
from domain.charging.sessions.courses import course
from domain.charging.sessions.hearing import Known, hear
from domain.charging.sessions.limits import Limit
from domain.charging.sessions.points import Point
from domain.charging.sessions.rights import KnownToken
from domain.charging.sessions.sessions import Flag, Session, SessionId, SessionState
from domain.invoicing.taxing import taxed
from domain.periods import Period
from domain.pricing.charging.sessions import Activity, ChargingPeriod, merged
from domain.pricing.charging.tariffs import ChargingTariff
from domain.pricing.quotes import LineKind, Usage, price
from domain.pricing.tariffs import Tariff, TariffId
from tests.domain.charging.sessions.central import BOOKING, EVSE, STATION, read, started_16
from tests.domain.charging.sessions.test_courses import END, START, S, at
from tests.domain.pricing.charging.sessions import element, per
from tests.examples import A_DEAL, BERLIN, NOON, SHORT_POLICY, a_booking, a_resource, euros, hours, minutes

POINT = a_resource()
POLICY = replace(SHORT_POLICY, no_show_fee_percent=0, steps=())
NIGHT = {"start_time": "22:00", "end_time": "06:00"}
TWO, THREE = NOON + hours(2), NOON + hours(3)
PUBLISHED_AT = datetime(2026, 1, 1, tzinfo=UTC)


def sold(*elements: dict[str, Any], **limits: Any) -> Tariff:
    """As it comes back from the books."""
    charging = msgspec.convert({"id": "t", "currency": "EUR", "elements": elements} | limits, ChargingTariff)
    draft = TariffDraft(TariffId("t"), "Laden", "EUR", Decimal("0.19"), POLICY, PUBLISHED_AT, charging=charging)
    assert draft.faults(PUBLISHED_AT) == ()
    published = publish(draft, None, PUBLISHED_AT)
    assert published is not None
    return msgspec.json.decode(msgspec.json.encode(published.tariff), type=Tariff)


def a_charge(tariff: Tariff, start: datetime = NOON, end: datetime = THREE, **changes: Any) -> Booking:
    booking = replace(a_booking(State.IN_USE, POINT), start=start, end=end)
    quote = price(tariff, Usage(booking.period, BERLIN, Decimal(10)))
    terms = frozen_terms(POLICY, booking.period, quote, booking.made_at, replace(A_DEAL, charging=tariff.charging))
    return replace(booking, quote=quote, terms=terms, **changes)


def session(**changes: Any) -> Session:
    known = {"began_at": NOON, "over_at": NOON + hours(2), **changes}
    return Session(SessionId(UUID(int=1)), STATION, 1, TransactionRef("1"), 1, SessionState.ACTIVE, NOON, **known)


def measured(points: Sequence[Point], **changes: Any) -> Metered:
    went = course(points)
    return timed(session(**{"began_at": went.first, "over_at": went.last} | changes), went, metered(went))


def finished(booking: Booking, tariff: Tariff, used: Metered, over_at: datetime = TWO) -> Booking:
    done = finish_metered(booking, POINT, used, tariff=tariff, time_zone=BERLIN, over_at=over_at, now=over_at)
    assert isinstance(done, BookingFinished)
    return done.booking


@pytest.mark.parametrize(
    ("evening", "by_night", "fee"),
    [
        ("2027-03-27", 7, "36.00"),  # 22:00 to 06:00 is an hour less
        ("2026-10-24", 9, "42.54"),  # and an hour more
        ("2027-06-05", 8, "39.27"),
    ],
)
def test_a_night_is_priced_by_the_clock_of_the_place(evening: str, by_night: int, fee: str) -> None:
    """An hour before ten in the evening and one after six in the morning are dear; all along flow 11 kW, told each five minutes."""
    zone = ZoneInfo(BERLIN)
    tariff = sold(element(per("ENERGY", "0.25", 19), **NIGHT), element(per("ENERGY", "0.50", 19)))
    start = datetime.fromisoformat(f"{evening}T21:00").replace(tzinfo=zone).astimezone(UTC)
    end = (datetime.fromisoformat(f"{evening}T07:00").replace(tzinfo=zone) + timedelta(days=1)).astimezone(UTC)
    assert end - start == hours(by_night + 2)
    told = [Point(start, START.kind, state=S.CHARGING), Point(end, END.kind, reason="Local")]
    looks = (end - start) // minutes(5)
    told += [
        replace(at(0, 1000), at=start + n * minutes(5), energy_wh=Decimal(11_000) * n / 12) for n in range(looks + 1)
    ]
    done = finished(a_charge(tariff, start, end), tariff, measured(told), end)
    kwh = sum((line.quantity for line in done.quote.lines), Decimal(0))
    assert kwh == 11 * (by_night + 2)
    assert [line.kind for line in done.quote.lines] == [LineKind.ENERGY] * 2
    assert done.quote.total == euros(fee)
    exact = Decimal("1.19") * 11 * (Decimal("0.5") * 2 + Decimal("0.25") * by_night)
    assert abs(Decimal(done.quote.total.amount) / 100 - exact) <= Decimal("0.005")


TOLD = (
    START,
    at(0, 1000),
    at(0, state=S.CHARGING),
    at(60, 11_000, S.SUSPENDED_EV),
    at(90, state=S.SUSPENDED_EVSE),
    END,
)
BY_ALL = sold(
    element(per("FLAT", 2, 19), per("TIME", 6, 19), reservation="RESERVATION"),
    element(per("FLAT", 1, 7), per("ENERGY", "0.5", 19), per("TIME", 3, 19), per("PARKING_TIME", 6, 19)),
)


def lines(booking: Booking) -> dict[LineKind, tuple[str, str]]:
    return {
        line.kind: (f"{line.quantity} {line.unit}", f"{line.gross.amount / 100:.2f}") for line in booking.quote.lines
    }


def test_what_a_session_did_is_itemised_and_what_we_withheld_is_no_parking() -> None:
    assert lines(finished(a_charge(BY_ALL), BY_ALL, measured(TOLD))) == {
        LineKind.RESERVATION: ("1 1", "2.38"),
        LineKind.FLAT: ("1 1", "1.07"),
        LineKind.ENERGY: ("10 kWh", "5.95"),
        LineKind.TIME: ("1 h", "3.57"),
        LineKind.PARKING: ("30 min", "3.57"),
    }


def test_a_point_that_was_kept_is_paid_until_somebody_plugs_in_unless_she_could_not() -> None:
    early = a_charge(BY_ALL, NOON - minutes(20))
    late = [line for line in finished(early, BY_ALL, measured(TOLD)).quote.lines if line.kind is LineKind.RESERVATION]
    assert [(line.quantity, line.unit, line.gross) for line in late] == [
        (Decimal(1), "1", euros("2.38")),
        (Decimal(20), "min", euros("2.38")),
    ]
    kept_out = finished(replace(early, hampered=True), BY_ALL, measured(TOLD))
    assert lines(kept_out)[LineKind.RESERVATION] == ("1 1", "2.38")


def test_sessions_of_one_booking_are_one_whose_start_is_paid_once() -> None:
    again = [replace(point, at=point.at + hours(2)) for point in TOLD]
    billing = Billing(a_charge(BY_ALL), POINT, BY_ALL, BERLIN, others=(Folded(session(energy_wh=10_000), TOLD),))
    quote = billing.cost(measured(again), NOON + hours(4))
    assert quote == finished(a_charge(BY_ALL), BY_ALL, measured(TOLD) + measured(again)).quote
    assert sum(line.kind is LineKind.FLAT for line in quote.lines) == 1
    assert next(line.quantity for line in quote.lines if line.kind is LineKind.ENERGY) == 20


def test_by_a_clock_that_is_wrong_energy_alone_is_billed() -> None:
    used = measured(TOLD, flags=(Flag.CLOCK_WRONG,), began_at=NOON + hours(9), over_at=NOON + hours(11))
    done = lines(finished(a_charge(BY_ALL, NOON + hours(9), NOON + hours(12)), BY_ALL, used, NOON + hours(11)))
    assert done == {
        LineKind.RESERVATION: ("1 1", "2.38"),
        LineKind.FLAT: ("1 1", "1.07"),
        LineKind.ENERGY: ("10 kWh", "5.95"),
    }


def test_energy_that_was_proven_is_shared_out_as_the_meter_was_read() -> None:
    went = course(TOLD)
    used = timed(session(), went, Metered(Decimal("9.876543")))
    assert sum(each.energy_kwh for each in used.periods) == Decimal("9.876543")
    assert timed(session(), went, Metered(Decimal(0))).periods[0].energy_kwh == 0


def test_a_calculation_is_kept_with_all_that_it_depends_on_and_can_be_made_again() -> None:
    booking, used = a_charge(BY_ALL, NOON - minutes(20)), measured(TOLD)
    made = calculated(Billing(booking, POINT, BY_ALL, BERLIN), used, NOON)
    assert made is not None
    kept = msgspec.json.decode(msgspec.json.encode(made), type=Calculation)
    assert made_again(kept) == made
    done = finished(booking, BY_ALL, used)
    assert [each.gross for each in made.items] == [line.gross.amount for line in done.quote.lines]
    assert (made.exact.before_taxes, made.exact.after_taxes) == (Decimal("16.0000"), Decimal("18.9200"))


@given(st.lists(st.tuples(st.sampled_from(Activity), st.integers(1, 90), st.integers(0, 9)), min_size=2, max_size=12))
def test_periods_that_are_made_one_cost_what_they_did(said: list[tuple[Activity, int, int]]) -> None:
    """A restriction by power that never holds keeps them apart."""
    start, periods = datetime(2026, 10, 24, 21, 40, tzinfo=ZoneInfo(BERLIN)).astimezone(UTC), list[ChargingPeriod]()
    for activity, length, kwh in said:
        end = start + minutes(length)
        periods.append(ChargingPeriod(Period(start, end), activity, Decimal(kwh)))
        start = end
    elements = [
        element(per("ENERGY", "0.1"), max_kwh=11, **NIGHT),
        element(per("TIME", 2), min_duration=3700, day_of_week=["SUNDAY"]),
        element(per("ENERGY", "0.3"), per("TIME", 1), per("PARKING_TIME", 4)),
    ]
    never = element(per("ENERGY", 999), min_power=10**6)
    booking = a_charge(sold(*elements), periods[0].period.start, periods[-1].period.end)
    used = Metered(Decimal(0), periods=tuple(periods))
    one, apart = (
        finished(booking, tariff, used, start).quote.total for tariff in (sold(*elements), sold(never, *elements))
    )
    assert one == apart


def test_a_night_that_is_read_each_minute_is_a_few_periods() -> None:
    minute = minutes(1)
    told = [
        ChargingPeriod(Period(NOON + n * minute, NOON + (n + 1) * minute), Activity.CHARGING, Decimal("0.1"))
        for n in range(720)
    ]
    charging = sold(element(per("ENERGY", 1), **NIGHT)).charging
    assert charging is not None
    restrictions = [each.restrictions for each in charging.elements]
    assert len(list(merged(told, restrictions, ZoneInfo(BERLIN)))) == 3  # cut at ten, and at midnight


@given(
    st.sampled_from([3, 11, 22, 150]),
    st.sampled_from(["3.00", "7.77", "20.00"]),
    st.sampled_from([1, 5, 15]),
    st.booleans(),
)
def test_a_session_stops_within_its_budget_by_the_real_price(kw: int, budget: str, every: int, steps: bool) -> None:
    """Whatever the tariff adds to the kWh: time, steps, tax, a start."""
    tariff = sold(
        element(per("FLAT", "0.5", 19), per("ENERGY", "0.4", 19, 500 if steps else 1), per("TIME", 2, 19)),
        max_price={"before_taxes": 100},
    )
    booking, limit = a_charge(tariff), Limit(budget=euros(budget))
    billing = Billing(booking, POINT, tariff, BERLIN)
    heard = hear(started_16(), known(None, (), None), SessionId(UUID(int=1)), NOON)
    one, points = replace(heard.session, limit=limit), heard.new
    for n in count(1):
        now, wh = NOON + n * minutes(every), 5000 + kw * 1000 * every * n // 60
        report = TransactionUpdated(one.ref, now, 1, state=S.CHARGING, readings=(read(now, wh),))
        heard = hear(report, known(one, points, billing), one.id, now)
        one, points = heard.session, (*points, *heard.new)
        if heard.stop is not None:
            break
    ended = TransactionEnded(one.ref, now, "Remote", readings=(read(now, wh, Context.END),))
    last = hear(ended, known(one, points, billing), one.id, now)
    cost = finished(booking, tariff, timed(last.session, course((*points, *last.new)), last.session.measured), now).fee
    assert last.session.spent == cost
    assert cost is not None
    assert n == 1 or cost.amount <= limit.budget.amount  # type: ignore[union-attr]
    following = billing.cost(
        Metered(
            Decimal(kw * every * (n + 1)) / 60,
            periods=(
                ChargingPeriod(
                    Period(NOON, now + minutes(every)), Activity.CHARGING, Decimal(kw * every * (n + 1)) / 60
                ),
            ),
        ),
        now + minutes(every),
    )
    assert following.total.amount >= limit.budget.amount - 1, "nor does it stop before it had to"  # type: ignore[union-attr]


def known(one: Session | None, points: tuple[Point, ...], billing: Billing | None) -> Known:
    token = KnownToken(booking=replace(BOOKING, state=State.IN_USE))
    return Known(STATION, 1, one, points, EVSE.id, token, billing=billing)


def test_whoever_charges_without_an_account_pays_for_no_reservation_and_no_more_than_was_held() -> None:
    ad_hoc = AdHoc(euros("9.00"))
    booking = a_charge(BY_ALL, NOON - minutes(20))
    booking = replace(booking, terms=replace(booking.terms, ad_hoc=ad_hoc))
    done = finished(booking, BY_ALL, measured(TOLD))
    assert LineKind.RESERVATION not in lines(done)
    assert done.quote.total == euros("9.00")
    assert {line.kind: line.vat_rate for line in done.quote.lines}[LineKind.FLAT] == Decimal("0.07")


@pytest.mark.parametrize(
    ("tariff", "held", "stops"),
    [
        (sold(element(per("ENERGY", 0))), "0.00", False),
        (sold(element(per("FLAT", 5))), "5.00", False),
        (sold(element(per("ENERGY", 1)), max_price={"before_taxes": 4, "after_taxes": 4}), "4.00", False),
        (sold(element(per("ENERGY", 1)), min_price={"before_taxes": 9, "after_taxes": 9}), "9.00", False),
        (sold(element(per("FLAT", 5), per("ENERGY", 1))), "9.00", True),
    ],
    ids=["for nothing", "one price for all", "a most that is reached", "a least that is not", "what is held is spent"],
)
def test_whoever_charges_without_an_account_is_stopped_only_where_going_on_costs_more_than_was_held(
    tariff: Tariff, held: str, stops: bool
) -> None:
    booking = a_charge(tariff)
    booking = replace(booking, terms=replace(booking.terms, ad_hoc=AdHoc(euros(held))))
    heard = hear(started_16(), known(None, (), None), SessionId(UUID(int=1)), NOON)
    one, now = replace(heard.session, limit=Limit(budget=euros(held))), NOON + minutes(15)
    report = TransactionUpdated(one.ref, now, 1, state=S.CHARGING, readings=(read(now, 9000),))
    heard = hear(report, known(one, heard.new, Billing(booking, POINT, tariff, BERLIN)), one.id, now)
    assert (heard.stop is not None) is stops


def test_on_an_invoice_each_component_is_taxed_as_it_says_also_below_a_most() -> None:
    tariff = sold(element(per("FLAT", 10, 7), per("ENERGY", 1, 19)), max_price={"before_taxes": 15, "after_taxes": 17})
    done = finished(a_charge(tariff), tariff, measured(TOLD))
    (bill,) = billed(done, (), BERLIN, done.updated_at)
    items, totals = taxed(bill.lines)
    assert [(total.rate, total.gross, total.vat) for total in totals] == [
        (Decimal("0.19"), euros("8.95"), euros("1.43")),
        (Decimal("0.07"), euros("8.05"), euros("0.53")),
    ]
    assert [(item.kind, item.gross) for item in items] == [
        (LineKind.FLAT, euros("8.05")),
        (LineKind.ENERGY, euros("8.95")),
    ]
    assert done.fee == euros("17.00")
