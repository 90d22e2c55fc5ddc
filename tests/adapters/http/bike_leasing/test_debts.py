"""Whoever owes something for leases is reminded of it by the city's policy: a step at a time, each once, until it came."""

import asyncio
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from msgspec import Struct
from msgspec.json import encode
from msgspec.structs import replace
from sqlalchemy import text

from adapters.database.bike_leasing.debts import SqlDebts, due_debts
from adapters.mail.lease_debts import debt_composer
from domain.cities.finance import DunningPolicy, DunningStep
from infra.clock import now
from infra.ids import new_id
from services.bike_leasing.money.reminding import tell_of_debt
from services.notices.ports import Message
from tests.adapters.http.bike_leasing.test_payments import Treasury, treasury
from tests.adapters.http.bike_leasing.test_receivables import RATE, leased
from tests.invoices import CITY

__all__ = ("treasury",)
pytestmark = pytest.mark.database
POLICY = DunningPolicy(date(2026, 1, 1), (DunningStep(7), DunningStep(21, 500)), "Rat")
NEWS = "SELECT id, subject_id, written_at FROM outbox WHERE city = :city AND kind = 'bike_leasing.debtor_reminded' ORDER BY id"


class Post(Struct):
    """What the worker does, by a clock that is set."""

    treasury: Treasury
    sent: dict[UUID, Message]
    time: datetime

    @property
    def debts(self) -> SqlDebts:
        transactions = self.treasury.office.database.app.transactions
        return SqlDebts(transactions, lambda: self.time, new_id, lambda: None)

    async def send(self, message: Message) -> None:
        self.sent[message.id] = message

    async def look(self, days: int) -> list[str]:
        """So many days after it was due, twice; the subjects of the letters that are sent then, each entry handed out twice."""
        (row,) = await self.treasury.rows("SELECT min(due_on) AS due_on FROM lease_charges WHERE city = :city")
        self.time = datetime.combine(row.due_on, time(12), ZoneInfo(CITY.time_zone)) + timedelta(days=days)
        city = self.treasury.office.city
        relay = self.treasury.office.database.relay.transactions
        assert city in await due_debts(relay, self.time, 1000)
        for _ in range(2):
            await self.debts.look(city)
        assert city not in await due_debts(relay, self.time, 1000)
        self.sent.clear()
        for news in await self.treasury.rows(NEWS):
            for _ in range(2):
                await tell_of_debt(
                    city,
                    news.subject_id,
                    news.id,
                    news.written_at,
                    books=self.debts,
                    compose=debt_composer(),
                    mailer=self,
                )
        return sorted(f"{each.to} {each.subject}" for each in self.sent.values())


@pytest.fixture
async def post(treasury: Treasury) -> Post:
    office = treasury.office
    async with office.database.app.transactions.city(office.city) as connection:
        await connection.execute(
            text("UPDATE cities SET settings = CAST(:settings AS jsonb) WHERE city = :city"),
            {"city": office.city, "settings": encode(replace(CITY, dunning=(POLICY,))).decode()},
        )
    await leased(treasury, 1, 0)
    employer = (
        "INSERT INTO role_grants (city, person_id, role, party_id, granted_at) VALUES (:city, :id, 'hr', :party, now())"
    )
    (row,) = await treasury.rows("SELECT employer FROM lease_charges WHERE city = :city")
    async with office.database.app.transactions.city(office.city) as connection:
        await connection.execute(text(employer), {"city": office.city, "id": office.ada, "party": row.employer})
    return Post(treasury, {}, now())


async def test_an_employer_is_reminded_a_step_at_a_time_until_it_has_paid(post: Post) -> None:
    treasury, hr = post.treasury, f"{post.treasury.office.ada}@example.org"
    assert await post.look(6) == []
    (first,) = await post.look(7)
    assert first.startswith(f"{hr} 1. Erinnerung: Leasing ")
    (letter,) = post.sent.values()
    (owed,) = (await treasury.get("lease-receivables"))["items"]
    assert (owed["reminders"], owed["open"]["amount"]) == (1, RATE)
    assert owed["reference"] in letter.text.replace("\n", " ")
    assert "125,60" in letter.subject

    await post.look(21)

    (owed,) = (await treasury.get("lease-receivables"))["items"]
    assert (owed["reminders"], owed["open"]["amount"]) == (2, RATE + 500)
    balances = await treasury.balances()
    assert (balances["leasing_employers"], balances["damages"]) == (RATE + 500, -500)
    await treasury.booked((RATE + 500, owed["reference"]))
    assert await post.look(60) == [], "what was paid nobody is reminded of, nor told again"
    assert "leasing_employers" not in await treasury.balances()


async def test_a_holder_is_reminded_of_a_debit_that_came_back_from_that_day_on(treasury: Treasury) -> None:
    office = treasury.office
    await leased(treasury, 1, 1)
    back = "UPDATE lease_collections SET state = 'returned', intent_id = 'pi', updated_at = '2027-03-01 09:00Z' WHERE city = :city RETURNING id"
    await treasury.rows(back)
    (owed,) = (await treasury.get("lease-receivables"))["items"]
    assert owed["due_on"] == "2027-03-01"
    async with office.database.app.transactions.city(office.city) as connection:
        await connection.execute(
            text("UPDATE cities SET settings = CAST(:settings AS jsonb) WHERE city = :city"),
            {"city": office.city, "settings": encode(replace(CITY, dunning=(POLICY,))).decode()},
        )
    sender = Post(treasury, {}, datetime(2027, 3, 7, 12, tzinfo=UTC))
    assert await sender.debts.look(office.city) == 0
    sender.time = datetime(2027, 3, 8, 12, tzinfo=UTC)
    assert await sender.debts.look(office.city) == 1
    ((holder, step),) = await treasury.rows("SELECT holder_id, step FROM lease_reminders WHERE city = :city")
    assert (str(holder), step) == (owed["holder_id"], 1)


async def test_two_that_look_at_once_remind_once(post: Post) -> None:
    city = post.treasury.office.city
    post.time = now() + timedelta(days=400)
    found = await asyncio.gather(*(post.debts.look(city) for _ in range(4)))
    assert sorted(found) == [0, 0, 0, 1], "a step a day, however long nobody looked"
    post.time += timedelta(days=1)
    found = await asyncio.gather(*(post.debts.look(city) for _ in range(4)))
    rows = await post.treasury.rows("SELECT step, fee FROM lease_reminders WHERE city = :city ORDER BY step")
    assert [tuple(row) for row in rows] == [(1, 0), (2, 500)]
