"""`kommobil up`: one command starts all, one signal stops all."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from infra.supervision import bind_listener
from tests.infra.command_line import CITY
from tests.infra.processes import ROOT, processes_of, until
from tests.servers import copied

READY = "kommobil is ready on http://127.0.0.1:"
STRIPE = "  Stripe          http://127.0.0.1:"
# Without KOMMOBIL_*: what somebody else's shell says is not the tests' installation.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("KOMMOBIL_")}


def answer(port: int, path: str, token: str | None = None) -> tuple[int, Any]:
    """Status and JSON of a GET on loopback."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"authorization": f"Bearer {token}"} if token else {})
    said = connection.getresponse()
    content = json.loads(said.read())
    connection.close()
    return said.status, content


class Up:
    """A running `kommobil up`; `lines` is what it has said so far."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self.port = 0

    def read_line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, f"it ended: {self.lines}"
        self.lines.append(line.rstrip("\n"))
        return self.lines[-1]

    def wait_until_ready(self) -> None:
        while not self.read_line().startswith(READY):
            pass
        self.port = int(self.lines[-1].removeprefix(READY))

    def get(self, path: str, token: str | None = None) -> tuple[int, Any]:
        return answer(self.port, path, token)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        said, _ = self.process.communicate(timeout=60)
        self.lines += said.splitlines()
        return self.process.returncode


def kommobil(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "infra.cli", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, env=ENVIRONMENT, capture_output=True, text=True, check=False)


@contextmanager
def running(data: Path, *words: str) -> Iterator[Up]:
    """Started and ready; stopped at the end at the latest, by force."""
    command = [sys.executable, "-m", "infra.cli", "up", "--port", "0", "--workers", "1", "--data", str(data), *words]
    process = subprocess.Popen(command, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)
    with process:
        try:
            up = Up(process)
            up.wait_until_ready()
            yield up
        finally:
            process.kill()


@pytest.fixture
def data(cluster: Path, tmp_path: Path) -> Path:
    """A data folder whose PostgreSQL has been made already, to save the tests' time."""
    return copied(cluster, tmp_path / "data").root


def test_one_command_starts_all_and_one_signal_stops_all_and_loses_nothing(data: Path) -> None:
    with running(data) as up:
        assert up.lines[:-1] == ["the demo city braunschweig is loaded", "the demo city wolfsburg is loaded"]
        assert up.get("/readyz")[0] == 200
        said = kommobil(
            *("token", "--data", data, "--city", "braunschweig", "--email", "ada@example.org", "--role", "resident")
        )
        assert (said.returncode, said.stderr) == (0, "")
        bookings = "/v1/braunschweig/bookings"
        assert up.get(bookings, said.stdout.strip()) == (200, {"items": [], "next_cursor": None})
        assert up.get(bookings)[0] == 401
        granted = kommobil("role", "grant", "ada@example.org", "operator", "--city", "wolfsburg", "--data", data)
        assert granted.returncode == 0
        assert up.stop() == 0
    assert processes_of(data) == set()
    with running(data) as up:
        assert up.lines == [f"{READY}{up.port}"]
        held = kommobil("role", "list", "--city", "wolfsburg", "--data", data, "--json")
        assert [grant["email"] for grant in json.loads(held.stdout)] == ["ada@example.org"]
        assert up.get("/v1/braunschweig/bookings", said.stdout.strip())[0] == 200
        assert up.stop(signal.SIGINT) == 0
    assert processes_of(data) == set()


def test_a_city_that_opens_meanwhile_takes_money_at_once(data: Path, tmp_path: Path) -> None:
    account = {
        "account": "acct_okerstadt",
        "publishable_key": "pk_test_okerstadt",
        "secret_key": "file:secrets/okerstadt",
        "webhook_secret": "file:secrets/okerstadt-webhook",
    }
    file = tmp_path / "city.json"
    file.write_text(json.dumps({"city": "okerstadt"} | CITY | {"stripe": account}))
    with running(data, "--no-demo") as up:
        while not up.lines[-1].startswith(STRIPE):
            up.read_line()
        stripe = int(up.lines[-1].removeprefix(STRIPE))
        assert kommobil("city", "add", file, "--data", data).returncode == 0
        until((data / "secrets" / "okerstadt-webhook").exists)
        key = (data / "secrets" / "okerstadt").read_text()
        until(lambda: answer(stripe, "/v1/balance", key)[0] == 200)
        assert answer(stripe, "/v1/balance", "sk_test_of_nobody")[0] == 401
        assert up.stop() == 0


def test_a_killed_up_takes_its_processes_along_and_the_next_one_takes_over(data: Path) -> None:
    with running(data, "--no-demo") as up:
        children = _children(up.process.pid)
        assert (
            len([child for child in children if b"infra.serving" in _command(child)]) == 4
        )  # API, worker, sandbox, stations
        up.process.kill()
        up.process.wait()
        until(lambda: not any(b"infra.serving" in _command(child) for child in children))
    with running(data, "--no-demo") as up:
        assert "PostgreSQL was still running and is taken over" in up.lines
        assert up.get("/readyz")[0] == 200
        assert up.stop() == 0
    assert processes_of(data) == set()


def test_a_data_folder_serves_one_up_at_a_time(data: Path) -> None:
    with running(data, "--no-demo") as up:
        second = kommobil("up", "--port", "0", "--data", data)
        assert (second.returncode, second.stdout) == (1, "")
        assert f"another kommobil is running on the data folder {data}" in second.stderr
        assert up.get("/readyz")[0] == 200
        assert up.stop() == 0


def test_a_port_in_use_is_said_before_anything_is_started(data: Path) -> None:
    with bind_listener("127.0.0.1", 0) as taken:
        said = kommobil("up", "--port", taken.getsockname()[1], "--data", data)
    assert (said.returncode, said.stdout) == (1, "")
    assert "cannot be used: Address already in use. Stop what uses it, or choose another --port" in said.stderr
    assert processes_of(data) == set()


def _command(number: int) -> bytes:
    try:
        return Path(f"/proc/{number}/cmdline").read_bytes()
    except OSError:
        return b""


def _children(parent: int) -> list[int]:
    return [int(word) for word in Path(f"/proc/{parent}/task/{parent}/children").read_text().split()]
