"""Mail by SMTP (RFC 5321): submitted to the city's mail server, which takes it on its way.

Sent twice, a message has the same Message-ID, by which mailboxes tell. The outbox tries again; nothing is tried here.
"""

import asyncio
import smtplib
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from adapters.mail.mime import as_mime
from domain.identity import City
from services.notices.ports import Message, NoMailbox
from services.retention.ports import Letter

PATIENCE_S = 10.0  # for each answer of the server
PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}
AT_ONCE = 4
FOR_GOOD = 500  # RFC 5321, 4.2.1: with 4 in front it may be taken later

Trust: TypeAlias = Callable[[], ssl.SSLContext]


class Server(Struct, frozen=True):
    """`scheme` is smtp (STARTTLS, always), smtps (TLS from the first byte) or smtp+plain (neither)."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None

    def __repr__(self) -> str:
        return f"Server({self.scheme}://{self.host}:{self.port})"


def server(url: str, password: str | None = None) -> Server:
    """The server that the URL names; a password beside the URL goes over one in it."""
    parts = urlsplit(url)
    return Server(
        parts.scheme,
        parts.hostname or "",
        parts.port or PORTS[parts.scheme],
        unquote(parts.username) if parts.username else None,
        password or (unquote(parts.password) if parts.password else None),
    )


class SmtpMailer:
    """`trust` gives what the server's certificate is checked against: by default what the system trusts."""

    def __init__(self, to: Server, trust: Trust = ssl.create_default_context) -> None:
        self._server = to
        self._trust = trust
        self._turns = asyncio.Semaphore(AT_ONCE)

    @property
    def name(self) -> str:
        """The server's, without anything secret."""
        return f"{self._server.host}:{self._server.port}"

    async def greet(self) -> None:
        """All that comes before a letter, and no letter. Raises smtplib.SMTPException and OSError."""
        await asyncio.to_thread(self._greet)

    async def send(self, message: Message) -> None:
        """Raises smtplib.SMTPException and OSError where the server does not take it, ValueError where an address is none, NoMailbox
        where the server says for good that nobody has it."""
        content = as_mime(message)
        async with self._turns:
            await asyncio.to_thread(self._send, message, content)

    async def forget(self, mailbox: str) -> None:
        """Nothing of what was sent is kept here."""

    async def old(self, city: City, before: datetime) -> tuple[Letter, ...]:  # noqa: ARG002 - the port's signature
        return ()

    async def remove(self, letters: Sequence[Letter]) -> None:
        """Nothing is kept here."""

    def _send(self, message: Message, content: bytes) -> None:
        options = () if message.to.isascii() else ("SMTPUTF8",)
        with self._known() as connection:
            try:
                connection.sendmail(message.sent_from, [message.to], content, mail_options=options)
            except smtplib.SMTPRecipientsRefused as refused:
                if all(code >= FOR_GOOD for code, _ in refused.recipients.values()):
                    raise NoMailbox from refused
                raise

    def _greet(self) -> None:
        with self._known() as connection:
            connection.ehlo_or_helo_if_needed()

    def _known(self) -> smtplib.SMTP:
        """A connection on which the server knows who we are, where it wants to."""
        connection = self._connected()
        try:
            if self._server.user is not None:
                connection.login(self._server.user, self._server.password or "")
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self) -> smtplib.SMTP:
        to = self._server
        if to.scheme == "smtps":
            return smtplib.SMTP_SSL(to.host, to.port, timeout=PATIENCE_S, context=self._trust())
        connection = smtplib.SMTP(to.host, to.port, timeout=PATIENCE_S)
        if to.scheme == "smtp":
            try:
                connection.starttls(context=self._trust())
            except BaseException:
                connection.close()
                raise
        return connection
