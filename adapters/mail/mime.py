"""A message as it travels (RFC 5322, MIME): to the byte the same each time it is made."""

import re
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage

from services.notices.ports import Message

PLAIN_ADDRESS = re.compile(r"([\w.!#$%&'*+/=?^`{|}~-]+)@([\w.-]+)")


def as_mime(message: Message) -> bytes:
    """Names come from people: whatever could end a header line in them is a space.

    Raises ValueError where an address is none.
    """
    plain = message.to.isascii()
    mime = EmailMessage(policy=policy.SMTP if plain else policy.SMTPUTF8)
    mime["From"] = _address(message.sent_from, _one_line(message.sender))
    mime["To"] = _address(message.to)
    mime["Subject"] = _one_line(message.subject)
    mime["Date"] = message.written_at
    mime["Message-ID"] = f"<{message.id}@{message.sent_from.rpartition('@')[2]}>"
    mime["Auto-Submitted"] = "auto-generated"
    mime.set_content(message.text, cte="quoted-printable")
    for attachment in message.attachments:
        maintype, subtype = attachment.media_type.split("/")
        mime.add_attachment(
            attachment.content,
            maintype=maintype,
            subtype=subtype,
            filename=attachment.name,
            params=attachment.parameters,
        )
    if mime.is_multipart():
        mime.set_boundary(f"=_{message.id}")  # no quoted-printable text can contain it
    mime["Content-Language"] = message.language
    return mime.as_bytes()


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _address(text: str, name: str = "") -> Address:
    """The standard library parses addresses of ASCII; of others (RFC 6532) we take the plain form only."""
    if plain := PLAIN_ADDRESS.fullmatch(text):
        return Address(name, plain[1], plain[2])
    try:
        return Address(name, addr_spec=text)
    except Exception as error:
        raise ValueError("not an e-mail address") from error
