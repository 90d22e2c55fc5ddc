"""Messages as they travel, and the files they are delivered to."""

import asyncio
import os
import stat
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from msgspec.structs import replace

from adapters.mail.composing import composer
from adapters.mail.files import FileMailer
from adapters.mail.mime import as_mime
from domain.booking.bookings import State
from domain.notices.occasions import Occasion
from services.notices.ports import Message
from tests.adapters.mail.notices import BRAUNSCHWEIG, a_notice, held_for
from tests.examples import NOON, a_booking, an_id, hours


def a_message(**changes: str) -> Message:
    booking = a_booking(State.CONFIRMED)
    compose = composer("mail.example")
    message = compose(Occasion.CONFIRMED, a_notice(booking, held_for(booking)), an_id("entry"), NOON - hours(48))
    return replace(message, **changes)


def read(content: bytes) -> EmailMessage:
    parsed = message_from_bytes(content, policy=policy.SMTP)
    assert isinstance(parsed, EmailMessage)
    assert parsed.defects == []
    return parsed


def test_a_message_arrives_as_it_was_written() -> None:
    message = a_message()
    mime = read(as_mime(message))
    assert {name: mime[name] for name in mime if not name.startswith(("MIME", "Content-Type"))} == {
        "From": "Stadt Braunschweig <braunschweig@mail.example>",
        "To": "ada@example.org",
        "Subject": "Buchung bestätigt: Ladepunkt 3, Montag, 3. Juni 2030, 14:00 Uhr MESZ",
        "Date": "Sat, 01 Jun 2030 12:00:00 +0000",
        "Message-ID": f"<{an_id('entry')}@mail.example>",
        "Auto-Submitted": "auto-generated",
        "Content-Language": "de",
    }
    text, calendar = mime.iter_parts()
    assert isinstance(text, EmailMessage)
    assert isinstance(calendar, EmailMessage)
    assert text.get_content().replace("\r\n", "\n") == message.text
    assert calendar.get_content_type() == "text/calendar"
    assert calendar.get_filename() == "booking.ics"
    assert calendar.get_payload(decode=True) == message.attachments[0].content


def test_the_same_message_is_the_same_to_the_byte() -> None:
    assert as_mime(a_message()) == as_mime(a_message())


@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r", "\x00", "\x0b", "\u2028", "\x85"])
def test_no_name_smuggles_a_header_in(line_break: str) -> None:
    evil = f"Ladepunkt{line_break}Bcc: everybody@example.org"
    booking = a_booking(State.CONFIRMED)
    notice = a_notice(booking)
    place = replace(notice.place, resource=evil, station=evil)
    notice = replace(notice, place=place, settings=replace(BRAUNSCHWEIG, name=evil))
    mime = read(as_mime(composer()(Occasion.CONFIRMED, notice, an_id("entry"), NOON)))
    assert mime["Bcc"] is None
    assert (
        mime["Subject"]
        == "Buchung bestätigt: Ladepunkt Bcc: everybody@example.org, Montag, 3. Juni 2030, 14:00 Uhr MESZ"
    )
    assert mime["From"].addresses[0].display_name == "Ladepunkt Bcc: everybody@example.org"
    assert len(mime["From"].addresses) == 1


@pytest.mark.parametrize("address", ["", "ada", "ada@", "ada@example.org\r\nBcc: bob@example.org", "a@b, c@d"])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="not an e-mail address"):
        as_mime(a_message(to=address))


def test_an_address_beyond_ascii_is_written_as_it_is() -> None:
    assert "To: grüße@münster.example\r\n".encode() in as_mime(a_message(to="grüße@münster.example"))


async def test_a_message_becomes_one_file_for_its_owner_only(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    mailer = FileMailer(folder)
    message = a_message()
    await asyncio.gather(*(mailer.send(message) for _ in range(5)))
    assert os.listdir(folder) == [f"{message.id}.eml"]
    written = folder / f"{message.id}.eml"
    assert written.read_bytes() == as_mime(message)
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_a_message_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    message = a_message()
    blocked = tmp_path / f"{message.id}.eml"
    blocked.mkdir()
    with pytest.raises(OSError, match="directory"):
        await FileMailer(tmp_path).send(message)
    assert os.listdir(tmp_path) == [blocked.name]
