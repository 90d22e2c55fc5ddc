"""Withdrawing from a contract without signing in, from the wire to the tables and to the mailbox."""

import asyncio
import email
import email.policy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from adapters.jobs.effects import Effects
from adapters.jobs.routes import routes
from adapters.mail.files import FileMailer
from adapters.mail.texts_en import ENGLISH
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import Service
from domain.identity import PersonId
from domain.periods import Period
from infra.bootstrap import Outside, Post, effects
from infra.clock import now
from infra.ids import new_id
from services.jobs.ports import Entry
from tests.adapters.mail.notices import BRAUNSCHWEIG
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_order

pytestmark = pytest.mark.database

ADA = "ada@example.org"
WAITING = (
    "SELECT id, kind, subject_id, written_at FROM outbox WHERE city = :city AND done_at IS NULL ORDER BY written_at, id"
)
DONE = "UPDATE outbox SET done_at = now() WHERE city = :city AND id = ANY (CAST(:ids AS uuid[])) RETURNING id"


class Counter(msgspec.Struct, frozen=True):
    """A city where Ada leases a bike, its API, and the worker that carries out what was declared."""

    http: httpx.AsyncClient
    database: Databases
    city: SeededCity
    holder: PersonId
    mail: Path
    effects: Effects

    @property
    def url(self) -> str:
        return f"/v1/{self.city.city}/withdrawals"

    async def lease(self, state: State = State.CONFIRMED, made: timedelta = timedelta(days=1)) -> Booking:
        bike = self.city.bikes[0]
        made_at = (now() - made).replace(microsecond=0)
        start = made_at + timedelta(hours=2)
        order = an_order(bike, period=Period(start, start + timedelta(days=90)))
        booking = replace(
            a_booking(state, bike, order=order, made_at=made_at), id=BookingId(new_id()), holder_id=self.holder
        )
        await self.database.place(self.city.city, booking, bike)
        return booking

    async def declare(self, reference: object, address: str = ADA, **more: Any) -> httpx.Response:
        return await self.http.post(
            self.url, json={"name": "Ada Muster", "reference": str(reference), "email": address} | more
        )

    async def confirm(self, declared: httpx.Response) -> httpx.Response:
        return await self.http.post(declared.json()["confirm"]["href"])

    async def work(self) -> list[email.message.EmailMessage]:
        """Do what stands in the outbox, twice each as after a crash; all letters, in order of their subjects and of whom
        they are to."""
        known = routes(self.effects)
        while rows := await self.database.rows(self.city.city, WAITING):
            for entry_id, kind, subject_id, written_at in rows + rows:
                for job in known[kind]:
                    if not job.name.startswith("settle"):
                        await job.run(Entry(self.city.city, entry_id, kind, subject_id, written_at, attempts=1))
            await self.database.rows(self.city.city, DONE, ids=[row[0] for row in rows])
        contents = await asyncio.to_thread(lambda: [path.read_bytes() for path in self.mail.glob("*.eml")])
        letters = [email.message_from_bytes(content, policy=email.policy.default) for content in contents]
        return sorted(letters, key=lambda letter: (letter["subject"], letter["to"]))

    async def state(self, booking: Booking) -> tuple[Any, ...]:
        found = await self.database.rows(
            self.city.city,
            "SELECT state, reason_code, fee FROM bookings WHERE city = :city AND id = :id",
            id=booking.id,
        )
        return found[0]


@pytest.fixture
async def counter(http: httpx.AsyncClient, database: Databases, tmp_path: Path) -> Counter:
    city, holder = await database.new_city(), PersonId(new_id())
    settings = msgspec.json.encode(BRAUNSCHWEIG).decode()
    await database.rows(
        city.city, "UPDATE cities SET settings = CAST(:s AS jsonb) WHERE city = :city RETURNING city", s=settings
    )
    await database.rows(
        city.city,
        "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now()) RETURNING id",
        id=holder,
        email=ADA,
    )
    worker = effects(
        database.app, database.relay, Outside(now, new_id, lambda secret: secret), Post(FileMailer(tmp_path))
    )
    return Counter(http, database, city, holder, tmp_path, worker)


def text_of(letter: Any) -> str:
    return " ".join(letter.get_body(("plain",)).get_content().split())


