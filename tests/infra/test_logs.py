"""Logs tell what happened, and nobody's data."""

import asyncio
import io
import json
import logging
import re
from collections.abc import Iterator

import pytest

from adapters.http.gate import Seen
from infra.serving.logs import AccessLog, blotted, log_to_standard_error

# A person whom nobody else resembles.
CANARY = {
    "mail": "canary.bird+tag@cage.example.org",
    "token": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJl",
    "key": "sk_test_canarycanarycanary",
    "database": "postgresql://canary:feathers@db/kommobil",
}


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged, by a logging that is put back as it was."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def raised() -> Exception:
    """An exception whose words, like PostgreSQL's, quote what somebody sent."""
    try:
        try:
            raise ValueError("Key (name)=(Tweety Canary, Cage 1) already exists")
        except ValueError as error:
            raise KeyError(CANARY["mail"]) from error
    except KeyError as error:
        return error


@pytest.mark.parametrize("form", ["human", "json"])
def test_no_log_holds_anybodys_data(written: io.StringIO, form: str) -> None:
    log_to_standard_error(form, written)
    for value in CANARY.values():
        logging.getLogger("test").warning("met %s on the way", value)
    logging.getLogger("test").error("unhandled", exc_info=raised(), extra={"request_id": "r-1"})

    said = written.getvalue()
    assert re.findall(r"(?i)canary|feathers|tweety|cage", said) == []
    assert said.count("[blotted]") == len(CANARY)
    assert "KeyError" in said
    assert "ValueError" in said
    assert "test_logs.py" in said


def test_json_lines_are_one_object_each(written: io.StringIO) -> None:
    log_to_standard_error("json", written)
    logging.getLogger("test").error("two\nlines", exc_info=raised(), extra={"request_id": "r-1"})

    line = json.loads(written.getvalue())
    assert written.getvalue().count("\n") == 1
    assert {name: line[name] for name in ("level", "logger", "message", "request_id")} == {
        "level": "error",
        "logger": "test",
        "message": "two\nlines",
        "request_id": "r-1",
    }
    assert [part for part in line["exception"] if not part.startswith(" ")] == ["KeyError", "ValueError"]


SEEN = Seen("createBooking", "POST", 201, 0.01234, "r-1", "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7-01")


async def test_a_request_is_a_line_with_operation_status_and_duration(written: io.StringIO) -> None:
    log = AccessLog("json", written)
    log.write(SEEN)
    await asyncio.sleep(0)
    log.flush()

    line = json.loads(written.getvalue())
    assert {name: value for name, value in line.items() if name not in {"time", "process"}} == {
        "level": "info",
        "logger": "access",
        "operation": "createBooking",
        "method": "POST",
        "status": 201,
        "duration_ms": 12.34,
        "request_id": "r-1",
        "trace_id": "4bf92f3577b34da6a3ce929d0e0e4736",
    }


async def test_a_request_is_a_line_for_people_too(written: io.StringIO) -> None:
    log = AccessLog("human", written)
    log.write(SEEN)
    log.flush()

    assert written.getvalue().endswith(" ACCESS POST createBooking 201 12.34 ms r-1\n")


def test_what_is_nobodys_data_stays() -> None:
    for message in ("the database does not answer", "retry at 12:30", "https://api.stripe.com/v1 said 500", "a@b"):
        assert blotted(message) == message
