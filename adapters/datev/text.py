"""Texts as DATEV takes them: Windows-1252, in one line, no longer than they may be."""

import re
import unicodedata

# What has no character of its own in Windows-1252 and no base letter either.
_SPELT = {"ß": "ß", "ẞ": "SS", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "\u2212": "-", "\u2011": "-"}  # fmt: skip
_NOT_IN_REFERENCES = re.compile(r"[^A-Z0-9$&%*+\-/_]")
LONGEST_REFERENCE = 36


def plain(text: str, longest: int) -> str:
    """Letters that Windows-1252 has not lose their marks, or become question marks; breaks and tabs become blanks."""
    known = "".join(_known(character) for character in unicodedata.normalize("NFC", text))
    return " ".join(known.split())[:longest].rstrip()


def reference(text: str) -> str:
    """As a Belegfeld, by which open items are found: capital letters, digits and a few signs."""
    capitals = plain(text, 200).upper().replace("Ä", "AE").replace("Ö", "OE").replace("Ü", "UE").replace("ß", "SS")
    return _NOT_IN_REFERENCES.sub("-", capitals)[:LONGEST_REFERENCE]


def _known(character: str) -> str:
    if _fits(character):
        return character if character.isprintable() else " "
    if character.isspace() or unicodedata.category(character) in {"Cc", "Cf"}:
        return " "
    if character in _SPELT:
        return _SPELT[character]
    bare = "".join(part for part in unicodedata.normalize("NFKD", character) if not unicodedata.combining(part))
    return bare if bare and _fits(bare) else "?"


def _fits(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True
