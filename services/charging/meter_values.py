"""What was signed of a charging session, for whoever doubts the bill: byte for byte, with what was found when it was examined."""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Protocol, TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.charging.metering.proofs import MeterProof, Verdict
from domain.charging.reports import Context, SignedValue
from domain.charging.sessions.acting import NotCharging
from domain.charging.sessions.sessions import SessionId
from domain.identity import Actor
from domain.refusals import Refusal
from services.charging.sessions.acting import sees
from services.charging.sessions.ports import Charge


class Kept(Struct, frozen=True):
    at: datetime
    context: Context
    value: SignedValue


class Record(Struct, frozen=True):
    """`values` in the order of their coming. `key` is that by which they were examined or, before that, the register's."""

    values: tuple[Kept, ...]
    key: str
    proof: MeterProof | None = None
    examined_at: datetime | None = None


class MeterReader(Protocol):
    """Open for one look in one city."""

    async def find(self, session_id: SessionId) -> Charge | None: ...

    async def record(self, session_id: SessionId) -> Record: ...


class WriteFile(Protocol):
    """A file that S.A.F.E.'s Transparenzsoftware reads."""

    def __call__(self, values: Sequence[tuple[Context, SignedValue]], key: str, transaction: str) -> bytes: ...


class SignedValueView(Struct, frozen=True):
    """`data` is what the station sent, in base64; `sha256` is of those bytes."""

    at: datetime
    context: Context
    encoding: str | None
    sha256: str
    data: str


class MeterValuesView(Struct, frozen=True):
    """`verdict` is null until the session is billed, `reason` unless it is verified. `kwh` and what it is the difference of are as the
    meter signed them. `digest` is the SHA-256 of all values, one after the other, as it stands on the invoice; `public_key` is the
    meter's, as the charging register has it. `file` leads to the same for the Transparenzsoftware."""

    session_id: UUID
    verdict: Verdict | None
    reason: str | None
    kwh: Decimal | None
    begins_kwh: Decimal | None
    ends_kwh: Decimal | None
    begins_at: datetime | None
    ends_at: datetime | None
    meter: str | None
    public_key: str | None
    examined_at: datetime | None
    digest: str
    values: tuple[SignedValueView, ...]
    file: str


class MeterFile(Struct, frozen=True):
    content: bytes


Shown: TypeAlias = MeterValuesView | Refusal[NotCharging]
Written: TypeAlias = MeterFile | Refusal[NotCharging]


class MeterValues(Struct, frozen=True):
    show: Callable[[Actor, SessionId], Awaitable[Shown]]
    file: Callable[[Actor, SessionId], Awaitable[Written]]


async def show_meter_values(session_id: SessionId, *, books: MeterReader, actor: Actor) -> Shown:
    """For the holder, whoever acts on her booking, and the city's operators."""
    found = await books.find(session_id)
    if found is None or not sees(actor, found):
        return Refusal(NotCharging.UNKNOWN_SESSION)
    record = await books.record(session_id)
    proof = record.proof
    return MeterValuesView(
        session_id=session_id,
        verdict=proof.verdict if proof else None,
        reason=proof.reason.value if proof and proof.reason else None,
        kwh=proof.kwh if proof else None,
        begins_kwh=proof.begins_kwh if proof else None,
        ends_kwh=proof.ends_kwh if proof else None,
        begins_at=proof.begins_at if proof else None,
        ends_at=proof.ends_at if proof else None,
        meter=proof.meter if proof else None,
        public_key=record.key or None,
        examined_at=record.examined_at,
        digest=sha256(b"".join(kept.value.data for kept in record.values)).hexdigest(),
        values=tuple(_view(kept) for kept in record.values),
        file=f"/v1/{actor.city}/charging/sessions/{session_id}/meter-values/file",
    )


async def write_meter_file(session_id: SessionId, *, books: MeterReader, actor: Actor, write: WriteFile) -> Written:
    """The same for a program that somebody else wrote."""
    found = await books.find(session_id)
    if found is None or not sees(actor, found):
        return Refusal(NotCharging.UNKNOWN_SESSION)
    record = await books.record(session_id)
    values = [(kept.context, kept.value) for kept in record.values]
    return MeterFile(write(values, record.key, str(found.session.number)))


def _view(kept: Kept) -> SignedValueView:
    data = kept.value.data
    digest, written = sha256(data).hexdigest(), b64encode(data).decode()
    return SignedValueView(kept.at, kept.context, kept.value.encoding, digest, written)
