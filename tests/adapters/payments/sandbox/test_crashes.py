"""`kill -9` at any moment: what was answered is there, what was asked twice happened once, what happened is told."""

import asyncio
import signal
import socket
import sqlite3
import sys
import time
from asyncio.subprocess import Process
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.payments.sandbox.store import Store
from tests.adapters.payments.sandbox.running import Running, Shop, account, eventually

KEY = {"Authorization": f"Bearer {account('city').secret_key}"}
HOLD = {
    "amount": "1000",
    "currency": "eur",
    "capture_method": "manual",
    "payment_method": "pm_card_visa",
    "allowed_payment_method_types[0]": "card",
    "confirm": "true",
}


async def started(folder: Path, listening: socket.socket, webhook: str) -> Process:
    """A sandbox on a socket that outlives it: callers queue while nobody answers, and nobody else can take the port."""
    module, number = "tests.adapters.payments.sandbox.server", str(listening.fileno())
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, str(folder), number, webhook, pass_fds=(listening.fileno(),)
    )
    host, port = listening.getsockname()
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        assert (await client.get(f"http://{host}:{port}/healthz")).status_code == 200
    return process


async def insist(client: httpx.AsyncClient, path: str, key: str, form: dict[str, str], *, until: float) -> Any:
    """Repeat the call under its key until it is answered, as a completer does."""
    while time.monotonic() < until:
        try:
            answer = await client.post(path, data=form, headers={**KEY, "Idempotency-Key": key})
        except httpx.TransportError:
            await asyncio.sleep(0.02)
        else:
            assert answer.status_code == 200, answer.text
            return answer.json()
    raise AssertionError(f"{key} was not answered")


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.full)])
async def test_killed_again_and_again_the_sandbox_neither_loses_nor_doubles(
    tmp_path: Path, street: Callable[[], Shop], kills: int
) -> None:
    shop, payments = street(), 0
    webhook = f"{shop.url}/city"
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    process = await started(tmp_path, listening, webhook)
    until = time.monotonic() + 60 + 30 * kills

    async def write(client: httpx.AsyncClient, writer: int, stop: asyncio.Event) -> list[str]:
        nonlocal payments
        made: list[str] = []
        while not stop.is_set():
            key = f"{writer}-{len(made)}"
            intent = await insist(client, "/v1/payment_intents", key, HOLD, until=until)
            path = f"/v1/payment_intents/{intent['id']}/capture"
            taken = await insist(client, path, f"{key}-capture", {"amount_to_capture": "700"}, until=until)
            assert taken["amount_received"] == 700
            made.append(intent["id"])
            payments += 1
        return made

    stop = asyncio.Event()
    async with httpx.AsyncClient(base_url=url, timeout=5, trust_env=False) as client:
        writers = [asyncio.create_task(write(client, number, stop)) for number in range(4)]
        for _ in range(kills):
            goal = payments + 8
            await eventually(lambda goal=goal: payments >= goal, "the writers go on", 60)  # type: ignore[misc]
            process.send_signal(signal.SIGKILL)
            await process.wait()
            process = await started(tmp_path, listening, webhook)
        stop.set()
        answered = [identifier for made in await asyncio.gather(*writers) for identifier in made]
        try:
            overview = (await client.get("/sandbox/overview")).json()["accounts"][0]
            assert sorted(each["id"] for each in overview["payments"]) == sorted(answered)
            assert {(each["captured"], each["fees"], len(each["charges"])) for each in overview["payments"]} == {
                (700, 36, 1)
            }
            told = 5 * len(answered)
            await eventually(lambda: len(set(shop.ids())) == told, "every event is delivered at last", 60)
        finally:
            process.terminate()
            await process.wait()
            listening.close()


def test_one_file_serves_one_sandbox_at_a_time(tmp_path: Path) -> None:
    first = Store(tmp_path)
    try:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            Store(tmp_path)
    finally:
        first.close()
    Store(tmp_path).close()


def test_the_state_is_readable_for_its_owner_only(tmp_path: Path) -> None:
    Store(tmp_path / "stripe").close()
    assert (tmp_path / "stripe").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "stripe" / "stripe-sandbox.sqlite3").stat().st_mode & 0o777 == 0o600


async def test_a_request_that_breaks_off_has_no_effect(sandbox: Running) -> None:
    host, port = sandbox.url.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = (
        f"POST /v1/payment_intents HTTP/1.1\r\nHost: {host}\r\nAuthorization: {KEY['Authorization']}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\n"
    )
    writer.write(head.encode() + b"amount=1000&currency=eur")
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    # The sandbox answers one request after the other: once this one is answered, the broken one was dealt with.
    for _ in range(3):
        assert (await sandbox.city.v1.payment_intents.list_async()).data == []
