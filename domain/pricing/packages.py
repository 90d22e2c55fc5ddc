"""Packages: so much time and so many kilometres at one price."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from domain.pricing.windows import CLOCK, DAY, WEEK, Weekday, day_of, faults_of, is_on, local


class Begin(Struct, frozen=True, omit_defaults=True):
    """Hours in which a use begins."""

    days: tuple[Weekday, ...] = ()
    from_: str = field(name="from", default="00:00")
    to: str = "24:00"
    dates: tuple[str, ...] = ()
    holidays: bool | None = None

    def counts(self, shown: datetime, state: str | None) -> bool:
        day = day_of(self, shown)
        return day is not None and is_on(self, day, state)


class Until(Struct, frozen=True, omit_defaults=True):
    """The next time at which the clock of the place shows `at`, on that day of the week where one is named."""

    at: str
    day: Weekday | None = None

    def after(self, start: datetime, zone: ZoneInfo) -> datetime:
        shown, first = time.fromisoformat(self.at), start.astimezone(zone).date()
        days = (first + number * DAY for number in range(9))
        wanted = (day for day in days if self.day is None or WEEK[day.weekday()] is self.day)
        return next(at for day in wanted for fold in (0, 1) if (at := local(day, shown, zone, fold)) > start)


class Package(Struct, frozen=True, omit_defaults=True):
    """`gross` covers the first `duration_s` seconds of a use, as they pass and not as the clock shows them, and its first
    `km` kilometres. What goes beyond begins anew at the tariff's prices.

    Where it `begins` at certain hours only, at night or at the weekend say, it is for uses that begin in one of them. With
    `until` it ends when the clock shows that, if that comes before: a weekend is over on Monday at eight also where summer
    time began meanwhile.
    """

    name: str
    gross: Decimal
    duration_s: int
    km: int = 0
    begins: tuple[Begin, ...] = ()
    until: Until | None = None

    def covers_until(self, start: datetime, zone: ZoneInfo, state: str | None) -> datetime | None:
        """Until when it covers a use that begins then; None where it is not for such a use. `state` decides which days are
        holidays."""
        shown = start.astimezone(zone)
        if self.begins and not any(hours.counts(shown, state) for hours in self.begins):
            return None
        end = start + timedelta(seconds=self.duration_s)
        return end if self.until is None else min(end, self.until.after(start, zone))


def package_faults(packages: Sequence[Package]) -> list[str]:
    """What is wrong with the packages, in words for their author."""
    faults = [f"packages[{n}].name is empty" for n, package in enumerate(packages) if not package.name]
    faults += [f"packages[{n}].duration_s is at least 60" for n, each in enumerate(packages) if each.duration_s < 60]
    faults += [f"packages[{n}].km is negative" for n, package in enumerate(packages) if package.km < 0]
    for n, package in enumerate(packages):
        for m, hours in enumerate(package.begins):
            faults += [f"packages[{n}].begins[{m}].{name}: {fault}" for name, fault in faults_of(hours)]
        if package.until is not None and (package.until.at == "24:00" or not CLOCK.fullmatch(package.until.at)):
            faults.append(f"packages[{n}].until.at is a time such as 08:00, and midnight is 00:00")
    return faults
