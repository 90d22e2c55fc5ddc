"""The database of a data folder for a command that comes and goes, whether `up` runs or not."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from infra.embedded.errors import DataFolderTakenError, EmbeddedError
from infra.embedded.folder import DataFolder
from infra.embedded.postgres import RECOVERY, PostgresServer
from infra.embedded.roles import DatabaseUrls

GUESTS = 600.0  # seconds that a command waits for others before it stops the server it started


@contextmanager
def borrowed_postgres(
    data: Path, binaries: Path | None = None, *, say: Callable[[str], None] = print
) -> Iterator[DatabaseUrls]:
    """Use the running server, or start one and stop it afterwards, when the last guest has left.

    `up` does not wait for guests: if it is stopped, so are they. Raises EmbeddedError like `PostgresServer`.
    """
    folder = DataFolder(data)
    server = PostgresServer(folder, binaries, say=say)
    deadline = time.monotonic() + RECOVERY
    while time.monotonic() < deadline:
        with ExitStack() as claims:
            try:
                claims.enter_context(folder.owned())
            except DataFolderTakenError:
                welcome = claims.enter_context(folder.visited())
                urls = server.serving() if welcome else None
                if urls is not None:
                    yield urls
                    return
            else:
                try:
                    yield server.start()
                finally:
                    with folder.without_guests(GUESTS):
                        server.stop()
                return
        time.sleep(0.1)  # its owner is starting or stopping it
    raise EmbeddedError(f"the process that owns {folder.root} has not brought PostgreSQL up")
