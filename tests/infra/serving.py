"""`kommobil serve` in processes of its own, on the tests' database."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]  # its stubs are a package that nothing else needs
from msgspec import Struct

from infra.embedded import DatabaseUrls
from infra.settings import Settings
from tests.infra.processes import ROOT, until

START_S, STOP_S = 60, 40


class Serving(Struct, frozen=True):
    settings: Settings
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    @contextmanager
    def of(cls, urls: DatabaseUrls, data: Path, redis_url: str, workers: int = 2, **told: Any) -> "Iterator[Serving]":
        """Stopped at the end; `told` are settings."""
        settings = Settings(
            data=data,
            database_url=urls.owner,
            app_database_url=urls.app,
            relay_database_url=urls.relay,
            redis_url=redis_url,
            **told,
        )
        log = data / "serve.log"
        command = [sys.executable, "-m", "infra.cli", "serve", "--port", "0", "--workers", str(workers)]
        with log.open("wb") as out:
            environment = {**os.environ, **settings.environment()}
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        try:
            yield cls(settings, process, log)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            process.wait(STOP_S)

    def said(self) -> str:
        return self.log.read_text()

    @property
    def address(self) -> str:
        """Where it answers, once it does."""
        until(lambda: "kommobil is ready on" in self.said(), START_S)
        found = re.search(r"ready on (\S+)", self.said())
        assert found
        return found[1]

    def children(self) -> list[psutil.Process]:
        """The processes that answer, the oldest first."""
        found = psutil.Process(self.process.pid).children()
        return sorted(found, key=lambda each: each.create_time())
