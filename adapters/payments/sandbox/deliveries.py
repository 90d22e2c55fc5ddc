"""Signed events on their way to the accounts' webhooks, again and again until one is taken."""

import asyncio
import hashlib
import hmac

import httpx
import msgspec

from adapters.payments.sandbox.clock import Clock
from adapters.payments.sandbox.objects import Event
from adapters.payments.sandbox.settings import SandboxSettings
from adapters.payments.sandbox.store import Delivery, Store

AT_ONCE = 16  # per account


def signature(secret: str, payload: bytes, timestamp: int) -> str:
    """The Stripe-Signature header: https://docs.stripe.com/webhooks#verify-manually."""
    signed = f"{timestamp}.".encode() + payload
    return f"t={timestamp},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


class Courier:
    """Delivers what is due. Nothing waits for it, and what it has not delivered survives in the store.

    Deliveries of one account run side by side, so events arrive in any order, as Stripe warns they do.
    """

    def __init__(self, settings: SandboxSettings, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._wake = asyncio.Event()
        self._running: dict[int, asyncio.Task[None]] = {}

    def wake(self) -> None:
        """Something may have become due."""
        self._wake.set()

    async def run(self) -> None:
        """Until cancelled."""
        timeout = httpx.Timeout(self._settings.delivery_timeout_seconds)
        # Only the configured URLs are ever called: no redirects, no proxies from the environment.
        async with httpx.AsyncClient(timeout=timeout, follow_redirects=False, trust_env=False) as client:
            try:
                while True:
                    self._wake.clear()
                    self._start_due(client)
                    await self._rest()
            finally:
                for task in self._running.values():
                    task.cancel()
                await asyncio.gather(*self._running.values(), return_exceptions=True)

    def _start_due(self, client: httpx.AsyncClient) -> None:
        """One account's dead webhook must not keep the others waiting, so each has a share of its own."""
        now = self._clock.wall()
        for account in self._settings.by_id:
            for delivery in self._store.due_deliveries(account, now, AT_ONCE):
                if delivery.position not in self._running:
                    self._running[delivery.position] = asyncio.create_task(self._deliver(client, delivery))

    async def _rest(self) -> None:
        """Until woken, or until the next delivery is due that is not running already."""
        times = [due for account in self._settings.by_id if (due := self._store.next_due(account)) is not None]
        seconds = min(max(min(times) - self._clock.wall(), 0.0), 1.0) if times else 1.0
        if self._running:
            seconds = max(seconds, 0.05)
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _deliver(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        try:
            account = self._settings.by_id.get(delivery.account)
            event = self._store.account(delivery.account).find(Event, delivery.event)
            if account is None or account.webhook_url is None or event is None:
                self._store.settle_delivery(delivery.position, "given_up", delivery.due)
                return
            taken = await self._post(client, account.webhook_url, account.webhook_secret, msgspec.json.encode(event))
            self._settle(delivery, taken=taken)
        finally:
            del self._running[delivery.position]
            self._wake.set()

    async def _post(self, client: httpx.AsyncClient, url: str, secret: str, payload: bytes) -> bool:
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Stripe-Signature": signature(secret, payload, int(self._clock.wall())),
            "User-Agent": "Stripe/1.0 (kommobil sandbox)",
        }
        try:
            answer = await client.post(url, content=payload, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.is_success

    def _settle(self, delivery: Delivery, *, taken: bool) -> None:
        now = self._clock.wall()
        if taken:
            self._store.settle_delivery(delivery.position, "delivered", now)
        elif now - delivery.first_due > self._settings.give_up_after_seconds:
            self._store.settle_delivery(delivery.position, "given_up", now)
        else:
            # 2.0 ** 20 is far beyond the longest pause; a bigger exponent would only overflow in the end
            pause = self._settings.first_retry_seconds * 2.0 ** min(delivery.attempts, 20)
            due = now + min(pause, self._settings.longest_retry_seconds)
            self._store.settle_delivery(delivery.position, "pending", due)
