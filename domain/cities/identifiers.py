"""Codes and numbers by which cities, states, accounts and public bodies are known, and how each is checked."""

import re

# ISO 3166-2:DE without its prefix: the state decides which days are holidays.
STATES = frozenset(["BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH"])


def is_slug(name: str) -> bool:
    """Whether it can name a city in addresses: lower case letters, digits and dashes, a letter first."""
    return re.fullmatch(r"[a-z][a-z0-9-]{1,62}", name) is not None


def has_valid_iban_checksum(iban: str) -> bool:
    """ISO 13616: two letters, two check digits, up to 30 more; the whole, rotated by four, is 1 modulo 97."""
    if not re.fullmatch(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}", iban):
        return False
    return int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1


def has_valid_leitweg_checksum(leitweg_id: str) -> bool:
    """Leitweg-ID, format specification 2.0.2: coarse part, optional fine part, two check digits (ISO 7064 MOD 97-10)."""
    if not re.fullmatch(r"\d{2,12}(-[A-Z0-9]{1,30})?-\d{2}", leitweg_id):
        return False
    return int("".join(str(int(character, 36)) for character in leitweg_id.replace("-", ""))) % 97 == 1
