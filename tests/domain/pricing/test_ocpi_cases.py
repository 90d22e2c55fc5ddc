"""The worked examples of OCPI 2.3.0, as far as our tariffs can say what they say: one price for time, in windows that
need no reading of the car, energy, a flat fee and a minimum; no second price for parking, and no reservation's."""

import json
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest

from domain.periods import Period
from domain.pricing.quotes import Usage, price
from domain.pricing.tariffs import Tariff, TariffId, TimePrice, TimeUnit
from domain.pricing.windows import Weekday, Window

FILE = Path(__file__).parents[4] / "shared" / "data" / "ocpi-tariff-cases.json"
DAYS = dict(zip(["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"], Weekday, strict=True))
KNOWN = {"start_time", "end_time", "day_of_week"}
pytestmark = pytest.mark.skipif(not FILE.exists(), reason="the shared data is not here")


def mapped(case: dict[str, Any]) -> tuple[Tariff, Usage] | None:
    """The case in our words, prices without tax; None where it asks for what our tariffs cannot say."""
    parts: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {}
    for element in case["tariff"]["elements"]:
        restrictions = element.get("restrictions", {})
        if not restrictions.keys() <= KNOWN:
            return None
        for component in element["price_components"]:
            parts.setdefault(component["type"], []).append((component, restrictions))
    if "max_price" in case["tariff"] or any(p["kind"] != "TIME" for p in case["periods"]):
        return None
    energy, flat = parts.get("ENERGY", []), parts.get("FLAT", [])
    if any(restrictions for _, restrictions in energy + flat):
        return None
    minutes = sum(p["min"] for p in case["periods"])
    kwh = sum((Decimal(str(p["kwh"])) for p in case["periods"]), Decimal(0))
    start = datetime(2027, 5, 10, tzinfo=UTC) + timedelta(minutes=case["periods"][0]["start"])
    minimum = case["tariff"].get("min_price")
    tariff = Tariff(
        id=TariffId("ocpi"),
        version=1,
        valid_from=datetime(2025, 1, 1, tzinfo=UTC),
        name=case["name"],
        currency="EUR",
        vat_rate=Decimal(0),
        flat=Decimal(str(flat[0][0]["price"])) if flat else None,
        time=_time(parts["TIME"], start + timedelta(minutes=minutes)) if "TIME" in parts else None,
        energy=Decimal(str(energy[0][0]["price"])) if energy else None,
        energy_step_wh=energy[0][0]["step_size"] if energy else None,
        minimum=Decimal(str(minimum["before_taxes"])) if minimum else None,
    )
    period = Period(start, start + timedelta(minutes=max(minutes, 1)))
    return tariff, Usage(period, "UTC", energy_kwh=kwh if energy else None)


def _time(components: list[tuple[dict[str, Any], dict[str, Any]]], end: datetime) -> TimePrice:
    """OCPI rounds with the step of the last price that counted; outside of all windows it is free."""
    windows = tuple(
        Window(
            Decimal(str(component["price"])),
            days=tuple(DAYS[day] for day in restrictions.get("day_of_week", ())),
            from_=restrictions.get("start_time", "00:00"),
            to=restrictions.get("end_time", "24:00"),
        )
        for component, restrictions in components
    )
    last = end - timedelta(microseconds=1)
    step = next(
        component["step_size"]
        for window, (component, _) in zip(windows, components, strict=True)
        if window.counts(last, None)
    )
    return TimePrice(TimeUnit.HOUR, Decimal(0), step_s=step, windows=windows)


def test_what_our_tariffs_can_say_costs_what_ocpi_says() -> None:
    said: dict[str, Decimal] = {}
    ours: dict[str, Decimal] = {}
    for case in json.loads(FILE.read_text()):
        if (found := mapped(case)) is not None:
            said[case["name"]] = Decimal(case["ex_vat"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
            ours[case["name"]] = Decimal(price(*found).total.amount) / 100
    assert ours == said
    assert len(said) == 8, "the map shrank, or there is more that it can take"
