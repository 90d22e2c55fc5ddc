"""What helps to find a leased bike that was stolen: its frame number, the code that it is registered under, and where its tracker says
that it is.

A tracker follows whoever rides. So a place is told only while a theft is open, and only where the holder has said yes before;
it is there for holder and lessor, and gone with the theft, or with the yes. All of it is about one bike: another one in the same
contract begins without.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from domain.bike_leasing.contracts.acts import Attempt, NotDone
from domain.bike_leasing.contracts.leases import ON_CREDIT, IncidentKind, Lease, LeaseId
from domain.bike_leasing.contracts.parties import Side, sides_of
from domain.identity import Actor, PersonId
from domain.places import Location
from domain.refusals import Refusal

A_CLOCKS_ERROR = timedelta(minutes=5)


class SayTracing(Struct, frozen=True):
    """`registration` is the code under which the insurer, or the police, has the bike; `device` and `provider` are the tracker's. What is
    None is not there, or no more."""

    lease_id: LeaseId
    registration: str | None
    device: str | None
    provider: str | None


class Consent(Struct, frozen=True):
    """Whether the tracker's places may be told, by the holder's word."""

    lease_id: LeaseId
    given: bool


class TellPlace(Struct, frozen=True):
    """Where the tracker says that the bike was, and when."""

    lease_id: LeaseId
    location: Location
    seen_at: datetime


class LastPlace(Struct, frozen=True):
    location: Location
    seen_at: datetime
    told_by: PersonId
    told_at: datetime


class Tracing(Struct, frozen=True):
    """Of the bike with that frame number (`serial_number`). `consented_at` is when the holder said yes; None where she has not."""

    lease_id: LeaseId
    serial_number: str
    registration: str | None = None
    device: str | None = None
    provider: str | None = None
    consented_at: datetime | None = None
    place: LastPlace | None = None


class NotTraced(StrEnum):
    NO_TRACKER = "no_tracker"
    NO_CONSENT = "no_consent_to_tracing"
    NOT_STOLEN = "not_stolen"
    BAD_PLACE = "bad_place"
    NOT_THEN = "not_seen_then"


NoTracing: TypeAlias = Refusal[NotTraced] | Refusal[NotDone]
TRACERS = frozenset({Side.EMPLOYEE, Side.LESSOR})


def sees(lease: Lease, actor: Actor) -> bool:
    return bool(sides_of(lease.parties, actor) & TRACERS)


def of_bike(lease: Lease, kept: Tracing | None) -> Tracing | None:
    """What there is about the lease's present bike; None before it has a frame number. What was kept of the one before counts no more."""
    number = lease.quote.bike.serial_number if lease.quote is not None else None
    if number is None:
        return None
    return kept if kept is not None and kept.serial_number == number else Tracing(lease.id, number)


def say(command: SayTracing, lease: Lease, kept: Tracing | None, by: Attempt) -> Tracing | NoTracing:
    """By holder or lessor, while the lease runs. Another tracker is another question to the holder, and knows no place."""
    found = _traced(lease, kept, by)
    if isinstance(found, Refusal):
        return found
    device, provider = _word(command.device), _word(command.provider)
    if provider is not None and device is None:
        return Refusal(NotTraced.NO_TRACKER, "/device")
    if (device, provider) != (found.device, found.provider):
        found = replace(found, device=device, provider=provider, consented_at=None, place=None)
    return replace(found, registration=_word(command.registration))


def _word(said: str | None) -> str | None:
    return (said or "").strip() or None


def consent(command: Consent, lease: Lease, kept: Tracing | None, by: Attempt) -> Tracing | NoTracing:
    """By the holder alone. With her no the place that is known goes."""
    found = _traced(lease, kept, by)
    if isinstance(found, Refusal):
        return found
    if Side.EMPLOYEE not in sides_of(lease.parties, by.actor):
        return Refusal(NotDone.NOT_YOURS_TO_DO)
    if not command.given:
        return replace(found, consented_at=None, place=None)
    if found.device is None:
        return Refusal(NotTraced.NO_TRACKER)
    return found if found.consented_at is not None else replace(found, consented_at=by.now)


def tell(command: TellPlace, lease: Lease, kept: Tracing | None, by: Attempt) -> Tracing | NoTracing:
    """By holder or lessor, as the tracker says it, while a theft is open. The latest place counts, whichever is told first."""
    found = _traced(lease, kept, by)
    if isinstance(found, Refusal):
        return found
    if found.device is None:
        return Refusal(NotTraced.NO_TRACKER)
    if found.consented_at is None:
        return Refusal(NotTraced.NO_CONSENT)
    if lease.incident is None or lease.incident.kind is not IncidentKind.THEFT:
        return Refusal(NotTraced.NOT_STOLEN)
    if not _is_on_earth(command.location):
        return Refusal(NotTraced.BAD_PLACE, "/lat")
    # Before the day on which it was stolen it was where its rider was.
    if command.seen_at > by.now + A_CLOCKS_ERROR or command.seen_at.date() < lease.incident.happened_on - timedelta(1):
        return Refusal(NotTraced.NOT_THEN, "/seen_at")
    if found.place is not None and found.place.seen_at >= command.seen_at:
        return found
    return replace(found, place=LastPlace(command.location, command.seen_at, by.actor.id, by.now))


def _is_on_earth(location: Location) -> bool:
    return -90 <= location.lat <= 90 and -180 <= location.lon <= 180


def _traced(lease: Lease, kept: Tracing | None, by: Attempt) -> Tracing | NoTracing:
    if not sees(lease, by.actor):
        return Refusal(NotDone.UNKNOWN_LEASE)
    found = of_bike(lease, kept)
    return found if found is not None and lease.state in ON_CREDIT else Refusal(NotDone.WRONG_STATE)
