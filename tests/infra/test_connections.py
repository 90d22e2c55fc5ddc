"""What a connection may cost: seen from outside, on the server that the API's processes run."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import msgspec
import pytest
from msgspec import Struct

from tests.infra.processes import ROOT

GET = b"GET / HTTP/1.1\r\nHost: kommobil\r\n\r\n"
SLOW = 500 if os.environ.get("KOMMOBIL_FULL") else 100


class Server(Struct, frozen=True):
    port: int
    process: subprocess.Popen[bytes]

    def connected(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def told(self, *parts: bytes) -> bytes:
        """All that is said on a connection until it is closed, after these parts were sent."""
        with self.connected() as connection:
            for part in parts:
                connection.sendall(part)
            return rest(connection)


def rest(connection: socket.socket) -> bytes:
    said = b""
    try:
        while part := connection.recv(65536):
            said += part
    except ConnectionResetError:
        pass
    return said


def answer(connection: socket.socket) -> int:
    """The status of one answer, read to its end: a body of one character."""
    said = b""
    while not said.endswith(b"\r\n\r\n0"):
        said += connection.recv(1000)
    return int(said[9:12])


@contextmanager
def serving(head: float = 10, body: float = 10, most: int = 4096) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        listener.set_inheritable(True)
        command = [sys.executable, "-m", "tests.infra.answering_program", str(listener.fileno())]
        process = subprocess.Popen(
            [*command, str(head), str(body), str(most)], cwd=ROOT, pass_fds=(listener.fileno(),), env={**os.environ}
        )
        server = Server(listener.getsockname()[1], process)
    try:
        with server.connected() as connection:  # answered as soon as the program has come up
            connection.sendall(GET)
            assert connection.recv(100).startswith(b"HTTP/1.1 200")
        yield server
    finally:
        process.kill()
        process.wait()


@pytest.fixture(scope="module")
def patient() -> Iterator[Server]:
    with serving() as server:
        yield server


@pytest.fixture(scope="module")
def impatient() -> Iterator[Server]:
    with serving(head=0.5, body=0.5) as server:
        yield server


def problem(said: bytes) -> tuple[int, str]:
    """The status and the code of an answer that has to be a problem."""
    head, _, content = said.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower(), said
    found = msgspec.json.decode(content)
    assert found["status"] == int(said[9:12])
    assert f"x-request-id: {found['request_id']}\r\n".encode() in head.lower() + b"\r\n"
    return found["status"], found["code"]


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        pytest.param(b"\x16\x03\x01 no HTTP at all\r\n\r\n", (400, "malformed"), id="not HTTP"),
        pytest.param(b"GET / HTTP/9.9\r\n\r\n", (400, "malformed"), id="another HTTP"),
        pytest.param(b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", (414, "target_too_long"), id="a long address"),
        pytest.param(
            b"GET / HTTP/1.1\r\nX: " + b"a" * 33_000 + b"\r\n\r\n", (431, "head_too_large"), id="a long header"
        ),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 200 + b"\r\n", (431, "head_too_large"), id="many headers"),
        pytest.param(b"GET / HTTP/1.1\r\nX: " + b"a" * 200_000, (431, "head_too_large"), id="a head without an end"),
        pytest.param(
            b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            (400, "malformed"),
            id="two lengths",
        ),
        pytest.param(b"POST /echo HTTP/1.1\r\nContent-Length: -5\r\n\r\n", (400, "malformed"), id="a negative length"),
    ],
)
def test_a_request_that_is_none_is_refused_with_a_problem(
    patient: Server, sent: bytes, expected: tuple[int, str]
) -> None:
    assert problem(patient.told(sent)) == expected


def test_an_ordinary_request_beside_all_limits_is_answered(patient: Server) -> None:
    head = b"POST /echo HTTP/1.1\r\nConnection: close\r\nContent-Length: 250000\r\n" + b"X: y\r\n" * 90 + b"\r\n"

    assert patient.told(head + b"a" * 250_000).endswith(b"\r\n\r\n250000")


def test_who_says_nothing_is_told_that_he_is_too_slow(impatient: Server) -> None:
    began = time.monotonic()

    assert problem(impatient.told()) == (408, "too_slow")
    assert time.monotonic() - began < 5


def test_a_head_that_never_ends_is_cut_off(impatient: Server) -> None:
    assert problem(impatient.told(b"GET / HTTP/1.1\r\n", b"X-A: b\r\n")) == (408, "too_slow")


def test_a_body_that_never_ends_is_cut_off(impatient: Server) -> None:
    sent = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"

    assert problem(impatient.told(sent, b"a", b"b")) == (408, "too_slow")


def test_an_answer_that_takes_long_is_not_cut_off(impatient: Server) -> None:
    with impatient.connected() as connection:
        connection.sendall(GET.replace(b" / ", b" /slow "))
        first = answer(connection)
        connection.sendall(GET)  # nor the connection, which is used again
        assert (first, answer(connection)) == (200, 200)


def test_slow_connections_leave_the_others_quick() -> None:
    """As many as may be, twice over: half say nothing, half have begun a body."""
    with serving(most=SLOW // 2) as server, ExitStack() as held:
        for number in range(SLOW):
            connection = held.enter_context(server.connected())
            if number % 2:
                connection.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nx")
        latencies = []
        for _ in range(100):
            began = time.monotonic()
            with server.connected() as connection:
                connection.sendall(GET)
                assert answer(connection) == 200
            latencies.append(time.monotonic() - began)

    assert sorted(latencies)[98] < 1.0


def test_at_the_word_to_stop_answers_are_finished_and_the_process_ends_well() -> None:
    with serving() as server, server.connected() as busy, server.connected() as idle:
        idle.sendall(GET)
        answer(idle)
        busy.sendall(GET.replace(b" / ", b" /slow "))
        with server.connected() as ping:  # once this is answered, the busy one is being answered
            ping.sendall(GET)
            answer(ping)
        server.process.send_signal(signal.SIGTERM)

        assert rest(busy).startswith(b"HTTP/1.1 200")
        assert rest(idle) == b""
        assert server.process.wait(10) == 0
