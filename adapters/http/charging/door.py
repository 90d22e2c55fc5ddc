"""Chargers through the common doors."""

from adapters.http.booking.doors import Door
from domain.charging.reservations import ChargePointWanted, ChargingOptions, ReserveChargePoint
from services.charging import Charging


def door(charging: Charging) -> Door:
    return Door(ChargingOptions, ChargePointWanted, None, ReserveChargePoint, charging.quote, charging.reserve)
