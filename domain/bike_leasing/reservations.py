"""Leasing a pool bike: the command, the event, the decision."""

from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.bookings import Grant
from domain.booking.holds import Agreed, NotBookable, Offer, Order, agree, hold
from domain.booking.open_ended import Subscription
from domain.booking.resources import Service
from domain.identity import Actor
from domain.pricing.quotes import Usage
from domain.refusals import Refusal

SERVICE = Service.BIKE_LEASING


class LeaseOptions(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    plan: str | None = None


class BikeWanted(Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What a request by class asks for."""

    bike_type: str | None = None
    plan: str | None = None


class Bike(Struct, frozen=True):
    """A pool bike and the plans by which it is leased."""

    offer: Offer
    plans: tuple[str, ...]


class LeaseBike(Struct, frozen=True):
    """With a `subscription` it is leased without a set end: the order's period is what is claimed at first."""

    order: Order
    options: LeaseOptions
    agreed: Agreed | None = None
    subscription: Subscription | None = None


class BikeLeased(Struct, frozen=True, tag="bike_leasing.bike_leased"):
    grant: Grant


class NotLeasable(StrEnum):
    UNKNOWN_PLAN = "unknown_plan"
    NOT_FOR_SUBSCRIPTION = "not_for_subscription"


NoReservation: TypeAlias = Refusal[NotBookable] | Refusal[NotLeasable]


def agree_on(command: LeaseBike, bike: Bike | None, actor: Actor, now: datetime) -> Agreed | NoReservation:
    """Price and terms for the lease, or why the city would not give the bike."""
    if bike is None:
        return Refusal(NotBookable.UNKNOWN_RESOURCE)
    if command.options.plan is not None and command.options.plan not in bike.plans:
        return Refusal(NotLeasable.UNKNOWN_PLAN, "/options/plan")
    return agree(command.order, bike.offer, Usage(command.order.period, bike.offer.time_zone), actor, now)


def reserve(command: LeaseBike, bike: Bike | None, actor: Actor, now: datetime) -> BikeLeased | NoReservation:
    """Lease the bike to the resident for the period, or say why not."""
    if bike is None:
        return Refusal(NotBookable.UNKNOWN_RESOURCE)
    agreed = command.agreed or agree_on(command, bike, actor, now)
    if isinstance(agreed, Refusal):
        return agreed
    if command.subscription is not None:
        agreed = replace(agreed, terms=replace(agreed.terms, subscription=command.subscription))
    grant = hold(command.order, bike.offer, agreed, actor, now)
    return grant if isinstance(grant, Refusal) else BikeLeased(grant)