async def test_two_steps_without_a_token_undo_the_contract_and_a_receipt_comes(counter: Counter) -> None:
    lease = await counter.lease()

    declared = await counter.declare(f"  {str(lease.id).upper()} ", "Ada@Example.org")
    before = await counter.state(lease)
    confirmed = await counter.confirm(declared)
    letters = await counter.work()

    assert (declared.status_code, confirmed.status_code) == (201, 200)
    assert declared.json()["confirm"]["label"] == "Confirm withdrawal"
    assert before == ("confirmed", None, None)
    assert await counter.state(lease) == ("cancelled", "withdrawn", {"amount": 0, "currency": "EUR"})
    receipt, outcome = letters
    assert (receipt["subject"], receipt["to"]) == ("Receipt of your withdrawal", ADA)
    said = text_of(receipt)
    assert f"I hereby withdraw from the contract {str(lease.id).upper()}. Name: Ada Muster E-mail: {ADA}" in said
    at = datetime.fromisoformat(confirmed.json()["received_at"]).astimezone(ZoneInfo("Europe/Berlin"))
    assert f"reached us on {ENGLISH.instant(at)}. It says:" in said
    assert outcome["subject"].startswith("Widerruf eingegangen: bike_leasing 1")
    assert "Der Widerruf kostet Sie nichts." in text_of(outcome)


async def test_nothing_happens_before_the_second_step(counter: Counter) -> None:
    lease = await counter.lease()
    await counter.declare(lease.id)

    assert await counter.work() == []
    assert (await counter.state(lease))[0] == "confirmed"


async def test_the_answers_never_tell_whether_there_is_such_a_contract(counter: Counter) -> None:
    lease = await counter.lease()
    shown = set()
    for reference, address in ((lease.id, ADA), (lease.id, "eve@example.org"), (new_id(), ADA), ("Vertrag 17", ADA)):
        declared = await counter.declare(reference, address)
        confirmed = await counter.confirm(declared)
        shown.add((declared.status_code, confirmed.status_code, *sorted(confirmed.json()), confirmed.json()["state"]))

    assert len(shown) == 1


async def test_only_the_holders_address_undoes_a_contract_and_whoever_else_asks_gets_a_receipt(
    counter: Counter,
) -> None:
    lease = await counter.lease()
    await counter.confirm(await counter.declare(lease.id, "eve@example.org", language="de"))
    await counter.confirm(await counter.declare("Vertrag 17", "eve@example.org", language="de"))

    letters = await counter.work()

    assert (await counter.state(lease))[0] == "confirmed"
    assert [(letter["to"], letter["subject"]) for letter in letters] == [
        ("eve@example.org", "Eingangsbestätigung Ihres Widerrufs")
    ] * 2


async def test_a_mailbox_gets_five_receipts_an_hour_and_its_holder_withdraws_all_the_same(counter: Counter) -> None:
    for nth in range(7):
        await counter.confirm(await counter.declare(f"Vertrag {nth}", language="de"))
    lease = await counter.lease()
    await counter.confirm(await counter.declare(lease.id, language="de"))
    await counter.confirm(await counter.declare("Vertrag 9", "eve@example.org", language="de"))
    of_the_hour = await counter.work()
    await counter.database.rows(
        counter.city.city,
        "UPDATE withdrawals SET confirmed_at = confirmed_at - interval '1 hour' WHERE city = :city RETURNING id",
    )
    await counter.confirm(await counter.declare("Vertrag 10", language="de"))
    later = await counter.work()

    receipt = "Eingangsbestätigung Ihres Widerrufs"
    assert [(letter["to"], letter["subject"].split(":")[0]) for letter in of_the_hour] == [
        *sorted([(ADA, receipt)] * 5 + [("eve@example.org", receipt)]),
        (ADA, "Widerruf eingegangen"),
    ]
    assert (await counter.state(lease))[:2] == ("cancelled", "withdrawn")
    assert len(later) == len(of_the_hour) + 1


async def test_a_contract_that_can_no_longer_be_withdrawn_from_stays_and_its_holder_is_told(counter: Counter) -> None:
    lease = await counter.lease(made=timedelta(days=30))
    await counter.confirm(await counter.declare(lease.id, language="de"))

    letters = await counter.work()

    assert (await counter.state(lease))[0] == "confirmed"
    assert [letter["subject"] for letter in letters] == ["Eingangsbestätigung Ihres Widerrufs", "Zu Ihrem Widerruf"]


