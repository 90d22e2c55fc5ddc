"""Files that `kommobil tariff price` reads, an OCPI tariff and a charging session, and the price as it is shown."""

from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Struct

from domain.money import Money, four_decimals
from domain.pricing.charging.prices import Amount, Item, SessionPrice
from domain.pricing.charging.sessions import ChargingSession
from domain.pricing.charging.tariffs import ChargingTariff, Dimension, ReservationPart
from infra.documents import FaultyDocument, shaped

UNITS = {Dimension.FLAT: "1", Dimension.ENERGY: "kWh", Dimension.TIME: "h", Dimension.PARKING_TIME: "h"}


class Sums(Struct, frozen=True):
    """In major units with four decimals, as OCPI writes them."""

    before_taxes: Decimal
    after_taxes: Decimal


class ItemView(Struct, frozen=True, omit_defaults=True):
    """`vat` is a percentage; `reservation` stands where an item pays for one."""

    type: Dimension
    quantity: Decimal
    unit: str
    price: Decimal
    sums: Sums
    vat: Decimal | None = None
    reservation: ReservationPart | None = None


class PriceView(Struct, frozen=True):
    """`limits` is what the least or the highest price of the tariff adds; the sums to pay are in minor units."""

    items: tuple[ItemView, ...]
    limits: Sums
    net: Money
    vat: Money
    gross: Money


def charging_tariff_in(document: dict[str, Any]) -> ChargingTariff:
    """An OCPI Tariff object of 2.3.0. What says nothing of the price (its texts, party, energy mix) is passed over; anything
    unknown inside elements is a fault, since a restriction that is not understood is a wrong price. Raises FaultyDocument."""
    known = {field.encode_name for field in msgspec.structs.fields(ChargingTariff)}
    tariff = shaped({name: value for name, value in document.items() if name in known}, ChargingTariff)
    if faults := tariff.faults():
        raise FaultyDocument(faults)
    return tariff


def charging_session_in(document: dict[str, Any]) -> ChargingSession:
    """A ChargingSession, field by field. Raises FaultyDocument."""
    try:
        session = shaped(document, ChargingSession)
    except msgspec.ValidationError as problem:  # a period that ends before it starts, or has no offset
        raise FaultyDocument((str(problem),)) from problem
    try:
        ZoneInfo(session.time_zone)
    except (KeyError, OSError, ValueError) as problem:
        raise FaultyDocument((f"time_zone {session.time_zone!r} is not in the tz database",)) from problem
    return session


def shown(price: SessionPrice) -> PriceView:
    return PriceView(tuple(map(_item, price.items)), _sums(price.limits), price.net, price.vat, price.gross)


def _item(item: Item) -> ItemView:
    return ItemView(
        type=item.component.type,
        quantity=four_decimals(item.quantity),
        unit=UNITS[item.component.type],
        price=item.component.price,
        sums=_sums(item.amount),
        vat=item.component.vat,
        reservation=item.reservation,
    )


def _sums(amount: Amount) -> Sums:
    return Sums(four_decimals(amount.net), four_decimals(amount.gross))
