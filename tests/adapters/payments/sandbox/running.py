"""A sandbox under a real server on loopback, a shop that listens for its webhooks, and the unmodified SDK between them."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
import stripe
import uvicorn

from adapters.payments.sandbox import Account, SandboxSettings, create_sandbox
from adapters.payments.sandbox.http import Application, Receive, Scope, Send
from infra.clock import now
from infra.ids import new_id

PATIENCE = 10.0


@contextmanager
def serving(application: Application) -> Iterator[str]:
    """The application's address, for as long as the block lasts."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        application, lifespan="on", ws="none", log_level="critical", access_log=False, timeout_graceful_shutdown=1
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
    thread.start()
    deadline = time.monotonic() + PATIENCE
    while not server.started:
        assert time.monotonic() < deadline, "the server did not start"
        assert thread.is_alive(), "the server stopped while starting"
        time.sleep(0.005)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(PATIENCE)
        listening.close()


@dataclass
class Shop:
    """What one test's webhooks got: path, body and signature. The planned statuses are answered first, 200 ever after."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    received: list[tuple[str, bytes, str]] = field(default_factory=list)

    def ids(self, path: str = "/city") -> list[str]:
        return [json.loads(body)["id"] for where, body, _ in self.received if where == path]


class HighStreet:
    """One server for all shops; the first part of the path says whose webhook was called."""

    def __init__(self) -> None:
        self.shops: dict[str, Shop] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        _, number, path = scope["path"].split("/", 2)
        shop = self.shops[number]
        body = (await receive())["body"]
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        shop.received.append((f"/{path}", body, headers["stripe-signature"]))
        status = shop.statuses.pop(0) if shop.statuses else 200
        elsewhere: list[tuple[bytes, bytes]] = (
            [(b"location", f"/{number}/elsewhere".encode())] if 300 <= status < 400 else []
        )
        head = [(b"content-length", b"0"), *elsewhere]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": b""})


@contextmanager
def high_street() -> Iterator[Callable[[], Shop]]:
    """A function that opens shops."""
    street = HighStreet()
    with serving(street) as url:

        def opened() -> Shop:
            number = str(len(street.shops))
            street.shops[number] = Shop(f"{url}/{number}")
            return street.shops[number]

        yield opened


def account(name: str, webhook_url: str | None = None) -> Account:
    return Account(
        id=f"acct_{name}",
        secret_key=f"sk_test_{name}",
        publishable_key=f"pk_test_{name}",
        webhook_secret=f"whsec_{name}",
        webhook_url=webhook_url,
    )


@dataclass
class Running:
    """Two cities' accounts on one sandbox; `city` is the SDK's client of the first, `neighbour` of the second."""

    url: str
    accounts: tuple[Account, Account]
    shop: Shop
    http: httpx.AsyncClient
    clients: list[stripe.HTTPXClient] = field(default_factory=list)

    @cached_property
    def city(self) -> stripe.StripeClient:
        return self.client(self.accounts[0].secret_key)

    @cached_property
    def neighbour(self) -> stripe.StripeClient:
        return self.client(self.accounts[1].secret_key)

    def client(self, key: str, retries: int = 0) -> stripe.StripeClient:
        # Loading the certificate authorities takes longer than most tests, and loopback has no certificates.
        http_client = stripe.HTTPXClient(timeout=PATIENCE, verify_ssl_certs=False)
        self.clients.append(http_client)
        return stripe.StripeClient(
            key, base_addresses={"api": self.url}, http_client=http_client, max_network_retries=retries
        )

    async def raw(self, method: str, path: str, key: str | None = None, **arguments: Any) -> httpx.Response:
        """What curl would send: no SDK between."""
        headers = {"Authorization": f"Bearer {key or self.accounts[0].secret_key}", **arguments.pop("headers", {})}
        return await self.http.request(method, self.url + path, headers=headers, **arguments)

    async def fault(self, method: str, path: str, kind: str, **more: object) -> None:
        body = {"method": method, "path": path, "kind": kind, **more}
        (await self.http.post(f"{self.url}/sandbox/faults", json=body)).raise_for_status()

    async def by_hand(self, path: str, **body: object) -> Any:
        """What a bank does, or time would bring: `/sandbox/...`."""
        answer = await self.http.post(f"{self.url}/sandbox/{path}", json=body)
        answer.raise_for_status()
        return answer.json()

    async def advance(self, seconds: int) -> None:
        (await self.http.post(f"{self.url}/sandbox/clock", json={"advance_seconds": seconds})).raise_for_status()

    async def authenticate(self, intent: stripe.PaymentIntent | stripe.SetupIntent, outcome: str = "succeed") -> Any:
        assert intent.next_action is not None
        assert intent.next_action.redirect_to_url is not None
        url = intent.next_action.redirect_to_url.url
        assert url is not None
        answer = await self.http.post(url, data={"outcome": outcome})
        answer.raise_for_status()
        return answer.json()

    async def event_types(self, client: stripe.StripeClient | None = None) -> list[str]:
        """What happened so far, oldest first."""
        listed = await (client or self.city).v1.events.list_async({"limit": 100})
        return [event.type for event in reversed(listed.data)]

    async def overview(self, index: int = 0) -> Any:
        return (await self.http.get(f"{self.url}/sandbox/overview")).json()["accounts"][index]


@asynccontextmanager
async def running(
    folder: Path, shop: Shop | None = None, *, clock: Callable[[], datetime] = now, pays_out_daily: bool = True
) -> AsyncIterator[Running]:
    """A sandbox with its state in `folder`, which delivers to `shop`; without one it gets a shop of its own."""
    if shop is None:
        with high_street() as opened:
            async with running(folder, opened(), clock=clock, pays_out_daily=pays_out_daily) as world:
                yield world
        return
    accounts = (account("city", f"{shop.url}/city"), account("neighbour", f"{shop.url}/neighbour"))
    settings = SandboxSettings(folder, accounts, clock, new_id, first_retry_seconds=0.02, pays_out_daily=pays_out_daily)
    with serving(create_sandbox(settings)) as url:
        async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as http:
            world = Running(url, accounts, shop, http)
            try:
                yield world
            finally:
                for client in world.clients:
                    await client.close_async()  # type: ignore[no-untyped-call]  # the SDK left it so


async def eventually(what: Callable[[], bool], why: str, patience: float = PATIENCE) -> None:
    """Wait for another process or thread, at most `patience` seconds."""
    deadline = time.monotonic() + patience
    while not what():
        assert time.monotonic() < deadline, why
        await asyncio.sleep(0.01)


async def held(sandbox: Running, amount: int = 3000, method: str = "pm_card_visa", **more: Any) -> stripe.PaymentIntent:
    """A confirmed payment with manual capture, paid by card."""
    return await sandbox.city.v1.payment_intents.create_async(
        {
            "amount": amount,
            "currency": "eur",
            "capture_method": "manual",
            "payment_method": method,
            "allowed_payment_method_types": ["card"],
            "confirm": True,
            **more,  # type: ignore[typeddict-item]
        }
    )


async def saved_card(sandbox: Running, method: str = "pm_card_visa") -> tuple[str, str]:
    """A new customer and her card, set up for payments in her absence and authenticated where the bank asked."""
    customer = await sandbox.city.v1.customers.create_async()
    intent = await sandbox.city.v1.setup_intents.create_async(
        {
            "customer": customer.id,
            "payment_method": method,
            "allowed_payment_method_types": ["card"],
            "confirm": True,
        }
    )
    if intent.status == "requires_action":
        await sandbox.authenticate(intent)
    return customer.id, str(intent.payment_method)


def told(refusal: stripe.StripeError) -> Any:
    """The error object of a refusal; the SDK types each of its parts as optional."""
    assert refusal.error is not None
    return refusal.error
