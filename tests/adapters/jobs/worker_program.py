"""A worker in a process of its own: `python -m tests.adapters.jobs.worker_program RELAY_URL FOLDER DIES`.

It mails a line for every `booking.expired`, the clock being the real one. If it is to die, it is killed right after the
first effect: the file is written, the entry not yet marked.
"""

import asyncio
import os
import signal
import sys
from datetime import datetime
from pathlib import Path
from uuid import UUID

from adapters.database.connections import Address, connect
from adapters.database.outbox import SqlOutbox
from adapters.jobs.relay import Job, Relay
from adapters.mail.files import FileMailer
from infra.clock import now
from services.jobs.ports import Entry
from services.notices.ports import Message


def a_line(message_id: UUID, at: datetime) -> Message:
    return Message(message_id, at, "City", "city@mail.example", "ada@mail.example", "en", "Expired", "It is over.")


async def work(url: str, folder: Path, dies: bool) -> None:
    database = connect(Address(url), hot=2)
    mailer = FileMailer(folder)

    async def mail(entry: Entry) -> None:
        await mailer.send(a_line(entry.id, entry.written_at))
        if dies:
            os.kill(os.getpid(), signal.SIGKILL)

    await Relay(SqlOutbox(database.statements), {"booking.expired": (Job("mail", mail),)}, now).drain()
    await database.close()


if __name__ == "__main__":
    asyncio.run(work(sys.argv[1], Path(sys.argv[2]), sys.argv[3] == "dies"))
