"""What a process says of itself on standard error: lines for people, or JSON for machines, and nobody's data.

The message of an exception may quote what somebody sent or what a row holds, so of an exception its types and places are
written and its words are not. Should a message hold a mail address or a token all the same, it is blotted out.
"""

import asyncio
import logging
import os
import re
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TextIO

import msgspec

from infra.clock import now

if TYPE_CHECKING:  # the worker and the sandbox write no access log, and need no HTTP
    from adapters.http.gate import Seen

GATHERED_S = 0.1
LOG_LINE = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
PERSONAL = re.compile(
    r"[\w.+%'-]+@[\w-]+(?:\.[\w-]+)+"  # mail addresses
    r"|\beyJ[\w-]{8,}(?:\.[\w-]*)*"  # signed tokens
    r"|\b(?:sk|rk|pk|whsec)_[A-Za-z0-9_]{8,}"  # Stripe's keys
    r"|://[^/\s:@]*:[^/\s@]*@"  # passwords in addresses of servers
)
_encode = msgspec.json.Encoder().encode


def log_to_standard_error(form: str = "human", stream: TextIO | None = None) -> None:
    """Warnings and worse, as `human` or `json` lines; replaces whatever was set before."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else Lines(LOG_LINE))
    root = logging.getLogger()
    for former in root.handlers[:]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)  # a warning for each request that is none


def blotted(message: str) -> str:
    return PERSONAL.sub("[blotted]", message)


class Lines(logging.Formatter):
    """One line, and below it where an exception came from."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return "\n".join(_account(ei[1]))

    def format(self, record: logging.LogRecord) -> str:
        record.exc_text = None  # another formatter's words
        return blotted(super().format(record))


class JsonLines(logging.Formatter):
    """One object a line: `time level logger message process`, `request_id` and `exception` where there are."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": blotted(record.getMessage()),
            "process": record.process,
        }
        request_id = getattr(record, "request_id", None)
        if request_id is not None:
            said["request_id"] = str(request_id)
        if record.exc_info and record.exc_info[1] is not None:
            said["exception"] = _account(record.exc_info[1])
        return _encode(said).decode()


def _account(error: BaseException | None, longest_chain: int = 5) -> list[str]:
    """The types of an exception and its causes, each with the places it came through; none of its words."""
    lines: list[str] = []
    while error is not None and longest_chain:
        longest_chain -= 1
        frames = traceback.extract_tb(error.__traceback__)
        lines.append(type(error).__name__)
        lines += [f"  {frame.filename.rsplit('/', 1)[-1]}:{frame.lineno} in {frame.name}" for frame in frames]
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return lines


class AccessLog:
    """A line for each request, without what was sent: no path, no query, no address, no token.

    Lines are gathered for a moment, for to write each by itself costs more than to make it.
    """

    def __init__(self, form: str, stream: TextIO | None = None) -> None:
        self._json = form == "json"
        self._stream = stream or sys.stderr
        self._lines: list[str] = []

    def write(self, seen: "Seen") -> None:
        if not self._lines:
            asyncio.get_running_loop().call_later(GATHERED_S, self.flush)
        self._lines.append(self._line(seen))

    def flush(self) -> None:
        lines, self._lines = self._lines, []
        if lines:
            self._stream.write("".join(lines))
            self._stream.flush()

    def _line(self, seen: "Seen") -> str:
        at, milliseconds = now().isoformat(timespec="milliseconds"), round(1000 * seen.seconds, 2)
        if not self._json:
            told = f"{seen.method} {seen.operation} {seen.status} {milliseconds} ms {seen.request_id}"
            return f"{at} {os.getpid()} ACCESS {told}\n"
        line = {
            "time": at,
            "level": "info",
            "logger": "access",
            "operation": seen.operation,
            "method": seen.method,
            "status": seen.status,
            "duration_ms": milliseconds,
            "request_id": seen.request_id,
            "process": os.getpid(),
        }
        if seen.trace is not None:
            line["trace_id"] = seen.trace
        return _encode(line).decode() + "\n"
