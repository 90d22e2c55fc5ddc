"""What both versions write in the same way: times, tokens, and a station's own words as what became of an order."""

from datetime import UTC, datetime
from enum import StrEnum

from adapters.ocpp.central.frames import Code, Fault, Payload
from domain.charging.orders import Answered, OrderAnswer, Profile
from domain.charging.power.groups import LEAST_CURRENT
from domain.charging.reports import IdToken, TokenVerdict
from domain.charging.stations import HIGHEST_EVSE, EvseStatus

VERDICTS = {
    TokenVerdict.ACCEPTED: "Accepted",
    TokenVerdict.BLOCKED: "Blocked",
    TokenVerdict.EXPIRED: "Expired",
    TokenVerdict.INVALID: "Invalid",
    TokenVerdict.CONCURRENT: "ConcurrentTx",
}
# Whatever a vehicle stands at, be it before or after it charges, nobody else can use.
STATUSES = {
    "Available": EvseStatus.AVAILABLE,
    **dict.fromkeys(
        ("Preparing", "Charging", "SuspendedEV", "SuspendedEVSE", "Finishing", "Occupied"), EvseStatus.CHARGING
    ),
    "Reserved": EvseStatus.RESERVED,
    "Unavailable": EvseStatus.INOPERATIVE,
    "Faulted": EvseStatus.OUTOFORDER,
}
EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
"""Beyond the calendar's end nothing can be reckoned, and what is told again and again would never be taken in."""
_DONE = {
    **dict.fromkeys(("Accepted", "Unlocked", "RebootRequired"), Answered.ACCEPTED),
    "Faulted": Answered.FAULTED,
    "Occupied": Answered.OCCUPIED,
    "Unavailable": Answered.UNAVAILABLE,
    "Scheduled": Answered.SCHEDULED,
    **dict.fromkeys(("NotSupported", "NotImplemented"), Answered.NOT_SUPPORTED),
}


def written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant(said: str) -> datetime:
    """Without a zone it is UTC, as OCPP recommends; a clock that is off by more than lives is taken at its bounds. Raises Fault."""
    try:
        at = datetime.fromisoformat(said)
        at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Fault(Code.PROPERTY, f"{said[:40]!r} is no time of day") from error
    return min(max(at, EARLIEST), LATEST)


def token(said: str) -> IdToken:
    """Some readers fill up with blanks what they read."""
    return IdToken(said.strip())


def number(said: int) -> int:
    """Of an EVSE, a connector or the like. Raises Fault."""
    if said < 0:
        raise Fault(Code.PROPERTY, f"{said} is below 0")
    return said


def evse_number(said: int) -> int:
    """Where a transaction is; 0 is the whole station. Raises Fault, also where no station has so many."""
    if said > HIGHEST_EVSE:
        raise Fault(Code.PROPERTY, f"{said} is above {HIGHEST_EVSE}")
    return number(said)


def done(status: str, values: dict[str, str] | None = None) -> OrderAnswer:
    """What is none of the above, such as `UnlockFailed`, was not done."""
    return OrderAnswer(_DONE.get(status, Answered.REJECTED), status, values)


class RateUnit(StrEnum):
    """In which a charging schedule says its limits. Many stations know but amperes (1.6: ChargingScheduleAllowedChargingRateUnit)."""

    WATTS = "W"
    AMPERES = "A"


def schedule(profile: Profile, unit: RateUnit) -> Payload:
    """As both versions have it. Whole amperes of each phase, rounded down, at the voltage by which the least current is reckoned."""
    said: Payload = {"startSchedule": written(profile.starts_at), "chargingRateUnit": unit.value}
    periods = []
    for step in profile.steps:
        phases, limit = step.phases, step.limit_w
        if unit is RateUnit.AMPERES:
            phases = phases or profile.phases or 3
            limit //= phases * LEAST_CURRENT.volts
        periods.append(
            {"startPeriod": step.from_s, "limit": limit} | ({} if phases is None else {"numberPhases": phases})
        )
    said["chargingSchedulePeriod"] = periods
    return said | ({} if profile.lasts_s is None else {"duration": profile.lasts_s})


class UnspeakableError(Exception):
    """The version has no words for the order; the message says why."""
