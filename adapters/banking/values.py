"""The values in a bank's XML: amounts that must be exact, and dates that may come without a zone."""

import re
from datetime import UTC, date, datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from adapters.banking.elements import Element
from services.reconciliation.reading import FileProblem, Unreadable

D = TypeVar("D", bound=date)
_AMOUNT = re.compile(r"([0-9]{1,13})(?:\.([0-9]{0,5}))?")
_DATE = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(Z|[+-][0-9]{2}:[0-9]{2})?")
# Of ISO 4217, those that are not counted in hundredths. No German account is kept in one of them.
_OTHER_UNITS = re.compile(
    "BHD|BIF|CLF|CLP|DJF|GNF|IQD|ISK|JOD|JPY|KMF|KRW|KWD|LYD|OMR|PYG|RWF|TND|UGX|UYI|UYW|VND|VUV|XAF|XOF|XPF"
)


def required(element: Element, *paths: str) -> str:
    """The text at the first of the paths where there is any. Raises Unreadable where there is none."""
    if found := element.said(*paths):
        return found
    raise Unreadable(FileProblem.MISSING, f"there is no {' or '.join(paths)}")


def money(element: Element, path: str) -> tuple[int, str]:
    """Minor units, never below zero, and their currency."""
    found = element.find(path)
    if found is None:
        raise Unreadable(FileProblem.MISSING, f"there is no {path}")
    currency = found.attributes.get("Ccy", "")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise Unreadable(FileProblem.BAD_VALUE, f"{currency!r} is no currency", path)
    if _OTHER_UNITS.fullmatch(currency):
        raise Unreadable(FileProblem.UNSUPPORTED_CURRENCY, f"{currency} is not counted in hundredths", path)
    match = _AMOUNT.fullmatch(found.text.strip())
    if match is None:
        raise Unreadable(FileProblem.BAD_VALUE, f"{found.text!r} is no amount", path)
    fraction = (match[2] or "").rstrip("0")
    if len(fraction) > 2:
        raise Unreadable(FileProblem.BAD_VALUE, f"{found.text} is more exact than a hundredth", path)
    return int(match[1]) * 100 + int(fraction.ljust(2, "0")), currency


def sign(element: Element, path: str = "CdtDbtInd") -> int:
    """1 for credit, -1 for debit."""
    match required(element, path):
        case "CRDT":
            return 1
        case "DBIT":
            return -1
        case other:
            raise Unreadable(FileProblem.BAD_VALUE, f"{other!r} is neither CRDT nor DBIT", path)


def day(element: Element, path: str, zone: ZoneInfo) -> date | None:
    """The day at `path`, as `Dt` or `DtTm`; None where nothing stands there.

    A date is the bank's, whatever zone it names; an instant falls on the day that it is in `zone`, where it stands
    without a zone of its own as well.
    """
    if text := element.said(f"{path}/Dt"):
        match = _DATE.fullmatch(text)
        if match is None:
            raise Unreadable(FileProblem.BAD_VALUE, f"{text!r} is no date", path)
        return _date(match[1], path)
    found = instant(element, f"{path}/DtTm", zone)
    return found.astimezone(zone).date() if found is not None else None


def instant(element: Element, path: str, zone: ZoneInfo) -> datetime | None:
    """UTC. Without a zone of its own it is the one in `zone`, the earlier where clocks are put back."""
    text = element.said(path)
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as problem:
        raise Unreadable(FileProblem.BAD_VALUE, f"{text!r} is no instant", path) from problem
    found = _of_our_time(found, text, path)
    return (found if found.tzinfo is not None else found.replace(tzinfo=zone)).astimezone(UTC)


def flag(element: Element, path: str) -> bool:
    text = element.said(path)
    if text not in {"", "true", "false", "1", "0"}:
        raise Unreadable(FileProblem.BAD_VALUE, f"{text!r} is neither true nor false", path)
    return text in {"true", "1"}


def _date(text: str, path: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as problem:
        raise Unreadable(FileProblem.BAD_VALUE, f"{text!r} is no date", path) from problem
    return _of_our_time(found, text, path)


def _of_our_time(found: D, text: str, path: str) -> D:
    """Nothing is reckoned with days beside, of which some are the calendar's last."""
    if not 2000 <= found.year <= 2099:
        raise Unreadable(FileProblem.BAD_VALUE, f"{text!r} is not in the years 2000 to 2099", path)
    return found
