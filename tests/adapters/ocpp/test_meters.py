"""What several samples of one moment say."""

from datetime import UTC, datetime
from decimal import Decimal

from adapters.ocpp.central.meters import ENERGY, Sample, readings
from domain.charging.reports import Context, Reading, SignedValue

AT = datetime(2026, 12, 1, 18, tzinfo=UTC)
FIRST, LAST = SignedValue(b"first"), SignedValue(b"last")


def test_of_several_signed_values_of_one_moment_none_is_lost() -> None:
    """Some stations send beginning and end together, in StopTransaction."""
    samples = [
        Sample(ENERGY, Decimal(15), "Transaction.End", unit="kWh"),
        Sample(ENERGY, None, "Transaction.Begin", signed=FIRST),
        Sample(ENERGY, None, "Transaction.End", signed=LAST),
    ]
    assert readings(AT, samples) == (
        Reading(AT, Context.END, energy_wh=Decimal(15_000), signed=FIRST),
        Reading(AT, Context.END, signed=LAST),
    )
    assert readings(AT, samples[1:]) == (
        Reading(AT, Context.BEGIN, signed=FIRST),
        Reading(AT, Context.END, signed=LAST),
    )