async def test_a_withdrawal_is_confirmed_once_and_by_its_own_city(counter: Counter) -> None:
    declared = await counter.declare(new_id())
    elsewhere = await counter.database.new_city()
    path = declared.json()["confirm"]["href"]

    answers = await asyncio.gather(*(counter.http.post(path) for _ in range(8)))
    foreign = await counter.http.post(path.replace(counter.city.city, elsewhere.city))
    entries = await counter.database.rows(
        counter.city.city, "SELECT kind FROM outbox WHERE city = :city AND kind = 'withdrawal.confirmed'"
    )

    assert {(answer.status_code, answer.content) for answer in answers} == {(200, answers[0].content)}
    assert len(entries) == 1
    assert (foreign.status_code, foreign.json()["code"]) == (404, "unknown_withdrawal")


async def test_whoever_waits_for_more_than_a_day_begins_again(counter: Counter) -> None:
    declared = await counter.declare(new_id())
    await counter.database.rows(
        counter.city.city,
        "UPDATE withdrawals SET declared_at = declared_at - interval '1 day' WHERE city = :city RETURNING id",
    )

    assert (await counter.confirm(declared)).json()["code"] == "unknown_withdrawal"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": " ", "reference": "x", "email": ADA}, "/name"),
        ({"name": "Ada\u0007", "reference": "x", "email": ADA}, "/name"),
        ({"name": "Ada", "reference": "x", "email": "ada"}, "/email"),
        ({"name": "Ada", "reference": "x", "email": "ada@example.org\r\nBcc: eve@example.org"}, "/email"),
        ({"name": "Ada", "reference": "x" * 201, "email": ADA}, "/reference"),
        ({"name": "Ada", "reference": "x", "email": ADA, "language": "fr"}, "/language"),
    ],
)
async def test_what_cannot_be_a_declaration_is_refused_where_it_is_wrong(
    counter: Counter, body: dict[str, str], pointer: str
) -> None:
    answer = await counter.http.post(counter.url, json=body)

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer)


async def test_there_is_no_withdrawing_in_a_city_that_does_not_exist(counter: Counter) -> None:
    for city in ("atlantis", "No-City"):
        answer = await counter.http.post(
            f"/v1/{city}/withdrawals", json={"name": "Ada", "reference": "x", "email": ADA}
        )
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_city")


async def test_cancelling_signed_in_within_the_right_is_a_withdrawal(counter: Counter) -> None:
    lease = await counter.lease(State.IN_USE)
    headers = bearer(a_token(counter.city.city, person=counter.holder))
    url = f"/v1/{counter.city.city}/bookings/{lease.id}"

    seen = (await counter.http.get(url, headers=headers)).json()
    tried = (await counter.http.post(f"{url}/cancel?dry_run=true", headers=headers)).json()
    done = (await counter.http.post(f"{url}/cancel", headers=headers)).json()

    assert "cancel" in seen["actions"]
    assert seen["terms"]["withdrawal"]["applies"] is True
    assert (tried["allowed"], tried["fee"]["amount"]) == (True, 0)
    assert (done["state"], done["reason_code"], done["fee"]["amount"]) == ("cancelled", "withdrawn", 0)
    assert [letter["subject"].split(":")[0] for letter in await counter.work()] == ["Widerruf eingegangen"]


async def test_a_lease_is_quoted_and_booked_with_its_right_of_withdrawal(counter: Counter) -> None:
    bike = counter.city.bikes[1]
    start = (now() + timedelta(days=3)).replace(microsecond=0)
    for version in ("2025-07", "2026-01"):
        await counter.database.rows(
            counter.city.city,
            "INSERT INTO documents (city, document, version, language, content, digest, published_at)"
            " VALUES (:city, 'withdrawal', :version, 'de', 'Widerruf', '', now()) RETURNING version",
            version=version,
        )
    body = {
        "service": Service.BIKE_LEASING,
        "resource_id": str(bike.id),
        "start": start.isoformat(),
        "end": (start + timedelta(days=90)).isoformat(),
        "early_start": True,
    }
    headers = bearer(a_token(counter.city.city, person=counter.holder))

    quote = (await counter.http.post(f"/v1/{counter.city.city}/quotes", json=body, headers=headers)).json()
    booked = await counter.http.post(
        f"/v1/{counter.city.city}/bookings", json={"quote_id": quote["id"]}, headers=headers
    )

    right = quote["terms"]["withdrawal"]
    assert (right["applies"], right["early_start"]) == (True, True)
    assert timedelta(days=13) < datetime.fromisoformat(right["until"]) - now() < timedelta(days=19)
    assert booked.json()["terms"] == quote["terms"]
    assert quote["terms"]["documents"] == {"general": "2025-1", "withdrawal": "2026-01"}
    assert [tax["kind"] for tax in quote["terms"]["fee_tax"]] == ["cancellation", "no_show", "performed"]
