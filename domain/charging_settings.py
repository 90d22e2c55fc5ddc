"""How a city runs its charging stations, as it says itself."""

from collections.abc import Iterable
from datetime import timedelta

from msgspec import Struct


class TicketSettings(Struct, frozen=True):
    """A fault of a charging station leads to a ticket once it lasts for `after_min` minutes, or is the `times`-th of its kind at its
    point within `within_h` hours. One that lasts although its ticket was solved or closed `again_after_h` hours ago is somebody's
    again."""

    after_min: int = 15
    times: int = 3
    within_h: int = 24
    again_after_h: int = 24

    @property
    def after(self) -> timedelta:
        return timedelta(minutes=self.after_min)

    @property
    def within(self) -> timedelta:
        return timedelta(hours=self.within_h)

    @property
    def believed(self) -> timedelta:
        return timedelta(hours=self.again_after_h)

    def faults(self) -> list[str]:
        bounds = (
            ("after_min", self.after_min, 0, 1440),
            ("times", self.times, 1, 100),
            ("within_h", self.within_h, 1, 720),
            ("again_after_h", self.again_after_h, 1, 720),
        )
        return _out_of("tickets", bounds)


MOST_LEAD_MIN = 60


class PlugSettings(Struct, frozen=True):
    """A station is told to keep a plug `lead_min` minutes before a booking begins, and asked at most `most_orders` times. Where it cannot,
    the holder gets another plug of the same site, or is told `tell_before_min` minutes before the start that there is none; whoever is
    plugged in there may leave until `occupied_min` minutes after it."""

    lead_min: int = 15
    tell_before_min: int = 5
    occupied_min: int = 10
    most_orders: int = 12

    def faults(self) -> list[str]:
        bounds = (
            ("lead_min", self.lead_min, 2, MOST_LEAD_MIN),
            ("tell_before_min", self.tell_before_min, 1, self.lead_min - 1),
            ("occupied_min", self.occupied_min, 0, 60),
            ("most_orders", self.most_orders, 1, 50),
        )
        return _out_of("plugs", bounds)


class ChargingSettings(Struct, frozen=True):
    tickets: TicketSettings = TicketSettings()
    plugs: PlugSettings = PlugSettings()

    def faults(self) -> list[str]:
        return self.tickets.faults() + self.plugs.faults()


def _out_of(part: str, bounds: Iterable[tuple[str, int, int, int]]) -> list[str]:
    return [
        f"charging.{part}.{name} is {least} to {most}"
        for name, said, least, most in bounds
        if not least <= said <= most
    ]
