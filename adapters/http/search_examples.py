"""What finding answers in the OpenAPI document: a charge point in Braunschweig on an evening in December."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import msgspec

from domain.booking.price_list import price_list
from domain.booking.resources import ResourceId, Service, Station, StationId
from domain.booking.terms import BlockingPolicy
from domain.identity import City
from domain.periods import Period
from domain.places import Location
from domain.pricing.tariffs import Tariff, TariffId, TimePrice, TimeUnit
from services.search.prices import shown_price, unit_prices
from services.search.views import (
    AvailableResource,
    ChargingPrices,
    CityView,
    FreeTime,
    PaymentOfCity,
    ResourceDetails,
    StationOfResource,
    StationView,
)

_ZONE = "Europe/Berlin"
_PERIOD = Period(datetime(2026, 12, 1, 17, tzinfo=UTC), datetime(2026, 12, 1, 19, tzinfo=UTC))
_STATION = Station(
    StationId(UUID("3d2f1a90-4b1c-5e77-9d63-0c8f4a6b2e11")), "Parkhaus Wallstraße", Location(52.2598, 10.5226)
)
_POINT = ResourceId(UUID("0b0f5a56-0b5e-5a0f-8f53-3f2a5a0d7c11"))
_PLUGS: dict[str, Any] = {
    "connectors": ["IEC_62196_T2"],
    "power_kw": 22,
    "operator": "Stadtwerke Braunschweig",
    "public_key": None,
}
_TARIFF = Tariff(
    id=TariffId("charging-standard"),
    version=1,
    valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    name="Laden Standard",
    currency="EUR",
    vat_rate=Decimal("0.19"),
    time=TimePrice(TimeUnit.HOUR, Decimal("1.20")),
    energy=Decimal("0.4850"),
)
_BLOCKING = BlockingPolicy(Decimal("0.10"), cap=Decimal("12.00"), grace_s=14_400)
_SHOWN = shown_price(_TARIFF, _PERIOD, _ZONE)


def _example(view: object) -> Any:
    return msgspec.json.decode(msgspec.json.encode(view))


CITY = _example(
    CityView(
        City("braunschweig"),
        "Braunschweig",
        _ZONE,
        ("de", "en"),
        Location(52.2646, 10.5236),
        PaymentOfCity("pk_test_braunschweig"),
    )
)
STATION = _example(
    StationView(
        _STATION.id,
        _STATION.name,
        "Wallstraße 1, 38100 Braunschweig",
        _STATION.location,
        537,
        {Service.CHARGING: 4, Service.FLEET: 1},
        (ChargingPrices(_TARIFF.id, 4, price_list(_TARIFF, _BLOCKING)),),
    )
)
AVAILABLE = _example(
    AvailableResource(
        _POINT,
        Service.CHARGING,
        "Ladepunkt 1",
        _STATION,
        537,
        _ZONE,
        _PLUGS,
        _SHOWN.price,
        _SHOWN.basis,
        unit_prices(_TARIFF),
        price_list(_TARIFF, _BLOCKING),
    )
)
RESOURCE = _example(
    ResourceDetails(
        id=_POINT,
        service=Service.CHARGING,
        name="Ladepunkt 1",
        code="DE*BSE*E00001*1",
        station=StationOfResource(_STATION.id, _STATION.name, "Wallstraße 1, 38100 Braunschweig", _STATION.location),
        time_zone=_ZONE,
        in_service=True,
        bookable=True,
        pool_id=None,
        attributes=_PLUGS,
        tariff_id=_TARIFF.id,
        unit_prices=unit_prices(_TARIFF),
        tariff=_TARIFF,
        prices=price_list(_TARIFF, _BLOCKING),
    )
)
FREE = {
    "time_zone": _ZONE,
    "items": _example(FreeTime(_ZONE, (_PERIOD,)))["periods"],
    "next_cursor": None,
}
