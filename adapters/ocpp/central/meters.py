"""What meters say, in either version: samples with units and phases become one `Reading` for each moment."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation

import msgspec
from msgspec import Struct

from domain.charging.reports import Context, Reading, SignedValue

ENERGY, POWER, OFFERED, CURRENT, SOC = (
    "Energy.Active.Import.Register",
    "Power.Active.Import",
    "Power.Offered",
    "Current.Import",
    "SoC",
)
_CONTEXTS = {
    "Transaction.Begin": Context.BEGIN,
    "Transaction.End": Context.END,
    "Sample.Periodic": Context.PERIODIC,
    "Sample.Clock": Context.PERIODIC,
}
_KILO = {"kWh": 1000, "kW": 1000}
_LARGEST = Decimal(10) ** 12
_PHASES = frozenset({"L1", "L2", "L3", "L1-N", "L2-N", "L3-N"})
_AT_THE_OUTLET = frozenset({None, "Outlet"})


class Sample(Struct, frozen=True):
    """`value` is None where it is no number that a meter could show."""

    measurand: str
    value: Decimal | None
    context: str
    phase: str | None = None
    location: str | None = None
    unit: str | None = None
    signed: SignedValue | None = None


class _Signed(Struct, rename="camel"):
    """OCPP 2.0.1's SignedMeterValue, which OCA's application note puts as text into 1.6's `value` as well."""

    signed_meter_data: str
    encoding_method: str | None = None
    public_key: str | None = None


def decimal(said: object) -> Decimal | None:
    try:
        value = Decimal(str(said))
    except InvalidOperation:
        return None
    return value if value.is_finite() and abs(value) < _LARGEST else None


def signed_value(data: str, encoding: str | None, public_key: str | None) -> SignedValue:
    """Base64 is only how it travels; what is none is kept as it came."""
    try:
        return SignedValue(base64.b64decode(data, validate=True), encoding or None, public_key or None)
    except (binascii.Error, ValueError):
        return SignedValue(data.encode(), encoding or None, public_key or None)


def signed_in_text(said: str) -> SignedValue:
    """1.6's `SignedData`: the meter's own text, or a 2.0.1 SignedMeterValue in JSON."""
    try:
        value = msgspec.json.decode(said, type=_Signed)
    except msgspec.MsgspecError:
        return SignedValue(said.encode())
    return signed_value(value.signed_meter_data, value.encoding_method, value.public_key)


def readings(at: datetime, samples: Sequence[Sample]) -> tuple[Reading, ...]:
    """All that was measured at a moment; where several values are signed, beginning and end say, each further one by itself, as
    none may be lost."""
    further = [each for each in samples if each.signed is not None][1:]
    alone = (Reading(at, _CONTEXTS.get(each.context, Context.OTHER), signed=each.signed) for each in further)
    return (_reading(at, samples), *alone)


def _reading(at: datetime, samples: Sequence[Sample]) -> Reading:
    of_energy = next((each for each in samples if each.measurand == ENERGY), None)
    context = (of_energy or samples[0]).context if samples else ""
    return Reading(
        at,
        _CONTEXTS.get(context, Context.OTHER),
        energy_wh=_sum(samples, ENERGY),
        power_w=_sum(samples, POWER),
        offered_w=_sum(samples, OFFERED),
        current_a=_largest(samples, CURRENT),
        soc_percent=_largest(samples, SOC),
        signed=next((each.signed for each in samples if each.signed is not None), None),
    )


def _sum(samples: Sequence[Sample], measurand: str) -> Decimal | None:
    """Of all phases, unless the whole was said."""
    of_it = [
        (each, each.value * _KILO.get(each.unit or "", 1))
        for each in samples
        if each.measurand == measurand and each.value is not None and each.location in _AT_THE_OUTLET
    ]
    whole = next((value for each, value in of_it if each.phase is None), None)
    phases = [value for each, value in of_it if each.phase in _PHASES]
    return whole if whole is not None or not phases else sum(phases, Decimal(0))


def _largest(samples: Sequence[Sample], measurand: str) -> Decimal | None:
    return max((each.value for each in samples if each.measurand == measurand and each.value is not None), default=None)
