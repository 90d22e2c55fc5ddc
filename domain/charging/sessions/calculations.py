"""How a booking's sessions came to their price: kept with all that it depended on, so that it can be made again."""

from datetime import datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.metered import Metered, session_of
from domain.charging.sessions.bills import Billing
from domain.money import four_decimals
from domain.pricing.charging.itemising import BillItem, itemised
from domain.pricing.charging.prices import price_session
from domain.pricing.charging.sessions import ChargingSession
from domain.pricing.charging.tariffs import ChargingTariff
from domain.pricing.tariffs import TariffId
from domain.refusals import Refusal


class Sums(Struct, frozen=True):
    """In major units with four decimals, as OCPI writes them."""

    before_taxes: Decimal
    after_taxes: Decimal


NOTHING_YET = Sums(Decimal(0), Decimal(0))


class Calculation(Struct, frozen=True):
    """`session` is all that was charged by a booking, under the version of the `tariff` that was booked; `vat_rate` is that of a least price
    where nothing else costs anything. `items` are whole minor units, `exact` is their sum before it is rounded, by OCPI's rules: what
    is invoiced before taxes follows from the items."""

    tariff_id: TariffId
    tariff_version: int
    vat_rate: Decimal
    tariff: ChargingTariff
    session: ChargingSession
    items: tuple[BillItem, ...]
    exact: Sums
    made_at: datetime


def calculated(billing: Billing, measured: Metered, now: datetime) -> Calculation | None:
    """None where the price does not depend on what the session did when."""
    charging, zone = billing.tariff.charging, billing.time_zone
    if charging is None or not measured.periods:
        return None
    session = session_of(billing.booking, billing.resource, measured.periods, zone)
    session = replace(session, periods=billing.in_short(measured))
    sold = billing.tariff
    return _made(Calculation(sold.id, sold.version, sold.vat_rate, charging, session, (), NOTHING_YET, now))


def made_again(kept: Calculation) -> Calculation:
    """The same by today's code."""
    return _made(kept)


def _made(asked: Calculation) -> Calculation:
    """With its items, whatever they were."""
    price = price_session(asked.tariff, asked.session, asked.vat_rate)
    if isinstance(price, Refusal):
        raise ValueError(f"the session has no price: {price.reason} {price.pointer}")
    exact = Sums(four_decimals(price.exact.net), four_decimals(price.exact.gross))
    return replace(asked, items=itemised(asked.tariff, price, asked.vat_rate), exact=exact)
