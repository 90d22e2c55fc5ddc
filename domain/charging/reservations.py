"""Reserving a charge point: the command, the event, the decision."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, TypeAlias

from msgspec import Meta, Struct
from msgspec.structs import replace

from domain.booking.bookings import Basis, Grant, Payer
from domain.booking.holds import Agreed, NotBookable, Offer, Order, agree, hold
from domain.booking.resources import SOON, ResourceId, Service
from domain.charging.power.admitting import NotEnough, admit
from domain.charging.power.charges import Charge, Standing, leaves_at, need_wh
from domain.charging.power.facts import PowerFacts, promised
from domain.identity import Actor
from domain.periods import Period
from domain.pricing.charging.selling import likely_kwh
from domain.pricing.quotes import Usage, within
from domain.refusals import Refusal

SERVICE = Service.CHARGING


class ChargingOptions(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """`connector` is an OCPI ConnectorType; `energy_kwh` what the driver expects to take; `departure` when."""

    connector: str | None = None
    energy_kwh: Decimal | None = None
    departure: Annotated[datetime, Meta(tz=True)] | None = None


Kilowatts: TypeAlias = (
    Annotated[float, Meta(ge=0, le=10_000)] | Annotated[str, Meta(pattern=r"^[0-9]{1,5}(\.[0-9]{1,3})?$")]
)


class ChargePointWanted(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a request by class asks for: a plug that fits, and kilowatts at least."""

    connector: str | None = None
    min_power_kw: Kilowatts | None = None


class ChargePoint(Struct, frozen=True):
    """A charge point as the desk knows it; its plugs are OCPI ConnectorTypes, its power kilowatts. `out_of_order` is what its
    station says of it now, `power` what is known of its power group, where it is in one."""

    offer: Offer
    connectors: tuple[str, ...]
    power_kw: Decimal
    out_of_order: bool = False
    power: PowerFacts | None = None


class ReserveChargePoint(Struct, frozen=True):
    order: Order
    options: ChargingOptions
    agreed: Agreed | None = None


class ChargePointReserved(Struct, frozen=True, tag="charging.charge_point_reserved"):
    grant: Grant


class NotChargeable(StrEnum):
    PLUG_DOES_NOT_FIT = "plug_does_not_fit"
    ENERGY_OUT_OF_RANGE = "energy_out_of_range"


NoReservation: TypeAlias = Refusal[NotBookable] | Refusal[NotChargeable] | Refusal[NotEnough]


def agree_on(
    command: ReserveChargePoint, point: ChargePoint | None, actor: Actor, now: datetime
) -> Agreed | NoReservation:
    """Price and terms for the wish, or why the city would not sell it."""
    if point is None:
        return Refusal(NotBookable.UNKNOWN_RESOURCE)
    if refusal := _does_not_work(command.order, point, now):
        return refusal
    options = command.options
    if options.connector is not None and options.connector not in point.connectors:
        return Refusal(NotChargeable.PLUG_DOES_NOT_FIT, "/options/connector")
    if options.energy_kwh is not None and not within(options.energy_kwh, 500):
        return Refusal(NotChargeable.ENERGY_OUT_OF_RANGE, "/options/energy_kwh")
    energy, period = options.energy_kwh, command.order.period
    if energy is None and point.offer.tariff.charging is not None:
        energy = likely_kwh(period, point.power_kw)
    usage = Usage(period, point.offer.time_zone, energy_kwh=energy)
    return agree(command.order, point.offer, usage, actor, now)


def reserve(
    command: ReserveChargePoint, point: ChargePoint | None, actor: Actor, now: datetime
) -> ChargePointReserved | NoReservation:
    """Give the charge point to the driver for the period, or say why not."""
    if point is None:
        return Refusal(NotBookable.UNKNOWN_RESOURCE)
    if refusal := _does_not_work(command.order, point, now):
        return refusal
    agreed = command.agreed or agree_on(command, point, actor, now)
    if isinstance(agreed, Refusal):
        return agreed
    grant = hold(command.order, point.offer, agreed, actor, now)
    if isinstance(grant, Refusal):
        return grant
    if point.power is not None:
        wanted = _wanted(command, point.offer.agenda.resource.id, point.power)
        if wanted is not None:
            if too_little := _too_little_power(wanted, point, point.power, now):
                return too_little
            grant = replace(grant, basis=Basis(point.power.group.id, point.power.version, wanted.energy_wh))
    return ChargePointReserved(grant)


def _wanted(command: ReserveChargePoint, at: ResourceId, power: PowerFacts) -> Charge | None:
    """The energy that the booking is to be promised at the point, and when."""
    order, options, member = command.order, command.options, power.member(at)
    if member is None:
        return None
    return Charge(
        id=order.booking_id,
        evse_id=member.evse_id,
        arrival=order.period.start,
        departure=leaves_at(order.period, options.departure),
        energy_wh=need_wh(options.energy_kwh, order.period, options.departure, power.group, member),
        standing=Standing.PUBLIC if order.payer is Payer.SELF else Standing.FLEET,
    )


def _too_little_power(
    wanted: Charge, point: ChargePoint, power: PowerFacts, now: datetime
) -> Refusal[NotEnough] | None:
    """Whether the energy of the booking would be missing to it or to others."""
    agenda = point.offer.agenda

    def free(period: Period) -> bool:
        return not agenda.conflicts(period) and agenda.resource.is_usable_to(period.end)

    return admit(promised(power, now), wanted, now, free)


def _does_not_work(order: Order, point: ChargePoint, now: datetime) -> Refusal[NotBookable] | None:
    """What begins soon is not sold at a plug that is broken, or that was shut."""
    if point.out_of_order and order.period.start < now + SOON:
        return Refusal(NotBookable.OUT_OF_SERVICE)
    return None
