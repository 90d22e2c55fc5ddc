"""Containers as a meter writes them, for tests; whoever needs a signature signs the payload."""

import json
from typing import Any

from domain.charging.metering.ocmf import Container, parsed

BEGIN: dict[str, Any] = {
    "TM": "2026-07-01T10:00:00,000+0200 S",
    "TX": "B",
    "RV": 120.5,
    "RI": "1-b:1.8.0",
    "RU": "kWh",
    "EF": "",
    "ST": "G",
}
END: dict[str, Any] = BEGIN | {"TM": "2026-07-01T11:30:00,000+0200 S", "TX": "E", "RV": 131.75}
SAID: dict[str, Any] = {
    "FV": "1.3",
    "GI": "Okerstadt Gateway",
    "GS": "G-17",
    "PG": "T41",
    "MV": "Zählerwerk",
    "MS": "Z-2026-0815",
    "IS": True,
    "IL": "HEARSAY",
    "IF": ["RFID_PLAIN"],
    "IT": "ISO14443",
    "ID": "1f2d3a4f",
}


def payload(*readings: dict[str, Any], **said: Any) -> bytes:
    """The section that is signed; a field that is None is left out."""
    fields = SAID | said | ({"RD": list(readings)} if readings else {})
    return json.dumps({name: value for name, value in fields.items() if value is not None}, ensure_ascii=False).encode()


def whole(signed: bytes, signature: str = "00", **how: str) -> bytes:
    return b"OCMF|" + signed + b"|" + json.dumps({"SD": signature} | how).encode()


def container(*readings: dict[str, Any], **said: Any) -> Container:
    found = parsed(whole(payload(*readings, **said)))
    assert isinstance(found, Container), found
    return found
