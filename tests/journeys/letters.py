"""The letters that lie in the mail folder, read as a mail program would."""

import email
import re
from collections import Counter
from email import policy
from email.message import EmailMessage
from pathlib import Path

from msgspec import Struct


class Letter(Struct, frozen=True):
    """`id` is the file's name; the rest stands in its calendar entry."""

    id: str
    booking_id: str
    status: str


def letters(folder: Path) -> list[Letter]:
    return [_read(file) for file in folder.glob("*.eml")]


def told(folder: Path, booking_ids: set[str]) -> Counter[tuple[str, str]]:
    """How often which of these bookings was said to be CONFIRMED or CANCELLED."""
    return Counter((each.booking_id, each.status) for each in letters(folder) if each.booking_id in booking_ids)


def _read(file: Path) -> Letter:
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    entry = next(part for part in message.iter_attachments() if part.get_filename() == "booking.ics")
    said = entry.get_content()
    facts = dict(re.findall(r"^(UID|STATUS):([^@\r\n]*)", said, re.MULTILINE))
    return Letter(file.stem, facts["UID"], facts["STATUS"])
