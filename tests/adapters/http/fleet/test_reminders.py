"""Reminders of what runs out in a fleet: found by the worker, told once each time by mail."""

from datetime import UTC, date, datetime, time, timedelta

import httpx
import pytest
from msgspec import Struct
from sqlalchemy import text

from domain.fleet.documents import HU_OF_RENTALS
from infra.fleet.books import FleetReminders, reminders
from infra.ids import new_id
from services.notices.ports import Message
from tests.adapters.http.fleet.test_drivers import VALID, employed
from tests.adapters.http.garage import AT, HU, MANAGER, REGISTRATION, TODAY, UVV, Garage, day
from tests.adapters.http.settled import settled
from tests.database import Databases
from tests.examples import TOWN_HALL

pytestmark = pytest.mark.database
PAPERS = [REGISTRATION, {"kind": "insurance", "valid_until": day(90)}, HU, UVV]


class Box:
    """Takes letters; one that comes again under its id is the same letter."""

    def __init__(self) -> None:
        self.letters: dict[str, Message] = {}

    async def send(self, message: Message) -> None:
        self.letters[str(message.id)] = message

    def emptied(self) -> list[Message]:
        found = sorted(self.letters.values(), key=lambda letter: letter.to)
        self.letters = {}
        return found


class Worker(Struct):
    """`after` is for how many days from today the clock is ahead."""

    garage: Garage
    box: Box
    after: int = 0

    def now(self) -> datetime:
        return datetime.combine(TODAY + timedelta(days=self.after), time(12), UTC)

    @property
    def bound(self) -> FleetReminders:
        app, relay = self.garage.database.app, self.garage.database.relay
        return reminders(app, relay, self.box, "cities.example", clock=self.now, new_id=new_id, written=lambda: None)

    async def works(self, after: int) -> list[Message]:
        """What is sent on that day, after the search has run twice, and each entry of the outbox twice."""
        self.after = after
        for _ in range(2):
            await self.bound.batch()
        sql = "SELECT id, kind, subject_id, written_at FROM outbox WHERE city = :city AND kind LIKE 'fleet.%' AND done_at IS NULL"
        for entry, kind, subject, at in await self.garage.database.rows(self.garage.seeded.city, sql):
            tell = self.bound.tell_of_papers if kind == "fleet.papers_due" else self.bound.tell_of_licence
            for _ in range(2):
                await tell(self.garage.seeded.city, subject, entry, at)
        async with self.garage.database.app.transactions.city(self.garage.seeded.city) as connection:
            done = "UPDATE outbox SET done_at = now() WHERE city = :city AND kind LIKE 'fleet.%'"
            await connection.execute(text(done), {"city": self.garage.seeded.city})
        return self.box.emptied()


@pytest.fixture
async def worker(at_noon: httpx.AsyncClient, database: Databases) -> Worker:
    garage = Garage(at_noon, database, await database.new_city(), AT)
    await settled(database, garage.seeded.city)
    await employed(garage, "grace", "fleet_manager", TOWN_HALL, MANAGER)
    await employed(garage, "harry", "fleet_manager", "harbour")
    return Worker(garage, Box())


async def test_whoever_runs_the_pool_is_told_once_at_each_time(worker: Worker) -> None:
    await worker.garage.added(documents=PAPERS)
    told = {after: await worker.works(after) for after in (29, 30, 31, 60, 83, 90, 91, 92, 120)}
    assert {after: "".join(letter.to for letter in letters) for after, letters in told.items()} == {
        29: "",
        **dict.fromkeys((30, 60, 83, 90, 91), "grace@example.org"),
        **dict.fromkeys((31, 92, 120), ""),
    }
    first, last = told[30][0], told[91][0]
    assert first.subject == "ID.3 (BS-KM 7E): Versicherung läuft ab"
    assert "- Versicherung: gilt bis " in first.text
    assert "- Versicherung: seit " in last.text
    assert "abgelaufen" in last.text


async def test_what_was_renewed_or_retired_is_not_reminded_of(worker: Worker) -> None:
    car = await worker.garage.added(documents=PAPERS)
    await worker.garage.ask("POST", f"fleet/vehicles/{car}/documents", {"kind": "insurance", "valid_until": day(300)})
    assert await worker.works(90) == []
    other = await worker.garage.added(documents=PAPERS, plate="BS-KM 8E")
    await worker.garage.ask("POST", f"fleet/vehicles/{other}/state", {"state": "retired"})
    assert await worker.works(91) == []


async def test_without_a_manager_the_operators_are_told(worker: Worker) -> None:
    garage = worker.garage
    await employed(garage, "olga", "operator", "")
    await garage.added(documents=PAPERS, pool_id=None, token=garage.operator)
    assert [letter.to for letter in await worker.works(90)] == ["olga@example.org"]


async def test_a_driver_and_her_manager_are_told_before_the_look_at_her_licence_is_over(worker: Worker) -> None:
    garage = worker.garage
    kim = await employed(garage, "kim", "driver", TOWN_HALL)
    seen = await garage.ask("POST", f"fleet/drivers/{kim}/licence-checks", VALID)
    last = date.fromisoformat(seen.json()["licence_checks"][0]["counts_until"])
    ahead = (last - TODAY).days
    letters = await worker.works(ahead - 30)
    assert [letter.to for letter in letters] == ["grace@example.org", "kim@example.org"]
    assert letters[1].subject == "Führerscheinkontrolle: Kim"
    assert "kein Schlüssel" in letters[1].text.replace("\n", " ").replace("keinen Schlüssel", "kein Schlüssel")
    assert await worker.works(ahead - 29) == []
    over = await worker.works(ahead + 1)
    assert "abgelaufen" in over[0].text
    await garage.ask("POST", f"fleet/drivers/{kim}/licence-checks", VALID | {"classes": ["B", "BE"]})
    assert await worker.works(ahead - 61) == []


async def test_what_becomes_a_rental_is_reminded_of_by_the_year_of_its_inspection(worker: Worker) -> None:
    """And found by it: the plaque says two years."""
    garage = worker.garage
    inspected = {"kind": "hu", "done_on": day(-200), "valid_until": day(400)}
    car = await garage.added(documents=[REGISTRATION, {"kind": "insurance", "valid_until": day(700)}, inspected, UVV])
    for number, paper in enumerate((UVV | {"done_on": day(0)}, REGISTRATION | {"rental": True})):
        await garage.ask("POST", f"fleet/vehicles/{car}/documents", paper, key=str(number))
    due = {each["id"] for each in (await garage.ask("GET", "fleet/vehicles", due_before=day(200))).json()["items"]}
    assert str(car) in due

    ahead = (HU_OF_RENTALS.last_day(TODAY - timedelta(days=200)) - TODAY).days
    told = [[letter.subject for letter in await worker.works(after)] for after in (ahead - 60, ahead - 59, ahead - 30)]
    assert told == [
        ["ID.3 (BS-KM 7E): Hauptuntersuchung läuft ab"],
        [],
        ["ID.3 (BS-KM 7E): Hauptuntersuchung läuft ab"],
    ]
    shown = await garage.shown(car)
    assert next(each["valid_until"] for each in shown["documents"] if each["kind"] == "hu") == day(400)
