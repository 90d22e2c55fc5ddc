"""What a simulated station is: EVSEs with a meter, at most one reservation and one transaction each. No network in here."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

Payload = dict[str, Any]

WATTS = 11_000
"""What a vehicle takes, unless it is told to take less: three phases of 16 A at 230 V."""


class Reserved(Struct, frozen=True):
    number: int
    token: str
    group: str | None
    until: datetime

    def lets(self, token: str, group: str | None) -> bool:
        mine = self.token.lower() == token.lower()
        return mine or (self.group is not None and group is not None and self.group.lower() == group.lower())


class Limits(Struct, frozen=True):
    """A charging profile, in W: from so many seconds after `start`, at most so many. `of` is the transaction that it is for."""

    id: int
    level: int
    purpose: str
    start: datetime
    lasts_s: int | None
    steps: Sequence[tuple[int, float]]
    of: str | int | None = None

    def at(self, now: datetime) -> float | None:
        """None where it says nothing of the moment."""
        passed = (now - self.start).total_seconds()
        if passed < 0 or (self.lasts_s is not None and passed >= self.lasts_s):
            return None
        return next((limit for since, limit in reversed(self.steps) if since <= passed), None)


class Transaction(Struct):
    """`ref` is the station's own name of it in 2.0.1, and what the centre called it in 1.6, once it is known."""

    token: str
    ref: str | int | None
    began_at: datetime
    seq: int = 0
    watts: int = 0


class Evse(Struct):
    number: int
    meter_wh: float = 1000.0
    plugged: bool = False
    faulted: bool = False
    reserved: Reserved | None = None
    transaction: Transaction | None = None
    profiles: dict[tuple[str, int], Limits] = {}
    counted_at: datetime | None = None

    def reserve(self, wanted: Reserved, now: datetime) -> str:
        """The OCPP word for what becomes of it. Another one with the same number takes the place of the first."""
        self.expire(now)
        if self.faulted:
            return "Faulted"
        if self.plugged or self.transaction or (self.reserved and self.reserved.number != wanted.number):
            return "Occupied"
        self.reserved = wanted
        return "Accepted"

    def expire(self, now: datetime) -> Reserved | None:
        """The reservation whose time is over, if there was one."""
        over = self.reserved if self.reserved is not None and self.reserved.until <= now else None
        if over is not None:
            self.reserved = None
        return over

    def lets(self, token: str, group: str | None, now: datetime) -> bool:
        self.expire(now)
        return self.reserved is None or self.reserved.lets(token, group)

    def takes(self, limits: Limits) -> bool:
        """A profile for a transaction is nothing without it (OCPP 1.6, 5.16; 2.0.1, K01.FR.16)."""
        it = self.transaction
        return limits.purpose != "TxProfile" or (it is not None and limits.of in {None, it.ref})

    def count(self, now: datetime, hurry: float) -> int:
        """Let the meter go on until now, `hurry` times as fast as time does; the W that flow at present."""
        if self.transaction is None:
            return 0
        since = self.counted_at or now
        self.transaction.watts = round(min((WATTS, *self._limits(now))))
        self.meter_wh += self.transaction.watts * (now - since) / timedelta(hours=1) * hurry
        self.counted_at = now
        return self.transaction.watts

    def _limits(self, now: datetime) -> list[float]:
        """Of each purpose, the limit of the highest level that says something; a transaction's own comes before the default."""
        found: dict[str, tuple[int, float]] = {}
        for limits in self.profiles.values():
            limit = limits.at(now)
            if limit is not None and limits.level >= found.get(limits.purpose, (-1, 0.0))[0]:
                found[limits.purpose] = limits.level, limit
        if "TxProfile" in found:
            found.pop("TxDefaultProfile", None)
        return [limit for _, limit in found.values()]
