"""How long what has grown old is kept, as told by KOMMOBIL_KEEP: words such as `callers=14`, in days."""

from collections.abc import Mapping
from datetime import timedelta

from msgspec import Struct


class Bounds(Struct, frozen=True):
    """In days. `least` is what others rely on, `most` what data protection bears."""

    least: int
    most: int


# Answers: the public contract promises 30 days, and they hold what people booked. Callers: addresses, as long as abuse
# can be followed up. Quotes: after they stop counting. Outbox: what was delivered. Station messages: every frame to and from charging stations.
BOUNDS = {
    "answers": Bounds(30, 90),
    "callers": Bounds(1, 90),
    "quotes": Bounds(1, 90),
    "outbox": Bounds(1, 90),
    "station_messages": Bounds(1, 365),
}


def kept(told: str | None) -> Mapping[str, timedelta]:
    """By table, only what was told. Raises ValueError, which names the fault."""
    periods = {}
    for word in (told or "").replace(",", " ").split():
        table, _, days = word.partition("=")
        bounds = BOUNDS.get(table)
        if bounds is None:
            raise ValueError(f"{table!r} is none of {', '.join(BOUNDS)}")
        if not days.isascii() or not days.isdigit() or not bounds.least <= int(days) <= bounds.most:
            raise ValueError(f"{table} is kept for {bounds.least} to {bounds.most} days, not {days!r}")
        periods[table] = timedelta(days=int(days))
    return periods
