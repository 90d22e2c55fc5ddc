"""Live: what happens to bookings, told while it happens, and told again to whoever was away."""

from collections.abc import Callable

from msgspec import Struct

from services.live.hub import Hub
from services.live.ports import Follow, Log


class Live(Struct, frozen=True):
    """`close` ends every feed, so that connections can end."""

    follow: Follow
    close: Callable[[], None]


def live_with(log: Log) -> Live:
    hub = Hub(log)
    return Live(hub.follow, hub.close)
