"""What differs between the versions in what a simulated station says, and in how it reads what it is told."""

from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from adapters.ocpp.simulated.evses import Evse, Limits, Payload, Reserved, Transaction

VOLT = 230
PHASES = 3

Said: TypeAlias = tuple[str, Payload]
"""An action and its payload."""


class Reserve(Struct, frozen=True):
    evse: int
    reserved: Reserved


class Cancel(Struct, frozen=True):
    number: int


class Start(Struct, frozen=True):
    evse: int
    token: str
    remote: int | None


class Stop(Struct, frozen=True):
    ref: str | int


class Limit(Struct, frozen=True):
    evse: int
    limits: Limits


class Unlimit(Struct, frozen=True):
    """Without an id, all."""

    evse: int | None
    id: int | None


Told: TypeAlias = Reserve | Cancel | Start | Stop | Limit | Unlimit


class Dialect(Protocol):
    """`word` is the answer to what needs no thought, None to what is not known; `told` what does need some."""

    subprotocol: str

    def boot(self) -> Said: ...
    def status(self, evse: Evse, now: datetime) -> Said: ...
    def authorise(self, token: str) -> Said: ...
    def let_in(self, answer: Payload) -> tuple[bool, str | None]: ...
    def started(self, evse: Evse, it: Transaction, reservation: int | None, remote: int | None) -> Said: ...
    def reading(self, evse: Evse, it: Transaction, now: datetime) -> Said: ...
    def ended(self, evse: Evse, it: Transaction, reason: str, now: datetime) -> Said: ...
    def expired(self, number: int) -> Said | None: ...
    def word(self, action: str) -> Payload | None: ...
    def told(self, action: str, payload: Payload, now: datetime) -> Told | None: ...


def written(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def limits(profile: Payload, number: int, schedule: Payload, now: datetime) -> Limits:
    """A charging profile in W."""
    in_amps = schedule["chargingRateUnit"] == "A"
    steps = tuple(
        (each["startPeriod"], each["limit"] * (VOLT * each.get("numberPhases", PHASES) if in_amps else 1))
        for each in schedule["chargingSchedulePeriod"]
    )
    start = schedule.get("startSchedule")
    return Limits(
        id=number,
        level=profile["stackLevel"],
        purpose=profile["chargingProfilePurpose"],
        start=datetime.fromisoformat(start) if start else now,
        lasts_s=schedule.get("duration"),
        steps=steps,
        of=profile.get("transactionId"),
    )
