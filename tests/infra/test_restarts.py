"""Processes of the API are restarted under load, and nobody is told of a failure that trying again does not mend."""

import asyncio
import os
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from domain.identity import Actor, PersonId, Role
from infra.clock import now
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from infra.supervision import LONGEST_PAUSE
from infra.tokens import signing_key
from tests.database import Databases, SeededCity
from tests.infra.processes import until
from tests.infra.serving import Serving

pytestmark = pytest.mark.database
CLIENTS = 8
RESTARTS = (
    8 if os.environ.get("KOMMOBIL_FULL") else 1
)  # one after another they wait longer each time, up to half a minute
PATIENCE_S = LONGEST_PAUSE + 15
TRIES = 20
PAUSE_S = 0.05  # of each client between two bookings: the hours of ten months last through all restarts
RETRYABLE = {429, 503}


@pytest.fixture
def serving(postgres: DatabaseUrls, database: Databases, redis_url: str, tmp_path: Path) -> Iterator[Serving]:
    with Serving.of(postgres, tmp_path, redis_url, rate_limits="off") as serving:
        yield serving


class Bookers:
    """They book an hour each, again and again, until told to stop; the same key until there is an answer."""

    def __init__(self, serving: Serving, city: SeededCity) -> None:
        self._address = serving.address
        self._key = signing_key(serving.settings)
        self._city = city
        self._slots = iter(range(2 * 24, 2 * 24 * 300))
        self.stop = asyncio.Event()
        self.answers: Counter[int] = Counter()
        self.failures: list[str] = []
        self.tried_again = 0

    async def book(self) -> None:
        async with httpx.AsyncClient(base_url=self._address, timeout=30) as http:
            while not self.stop.is_set():
                await self._one(http, *divmod(next(self._slots), 2))
                await asyncio.sleep(PAUSE_S)

    async def go_on(self) -> None:
        """Returns when fifty more are answered."""
        wanted = sum(self.answers.values()) + 50
        await asyncio.to_thread(until, lambda: sum(self.answers.values()) > wanted)

    async def _one(self, http: httpx.AsyncClient, hour: int, point: int) -> None:
        actor = Actor(PersonId(new_id()), self._city.city, frozenset({Role.RESIDENT}))
        token = self._key.access_token(actor, now(), timedelta(minutes=10))
        headers = {"authorization": f"Bearer {token}", "idempotency-key": new_id().hex}
        start = now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=hour)
        body = {
            "service": "charging",
            "resource_id": str(self._city.charge_points[point].id),
            "start": start.isoformat(),
            "end": (start + timedelta(hours=1)).isoformat(),
        }
        for _ in range(TRIES):
            try:
                answer = await http.post(f"/v1/{self._city.city}/bookings", json=body, headers=headers)
            except httpx.TransportError:
                self.tried_again += 1
                continue
            if answer.status_code not in RETRYABLE:
                self.answers[answer.status_code] += 1
                if answer.status_code != 201:
                    self.failures.append(answer.text)
                return
            self.tried_again += 1
            await asyncio.sleep(0.05)
        self.failures.append(f"no answer after {TRIES} tries")


def ended(serving: Serving, number: int) -> None:
    """Wait until so many processes have ended, and two run again."""
    until(lambda: serving.said().count("ended with exit code") == number)
    until(lambda: len(serving.children()) == 2, PATIENCE_S)


async def test_processes_are_restarted_under_load_without_a_failure(serving: Serving, database: Databases) -> None:
    bookers = Bookers(serving, await database.new_city())
    booking = [asyncio.create_task(bookers.book()) for _ in range(CLIENTS)]
    try:
        for number in range(1, RESTARTS + 1):
            await bookers.go_on()
            serving.children()[0].terminate()
            await asyncio.to_thread(ended, serving, number)
    finally:
        bookers.stop.set()
        await asyncio.gather(*booking)

    assert bookers.failures == []
    assert set(bookers.answers) == {201}
    assert serving.said().count("ended with exit code 0;") == RESTARTS, serving.said()
    assert bookers.tried_again < bookers.answers[201] / 10
