"""When a series takes place: a rule of RFC 5545, counted by the clock of the city."""

import re
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from domain.fleet.series import MOST_OCCURRENCES, NotASeries
from domain.holidays import is_holiday
from domain.periods import Period
from domain.pricing.windows import local
from domain.refusals import Refusal

DAY = r"(MO|TU|WE|TH|FR|SA|SU)"
SAID = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY",
    "INTERVAL": r"[1-9]\d?",
    "COUNT": r"[1-9]\d{0,2}",
    "UNTIL": r"\d{8}",
    "WKST": DAY,
    "BYMONTHDAY": r"-?([1-9]|[12]\d|3[01])(,-?([1-9]|[12]\d|3[01])){0,30}",
    "BYDAY": rf"{DAY}(,{DAY}){{0,6}}",
}
NUMBERED = rf"([-+]?[1-5])?{DAY}(,([-+]?[1-5])?{DAY}){{0,30}}"
# Together they may name no day at all, for which the calendar would be searched to its end.
NOT_TOGETHER = {"DAILY": {"INTERVAL", "BYDAY"}, "MONTHLY": {"BYMONTHDAY", "BYDAY"}}
LONGEST = timedelta(days=366)


def occurrences(
    rule: str, first: Period, time_zone: str, *, holidays_in: str | None = None, skip_holidays: bool = False
) -> tuple[Period, ...] | Refusal[NotASeries]:
    """The periods, by the rule, which names the first as well; the clock shows the same times each day, whatever it did the night before.

    `UNTIL` is the last day, in the city. With `skip_holidays` those that begin on a holiday of the state are left out, though
    COUNT counts them. A start that the clock leaves out is an hour later, as RFC 5545 has it.
    """
    parts = _parts(rule)
    if parts is None or {"COUNT", "UNTIL"} <= parts.keys():
        return Refusal(NotASeries.RULE_INVALID, "/rrule")
    if not {"COUNT", "UNTIL"} & parts.keys():
        return Refusal(NotASeries.RULE_WITHOUT_END, "/rrule")
    zone = ZoneInfo(time_zone)
    start, end = (at.astimezone(zone).replace(tzinfo=None) for at in (first.start, first.end))
    days = _days(parts, start)
    if isinstance(days, Refusal):
        return days
    kept = [day for day in days if not (skip_holidays and is_holiday(day, holidays_in))]
    return tuple(_period(day, start, end, zone) for day in kept) or Refusal(NotASeries.NO_OCCURRENCES, "/rrule")


def _parts(rule: str) -> dict[str, str] | None:
    """What of RFC 5545 people repeat a trip by: by days, weeks or months, on days of the week or of the month."""
    pairs = [part.partition("=")[::2] for part in rule.split(";")]
    parts = dict(pairs)
    frequency = parts.get("FREQ", "")
    known = SAID | ({"BYDAY": NUMBERED} if frequency == "MONTHLY" else {})
    if frequency != "MONTHLY":
        known = {name: said for name, said in known.items() if name != "BYMONTHDAY"}
    if len(parts) < len(pairs) or NOT_TOGETHER.get(frequency, {""}) <= parts.keys():
        return None
    fits = (name in known and re.fullmatch(known[name], said, re.ASCII) for name, said in pairs)
    return parts if "FREQ" in parts and all(fits) else None


def _days(parts: dict[str, str], start: datetime) -> list[date] | Refusal[NotASeries]:
    """The days on which it begins, counted out no further than a series may be long."""
    latest = start.date() + LONGEST
    try:
        until = datetime.strptime(parts["UNTIL"], "%Y%m%d").date() if "UNTIL" in parts else latest  # noqa: DTZ007 - a day of the city
        bounded = parts | {"UNTIL": f"{min(until, latest):%Y%m%d}T235959"}
        count = int(bounded.pop("COUNT", MOST_OCCURRENCES + 1))
        rule = rrulestr(";".join(f"{name}={said}" for name, said in bounded.items()), dtstart=start)
        found = [at.date() for at in islice(rule, count)]
    except ValueError:
        return Refusal(NotASeries.RULE_INVALID, "/rrule")
    goes_on = "COUNT" in parts and len(found) < count
    if len(found) > MOST_OCCURRENCES or until > latest or (goes_on and found):
        return Refusal(NotASeries.TOO_MANY_OCCURRENCES, "/rrule")
    if found and found[0] != start.date():
        return Refusal(NotASeries.START_NOT_NAMED, "/start")
    return found


def _period(day: date, start: datetime, end: datetime, zone: ZoneInfo) -> Period:
    """On that day what was from `start` to `end` by the clock of the first."""
    nights = end.date() - start.date()
    starts, ends = local(day, start.time(), zone), local(day + nights, end.time(), zone)
    return Period(starts, ends if ends > starts else starts + (end - start))
