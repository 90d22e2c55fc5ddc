"""When a city writes to those who book, and where its letters lead."""

from uuid import UUID

from msgspec import Struct

from domain.cities.links import BOOKING, is_https
from domain.quiet_hours import QuietHours

MOST_AHEAD_MIN = 2880


class NoticeSettings(Struct, frozen=True):
    """When a city writes to those who book. In the `quiet` hours only what cannot wait; null, there are none. It reminds so
    many minutes before a booking begins and before it ends, and warns whoever has not given back what was booked so many
    after its end; null, it does not. `extend_link` is where more time is asked for, `approval_link` where a booking is approved,
    each with `{booking}` in it."""

    quiet: QuietHours | None = QuietHours()
    before_start_min: int | None = 60
    before_end_min: int | None = 30
    late_after_min: int | None = 5
    extend_link: str | None = None
    approval_link: str | None = None

    def faults(self) -> list[str]:
        faults = self.quiet.faults() if self.quiet is not None else []
        for field, minutes in (("before_start_min", self.before_start_min), ("before_end_min", self.before_end_min)):
            if minutes is not None and not 5 <= minutes <= MOST_AHEAD_MIN:
                faults.append(f"notices.{field} is 5 to {MOST_AHEAD_MIN}")
        if self.late_after_min is not None and not 0 <= self.late_after_min <= 60:
            faults.append("notices.late_after_min is 0 to 60")
        for field, link in (("extend_link", self.extend_link), ("approval_link", self.approval_link)):
            if link is not None and not (is_https(link) and BOOKING in link):
                faults.append(f"notices.{field} is an https address with {BOOKING} in it")
        return faults

    def link_to_extend(self, booking_id: UUID) -> str | None:
        return self.extend_link.replace(BOOKING, str(booking_id)) if self.extend_link is not None else None

    def link_to_approve(self, booking_id: UUID) -> str | None:
        return self.approval_link.replace(BOOKING, str(booking_id)) if self.approval_link is not None else None
