"""Many clients who want the same few charge points at the same time, and change their minds most of the time."""

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from uuid import UUID

from msgspec import Struct, field

from infra.ids import new_id
from tests.journeys.client import Connection, Reply
from tests.journeys.towns import QUARTER, VISA, Person, charging, midnight_in

RIVALS = 8  # so many attempts in a row aim at the same hour of the same charge point
CHURN = 0.9  # the share of bookings that are cancelled at once
KEPT = 2  # a client keeps so many of the others; then the oldest goes as well


class Arena(Struct, frozen=True):
    """What is fought for: charge points, over so many quarter hours from midnight (UTC) in so many days."""

    chargers: Sequence[UUID]
    days_ahead: int
    quarters: int = 192

    def orders(self, dice: random.Random) -> Iterator[dict[str, object]]:
        """Bodies of bookings without end, in groups that get in each other's way."""
        opens = midnight_in(self.days_ahead)
        while True:
            charger, middle = dice.choice(self.chargers), dice.randrange(2, self.quarters - 4)
            for _ in range(RIVALS):
                start = opens + QUARTER * (middle + dice.randint(-2, 2))
                yield charging(charger, start, dice.randint(1, 4))


class Tally(Struct):
    """What the clients saw. `seconds` are those of every answered POST of a booking; `paid` are payments."""

    attempts: int = 0
    created: int = 0
    refused: int = 0
    paid: int = 0
    cancelled: int = 0
    retries: int = 0
    seconds: list[float] = field(default_factory=list)
    unexpected: Counter[str] = field(default_factory=Counter)

    def within(self, share: float) -> float:
        """The time in which so large a share of the bookings was answered, in milliseconds."""
        ordered = sorted(self.seconds)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0

    def __str__(self) -> str:
        return (
            f"{self.attempts} attempts, {self.created} created, {self.refused} refused, {self.paid} paid, "
            f"{self.cancelled} cancelled, {self.retries} retries, "
            f"p50 {self.within(0.5):.0f} ms, p99 {self.within(0.99):.0f} ms"
        )


class Race:
    """One fight: `pays` says that each booking is paid with a card before it is cancelled or kept."""

    def __init__(self, arena: Arena, *, seed: int, pays: bool = False) -> None:
        self._orders = arena.orders(random.Random(seed))
        self._seed = seed
        self._pays = pays
        self._end = 0.0
        self.tally = Tally()

    async def run(self, people: Sequence[Person], seconds: float) -> None:
        self._end = time.monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for number, person in enumerate(people):
                group.create_task(self._fight(person, random.Random(f"{self._seed} {number}")))

    async def _fight(self, person: Person, dice: random.Random) -> None:
        kept: deque[str] = deque()
        with person.connection() as connection:
            while time.monotonic() < self._end:
                booking_id = await self._book(person, connection)
                if booking_id is None:
                    continue
                if self._pays:
                    await self._pay(person, connection, booking_id)
                kept.append(booking_id)
                if dice.random() < CHURN:
                    await self._cancel(person, connection, kept.pop())
                elif len(kept) > KEPT:
                    await self._cancel(person, connection, kept.popleft())

    async def _book(self, person: Person, connection: Connection) -> str | None:
        self.tally.attempts += 1
        reply = await self._insist(connection, person.path("bookings"), next(self._orders))
        if reply.status == 201:
            self.tally.created += 1
            return str(reply.json["id"])
        if reply.code == "resource_taken":
            self.tally.refused += 1
        else:
            self._note("book", reply)
        return None

    async def _pay(self, person: Person, connection: Connection, booking_id: str) -> None:
        reply = await self._insist(connection, person.path(f"bookings/{booking_id}/payment"), VISA)
        if reply.status == 200 and reply.json["state"] == "authorised":
            self.tally.paid += 1
        else:
            self._note("pay", reply)

    async def _cancel(self, person: Person, connection: Connection, booking_id: str) -> None:
        reply = await self._insist(connection, person.path(f"bookings/{booking_id}/cancel"), {})
        if reply.status == 200 and reply.json["state"] == "cancelled":
            self.tally.cancelled += 1
        else:
            self._note("cancel", reply)

    async def _insist(self, connection: Connection, path: str, body: object) -> Reply:
        """Ask again, under the same key, what the server is too busy to say now."""
        key, pause = new_id().hex, 0.02
        while True:
            reply = await connection.post(path, body, key)
            if path.endswith("bookings"):
                self.tally.seconds.append(reply.seconds)
            if reply.status != 503 and reply.code != "in_flight":
                return reply
            self.tally.retries += 1
            await asyncio.sleep(pause)
            pause = min(2 * pause, 0.5)

    def _note(self, what: str, reply: Reply) -> None:
        self.tally.unexpected[f"{what}: {reply.status} {reply.code or reply.json.get('state')}"] += 1
