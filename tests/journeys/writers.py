"""Writers who do not give up: what was not answered is asked again, under the same key, until it is."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID

from msgspec import Struct

from infra.ids import new_id
from tests.journeys.client import Connection, Reply, Unanswered
from tests.journeys.towns import QUARTER, VISA, Person, charging, midnight_in

CHANGED_MIND = 0.5  # the share of the paid bookings that are cancelled
PAUSE_S = 0.05  # before something is asked again
PATIENCE_S = 120.0  # until it is answered


class Wish(Struct):
    """A booking that somebody wants: what was sent under which key, and what came of it as far as she knows."""

    person: Person
    body: dict[str, object]
    key: str
    answer: bytes = b""
    booking_id: str = ""
    cancelled: bool = False


def quarters(chargers: Sequence[UUID], days_ahead: int, dice: random.Random) -> Iterator[dict[str, object]]:
    """Bodies of bookings that do not get in each other's way: every quarter hour of three days, in no order."""
    opens = midnight_in(days_ahead)
    places = [(charger, opens + QUARTER * n) for charger in chargers for n in range(3 * 96)]
    dice.shuffle(places)
    for charger, start in places:
        yield charging(charger, start, 1)


class Unheard(Struct, frozen=True):
    """A request that nobody answered: when it was sent, and when that was known, on the monotonic clock."""

    sent: float
    given_up: float


class Writers:
    """`done_unheard` counts those of the unanswered requests that turned out to be done."""

    def __init__(self, people: Sequence[Person], bodies: Iterator[dict[str, object]], seed: int) -> None:
        self._people = people
        self._bodies = bodies
        self._seed = seed
        self._connections = [person.connection() for person in people]
        self._stop = asyncio.Event()
        self.wishes: list[Wish] = []
        self.answered = 0
        self.unanswered: list[Unheard] = []
        self.done_unheard = 0

    @property
    def in_flight(self) -> int:
        return sum(connection.in_flight for connection in self._connections)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """Everybody writes meanwhile, and has an answer to everything at the end; a failure of theirs ends the block."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._run())
            yield
            self._stop.set()

    async def some_answers(self, count: int) -> None:
        """Wait for so many more."""
        enough = self.answered + count
        async with asyncio.timeout(PATIENCE_S):
            while self.answered < enough:  # noqa: ASYNC110 - the effect itself is looked at
                await asyncio.sleep(0.01)

    async def _run(self) -> None:
        try:
            async with asyncio.TaskGroup() as group:
                for number, person in enumerate(self._people):
                    dice = random.Random(f"{self._seed} {number}")
                    group.create_task(self._write(person, self._connections[number], dice))
        finally:
            for connection in self._connections:
                connection.close()

    async def _write(self, person: Person, connection: Connection, dice: random.Random) -> None:
        while not self._stop.is_set():
            wish = Wish(person, next(self._bodies), new_id().hex)
            self.wishes.append(wish)
            booked = await self._insist(connection, person.path("bookings"), wish.body, wish.key)
            assert booked.status == 201, booked.body
            wish.answer, wish.booking_id = booked.body, booked.json["id"]
            path = person.path(f"bookings/{wish.booking_id}")
            paid = await self._insist(connection, f"{path}/payment", VISA, new_id().hex)
            assert (paid.status, paid.json.get("state")) == (200, "authorised"), paid.body
            if dice.random() < CHANGED_MIND:
                cancelled = await self._insist(connection, f"{path}/cancel", {}, new_id().hex)
                assert (cancelled.status, cancelled.json.get("state")) == (200, "cancelled"), cancelled.body
                wish.cancelled = True

    async def _insist(self, connection: Connection, path: str, body: object, key: str) -> Reply:
        """The answer, however often it has to be asked for. Raises TimeoutError after two minutes."""
        asked_before = False
        async with asyncio.timeout(PATIENCE_S):
            while True:
                sent = time.monotonic()
                try:
                    reply = await connection.post(path, body, key)
                except Unanswered:
                    self.unanswered.append(Unheard(sent, time.monotonic()))
                    asked_before = True
                except ConnectionRefusedError:
                    pass  # nobody is there
                else:
                    if reply.status != 503 and reply.code != "in_flight":
                        self.answered += 1
                        self.done_unheard += asked_before and "idempotency-replayed" in reply.headers
                        return reply
                await asyncio.sleep(PAUSE_S)
