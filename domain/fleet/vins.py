"""Vehicle identification numbers (ISO 3779): which signs they have, and the check digit where one is used."""

from enum import StrEnum

from domain.refusals import Refusal

LENGTH = 17
_DIGITS = "0123456789"
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # without I, O and Q
_VALUES = dict(zip(_DIGITS, range(10), strict=True)) | dict(
    zip(_LETTERS, (1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 7, 9, 2, 3, 4, 5, 6, 7, 8, 9), strict=True)
)
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_CHECKED_IN = "12345"  # vehicles made for North America have one (49 CFR 565.15), those of Europe need none


class NotAVin(StrEnum):
    VIN_INVALID = "vin_invalid"
    VIN_CHECK_DIGIT = "vin_check_digit"


def vin(text: str) -> str | Refusal[NotAVin]:
    """In capitals and without spaces. A check digit counts only where the maker's country uses one."""
    said = "".join(text.split()).upper()
    if len(said) != LENGTH or not set(said) <= set(_VALUES):
        return Refusal(NotAVin.VIN_INVALID)
    if said[0] in _CHECKED_IN and said[8] != check_digit(said):
        return Refusal(NotAVin.VIN_CHECK_DIGIT)
    return said


def check_digit(said: str) -> str:
    """What would stand at position 9: the weighted sum modulo 11, X for ten."""
    rest = sum(_VALUES[sign] * weight for sign, weight in zip(said, _WEIGHTS, strict=True)) % 11
    return "X" if rest == 10 else str(rest)
