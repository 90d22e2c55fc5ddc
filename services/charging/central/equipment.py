"""What a station says that it has, as operators see it."""

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.booking.resources import ResourceId
from domain.charging.equipment import Difference, EvseFound, Point, Variable, differences
from domain.charging.stations import StationAt


class Equipment(Protocol):
    async def reported(self, at: StationAt, told: tuple[Variable, ...], *, first: bool) -> None:
        """A page of a report, in its order; the `first` begins it anew. A page may come twice."""


class Known(Struct, frozen=True):
    """`reported_at` is when the latest page came; None where the station never reported."""

    reported_at: datetime | None
    found: dict[int, EvseFound]
    points: tuple[Point, ...]


class ConnectorView(Struct, frozen=True):
    number: int
    type: str


class EvseEquipment(Struct, frozen=True):
    """`power_w` is the most that the EVSE gives; `type` is OCPP's."""

    number: int
    power_w: int | None
    phases: int | None
    connectors: tuple[ConnectorView, ...]
    resource_id: ResourceId | None


class EquipmentView(Struct, frozen=True):
    """What the station reported by `reported_at`, and where that is not what is registered."""

    reported_at: datetime | None
    evses: tuple[EvseEquipment, ...]
    differences: tuple[Difference, ...]


def equipment_view(known: Known) -> EquipmentView:
    sold = {point.number: point.resource_id for point in known.points}
    evses = tuple(
        EvseEquipment(
            number,
            evse.power_w,
            evse.phases,
            tuple(ConnectorView(each, kind) for each, kind in sorted(evse.connectors.items())),
            sold.get(number),
        )
        for number, evse in sorted(known.found.items())
    )
    odd = differences(known.found, known.points) if known.reported_at is not None else ()
    return EquipmentView(known.reported_at, evses, odd)
