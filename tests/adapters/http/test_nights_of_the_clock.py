"""The two nights on which the clock is set, and the ends of months, from the wire to the holder's letter and calendar."""

import email
import email.policy
import re
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import insert, text

from adapters.database import tables
from adapters.jobs.effects import Effects
from adapters.jobs.routes import routes
from adapters.mail.files import FileMailer
from domain.booking.bookings import BookingId, State
from domain.booking.resources import Resource, Service
from domain.identity import PersonId, Role
from domain.money import Money
from domain.pricing.tariffs import Tariff, TimePrice, TimeUnit
from domain.pricing.windows import Window
from infra.bootstrap import Outside, Post, api, effects
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from services.jobs.ports import Entry
from tests.adapters.jobs.desk import Clock
from tests.adapters.mail.notices import BRAUNSCHWEIG
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases, SeededCity, migrated
from tests.examples import CHARGING_STANDARD, POLICIES, a_booking, a_payment
from tests.servers import own_database

pytestmark = pytest.mark.database

ADA = "ada@example.org"
BY_NIGHT = (
    Window(Decimal(6), "zwei bis drei", from_="02:00", to="03:00"),
    Window(Decimal("1.20"), "Nacht", from_="22:00", to="06:00"),
)
NIGHTLY = replace(
    CHARGING_STANDARD, version=2, time=TimePrice(TimeUnit.HOUR, Decimal("2.40"), step_s=60, windows=BY_NIGHT)
)


@pytest.fixture(scope="module")
async def anew(postgres: DatabaseUrls) -> AsyncIterator[Databases]:
    """A database of this module's own: its clock is months ahead, and what is done by the clock is done for all cities."""
    async with own_database(postgres) as urls, migrated(urls) as databases:
        yield databases


class Town(Struct, frozen=True):
    """Ada in Braunschweig, the API and the worker by a clock of the test's own."""

    database: Databases
    city: SeededCity
    http: httpx.AsyncClient
    clock: Clock
    work: Effects
    mail: Path
    ada: PersonId

    async def ask(self, method: str, path: str, body: Any = None, role: Role = Role.RESIDENT) -> Any:
        now = self.clock()
        token = a_token(self.city.city, role, person=self.ada, iat=now, exp=now + timedelta(minutes=10))
        key = new_id().hex if role is Role.OPERATOR else None
        answer = await self.http.request(method, f"/v1/{self.city.city}{path}", json=body, headers=bearer(token, key))
        assert answer.status_code < 300, answer.text
        return answer.json()

    async def held(self, resource: Resource, start: str, end: str, **options: Any) -> Any:
        wish: dict[str, Any] = {
            "service": resource.service,
            "resource_id": str(resource.id),
            "start": start,
            "end": end,
        }
        wish |= {"options": options} if options else {}
        quote = await self.ask("POST", "/quotes", wish)
        booking = await self.ask("POST", "/bookings", {"quote_id": quote["id"]})
        assert (booking["price"], booking["quote"]["lines"]) == (quote["total"], quote["lines"])
        return booking

    async def confirmed(self, resource: Resource, start: str, end: str, **options: Any) -> Any:
        """Held over HTTP, with the card held for it, and confirmed."""
        booking = await self.held(resource, start, end, **options)
        due = booking["quote"]["due_now"]
        payment = replace(
            a_payment(a_booking(State.HELD, resource)),
            id=new_id(),
            booking_id=BookingId(booking["id"]),
            holder_id=self.ada,
            intent_id=f"pi_{booking['id']}",
            amount=Money(due["amount"], due["currency"]),
        )
        await self.database.pay(self.city.city, payment)
        return await self.ask("POST", f"/bookings/{booking['id']}/confirm")

    async def licensed(self) -> None:
        """Somebody has seen Ada's licence."""
        proof = """INSERT INTO proofs (city, person_id, kind, valid_until, method, classes, checked_by, checked_at)
            VALUES (:city, :ada, 'licence', '2028-01-01', 'at the counter', '{B}', :ada, :now)"""
        async with self.database.app.transactions.city(self.city.city) as connection:
            await connection.execute(text(proof), {"city": self.city.city, "ada": self.ada, "now": self.clock()})

    async def told(self) -> tuple[str, list[str]]:
        """The newest letter, unwrapped, and when its calendar entry begins and ends."""
        jobs = routes(self.work)
        waiting = "SELECT id, kind, subject_id, written_at FROM outbox WHERE city = :city ORDER BY id DESC LIMIT 1"
        ((entry_id, kind, subject_id, at),) = await self.database.rows(self.city.city, waiting)
        for job in jobs[kind]:
            if job.name.startswith("tell"):
                await job.run(Entry(self.city.city, entry_id, kind, subject_id, at, attempts=1))
        letter = email.message_from_bytes(max(self.mail.glob("*.eml")).read_bytes(), policy=email.policy.default)
        (text,) = [part.get_content() for part in letter.walk() if part.get_content_type() == "text/plain"]
        entries = [part.get_content() for part in letter.walk() if part.get_content_type() == "text/calendar"]
        times = [time for entry in entries for time in re.findall(r"^DT(?:START|END):(\w+)", entry, re.MULTILINE)]
        return re.sub(r"\s+", " ", text), times


