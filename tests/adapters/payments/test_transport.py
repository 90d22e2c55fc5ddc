"""Requests to Stripe whose askers are gone before they are answered."""

import asyncio
from pathlib import Path

import stripe

from adapters.payments.transport import WholeTransport
from tests.adapters.payments.sandbox.running import running
from tests.services.ledger.whole.cutting import Cut

AWAITS = 12  # some more than a request has
TIMES = 60


async def _balance(client: stripe.StripeClient, at: int) -> None:
    await Cut(client.v1.balance.retrieve_async(), at)


async def test_however_many_are_cut_off_wherever_they_wait_others_are_still_answered(tmp_path: Path) -> None:
    async with running(tmp_path / "stripe") as sandbox:
        transport = WholeTransport(5)
        client = stripe.StripeClient(
            sandbox.accounts[0].secret_key,
            http_client=transport,
            max_network_retries=0,
            base_addresses={"api": sandbox.url},
        )
        cut = 0
        for _ in range(TIMES):
            tasks = [asyncio.create_task(_balance(client, at)) for at in range(1, AWAITS)]
            await asyncio.wait(tasks)
            cut += sum(task.cancelled() for task in tasks)
        assert cut >= TIMES
        assert (await client.v1.balance.retrieve_async()).object == "balance"
        await transport.close_async()
