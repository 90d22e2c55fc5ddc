"""Texts as DATEV takes them: Windows-1252, in one line, no longer than they may be."""

import re
import unicodedata

from domain.ledger.entries import Entry, EntryKind

# What has no character of its own in Windows-1252 and no base letter either.
_SPELT = {"ß": "ß", "ẞ": "SS", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "ı": "i", "\u2212": "-", "\u2011": "-"}  # fmt: skip
_NOT_IN_REFERENCES = re.compile(r"[^A-Z0-9$&%*+\-/_]")
LONGEST_REFERENCE = 36
# What is booked, in an accountant's words, where the entry has none of its own; short, so that what it is about fits behind it.
WORDS = {
    EntryKind.CAPTURE: "Zahlung eingezogen",
    EntryKind.FEE: "Zahlungsgebühr",
    EntryKind.REFUND: "Erstattung",
    EntryKind.REFUND_FAILED: "Erstattung zurück",
    EntryKind.DISPUTE_OPENED: "Rückbelastung",
    EntryKind.DISPUTE_WON: "Rückbelastung zurück",
    EntryKind.PAYOUT: "Auszahlung",
    EntryKind.PAYOUT_FAILED: "Auszahlung zurück",
    EntryKind.BANK_LINE: "Bankumsatz",
    EntryKind.WRITE_OFF: "Forderungsausfall",
    EntryKind.LOSS_CHANGED: "Ausfall berichtigt",
    EntryKind.PAID_OTHERWISE: "Anderweitig bezahlt",
    EntryKind.LEASE_CHARGED: "Leasingrate",
    EntryKind.LEASE_SETTLED: "Leasing abgerechnet",
    EntryKind.LEASE_BIKE: "Leasingrad",
    EntryKind.LEASE_SERVICE: "Wartung Leasingrad",
    EntryKind.LEASE_MONTH_END: "Leasing Monatsende",
    EntryKind.LEASE_REMINDED: "Mahngebühr Leasing",
    EntryKind.LEASE_REFUNDED: "Erstattung Leasing",
    EntryKind.LEASE_INSURED: "Versicherung Rad",
    EntryKind.OTHER: "Sonstige Bewegung",
}


def plain(text: str, longest: int) -> str:
    """Letters that Windows-1252 has not lose their marks, or become question marks; breaks and tabs become blanks."""
    known = "".join(_known(character) for character in unicodedata.normalize("NFC", text))
    return " ".join(known.split())[:longest].rstrip()


def reference(text: str) -> str:
    """As a Belegfeld, by which open items are found: capital letters, digits and a few signs."""
    capitals = plain(text, 200).upper().replace("Ä", "AE").replace("Ö", "OE").replace("Ü", "UE").replace("ß", "SS")
    return _NOT_IN_REFERENCES.sub("-", capitals)[:LONGEST_REFERENCE]


def words_of(entry: Entry) -> str:
    """What the entry says, or of what kind it is and what it is about: `Anderweitig bezahlt <case>`."""
    subject = entry.source.partition(":")[2]
    return entry.text or (f"{WORDS[entry.kind]} {subject}" if entry.kind in WORDS else entry.source)


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
