"""Live: what happens to bookings and in fleets, told while it happens, and told again to whoever was away."""

from collections.abc import Callable

from msgspec import Struct

from services.live.hub import Hub
from services.live.ports import FleetHappening, Follow, Happening, Log, fleet_reader, reader


class Live(Struct, frozen=True):
    """`close` ends every feed, so that connections can end."""

    follow: Follow[Happening]
    follow_fleet: Follow[FleetHappening]
    close: Callable[[], None]


def live_with(log: Log[Happening], fleet: Log[FleetHappening]) -> Live:
    of_bookings, of_fleets = Hub(log, reader), Hub(fleet, fleet_reader)

    def close() -> None:
        of_bookings.close()
        of_fleets.close()

    return Live(of_bookings.follow, of_fleets.follow, close)
