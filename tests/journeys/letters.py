"""The letters that lie in the mail folder, read as a mail program would."""

import email
import re
from collections import Counter
from email import policy
from email.message import EmailMessage
from pathlib import Path

from msgspec import Struct


class Letter(Struct, frozen=True):
    """As its calendar entry says it."""

    booking_id: str
    status: str


class Mailbox:
    """What arrives in the folder from now on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._before = set(folder.glob("*.eml"))

    def told(self, booking_ids: set[str]) -> Counter[tuple[str, str]]:
        """How often which of these bookings was said to be CONFIRMED or CANCELLED."""
        arrived = (_read(file) for file in self._folder.glob("*.eml") if file not in self._before)
        return Counter((each.booking_id, each.status) for each in arrived if each and each.booking_id in booking_ids)


def _read(file: Path) -> Letter | None:
    message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
    assert isinstance(message, EmailMessage)
    entry = next((part for part in message.iter_attachments() if part.get_filename() == "booking.ics"), None)
    if entry is None:  # an invoice, say
        return None
    said = entry.get_content()
    facts = dict(re.findall(r"^(UID|STATUS):([^@\r\n]*)", said, re.MULTILINE))
    return Letter(facts["UID"], facts["STATUS"])
