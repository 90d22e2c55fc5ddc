"""Number plates as the FZV has them: district, letters, number, and what stands behind.

`B-SA 1` and `BS-A 1` are two vehicles, so the boundary behind the district is part of a plate. Where somebody wrote none and
more than one is possible, the plate is not guessed.
"""

import re
from enum import StrEnum

from msgspec import Struct

from domain.refusals import Refusal

LONGEST = 8  # letters and digits, without what stands behind the number (Anlage 2 FZV)
_BETWEEN = r"[\s\-–·.]"
_SEASON = r"(?:[\s(]+(?P<first>\d{1,2})\s*[-/–]\s*(?P<last>\d{1,2})\)?)?"
_REST = rf"(?P<number>[1-9][0-9]{{0,5}}){_BETWEEN}*(?P<suffix>[EH])?{_SEASON}"
_SPLIT = re.compile(rf"(?P<district>[A-ZÄÖÜ]{{1,3}}){_BETWEEN}+(?P<letters>[A-Z]{{1,2}}){_BETWEEN}*{_REST}")
# Without letters the hyphen is the boundary: `BS 12` may be somebody's way to write B-S 12.
_AUTHORITY = re.compile(rf"(?P<district>[A-ZÄÖÜ]{{1,3}})\s*[-–]\s*{_REST}")
_RUN_TOGETHER = re.compile(rf"(?P<all>[A-ZÄÖÜ]{{1,5}}){_BETWEEN}*{_REST}")


class NotAPlate(StrEnum):
    PLATE_INVALID = "plate_invalid"
    PLATE_AMBIGUOUS = "plate_ambiguous"


class Season(Struct, frozen=True):
    """From the first day of one month to the last day of another, both from 1 to 12 (§ 10 Abs. 3 FZV); over the turn of the
    year where the first is the later one."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """In months."""
        return (self.last - self.first) % 12 + 1

    def __contains__(self, month: int) -> bool:
        return (month - self.first) % 12 < self.length

    def __str__(self) -> str:
        return f"{self.first:02}-{self.last:02}"


class Plate(Struct, frozen=True):
    """Authorities' plates have no letters; `suffix` is E (electric, § 11 FZV), H (historic, § 10 FZV) or nothing."""

    district: str
    letters: str
    number: str
    suffix: str = ""
    season: Season | None = None

    @property
    def mark(self) -> str:
        """The plate in its one notation, without the season: no two vehicles have the same."""
        first = f"{self.district}-{self.letters}"
        return f"{first} {self.number}{self.suffix}" if self.letters else f"{first}{self.number}{self.suffix}"

    def __str__(self) -> str:
        return f"{self.mark} {self.season}" if self.season else self.mark


def plate(text: str) -> Plate | Refusal[NotAPlate]:
    """What somebody wrote, read as a plate: `bs ab 123 e`, `BS-AB 123E`, `BS-AB 123 04-10`, `BS-1234`."""
    said = text.strip().upper()
    if found := _SPLIT.fullmatch(said):
        return _made(found, found["district"], found["letters"])
    if found := _AUTHORITY.fullmatch(said):
        return _made(found, found["district"], "")
    if not (found := _RUN_TOGETHER.fullmatch(said)):
        return Refusal(NotAPlate.PLATE_INVALID)
    letters = found["all"]
    splits = [(letters[:at], letters[at:]) for at in (1, 2, 3) if 0 <= len(letters) - at <= 2]
    made = [each for district, rest in splits if isinstance(each := _made(found, district, rest), Plate)]
    if len(made) != 1:
        return Refusal(NotAPlate.PLATE_AMBIGUOUS if made else NotAPlate.PLATE_INVALID)
    return made[0]


def _made(found: "re.Match[str]", district: str, letters: str) -> Plate | Refusal[NotAPlate]:
    number, suffix = found["number"], found["suffix"] or ""
    whole = Plate(district, letters, number, suffix, _season(found))
    if not set(letters) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ") or (letters and len(number) > 4):
        return Refusal(NotAPlate.PLATE_INVALID)
    if len(district + letters + number) > LONGEST:
        return Refusal(NotAPlate.PLATE_INVALID)
    if whole.season is not None and not _is_season(whole.season):
        return Refusal(NotAPlate.PLATE_INVALID)
    return whole


def _season(found: "re.Match[str]") -> Season | None:
    return Season(int(found["first"]), int(found["last"])) if found["first"] else None


def _is_season(season: Season) -> bool:
    """Two months at least, eleven at most (§ 10 Abs. 3 FZV)."""
    return 1 <= season.first <= 12 and 1 <= season.last <= 12 and 2 <= season.length <= 11
