"""Why a vehicle was taken for a trip, and why each other one was not: structured, to be put into words at the edge."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from domain.booking.bookings import BookingId
from domain.booking.resources import ResourceId


class Why(StrEnum):
    """The first ones speak for a vehicle, those from `other_pool` on are obstacles, and those from `less_preferred` on say
    why another one was better."""

    CHOSEN_BY_STAFF = "chosen_by_staff"
    HAS_PRIORITY = "has_priority"
    BICYCLE_WILL_DO = "bicycle_will_do"
    CHARGE_SUFFICES = "charge_suffices"
    CHARGED_IN_TIME = "charged_in_time"
    CHARGE_UNKNOWN = "charge_unknown"
    NOTHING_CLEANER_FITS = "nothing_cleaner_fits"
    CLEANEST_THAT_FITS = "cleanest_that_fits"
    ONLY_ONE_THAT_FITS = "only_one_that_fits"
    FEWEST_SPARE_SEATS = "fewest_spare_seats"
    CLAIMED_ALREADY = "claimed_already"
    LEAST_FREE_TIME_AROUND = "least_free_time_around"
    AS_GOOD_AS_ANY = "as_good_as_any"

    OTHER_POOL = "other_pool"
    NOT_FOR_RESIDENTS = "not_for_residents"
    OTHER_STATION = "other_station"
    OTHER_CLASS = "other_class"
    OTHER_DRIVE = "other_drive"
    OUT_OF_SERVICE = "out_of_service"
    TOO_FEW_SEATS = "too_few_seats"
    TOO_LITTLE_LOAD = "too_little_load"
    RANGE_TOO_SHORT = "range_too_short"
    TOO_FAR_FOR_A_BICYCLE = "too_far_for_a_bicycle"
    DISTANCE_UNKNOWN = "distance_unknown"
    TAKEN = "taken"
    NEEDED_FOR_ANOTHER = "needed_for_another"
    CHARGE_TOO_LOW = "charge_too_low"
    CHARGE_NEEDED_LATER = "charge_needed_later"
    BEYOND_A_BATTERY = "beyond_a_battery"

    LESS_PREFERRED = "less_preferred"
    MORE_SPARE_SEATS = "more_spare_seats"
    WOULD_BE_A_CHANGE = "would_be_a_change"
    MORE_FREE_TIME_AROUND = "more_free_time_around"
    JUST_AS_GOOD = "just_as_good"


class Reason(Struct, frozen=True, omit_defaults=True):
    """`wanted` and `has` are what was asked for and what the vehicle offers: seats, kilograms, kilometres, a class or a
    drive. `needed_percent` and `charge_percent` are of the battery; `minutes` of charging are needed, of which there are
    `minutes_there`. `until` is when what is in the way ends, `booking_id` whose it is."""

    why: Why
    wanted: str | None = None
    has: str | None = None
    needed_percent: int | None = None
    charge_percent: int | None = None
    minutes: int | None = None
    minutes_there: int | None = None
    until: datetime | None = None
    booking_id: BookingId | None = None


class NotTaken(Struct, frozen=True):
    vehicle_id: ResourceId
    name: str
    reason: Reason


class Explained(Struct, frozen=True):
    """What became of a trip. `vehicle_id` is None where none fits; `cost` is what the preferences make of it, less is
    better, and None with it."""

    booking_id: BookingId
    vehicle_id: ResourceId | None
    cost: int | None
    reasons: tuple[Reason, ...]
    others: tuple[NotTaken, ...]


def number(of: Decimal | int) -> str:
    """Without an exponent, and without zeros at the end that nobody wrote."""
    return f"{Decimal(of).normalize():f}"
