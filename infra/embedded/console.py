"""Talking to the embedded PostgreSQL as its superuser, with the programs that came along.

psql and not a driver: the life cycle is plain blocking code, needed before an event loop runs and after it ended.
"""

import subprocess
from enum import Enum
from pathlib import Path

from msgspec import Struct

from infra.embedded.errors import EmbeddedError
from infra.embedded.processes import ENVIRONMENT
from infra.embedded.roles import DATABASE, PORT, SUPERUSER


class Readiness(Enum):
    """The exit codes of pg_isready."""

    ACCEPTING = 0
    REJECTING = 1  # it starts, recovers or stops
    SILENT = 2
    NOT_ASKED = 3


class Console(Struct, frozen=True):
    """`sockets` is the folder that the server listens in."""

    binaries: Path
    sockets: Path
    password: str

    def readiness(self) -> Readiness:
        """What the server says of itself; needs no password."""
        arguments = ["-q", "-h", str(self.sockets), "-p", str(PORT), "-U", SUPERUSER, "-d", DATABASE]
        return Readiness(subprocess.call([str(self.binaries / "pg_isready"), *arguments], env=ENVIRONMENT))

    def run(self, script: str) -> str:
        """What the script printed, unaligned. Raises EmbeddedError with psql's words at the first error.

        Passwords travel by environment and stdin, never on a command line, which others may read.
        """
        result = subprocess.run(
            [
                *(str(self.binaries / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"),
                *("-h", str(self.sockets), "-p", str(PORT), "-U", SUPERUSER, "-d", "postgres"),
            ],
            input=script,
            capture_output=True,
            text=True,
            env={**ENVIRONMENT, "PGPASSWORD": self.password},
            check=False,
        )
        if result.returncode != 0:
            raise EmbeddedError(f"PostgreSQL in {self.sockets} refuses us: {result.stderr.strip()}")
        return result.stdout.strip()
