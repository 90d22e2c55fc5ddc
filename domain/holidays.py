"""The public holidays of the German states, by date: what § 193 BGB asks for, and what a tariff may ask for.

Each is a dated record: a state's law made it a holiday from a year on, some for single years only. Where only some
municipalities keep a day (Assumption in Bavaria, Corpus Christi in parts of Saxony and Thuringia), it is none here.
"""

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache

from msgspec import Struct

SATURDAY = 5


class Holiday(Struct, frozen=True):
    """`states` are the parts after `DE-` of ISO 3166-2, empty for all sixteen. `law` is where it stands."""

    name: str
    day: Callable[[int], date]
    law: str
    states: frozenset[str] = frozenset()
    since: int = 1991
    until: int = 9999

    def counts(self, year: int, state: str | None) -> bool:
        return self.since <= year <= self.until and (not self.states or state in self.states)


def easter_sunday(year: int) -> date:
    """Gregorian Easter, by the anonymous algorithm that Meeus prints (Astronomical Algorithms, chapter 8)."""
    a, (b, c) = year % 19, divmod(year, 100)
    d, e = divmod(b, 4)
    g = (b - (b + 8) // 25 + 1) // 3
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    x = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * x) // 451
    month, day = divmod(h + x - 7 * m + 114, 31)
    return date(year, month, day + 1)


def is_holiday(day: date, state: str | None) -> bool:
    """Whether it is a public holiday there; without a state, whether it is one in all of Germany."""
    return day in _holidays(day.year, state)


def is_working_day(day: date, state: str | None) -> bool:
    """Neither Saturday nor Sunday nor a holiday: the days of § 193 BGB."""
    return day.weekday() < SATURDAY and not is_holiday(day, state)


def on_or_after(day: date, state: str | None) -> date:
    """The day itself or, by § 193 BGB, the next working day after it."""
    while not is_working_day(day, state):
        day += timedelta(days=1)
    return day


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _after_easter(days: int) -> Callable[[int], date]:
    return lambda year: easter_sunday(year) + timedelta(days=days)


def _repentance(year: int) -> date:
    """The Wednesday before 23 November (Buß- und Bettag)."""
    eve = date(year, 11, 22)
    return eve - timedelta(days=(eve.weekday() - 2) % 7)


def _states(names: str) -> frozenset[str]:
    return frozenset(names.split())


_ALL = "the holiday laws of all states"
HOLIDAYS = (
    Holiday("Neujahr", _fixed(1, 1), _ALL),
    Holiday("Karfreitag", _after_easter(-2), _ALL),
    Holiday("Ostermontag", _after_easter(1), _ALL),
    Holiday("Tag der Arbeit", _fixed(5, 1), _ALL),
    Holiday("Christi Himmelfahrt", _after_easter(39), _ALL),
    Holiday("Pfingstmontag", _after_easter(50), _ALL),
    Holiday("Tag der Deutschen Einheit", _fixed(10, 3), "Art. 2 Abs. 2 Einigungsvertrag"),
    Holiday("1. Weihnachtstag", _fixed(12, 25), _ALL),
    Holiday("2. Weihnachtstag", _fixed(12, 26), _ALL),
    Holiday(
        "Heilige Drei Könige",
        _fixed(1, 6),
        "§ 1 FTG BW, Art. 1 FTG BY, § 2 FeiertG LSA",
        _states("BW BY ST"),
    ),
    Holiday("Frauentag", _fixed(3, 8), "§ 1 Feiertagsgesetz BE", _states("BE"), since=2019),
    Holiday("Frauentag", _fixed(3, 8), "§ 2 FTG M-V", _states("MV"), since=2023),
    Holiday("Ostersonntag", _after_easter(0), "§ 2 FTG BB", _states("BB")),
    Holiday("Pfingstsonntag", _after_easter(49), "§ 2 FTG BB", _states("BB")),
    Holiday("Tag der Befreiung", _fixed(5, 8), "Feiertagsgesetz BE", _states("BE"), since=2020, until=2020),
    Holiday("Tag der Befreiung", _fixed(5, 8), "Feiertagsgesetz BE", _states("BE"), since=2025, until=2025),
    Holiday(
        "75. Jahrestag des 17. Juni 1953",
        _fixed(6, 17),
        "Feiertagsgesetz BE",
        _states("BE"),
        since=2028,
        until=2028,
    ),
    Holiday("Fronleichnam", _after_easter(60), "the states' holiday laws", _states("BW BY HE NW RP SL")),
    Holiday("Mariä Himmelfahrt", _fixed(8, 15), "§ 2 SFG SL", _states("SL")),
    Holiday("Weltkindertag", _fixed(9, 20), "§ 2 ThürFtG", _states("TH"), since=2019),
    Holiday("Reformationstag", _fixed(10, 31), "the states' holiday laws", _states("BB MV SN ST TH")),
    Holiday("Reformationstag", _fixed(10, 31), "500 years of the Reformation", since=2017, until=2017),
    Holiday("Reformationstag", _fixed(10, 31), "§ 2 NFeiertagsG and alike", _states("HB HH NI SH"), since=2018),
    Holiday("Allerheiligen", _fixed(11, 1), "the states' holiday laws", _states("BW BY NW RP SL")),
    Holiday("Buß- und Bettag", _repentance, "§ 1 SächsSFG", _states("SN")),
)


@lru_cache(maxsize=256)
def _holidays(year: int, state: str | None) -> frozenset[date]:
    return frozenset(holiday.day(year) for holiday in HOLIDAYS if holiday.counts(year, state))
