"""A charging station that runs in a process of its own, on a package of others, and does what a test tells it."""

import asyncio
import contextlib
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json", "station.cjs")
PATIENCE_S = 20.0

Line = dict[str, Any]


def installed(folder: Path) -> Path:
    """The station's script beside the packages that it needs, in a folder of the test's."""
    for name in FILES:
        shutil.copy(HERE / name, folder)
    npm = shutil.which("npm")
    assert npm is not None, "the stations need npm"
    done = subprocess.run(
        (npm, "ci", "--no-audit", "--no-fund"), cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "station.cjs"


class FailedError(Exception):
    """The station could not do it; `code` is the RPC error or the socket's."""

    def __init__(self, line: Line) -> None:
        super().__init__(f"{line['act']}: {line['code']}: {line['detail']}")
        self.code: str = line["code"]


class ScriptedStation:
    """`lines` is all that it has told so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._told = asyncio.Condition()
        self._done: asyncio.Queue[Line] = asyncio.Queue()
        self.lines: list[Line] = []

    @classmethod
    @asynccontextmanager
    async def running(
        cls, script: Path, endpoint: str, identity: str, protocol: str, **more: Any
    ) -> AsyncIterator[Self]:
        options = {"endpoint": endpoint, "identity": identity, "protocol": protocol, "evses": 1, **more}
        process = await asyncio.create_subprocess_exec(
            "node",
            str(script),
            json.dumps(options),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        station = cls(process)
        reading = asyncio.create_task(station._read())
        try:
            yield station
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            await reading

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for raw in self._process.stdout:
            line = json.loads(raw)
            if line["event"] in {"done", "failed"}:
                self._done.put_nowait(line)
            async with self._told:
                self.lines.append(line)
                self._told.notify_all()

    async def act(self, act: str, **details: Any) -> Any:
        """Do it, and wait until it is done. Raises FailedError where the station says so."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"act": act, **details}).encode() + b"\n")
        await self._process.stdin.drain()
        line = await asyncio.wait_for(self._done.get(), PATIENCE_S)
        if line["event"] == "failed":
            raise FailedError(line)
        return line["answer"]

    async def heard(self, event: str, *, after: int = 0, **expected: Any) -> Line:
        """The first such line after so many, waited for."""

        def found() -> Line | None:
            fits = (line for line in self.lines[after:] if line["event"] == event and expected.items() <= line.items())
            return next(fits, None)

        async with asyncio.timeout(PATIENCE_S), self._told:
            await self._told.wait_for(lambda: found() is not None)
        line = found()
        assert line is not None
        return line

    @property
    def invalid(self) -> list[Line]:
        """What either side said against the schemas."""
        return [line for line in self.lines if line["event"] == "invalid"]
