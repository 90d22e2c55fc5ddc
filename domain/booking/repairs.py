"""How long what is out of service is expected to be: whoever begins later may have it again by then."""

from datetime import datetime, timedelta

from domain.cities.booking import Repairs


def expected_out(said: datetime | None, now: datetime, days: int | None = None) -> datetime:
    """Until when, as whoever runs it `said`, or for so many days as the city expects. As that passes without a repair it goes on,
    and what begins until then is looked at in its turn."""
    return said if said is not None and said > now else now + repair_takes(days)


def repair_takes(days: int | None) -> timedelta:
    """Where nobody said: until a workshop has time, and its work. `days` is None where the city says nothing of it."""
    return timedelta(days=Repairs().expected_days if days is None else days)
