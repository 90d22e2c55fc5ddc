"""What a station says that it has: its EVSEs, their power and connectors (OCPP 2.0.1, part 2, appendix 3), beside what is registered."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from domain.booking.resources import ResourceId
from domain.charging.stations import HIGHEST_EVSE

# OCPP's ConnectorEnum in the words of OCPI's ConnectorType, which the charge points are registered by. A socket or a cable is one type.
TYPES = {
    "cCCS1": "IEC_62196_T1_COMBO",
    "cCCS2": "IEC_62196_T2_COMBO",
    "cG105": "CHADEMO",
    "cType1": "IEC_62196_T1",
    "cType2": "IEC_62196_T2",
    "sType2": "IEC_62196_T2",
    "s309-1P-16A": "IEC_60309_2_single_16",
    "sCEE-7-7": "DOMESTIC_F",
}
HIGHEST_CONNECTOR = 99
NEARLY_W = 500
"""Stations and registers round; what is closer is the same."""


class Variable(Struct, frozen=True):
    """One line of a report. `value` is as it is now, `most` what it can be at most, in `unit`; `connector` is None for the EVSE itself."""

    component: str
    name: str
    evse: int
    connector: int | None = None
    value: str | None = None
    most: Decimal | None = None
    unit: str | None = None


class EvseFound(Struct, frozen=True):
    """`power_w` is the most that it gives; `connectors` are OCPP's types by their numbers."""

    power_w: int | None = None
    phases: int | None = None
    connectors: Mapping[int, str] = {}


class Point(Struct, frozen=True):
    """What is registered of an EVSE: what can be booked there, with OCPI's types."""

    number: int
    resource_id: ResourceId
    power_kw: Decimal
    connectors: tuple[str, ...]


class What(StrEnum):
    NOT_REPORTED = "not_reported"
    NOT_REGISTERED = "not_registered"
    POWER = "power"
    CONNECTORS = "connectors"


class Difference(Struct, frozen=True):
    evse: int
    what: What
    reported: str | None
    registered: str | None


def merged(known: Mapping[int, EvseFound], told: Iterable[Variable]) -> Mapping[int, EvseFound]:
    """With what a page of a report says; all else on it is nothing of ours."""
    found = dict(known)
    for line in told:
        if not 0 < line.evse <= HIGHEST_EVSE:
            continue
        before = found.get(line.evse, EvseFound())
        found[line.evse] = _with(before, line)
    return found


def differences(found: Mapping[int, EvseFound], points: Iterable[Point]) -> tuple[Difference, ...]:
    """Where the station says something else than is registered; what it does not say is no difference."""
    registered = {point.number: point for point in points}
    odd = [
        Difference(number, What.NOT_REGISTERED, "there", None) for number in sorted(found.keys() - registered.keys())
    ]
    for number, point in sorted(registered.items()):
        evse = found.get(number)
        if evse is None:
            odd.append(Difference(number, What.NOT_REPORTED, None, str(point.resource_id)))
            continue
        if evse.power_w is not None and abs(evse.power_w - point.power_kw * 1000) > NEARLY_W:
            odd.append(Difference(number, What.POWER, f"{evse.power_w} W", f"{point.power_kw} kW"))
        types = {TYPES.get(each, each) for each in evse.connectors.values()}
        if types and types != set(point.connectors):
            shown = (", ".join(sorted(types)), ", ".join(sorted(point.connectors)))
            odd.append(Difference(number, What.CONNECTORS, *shown))
    return tuple(odd)


def _with(evse: EvseFound, line: Variable) -> EvseFound:
    match line.component, line.name:
        case "EVSE", "Power" if line.most is not None:
            watts = line.most * 1000 if (line.unit or "").lower() == "kw" else line.most
            return replace(evse, power_w=int(watts)) if 0 < watts < 10**8 else evse
        case "EVSE", "SupplyPhases" if (phases := _number(line.value)) is not None:
            return replace(evse, phases=phases)
        case "Connector", "ConnectorType" if line.value and line.connector and 0 < line.connector <= HIGHEST_CONNECTOR:
            return replace(evse, connectors={**evse.connectors, line.connector: line.value[:50]})
        case _:
            return evse


def _number(said: str | None) -> int | None:
    try:
        number = Decimal(said or "")
    except InvalidOperation:
        return None
    return int(number) if number.is_finite() and 0 <= number <= 3 else None
