"""How long what is out of service is expected to be: whoever begins later may have it again by then."""

from datetime import datetime, timedelta

# Where nobody said, or what was said has passed: until a workshop has time, and its work.
REPAIR_TAKES = timedelta(days=14)


def expected_out(said: datetime | None, now: datetime) -> datetime:
    """Until when, as whoever runs it `said`. As that passes without a repair it goes on, and what begins until then is looked at
    in its turn."""
    return said if said is not None and said > now else now + REPAIR_TAKES
