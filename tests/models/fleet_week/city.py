"""A city's fleet for a week: who asks for what when, and what becomes of it. All of it follows from a seed."""

import heapq
import itertools
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

import httpx
import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from adapters.jobs.effects import Effects
from adapters.jobs.routes import routes
from adapters.mail.files import FileMailer
from domain.cities.finance import Accounting
from domain.identity import Role
from infra.bootstrap import Outside, Post, api, effects
from infra.clock import now
from infra.ids import new_id
from services.jobs.ports import Entry
from tests.adapters.database.lives import World
from tests.adapters.database.offices import add_car
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases
from tests.examples import TOWN_HALL
from tests.invoices import CITY
from tests.models.fleet_week.solver import Item, is_possible

READY_AFTER = timedelta(minutes=15)
KINDS = (("small", 4), ("small", 4), ("compact", 5), ("compact", 5), ("compact", 5), ("van", 7), ("van", 3))
"""Class and seats, again and again."""
WISHES: tuple[dict[str, Any], ...] = (
    {"attributes": {"seats": 2}},
    {"attributes": {"seats": 4}},
    {"attributes": {"seats": 5}},
    {"attributes": {"seats": 6}},
    {"class": "small"},
    {"class": "compact"},
    {"class": "van"},
)
HOURS = (7, 7, 8, 8, 8, 9, 9, 10, 10, 11, 12, 13, 13, 14, 15, 16, 18)
LASTS = (1, 1, 2, 2, 3, 4, 6, 9, 26)
CANCELLED, BROKEN, LATE = 0.08, 0.03, 0.05
TICK = timedelta(minutes=10)


class Size(Struct, frozen=True):
    vehicles: int
    requests: int
    drivers: int
    named: float = 0.3
    """How many of those who ask want a certain vehicle."""


