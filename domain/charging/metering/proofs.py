"""What signed meter values prove of a charging session, and what may be invoiced by them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.charging.metering.ocmf import Container
from domain.charging.metering.sections import NotReadable
from domain.charging.metering.taking import Metered, NotMetered
from domain.refusals import Refusal


class NotChecked(StrEnum):
    """Why nobody can tell whether the signature is right: it speaks for nothing, and against nothing."""

    NOTHING_SIGNED = "nothing_signed"
    FORMAT_NOT_KNOWN = "format_not_known"
    NO_KEY = "no_key"
    KEY_NOT_READABLE = "key_not_readable"
    CURVE_NOT_SUPPORTED = "curve_not_supported"


class NotSigned(StrEnum):
    """Why the signature is not one of the meter over these values."""

    SIGNATURE_NOT_READABLE = "signature_not_readable"
    KEY_OF_ANOTHER_CURVE = "key_of_another_curve"
    ALGORITHM_NOT_KNOWN = "algorithm_not_known"
    WRONG_SIGNATURE = "wrong_signature"


SignatureFault: TypeAlias = NotChecked | NotSigned
Reason: TypeAlias = NotChecked | NotSigned | NotReadable | NotMetered


def reason_of(text: str) -> Reason:
    """The reason that is written so. Raises KeyError."""
    return _REASONS[text]


_REASONS: Mapping[str, Reason] = {
    reason.value: reason for reasons in (NotChecked, NotSigned, NotReadable, NotMetered) for reason in reasons
}


class Verdict(StrEnum):
    """`not_verified` speaks against the values; with `not_checked` nothing is known."""

    VERIFIED = "verified"
    NOT_VERIFIED = "not_verified"
    NOT_CHECKED = "not_checked"


class MeterProof(Struct, frozen=True):
    """`kwh`, the times and `meter`, its serial number, are what was signed, wherever that can be read, verified or not; `page` is
    the meter's own number of the container that ends the transaction."""

    verdict: Verdict
    reason: Reason | None = None
    kwh: Decimal | None = None
    begins_kwh: Decimal | None = None
    ends_kwh: Decimal | None = None
    begins_at: datetime | None = None
    ends_at: datetime | None = None
    time_usable: bool = False
    meter: str | None = None
    page: int | None = None


def proof(reason: Reason | None, of: Container | None = None, found: Metered | None = None) -> MeterProof:
    """The verdict, with what is known of the values."""
    verdict = Verdict.NOT_CHECKED if isinstance(reason, NotChecked) else Verdict.NOT_VERIFIED
    if found is None or of is None:
        return MeterProof(verdict, reason, meter=_meter(of))
    return MeterProof(
        Verdict.VERIFIED if reason is None else verdict,
        reason,
        found.kwh,
        found.begin.kwh,
        found.end.kwh,
        found.begin.at,
        found.end.at,
        found.time_usable,
        _meter(of),
        of.page.number,
    )


def incomplete(reason: Reason, of: Container | None, *, checkable: bool) -> MeterProof:
    """What nobody can read, or not all of it: that speaks against the values only where there is a key to check them with."""
    found = proof(reason, of)
    return found if checkable else replace(found, verdict=Verdict.NOT_CHECKED)


def counted_before(of: MeterProof) -> MeterProof:
    """The same container was sent for another session, and was counted there: it is not counted twice."""
    return replace(of, verdict=Verdict.NOT_VERIFIED, reason=NotMetered.COUNTED_BEFORE)


def _meter(container: Container | None) -> str | None:
    return (container.meter.serial or container.gateway.serial) if container else None


class NotInvoiceable(StrEnum):
    METER_VALUES_NOT_VERIFIED = "meter_values_not_verified"


def invoiceable(of: MeterProof, told_kwh: Decimal) -> Decimal | Refusal[NotInvoiceable]:
    """The kilowatt-hours to invoice: what was signed where that is verified, what the station told where nothing could be
    checked, and none where something speaks against them, as only what was measured rightly may be invoiced (§ 33 MessEG)."""
    if of.verdict is Verdict.NOT_VERIFIED:
        return Refusal(NotInvoiceable.METER_VALUES_NOT_VERIFIED)
    return of.kwh if of.verdict is Verdict.VERIFIED and of.kwh is not None else told_kwh
