"""Signed meter values are examined before anything is invoiced by them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from domain.charging.metering.ocmf import Container, parsed
from domain.charging.metering.proofs import MeterProof, NotChecked, NotSigned, Reason, SignatureFault, incomplete, proof
from domain.charging.metering.taking import TOLERANCE, NotMetered, Tolerance, during, like, metered
from domain.charging.metering.wrapping import OCMF, unwrapped
from domain.charging.reports import SignedValue
from domain.refusals import Refusal


class SignatureCheck(Protocol):
    """Looks at a signature; no network, no waiting."""

    def fault(self, container: Container, key: str) -> SignatureFault | None:
        """What is wrong with the signature, checked with a public key as its publisher wrote it; None where it is right."""
        ...


class Counted(Struct, frozen=True):
    """What the station counted by itself, in watt-hours, when the transaction began and when it ended; and when that was, as far as
    it told."""

    started_wh: int
    stopped_wh: int
    began_at: datetime | None = None
    over_at: datetime | None = None


def examine(
    values: Sequence[SignedValue],
    key: str,
    counted: Counted | None = None,
    *,
    signatures: SignatureCheck,
    tolerance: Tolerance = TOLERANCE,
) -> MeterProof:
    """What a session's signed values, in the order of their coming, prove. `key` is the register's, empty where it has none; the
    key that a station sends along is not used. Which of them begin and end the transaction is what was signed in them, not
    what the station calls them.

    What the meter says against itself, or against the station, is held against the values even where nobody can check them."""
    read = [_read(value) for value in values]
    containers = [container for container in read if isinstance(container, Container)]
    last = next((container for container in reversed(containers) if container.ends), None)
    first = next((container for container in containers if container.begins), None)
    if last is None or first is None:
        faults = (fault for fault in read if not isinstance(fault, Container))
        missing = NotMetered.NO_END if last is None else NotMetered.NO_BEGIN
        reason = next(faults, missing) if read else NotChecked.NOTHING_SIGNED
        return incomplete(reason, last or first, checkable=bool(key.strip()))
    if last.begins:
        first = last
    signed = _signature(first, last, key, signatures)
    if isinstance(signed, NotSigned):
        return proof(signed, last)
    found = metered(first, last)
    if isinstance(found, Refusal):
        return proof(found.reason, last)
    refusal = counted and (
        during(found, counted.began_at, counted.over_at)
        or like(found, counted.started_wh, counted.stopped_wh, tolerance)
    )
    return proof(refusal.reason if refusal else signed, last, found)


def _read(value: SignedValue) -> Container | Reason:
    inside = unwrapped(value)
    if inside.encoding != OCMF:
        return NotChecked.FORMAT_NOT_KNOWN
    container = parsed(inside.data)
    return container.reason if isinstance(container, Refusal) else container


def _signature(
    first: Container, last: Container, key: str, signatures: SignatureCheck
) -> NotChecked | NotSigned | None:
    """The graver of what is wrong with either's."""
    if not key.strip():
        return NotChecked.NO_KEY
    faults = [signatures.fault(container, key) for container in ((first, last) if first is not last else (last,))]
    wrong = (fault for fault in faults if isinstance(fault, NotSigned))
    unknown = (fault for fault in faults if isinstance(fault, NotChecked))
    return next(wrong, None) or next(unknown, None)