class Moving:
    """A clock that only goes on when it is told."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


class Wish(Struct, frozen=True):
    """What somebody asks for; `vehicles` are those that would do."""

    driver: int
    start: datetime
    end: datetime
    body: dict[str, Any]
    vehicles: frozenset[str]

    @property
    def item(self) -> Item:
        return Item(self.start, self.end + READY_AFTER, self.vehicles)


class Tally(Struct):
    answers: Counter[str] = field(default_factory=Counter)
    wrongly_refused: list[str] = field(default_factory=list)
    unexpected: list[str] = field(default_factory=list)


class Week:
    """Everything goes through the API; the worker's sweeps and jobs run every ten minutes of the week."""

    def __init__(
        self, database: Databases, world: World, http: httpx.AsyncClient, clock: Moving, worker: Effects
    ) -> None:
        self.database = database
        self.world = world
        self.http = http
        self.clock = clock
        self.worker = worker
        self.routes = routes(worker)
        self.tally = Tally()
        self.fleet: dict[str, tuple[str, int]] = {}
        self.wishes: dict[str, Wish] = {}
        self.drivers = [world.actor(f"driver {number}", Role.DRIVER, pools=(TOWN_HALL,)) for number in range(60)]
        self._order = itertools.count()
        self._events: list[tuple[datetime, int, Any]] = []
        self.manager = self._token(None, Role.FLEET_MANAGER)

    def _token(self, person: Any, role: Role) -> str:
        lives = {"iat": min(now(), self.clock.at), "exp": now() + timedelta(days=30)}
        return a_token(self.world.city.city, role, person=person, pools=(TOWN_HALL,), **lives)

    async def fill(self, size: Size) -> None:
        """Vehicles at the town hall, and drivers whose licence somebody has seen."""
        settings = msgspec.json.encode(replace(CITY, accounting=Accounting(consultant=29098, client=55003))).decode()
        async with self.database.app.transactions.city(self.world.city.city) as connection:
            await connection.exec_driver_sql(
                "UPDATE cities SET settings = $1::jsonb WHERE city = $2", (settings, self.world.city.city)
            )
        for number in range(size.vehicles):
            kind, seats = KINDS[number % len(KINDS)]
            car = await add_car(
                self.world,
                f"{kind} {number}",
                seats=seats,
                vehicle_class=kind,
                pool_id=TOWN_HALL,
                shared=False,
                buffer_after_s=int(READY_AFTER.total_seconds()),
            )
            self.fleet[str(car.id)] = (kind, seats)
        for driver in self.drivers:
            await self.world.licensed(driver)

    # -- what happens

    def plan(self, size: Size, dice: Random, monday: datetime) -> None:
        """When each request comes; what follows from it is decided then, by the same dice."""
        for _ in range(size.requests):
            start = monday + timedelta(days=dice.choice((0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 6)), hours=dice.choice(HOURS))
            start += timedelta(minutes=dice.choice((0, 0, 0, 15, 30, 45)))
            wish = self._wish(dice, start, start + timedelta(hours=dice.choice(LASTS)), size)
            made = max(monday - timedelta(hours=12), start - timedelta(hours=dice.expovariate(1 / 20)))
            self._at(min(made, start - timedelta(minutes=1)), self._ask, wish, dice)

    def _wish(self, dice: Random, start: datetime, end: datetime, size: Size) -> Wish:
        driver = dice.randrange(len(self.drivers))
        if dice.random() < size.named:
            vehicle = dice.choice(sorted(self.fleet))
            return Wish(driver, start, end, {"resource_id": vehicle}, frozenset({vehicle}))
        asked = dice.choice(WISHES)
        kind, seats = asked.get("class"), asked.get("attributes", {}).get("seats", 1)
        fit = frozenset(v for v, (of, has) in self.fleet.items() if (kind is None or of == kind) and has >= seats)
        return Wish(driver, start, end, {"request": {"pool_id": TOWN_HALL} | asked}, fit)

    def _at(self, when: datetime, what: Any, *values: Any) -> None:
        heapq.heappush(self._events, (when, next(self._order), (what, values)))

    async def live(self, until: datetime) -> None:
        ticks = self._ticks(until)
        tick = next(ticks, None)
        while self._events or tick is not None:
            if tick is not None and (not self._events or tick <= self._events[0][0]):
                self.clock.at = tick
                await self._sweep()
                await self.work()
                tick = next(ticks, None)
                continue
            self.clock.at, _, (what, values) = heapq.heappop(self._events)
            await what(*values)
        while await self._sweep():
            pass
        await self.work()

    def _ticks(self, until: datetime) -> Iterator[datetime]:
        at = self.clock.at
        while at < until:
            at += TICK
            yield at

    async def _sweep(self) -> int:
        worker = self.worker
        return sum(
            [await sweep() for sweep in (worker.expire_holds, worker.assign, worker.keep_overdue, worker.close_unused)]
        )

    async def work(self) -> None:
        """All that follows, but letters."""
        sql = "SELECT id, kind, subject_id, written_at FROM outbox WHERE city = :city AND done_at IS NULL ORDER BY written_at, id"
        for id_, kind, subject, at in await self.world.rows(sql):
            for job in self.routes[kind]:
                if not job.name.startswith(("tell", "mail")):
                    await job.run(Entry(self.world.city.city, id_, kind, subject, at, attempts=1))
            await self.world.rows(
                "UPDATE outbox SET done_at = now() WHERE city = :city AND id = :id RETURNING id", id=id_
            )

    # -- the people

    async def post(self, path: str, body: Any, token: str) -> httpx.Response:
        answer = await self.http.post(f"/v1/{self.world.city.city}/{path}", json=body, headers=bearer(token))
        if answer.status_code >= 500:
            self.tally.unexpected.append(f"{path}: {answer.status_code} {answer.text}")
        return answer

    async def _ask(self, wish: Wish, dice: Random) -> None:
        times = {"start": wish.start.isoformat(), "end": wish.end.isoformat()}
        body = {"service": "fleet", "options": {"cost_centre": "5100"}} | times | wish.body
        answer = await self.post("bookings", body, self._driver(wish))
        said = answer.json()
        self.tally.answers["booked" if answer.status_code == 201 else said["code"]] += 1
        if answer.status_code != 201:
            if said["code"] != "resource_taken":
                self.tally.unexpected.append(f"{body}: {answer.text}")
            elif (possible := await self._was_possible(wish)) is None:
                self.tally.answers["refused, and whether rightly is not known"] += 1
            elif possible:
                self.tally.wrongly_refused.append(f"{self.clock.at}: {wish.body} {wish.start} to {wish.end}")
            return
        booking = said["id"]
        self.wishes[booking] = wish
        if dice.random() < CANCELLED:
            left = wish.start - self.clock.at
            self._at(self.clock.at + left * dice.random(), self._cancel, booking)
        else:
            late = timedelta(minutes=dice.randrange(10, 90)) if dice.random() < LATE else timedelta()
            breaks = dice.random() < BROKEN
            self._at(
                wish.start, self._start, booking, wish.end + late - timedelta(minutes=dice.choice((0, 0, 20))), breaks
            )

    def _driver(self, wish: Wish) -> str:
        return self._token(self.drivers[wish.driver].id, Role.DRIVER)

    async def _cancel(self, booking: str) -> None:
        answer = await self.post(f"bookings/{booking}/cancel", {}, self._driver(self.wishes[booking]))
        self.tally.answers["cancelled" if answer.status_code == 200 else f"cancel: {answer.json()['code']}"] += 1

    async def _start(self, booking: str, end: datetime, breaks: bool) -> None:
        """Who finds the vehicle not there yet waits a quarter of an hour, three times at most."""
        answer = await self.post(f"bookings/{booking}/start", {}, self._driver(self.wishes[booking]))
        said = answer.json()
        self.tally.answers["started" if answer.status_code == 200 else f"start: {said['code']}"] += 1
        if answer.status_code == 200:
            self._at(max(end, self.clock.at + timedelta(minutes=1)), self._finish, booking, breaks)
        elif said["code"] == "still_in_use" and self.clock.at < self.wishes[booking].start + timedelta(minutes=45):
            self._at(self.clock.at + timedelta(minutes=15), self._start, booking, end, breaks)

    async def _finish(self, booking: str, breaks: bool) -> None:
        answer = await self.post(f"bookings/{booking}/finish", {}, self._driver(self.wishes[booking]))
        self.tally.answers["finished" if answer.status_code == 200 else f"finish: {answer.json()['code']}"] += 1
        if breaks and answer.status_code == 200:
            await self._break(answer.json()["resource_id"])

    async def _break(self, vehicle: str) -> None:
        """It needs a day; whoever has it booked by then gets another one, or is told that there is none, and gives hers up."""
        body = {"reason": "Kupplung", "until": (self.clock.at + timedelta(days=1)).isoformat()}
        answer = await self.post(f"fleet/vehicles/{vehicle}/breakdown", body, self.manager)
        said = answer.json()
        self.tally.answers["broke down" if answer.status_code == 200 else f"breakdown: {said['code']}"] += 1
        for each in said["bookings"] if answer.status_code == 200 else ():
            self.tally.answers[each["outcome"]] += 1
            if each["outcome"] == "offered":
                await self._call_off(each["booking_id"])

    async def _call_off(self, booking: str) -> None:
        answer = await self.post(f"bookings/{booking}/cancel", {"reason": "Kupplung"}, self.manager)
        self.tally.answers["called off" if answer.status_code == 200 else f"call off: {answer.json()['code']}"] += 1

    # -- whether that was right

    async def _was_possible(self, wish: Wish) -> bool | None:
        """Asked of another solver, from the tables and from what everybody asked for."""
        taken: dict[str, list[tuple[datetime, datetime]]] = {}
        movable = []
        sql = """SELECT c.resource_id::text, c.claimed_from, c.claimed_until, b.id::text, coalesce(b.state IN ('held', 'confirmed')
            AND b.final_at IS NOT NULL, false) FROM claims c LEFT JOIN bookings b ON b.city = c.city AND b.id = c.booking_id
            WHERE c.city = :city AND c.claimed_until > :now"""
        for vehicle, start, end, booking, is_movable in await self.world.rows(
            sql, now=self.clock.at - timedelta(days=1)
        ):
            if is_movable:
                movable.append(Item(start, end, self.wishes[booking].vehicles))
            else:
                taken.setdefault(vehicle, []).append((start, end))
        return is_possible(wish.item, movable, taken)


async def begun(database: Databases, folder: Any, monday: datetime) -> Week:
    """On the evening before."""
    clock = Moving(monday - timedelta(hours=12))
    outside = Outside(clock, new_id, lambda secret: secret)
    worker = effects(database.app, database.relay, outside, Post(FileMailer(folder)))
    http = client(api(database.app, outside, {KEY_ID: KEY.public_key()}))
    return Week(database, World(database, await database.new_city()), http, clock, worker)
