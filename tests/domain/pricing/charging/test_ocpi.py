"""All worked examples of OCPI 2.3.0, read from the shared data, which is no part of this repository: where it is absent these
tests are skipped. Where the printed specification slips, the file says what is right."""

import json
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.periods import Period
from domain.pricing.charging.prices import SessionPrice, price_session
from domain.pricing.charging.sessions import Activity, ChargingPeriod, ChargingSession, Reservation
from domain.pricing.charging.tariffs import ChargingTariff, Weekday

FILE = Path(__file__).parents[5] / "shared" / "data" / "ocpi-tariff-cases.json"
ACTIVITIES = {"TIME": Activity.CHARGING, "PARKING_TIME": Activity.PARKED}
MONDAY = datetime(2027, 5, 10, tzinfo=UTC)
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the shared data is not here")


def session(said: list[dict[str, Any]]) -> ChargingSession:
    """Periods one after the other; those without a length of their own last as long as their power or the next one says."""
    used = [each for each in said if each["kind"] != "RESERVATION"]
    kept = [each for each in said if each["kind"] == "RESERVATION"]
    periods: list[ChargingPeriod] = []
    for number, each in enumerate(used):
        day = MONDAY + timedelta(days=list(Weekday).index(Weekday(each["day"])))
        start = periods[-1].period.end if periods else day + timedelta(minutes=each["start"])
        current = Decimal(str(each["amps"])) if "amps" in each else None
        kwh = Decimal(str(each.get("kwh", 0)))
        period = Period(start, start + length(each, used[number + 1 :]))
        periods.append(ChargingPeriod(period, ACTIVITIES[each["kind"]], kwh, current))
    if not kept:
        return ChargingSession("UTC", tuple(periods))
    end = periods[0].period.start if periods else MONDAY
    expired = any(each["reservation"] == "RESERVATION_EXPIRES" for each in kept)
    begun = end - timedelta(minutes=max(each["min"] for each in kept))
    return ChargingSession("UTC", tuple(periods), Reservation(Period(begun, end), expired))


def length(each: dict[str, Any], following: list[dict[str, Any]]) -> timedelta:
    if each["min"]:
        return timedelta(minutes=each["min"])
    if "kw" in each:
        return timedelta(hours=float(each["kwh"]) / float(each["kw"]))
    if following and "since_s" in following[0]:
        return timedelta(seconds=following[0]["since_s"])
    if following:
        return timedelta(minutes=following[0]["start"] - each["start"])
    return timedelta(minutes=10)


def tariff(case: dict[str, Any]) -> ChargingTariff:
    found = msgspec.convert({"id": case["name"], "currency": "EUR"} | case["tariff"], ChargingTariff)
    assert found.faults() == ()
    return found


def as_said(exact: Fraction, said: str) -> str:
    """With as many decimals as the specification prints."""
    return str((Decimal(exact.numerator) / exact.denominator).quantize(Decimal(said), ROUND_HALF_UP))


def test_every_worked_example_costs_what_ocpi_says_before_and_after_taxes() -> None:
    said: dict[str, tuple[str, str | None]] = {}
    ours: dict[str, tuple[str, str | None]] = {}
    for case in json.loads(FILE.read_text(), parse_float=Decimal):
        price = price_session(tariff(case), session(case["periods"]))
        assert isinstance(price, SessionPrice), (case["name"], price)
        net, gross = case["ex_vat"], case["inc_vat"]
        said[case["name"]] = net, gross
        ours[case["name"]] = as_said(price.exact.net, net), None if gross is None else as_said(price.exact.gross, gross)
    assert ours == said
    assert len(said) == 26
