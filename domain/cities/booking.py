"""How a city offers what gets free, and when it expects back what is being repaired."""

from msgspec import Struct

SHORTEST_OFFER_MIN, LONGEST_OFFER_MIN = 5, 1440


class WaitlistSettings(Struct, frozen=True):
    """What gets free is offered to whoever waits for it for `offer_min` minutes at most, unless its pool has minutes of its own; a
    person has at most `most_entries` wishes on waitlists at once."""

    offer_min: int = 60
    most_entries: int = 3

    def faults(self) -> list[str]:
        fits = SHORTEST_OFFER_MIN <= self.offer_min <= LONGEST_OFFER_MIN
        faults = [] if fits else [f"waitlist.offer_min is {SHORTEST_OFFER_MIN} to {LONGEST_OFFER_MIN}"]
        return faults if 1 <= self.most_entries <= 20 else [*faults, "waitlist.most_entries is 1 to 20"]


FEWEST_REPAIR_DAYS, MOST_REPAIR_DAYS = 2, 100


class Repairs(Struct, frozen=True):
    """Where nobody said how long something is out of service, it is expected back after `expected_days`: whoever has it booked from
    then on keeps it, until more is known."""

    expected_days: int = 14

    def faults(self) -> list[str]:
        fits = FEWEST_REPAIR_DAYS <= self.expected_days <= MOST_REPAIR_DAYS
        return [] if fits else [f"repairs.expected_days is {FEWEST_REPAIR_DAYS} to {MOST_REPAIR_DAYS}"]
