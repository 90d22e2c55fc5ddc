"""Numbers that people copy: the patterns that make them, and check digits by which a slip of the pen is noticed."""

import re
from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

LONGEST = 35
"""What every bank hands on of a reference (SEPA end-to-end id), and every bookkeeper's field holds."""
ALLOWED = re.compile(r"[A-Za-z0-9 ./-]*")
_PLACE = re.compile(r"\{(year|yy|check|number(?::([1-9][0-9]?))?)\}")


class CheckDigits(StrEnum):
    """How a reference checks itself: `mod10` by Luhn, `mod11` with weights 2 to 7, `mod97` by ISO 7064 MOD 97-10."""

    NONE = "none"
    MOD10 = "mod10"
    MOD11 = "mod11"
    MOD97 = "mod97"


class Pattern(Struct, frozen=True):
    """`{year}` or `{yy}`, `{number:6}` for a number of at least six digits, and `{check}` at the end; other letters stay.

    What is numbered by year begins at 1 each year.
    """

    text: str

    def faults(self, name: str, check: CheckDigits = CheckDigits.NONE) -> list[str]:
        """What is wrong with it, in words for whoever wrote it; empty if nothing."""
        places = [found[1].partition(":")[0] for found in _PLACE.finditer(self.text)]
        faults = []
        if places.count("number") != 1:
            faults.append(f"{name} has one place for the number, such as {{number:6}}")
        if not ALLOWED.fullmatch(_PLACE.sub("", self.text)):
            faults.append(f"{name} has letters, digits, blanks, dots, slashes and dashes beside its places")
        if check is CheckDigits.NONE and "check" in places:
            faults.append(f"{name} has a place for check digits, but no rule for them")
        if check is not CheckDigits.NONE and not (places.count("check") == 1 and self.text.endswith("{check}")):
            faults.append(f"{name} ends with {{check}}")
        if not faults and len(self.filled(9999, 999_999_999, check)) > LONGEST:
            faults.append(f"{name} is longer than {LONGEST} characters")
        return faults

    def series(self, year: int) -> str:
        """What is numbered together: the pattern with all but the number filled in."""

        def fill(found: re.Match[str]) -> str:
            return found[0] if found[1].startswith(("number", "check")) else _year(found[1], year)

        return _PLACE.sub(fill, self.text)

    def filled(self, year: int, number: int, check: CheckDigits = CheckDigits.NONE) -> str:
        def fill(found: re.Match[str]) -> str:
            if found[1] == "check":
                return ""
            return str(number).zfill(int(found[2] or 1)) if found[1].startswith("number") else _year(found[1], year)

        body = _PLACE.sub(fill, self.text)
        return body + check_digits(body, check)


def check_digits(body: str, rule: CheckDigits) -> str:
    """What is written behind the body so that the whole is intact; nothing where there is no rule."""
    return _RULES[rule](body) if rule in _RULES else ""


def is_intact(reference: str, rule: CheckDigits) -> bool:
    """Whether the check digits at the end fit what stands before them."""
    length = {CheckDigits.NONE: 0, CheckDigits.MOD97: 2}.get(rule, 1)
    body = reference[: len(reference) - length]
    return bool(body) and body + check_digits(body, rule) == reference


def _year(place: str, year: int) -> str:
    return f"{year:04}" if place == "year" else f"{year % 100:02}"


def _digits(body: str) -> list[int]:
    """Its digits from the last to the first; letters between them are not checked."""
    return [int(character) for character in reversed(body) if character.isdigit()]


def _mod10(body: str) -> str:
    weighted = (digit * (2 - n % 2) for n, digit in enumerate(_digits(body)))
    return str(-sum(each // 10 + each % 10 for each in weighted) % 10)


def _mod11(body: str) -> str:
    """Remainders that ask for 10 or 11 get 0, as the registers of treasuries do it."""
    rest = 11 - sum(digit * (2 + n % 6) for n, digit in enumerate(_digits(body))) % 11
    return str(rest) if rest < 10 else "0"


def _mod97(body: str) -> str:
    number = int("".join(str(int(character, 36)) for character in body if character.isalnum()) + "00")
    return f"{98 - number % 97:02}"


_RULES: dict[CheckDigits, Callable[[str], str]] = {
    CheckDigits.MOD10: _mod10,
    CheckDigits.MOD11: _mod11,
    CheckDigits.MOD97: _mod97,
}