@pytest.fixture
async def town(anew: Databases, tmp_path: Path) -> AsyncIterator[Town]:
    city, ada, clock = await anew.new_city(), PersonId(new_id()), Clock(at("2027-03-27T12:00:00+01:00"))
    async with anew.app.transactions.city(city.city) as connection:
        await connection.execute(
            tables.cities.update().values(settings=msgspec.to_builtins(BRAUNSCHWEIG)).filter_by(city=city.city)
        )
        await connection.execute(
            insert(tables.persons).values(city=city.city, id=ada, email=ADA, language="de", made_at=clock())
        )
        await connection.execute(insert(tables.tariffs).values(**_published(city, NIGHTLY)))
    outside = Outside(clock, new_id, lambda secret: secret)
    work = effects(anew.app, anew.relay, outside, Post(FileMailer(tmp_path)))
    async with client(api(anew.app, outside, {KEY_ID: KEY.public_key()})) as http:
        yield Town(anew, city, http, clock, work, tmp_path, ada)


def _published(city: SeededCity, tariff: Tariff) -> dict[str, Any]:
    policy = msgspec.to_builtins(POLICIES[city.charge_points[0].service])
    row = {"city": city.city, "id": tariff.id, "version": tariff.version, "valid_from": tariff.valid_from}
    return row | {"tariff": msgspec.to_builtins(tariff), "policy": policy}


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


def lines(booking: Any) -> list[tuple[str, int]]:
    return [(line["quantity"], line["gross"]["amount"]) for line in booking["quote"]["lines"]]


async def test_the_night_that_lacks_an_hour_is_sold_used_and_told_an_hour_shorter(town: Town) -> None:
    town.clock.now = at("2027-03-27T12:00:00+01:00")
    point, other = town.city.charge_points
    booking = await town.confirmed(point, "2027-03-27T23:00:00+01:00", "2027-03-28T05:00:00+02:00")
    confirmed, appointment = await town.told()
    half_past_two = await town.held(other, "2027-03-28T02:30:00+01:00", "2027-03-28T04:30:00+02:00")
    town.clock.now = at("2027-03-27T22:45:00+01:00")
    await town.ask("POST", f"/bookings/{booking['id']}/start")
    town.clock.now = at("2027-03-28T05:00:00+02:00")
    over = await town.ask("POST", f"/bookings/{booking['id']}/finish")

    # Neither the hour that is left out nor its price: 5 hours of the night at 1.20.
    assert (lines(booking), booking["price"]["amount"], over["fee"]["amount"]) == ([("5", 600)], 600, 600)
    assert (booking["start"], booking["end"]) == ("2027-03-27T22:00:00Z", "2027-03-28T03:00:00Z")
    assert booking["terms"]["free_cancel_until"] == "2027-03-26T22:00:00Z"
    assert "Zeit: Samstag, 27. März 2027, 23:00 Uhr MEZ bis Sonntag, 28. März 2027, 05:00 Uhr MESZ Preis" in confirmed
    assert appointment == ["20270327T220000Z", "20270328T030000Z"]
    # There is no half past two: that instant is half past three by the new time.
    assert (half_past_two["start"], lines(half_past_two)) == ("2027-03-28T01:30:00Z", [("1", 120)])


async def test_the_night_that_has_an_hour_twice_is_sold_used_and_told_an_hour_longer(town: Town) -> None:
    town.clock.now = at("2027-10-29T12:00:00+02:00")
    point, other = town.city.charge_points
    booking = await town.confirmed(point, "2027-10-30T23:00:00+02:00", "2027-10-31T05:00:00+01:00")
    confirmed, appointment = await town.told()
    first = await town.confirmed(other, "2027-10-31T02:30:00+02:00", "2027-10-31T02:30:00+01:00")
    _, twice = await town.told()
    second = await town.held(other, "2027-10-31T02:30:00+01:00", "2027-10-31T03:30:00+01:00")
    town.clock.now = at("2027-10-31T02:29:59+01:00")
    await town.work.close_unused()
    before_its_end = await town.ask("GET", f"/bookings/{first['id']}")
    town.clock.now = at("2027-10-31T02:30:00+01:00")
    await town.work.close_unused()
    at_night, _ = await town.told()
    town.clock.now = at("2027-10-31T07:00:00+01:00")
    await town.work.send_notices()
    missed, _ = await town.told()

    # 7 hours, of which the two between two and three cost 6.00 each.
    assert (lines(booking), booking["price"]["amount"]) == ([("5", 600), ("2", 1200)], 1800)
    assert (booking["start"], booking["end"]) == ("2027-10-30T21:00:00Z", "2027-10-31T04:00:00Z")
    assert "Zeit: Samstag, 30. Oktober 2027, 23:00 Uhr MESZ bis Sonntag, 31. Oktober 2027, 05:00 Uhr MEZ" in confirmed
    assert appointment == ["20271030T210000Z", "20271031T040000Z"]
    assert (lines(first), twice) == ([("1", 600)], ["20271031T003000Z", "20271031T013000Z"])
    assert lines(second) == [("30", 300), ("30", 60)]
    assert before_its_end["state"] == "confirmed"
    assert "Ihre Buchung ist bestätigt." in at_night
    assert "bis Sonntag, 31. Oktober 2027, 02:30 Uhr MEZ nicht begonnen" in missed
    assert "02:30 Uhr MESZ bis Sonntag, 31. Oktober 2027, 02:30 Uhr MEZ" in missed
    assert "eine Gebühr von 6,00 Euro" in missed


