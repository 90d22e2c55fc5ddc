"""Mail as files: what the embedded default delivers to, and what tests read."""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from datetime import datetime
from email import policy
from email.parser import BytesHeaderParser
from pathlib import Path

from adapters.mail.mime import as_mime
from domain.identity import City
from domain.persons.erasure import mailbox as digest
from services.notices.ports import Message
from services.retention.ports import Letter


class FileMailer:
    """Writes `<folder>/<message id>.eml`, whole or not at all; a message that is sent again replaces itself."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, message: Message) -> None:
        """Raises OSError where the file cannot be written, ValueError where an address is none."""
        await asyncio.to_thread(self._write, f"{message.id}.eml", as_mime(message))

    async def forget(self, mailbox: str) -> None:
        """Take away every message to the address with this digest, see domain.persons.erasure.mailbox."""
        await asyncio.to_thread(self._forget, mailbox)

    async def old(self, city: City, before: datetime) -> tuple[Letter, ...]:
        """What the city wrote before then, the oldest first."""
        return await asyncio.to_thread(self._old, city, before)

    async def remove(self, letters: Sequence[Letter]) -> None:
        for letter in letters:
            await asyncio.to_thread((self._folder / letter.name).unlink, missing_ok=True)

    def _old(self, city: City, before: datetime) -> tuple[Letter, ...]:
        parser = BytesHeaderParser(policy=policy.SMTPUTF8)
        found = []
        for path in self._folder.glob("*.eml"):
            with path.open("rb") as file:
                headers = parser.parse(file)
            written, (sender, *_), (to, *_) = (
                headers["Date"].datetime,
                headers["From"].addresses,
                headers["To"].addresses,
            )
            if sender.username == city and written < before:
                found.append(Letter(path.name, digest(to.addr_spec), written))
        return tuple(sorted(found, key=lambda letter: (letter.written_at, letter.name)))

    def _forget(self, mailbox: str) -> None:
        parser = BytesHeaderParser(policy=policy.SMTPUTF8)
        for path in self._folder.glob("*.eml"):
            with path.open("rb") as file:
                sent_to = parser.parse(file)["To"]
            if any(digest(address.addr_spec) == mailbox for address in sent_to.addresses):
                path.unlink(missing_ok=True)

    def _write(self, name: str, content: bytes) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, unfinished = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)  # mode 0600
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            Path(unfinished).rename(self._folder / name)
        except BaseException:
            Path(unfinished).unlink()
            raise
