"""What a session's signed values prove, with whatever key the register has."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from adapters.metering.signatures import EcdsaSignatures
from domain.charging.metering.proofs import MeterProof, NotChecked, NotSigned, Reason, Verdict
from domain.charging.metering.sections import NotReadable
from domain.charging.metering.taking import NotMetered
from domain.charging.reports import SignedValue
from services.charging.metering import Counted, examine
from tests.adapters.metering.meters import Meter
from tests.domain.charging.metering.containers import BEGIN, END

METER = Meter()
KEY = METER.public.hex()
FIRST = METER.writes(BEGIN)
BETWEEN = METER.writes(BEGIN | {"TX": "C", "RV": 125}, PG="T42")
LAST = METER.writes(END, PG="T43")
FORGED = LAST.replace(b"131.75", b"231.75")
BEGAN, OVER = datetime(2026, 7, 1, 8, tzinfo=UTC), datetime(2026, 7, 1, 9, 30, tzinfo=UTC)
COUNTED = Counted(0, 11_250, BEGAN, OVER)
VERIFIED = MeterProof(
    Verdict.VERIFIED,
    None,
    Decimal("11.25"),
    Decimal("120.5"),
    Decimal("131.75"),
    BEGAN,
    OVER,
    time_usable=True,
    meter="Z-2026-0815",
    page=43,
)


def examined(*values: bytes, key: str = KEY, counted: Counted | None = COUNTED) -> MeterProof:
    return examine([SignedValue(value) for value in values], key, counted, signatures=EcdsaSignatures())


@pytest.mark.parametrize(
    "values", [(FIRST, LAST), (FIRST, BETWEEN, LAST), (b"garbage", FIRST, LAST), (METER.writes(BEGIN, END),)]
)
def test_values_that_the_registers_key_fits_are_verified(values: Sequence[bytes]) -> None:
    page = 41 if len(values) == 1 else 43
    assert examined(*values) == examined(*values, counted=None) == replace(VERIFIED, page=page)


@pytest.mark.parametrize(
    ("values", "key", "verdict", "reason"),
    [
        ((), KEY, Verdict.NOT_CHECKED, NotChecked.NOTHING_SIGNED),
        ((b"AP;0;3;", b"AP;0;3;"), KEY, Verdict.NOT_CHECKED, NotChecked.FORMAT_NOT_KNOWN),
        ((FIRST, FORGED), KEY, Verdict.NOT_VERIFIED, NotSigned.WRONG_SIGNATURE),
        ((FIRST.replace(b"120.5", b"110.5"), LAST), KEY, Verdict.NOT_VERIFIED, NotSigned.WRONG_SIGNATURE),
        ((FIRST, LAST), Meter().public.hex(), Verdict.NOT_VERIFIED, NotSigned.WRONG_SIGNATURE),
        ((FIRST, BETWEEN), KEY, Verdict.NOT_VERIFIED, NotMetered.NO_END),
        ((LAST,), KEY, Verdict.NOT_VERIFIED, NotMetered.NO_BEGIN),
        ((FIRST, LAST + b"|"), KEY, Verdict.NOT_VERIFIED, NotReadable.WRONG_SECTIONS),
        ((FIRST, LAST + b"|"), "", Verdict.NOT_CHECKED, NotReadable.WRONG_SECTIONS),
        ((LAST,), " ", Verdict.NOT_CHECKED, NotMetered.NO_BEGIN),
        ((FIRST, METER.writes(END)), KEY, Verdict.NOT_VERIFIED, NotMetered.PAGE_NOT_LATER),
        ((FIRST, METER.writes(END)), "", Verdict.NOT_VERIFIED, NotMetered.PAGE_NOT_LATER),
    ],
)
def test_everything_else_says_why_and_tells_of_no_energy(
    values: Sequence[bytes], key: str, verdict: Verdict, reason: Reason
) -> None:
    found = examined(*values, key=key)
    assert (found.verdict, found.reason, found.kwh) == (verdict, reason, None)


@pytest.mark.parametrize(("key", "reason"), [("", NotChecked.NO_KEY), ("soon", NotChecked.KEY_NOT_READABLE)])
def test_values_without_a_key_are_told_and_not_vouched_for(key: str, reason: NotChecked) -> None:
    found = examined(FIRST, LAST, key=key)
    assert (found.verdict, found.reason, found.kwh) == (Verdict.NOT_CHECKED, reason, Decimal("11.25"))


def test_a_station_that_counted_something_else_than_its_meter_is_looked_at_by_somebody() -> None:
    found = examined(FIRST, LAST, counted=Counted(0, 14_000))
    assert (found.verdict, found.reason) == (Verdict.NOT_VERIFIED, NotMetered.UNLIKE_THE_TRANSACTION)


@pytest.mark.parametrize("key", [KEY, ""])
@pytest.mark.parametrize(("began", "over", "fits"), [(5, -5, True), (6, 0, False), (0, -6, False), (95, 90, False)])
def test_what_was_signed_at_another_time_is_of_another_session(key: str, began: int, over: int, fits: bool) -> None:
    session = replace(COUNTED, began_at=BEGAN + timedelta(minutes=began), over_at=OVER + timedelta(minutes=over))
    found = examined(FIRST, LAST, key=key, counted=session)
    assert (found.reason is NotMetered.OF_ANOTHER_TIME) is not fits
    assert (found.verdict is Verdict.NOT_VERIFIED) is not fits


def test_a_clock_that_nobody_synchronised_is_no_witness_of_the_time() -> None:
    loose = [
        METER.writes(each | {"TM": each["TM"][:-1] + "I"}, PG=page) for each, page in ((BEGIN, "T41"), (END, "T43"))
    ]
    later = replace(COUNTED, began_at=BEGAN + timedelta(days=1), over_at=OVER + timedelta(days=1))
    assert examined(*loose, counted=later).verdict is Verdict.VERIFIED