async def test_a_lease_from_the_last_of_a_month_ends_with_the_months_and_by_the_clock(town: Town) -> None:
    town.clock.now = at("2027-01-29T12:00:00+01:00")
    bike, other = town.city.bikes
    lease = await town.confirmed(bike, "2027-01-31T10:00:00+01:00", "2027-04-30T10:00:00+02:00")
    confirmed, appointment = await town.told()
    longer = await town.held(other, "2027-01-31T10:00:00+01:00", "2027-04-30T10:01:00+02:00")
    town.clock.now = at("2028-01-29T12:00:00+01:00")
    february = await town.held(other, "2028-01-31T10:00:00+01:00", "2028-02-29T10:00:00+01:00")

    assert lines(lease) == [("3", 8700)]
    assert (lease["price"]["amount"], lease["quote"]["due_now"]["amount"]) == (8700, 2900)
    assert lines(longer) == [("4", 11600)]
    assert lines(february) == [("1", 2900)]
    assert "Zeit: Sonntag, 31. Januar 2027, 10:00 Uhr MEZ bis Freitag, 30. April 2027, 10:00 Uhr MESZ" in confirmed
    assert appointment == ["20270131T090000Z", "20270430T080000Z"]
    assert lease["terms"]["withdrawal"]["until"] == "2027-02-12T22:59:59Z"


WEEKEND = {
    "name": "Wochenende",
    "gross": "49.00",
    "duration_s": 230400,
    "km": 100,
    "begins": [{"days": ["fri"], "from": "16:00"}, {"days": ["sat"]}],
    "until": {"day": "mon", "at": "08:00"},
}
SHARING = {
    "id": "fleet-standard",
    "name": "Stadtauto",
    "valid_from": "2026-01-01T00:00:00+01:00",
    "currency": "EUR",
    "vat_rate": "0.19",
    "time": {"per": "h", "gross": "5.00", "cap_per_day": "30.00"},
    "distance": "0.30",
    "packages": [WEEKEND],
    "terms": msgspec.to_builtins(POLICIES[Service.FLEET]) | {"late": {"fee": "15.00", "grace_s": 600}},
}


async def test_a_weekend_is_sold_as_a_package_used_longer_and_brought_back_late(town: Town) -> None:
    """From the tariff that the operator publishes to the price of what was driven, over the night that lacks an hour."""
    town.clock.now = at("2027-03-24T12:00:00+01:00")
    await town.ask("POST", "/admin/tariffs", {"tariffs": [SHARING]}, Role.OPERATOR)
    await town.licensed()
    car = town.city.cars[0]
    shown = await town.ask("GET", f"/resources/{car.id}")
    booking = await town.confirmed(car, "2027-03-26T16:00:00+01:00", "2027-03-28T18:00:00+02:00", distance_km="80")
    town.clock.now = at("2027-03-26T16:00:00+01:00")
    await town.ask("POST", f"/bookings/{booking['id']}/start", {"odometer_km": 1000})
    town.clock.now = at("2027-03-28T17:30:00+02:00")
    longer = await town.ask("POST", f"/bookings/{booking['id']}/extend", {"end": "2027-03-29T08:00:00+02:00"})
    town.clock.now = at("2027-03-29T09:00:00+02:00")
    over = await town.ask("POST", f"/bookings/{booking['id']}/finish", {"odometer_km": 1130})

    assert shown["tariff"]["packages"] == [WEEKEND]
    late = {"fee": {"amount": 1500, "currency": "EUR"}, "fee_if_awaited": {"amount": 1500, "currency": "EUR"}}
    assert booking["terms"]["late"] == late | {"after": "2027-03-28T16:10:00Z", "time_percent": 0}
    told = [(line["kind"], line["description"], line["gross"]["amount"]) for line in over["quote"]["lines"]]
    assert told == [
        ("package", "Stadtauto, Wochenende", 4900),
        ("time", "Stadtauto", 500),
        ("distance", "Stadtauto, Wochenende", 0),
        ("distance", "Stadtauto", 900),
        ("late_return", "Stadtauto", 1500),
    ]
    # 50 hours of the weekend or 63 of it: the same package, so more time costs nothing more.
    assert (booking["price"]["amount"], longer["price"]["amount"], over["fee"]["amount"]) == (4900, 4900, 7800)
    assert lines(over)[3] == ("30", 900)
    vat = over["quote"]["vat_total"]["amount"]
    assert vat == sum(line["vat"]["amount"] for line in over["quote"]["lines"]) == 1245
