"""Sessions and tariffs in few words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from domain.periods import Period
from domain.pricing.charging.prices import SessionPrice, price_session
from domain.pricing.charging.sessions import Activity, ChargingPeriod, ChargingSession
from domain.pricing.charging.tariffs import ChargingTariff

BERLIN = "Europe/Berlin"
ZONE = ZoneInfo(BERLIN)
MINUTE = timedelta(minutes=1)


def at(said: str, fold: int = 0) -> datetime:
    """What the clock shows in Berlin."""
    return datetime.fromisoformat(said).replace(tzinfo=ZONE, fold=fold)


def a_tariff(*elements: dict[str, Any], **fields: Any) -> ChargingTariff:
    said = {"id": "t", "currency": "EUR", "elements": elements} | fields
    tariff = msgspec.convert(said, ChargingTariff)
    assert tariff.faults() == ()
    return tariff


def per(kind: str, price: float | str, vat: float | None = None, step: int = 1) -> dict[str, Any]:
    component = {"type": kind, "price": Decimal(str(price)), "step_size": step}
    return component if vat is None else component | {"vat": Decimal(str(vat))}


def element(*components: dict[str, Any], **restrictions: Any) -> dict[str, Any]:
    return {"price_components": components, "restrictions": restrictions}


def spent(start: datetime, minutes: int, activity: Activity = Activity.CHARGING, kwh: str = "0") -> ChargingPeriod:
    """By minutes that pass, not by those that a clock shows."""
    utc = start.astimezone(UTC)
    return ChargingPeriod(Period(utc, utc + minutes * MINUTE), activity, Decimal(kwh))


def priced(tariff: ChargingTariff, *periods: ChargingPeriod, **fields: Any) -> SessionPrice:
    price = price_session(tariff, ChargingSession(BERLIN, periods, **fields))
    assert isinstance(price, SessionPrice), price
    return price
