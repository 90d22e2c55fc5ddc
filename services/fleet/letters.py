"""What letters about a fleet say, to whoever has to see to it."""

from collections.abc import Callable
from datetime import date, datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from domain.booking.keys import KeyAction
from domain.cities.settings import CitySettings
from domain.fleet.damages import DamageKind, DamagePlace, Severity
from domain.fleet.reminding import Due
from domain.identity import City
from services.notices.ports import Holder, Message


class PapersNotice(Struct, frozen=True):
    """All that a letter about a vehicle's papers says."""

    city: City
    settings: CitySettings
    vehicle: str
    plate: str | None
    due: tuple[Due, ...]
    today: date


class LicenceNotice(Struct, frozen=True):
    """All that a letter about a licence says: by which day it has to be looked at again, and whose it is."""

    city: City
    settings: CitySettings
    driver: str
    last_day: date
    today: date


class LockNotice(Struct, frozen=True):
    """All that a letter about a lock that says nothing says: what it was told, and when. Not who wanted it."""

    city: City
    settings: CitySettings
    vehicle: str
    plate: str | None
    action: KeyAction
    asked_at: datetime


class DamageNotice(Struct, frozen=True):
    """All that a letter about a damage says. Not in whose words, nor whose: that is read where it is walled in."""

    city: City
    settings: CitySettings
    vehicle: str
    plate: str | None
    place: DamagePlace
    kind: DamageKind
    severity: Severity
    withdraws: bool
    reported_at: datetime


class TripNotice(Struct, frozen=True):
    """All that a letter about a trip in a logbook says: until when it is completed in time, and what is missing. `driver` is named
    once it is too late, to whoever runs the pool."""

    city: City
    settings: CitySettings
    vehicle: str
    plate: str | None
    day: date
    last_day: date
    driver: str | None
    missing: tuple[str, ...]


Notice: TypeAlias = PapersNotice | LicenceNotice | LockNotice | DamageNotice | TripNotice
Compose: TypeAlias = Callable[[Notice, Holder, UUID, datetime], Message]
