"""One's own file, from the wire to the tables: also what of a person is left when she is erased."""

import logging
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace

from adapters.database.exporting import ABOUT
from adapters.database.old_records import PLACES
from adapters.database.outbox import SqlOutbox
from adapters.database.retention import due_reviews
from adapters.jobs.routes import routes
from adapters.mail.files import FileMailer
from domain.bike_leasing.contracts.leases import LeaseState
from domain.booking.bookings import Booking, BookingId, State
from domain.identity import City, Role
from domain.payments.payments import PaymentState, RecoveryPoint
from domain.retention.rules import Record
from infra.bootstrap import Outside, Post, api, effects
from infra.clock import now
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from infra.retaining import EVERY, reviewing
from services.jobs.ports import Kinds
from services.notices.ports import Message
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases, SeededCity
from tests.examples import a_booking, a_payment, an_order

pytestmark = pytest.mark.database
KINDS = Kinds(("person.erased",), ())


class Somebody(Struct, frozen=True):
    """A person whom a city knows, and her token."""

    http: httpx.AsyncClient
    database: Databases
    seeded: SeededCity
    id: UUID
    email: str

    @property
    def city(self) -> City:
        return self.seeded.city

    @property
    def url(self) -> str:
        return f"/v1/{self.city}/me"

    async def ask(self, method: str, path: str = "", json: Any = None, **headers: str) -> httpx.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.request(
            method, self.url + path, json=json, headers=bearer(a_token(self.city, person=self.id)) | sent
        )

    async def booked(self, state: State, fee: int = 0) -> Booking:
        point = self.seeded.charge_points[0]
        order = an_order(point)
        booking = replace(a_booking(state, point, order=order), id=BookingId(new_id()), holder_id=self.id)
        booking = replace(booking, fee=replace(booking.quote.total, amount=fee) if not booking.is_live else None)
        await self.database.place(self.city, booking, point)
        return booking


async def somebody(http: httpx.AsyncClient, database: Databases, email: str = "ada@example.org") -> Somebody:
    seeded, person = await database.new_city(), new_id()
    await database.rows(
        seeded.city,
        "UPDATE cities SET settings = settings || CAST(:terms AS jsonb) WHERE city = :city RETURNING city",
        terms='{"terms": {"general": "2026-01", "privacy": "3"}}',
    )
    await database.rows(
        seeded.city,
        "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now()) RETURNING id",
        id=person,
        email=email,
    )
    return Somebody(http, database, seeded, person, email)


@pytest.fixture
async def ada(http: httpx.AsyncClient, database: Databases) -> Somebody:
    return await somebody(http, database)


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


async def test_a_person_sees_her_file_and_changes_what_is_hers(ada: Somebody) -> None:
    await ada.database.rows(
        ada.city,
        "INSERT INTO role_grants (city, person_id, role, pool_id, granted_at)"
        " VALUES (:city, :id, 'driver', 'town-hall', now()) RETURNING role",
        id=ada.id,
    )
    seen = await ada.ask("GET")
    changed = await ada.ask("PATCH", json={"name": "Ada Lovelace", "language": "en"}, if_match=seen.headers["etag"])
    late = await ada.ask("PATCH", json={"name": None}, if_match=seen.headers["etag"])

    assert seen.status_code == 200
    assert {**seen.json(), "created_at": ""} == {
        "id": str(ada.id),
        "email": "ada@example.org",
        "name": None,
        "language": "de",
        "roles": [{"role": "driver", "pool": "town-hall", "party": None}],
        "accepted": [],
        "notices_off": [],
        "created_at": "",
        "version": 1,
    }
    assert changed.status_code == 200
    assert changed.json() == seen.json() | {"name": "Ada Lovelace", "language": "en", "version": 2}
    assert problem(late) == (412, "version_mismatch")
    assert (await ada.ask("GET", if_none_match=changed.headers["etag"])).status_code == 304
    assert await ada.database.rows(ada.city, "SELECT action, actor_id, subject_id FROM audit WHERE city = :city") == [
        ("person.profile_changed", ada.id, ada.id)
    ]


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"email": "other@example.org"}, ["/email"]),
        ({"roles": ["operator"], "id": "x"}, ["/roles", "/id"]),
        ({"language": "fr"}, ["/language"]),
        ({"language": None}, ["/language"]),
        ({"name": ""}, ["/name"]),
        ({"name": "x" * 201}, ["/name"]),
        ({"name": "Ada\r\nBcc: all"}, ["/name"]),
        ({"name": "Ada\u202e"}, ["/name"]),
        ({"version": 9}, ["/version"]),
        ({"notices_off": ["start_near", "confirmed"]}, ["/notices_off/1"]),
        ({"notices_off": ["late"]}, ["/notices_off/0"]),
    ],
)
async def test_nobody_makes_herself_somebody_else(ada: Somebody, body: Any, pointers: list[str]) -> None:
    before = (await ada.ask("GET")).content
    answer = await ada.ask("PATCH", json=body)
    assert problem(answer) == (422, "invalid_input")
    assert [fault["pointer"] for fault in answer.json()["errors"]] == pointers
    assert (await ada.ask("GET")).content == before


async def test_whom_the_city_does_not_know_has_no_file(ada: Somebody) -> None:
    stranger = replace(ada, id=new_id())
    asked = (("GET", ""), ("DELETE", ""), ("POST", "/export"), ("GET", "/eligibility?service=fleet"))
    assert [problem(await stranger.ask(*each)) for each in asked] == [(404, "unknown_person")] * 4
    assert problem(await stranger.ask("PATCH", json={"language": "en"})) == (404, "unknown_person")


async def test_what_is_missing_are_the_terms_in_force(ada: Somebody) -> None:
    await ada.database.rows(
        ada.city,
        "INSERT INTO acceptances (city, person_id, document, version, accepted_at)"
        " VALUES (:city, :id, 'general', '2026-01', now()) RETURNING document",
        id=ada.id,
    )
    found = await ada.ask("GET", "/eligibility?service=fleet")
    assert found.json() == {
        "service": "fleet",
        "eligible": False,
        "missing": [{"kind": "terms", "document": "privacy", "version": "3"}],
        "before_start": [{"kind": "licence", "document": None, "version": None}],
    }
    assert problem(await ada.ask("GET", "/eligibility?service=ships")) == (422, "invalid_input")
    assert problem(await ada.ask("GET", "/eligibility")) == (422, "invalid_input")


async def test_an_erasure_waits_for_what_is_open_and_names_it(ada: Somebody) -> None:
    live, unpaid = await ada.booked(State.CONFIRMED), await ada.booked(State.COMPLETED, fee=240)
    refused = await ada.ask("DELETE")
    assert problem(refused) == (409, "not_settled")
    nothing = {"payments": [], "disputes": [], "held": False, "waits": False, "leases": []}
    assert refused.json()["open"] == {"bookings": [str(live.id)], "unpaid": [str(unpaid.id)], **nothing}
    assert (await ada.ask("GET")).status_code == 200

    point, paid = ada.seeded.charge_points[0], a_payment(unpaid, captured=240)
    await ada.database.rows(
        ada.city, "UPDATE bookings SET state = 'cancelled' WHERE city = :city AND id = :id RETURNING id", id=live.id
    )
    over = replace(unpaid, id=BookingId(new_id()))
    await ada.database.place(ada.city, over, point, replace(paid, id=new_id(), booking_id=over.id, holder_id=ada.id))
    waiting = await ada.ask("DELETE")
    assert len(waiting.json()["open"]["payments"]) == 1


LEASED = """INSERT INTO leases (city, id, holder_id, dealer, lessor, employer, state, version, financed_cents, pin_tries, lease,
  made_at, updated_at) VALUES (:city, :id, :holder, 'radhaus', 'leasing-ag', 'stadtwerke', :state, 1, 100,
  CASE WHEN CAST(:state AS text) = 'ready_for_pickup' THEN 5 END, '{}', now(), now()) RETURNING id"""
HOLD = """INSERT INTO legal_holds (city, id, kind, subject_id, reason, placed_by, placed_at)
VALUES (:city, :it, :kind, :subject, 'court case', :it, now()) RETURNING id"""
LIFT = """UPDATE legal_holds SET lifted_at = now(), lifted_by = id, lifted_because = 'settled' WHERE city = :city RETURNING id"""


async def look_through(ada: Somebody) -> None:
    """The worker's look of the next day, once it has come to her city."""
    app, relay = ada.database.app, ada.database.relay
    ((last,),) = await ada.database.rows(ada.city, "SELECT max(at) FROM retention_reviews WHERE city = :city")
    when = (last or now()) + timedelta(days=1, hours=1)
    while ada.city in await due_reviews(relay.transactions, when - EVERY, 10_000):
        await reviewing(app, relay, FileMailer(Path("no letters here")), lambda: when, new_id)()


async def made_before(ada: Somebody) -> None:
    await ada.database.rows(ada.city, "UPDATE bookings SET made_at = '2026-01-01' WHERE city = :city RETURNING id")


async def is_erased(ada: Somebody) -> bool:
    sql = "SELECT erased_at IS NOT NULL FROM persons WHERE city = :city AND id = :id"
    ((erased,),) = await ada.database.rows(ada.city, sql, id=ada.id)
    return bool(erased)


@pytest.mark.parametrize("on", ["person", "booking"])
async def test_an_erasure_waits_for_a_legal_hold_and_comes_by_itself_when_that_is_lifted(
    ada: Somebody, on: str
) -> None:
    booking = await ada.booked(State.CANCELLED)
    subject = ada.id if on == "person" else booking.id
    await made_before(ada)
    await ada.database.rows(ada.city, HOLD, it=new_id(), kind=on, subject=subject)
    for _ in range(2):
        refused = await ada.ask("DELETE")
        assert problem(refused) == (409, "not_settled")
    assert (refused.json()["open"]["held"], refused.json()["open"]["waits"]) == (True, True)
    await look_through(ada)
    assert not await is_erased(ada)
    await ada.database.rows(ada.city, LIFT)
    await look_through(ada)
    assert await is_erased(ada)
    assert await ada.database.rows(ada.city, "SELECT person_id FROM erasure_wishes WHERE city = :city") == []
    actions = await ada.database.rows(ada.city, "SELECT action FROM audit WHERE city = :city ORDER BY id")
    assert [row[0] for row in actions] == ["person.erasure_waits", "person.erased"]


async def test_whoever_books_again_while_her_erasure_waits_has_changed_her_mind(ada: Somebody) -> None:
    await ada.database.rows(ada.city, HOLD, it=new_id(), kind="person", subject=ada.id)
    assert (await ada.ask("DELETE")).status_code == 409
    await ada.database.rows(ada.city, LIFT)
    booking = await ada.booked(State.CANCELLED)
    sql = "UPDATE bookings SET made_at = now() + interval '1 minute' WHERE city = :city AND id = :id RETURNING id"
    await ada.database.rows(ada.city, sql, id=booking.id)
    await look_through(ada)
    assert not await is_erased(ada)


async def test_a_hold_on_the_whole_city_keeps_documents_not_names(ada: Somebody) -> None:
    await ada.database.rows(ada.city, HOLD, it=new_id(), kind="city", subject=None)
    assert (await ada.ask("DELETE")).status_code == 204


async def test_an_erasure_waits_for_an_open_dispute(ada: Somebody) -> None:
    booking = await ada.booked(State.COMPLETED, fee=240)
    paid = a_payment(booking, PaymentState.CAPTURED, recovery_point=RecoveryPoint.SETTLED, captured=240)
    point = ada.seeded.charge_points[0]
    over = replace(booking, id=BookingId(new_id()))
    mine = replace(paid, id=new_id(), booking_id=over.id, holder_id=ada.id, intent_id=new_id().hex)
    await ada.database.rows(ada.city, "UPDATE bookings SET fee = NULL WHERE city = :city RETURNING id")
    await ada.database.place(ada.city, over, point, mine)
    await made_before(ada)
    dispute = new_id()
    await ada.database.rows(
        ada.city,
        """INSERT INTO disputes (city, id, dispute_id, charge_id, amount, currency, reason, state, opened_at, is_refundable,
             has_evidence, submissions, transactions, withdrawn, fee, payment_id, version, updated_at)
           VALUES (:city, :id, 'dp', 'ch', 240, 'EUR', 'fraudulent', 'needs_response', now(), false, false, 0, '{}', 240, 2000,
             :payment, 1, now()) RETURNING id""",
        id=dispute,
        payment=mine.id,
    )
    refused = await ada.ask("DELETE")
    assert problem(refused) == (409, "not_settled")
    assert (refused.json()["open"]["disputes"], refused.json()["open"]["waits"]) == ([str(dispute)], True)
    await ada.database.rows(ada.city, "UPDATE disputes SET state = 'won' WHERE city = :city RETURNING id")
    await look_through(ada)
    assert await is_erased(ada)


OVER_OR_OFFERED = {"offered", "rejected", "cancelled", "withdrawn", "closed", "early_ended"}


async def test_an_erasure_waits_for_the_end_of_a_lease_and_not_for_an_offer(ada: Somebody) -> None:
    states = {str(new_id()): state.value for state in LeaseState if state is not LeaseState.DRAFT}
    for lease, state in states.items():
        await ada.database.rows(ada.city, LEASED, id=lease, holder=ada.id, state=state)
    refused = await ada.ask("DELETE")
    assert problem(refused) == (409, "not_settled")
    in_the_way = {states[lease] for lease in refused.json()["open"]["leases"]}
    assert set(states.values()) - in_the_way == OVER_OR_OFFERED
    ended = "UPDATE leases SET state = 'closed', pin_tries = NULL WHERE city = :city RETURNING id"
    await ada.database.rows(ada.city, ended)
    assert (await ada.ask("DELETE")).status_code == 204


async def test_as_long_as_a_lease_names_her_the_row_of_an_erased_person_stays(ada: Somebody) -> None:
    lease, later = new_id(), now() + timedelta(days=9000)
    await ada.database.rows(ada.city, LEASED, id=lease, holder=ada.id, state="closed")
    assert (await ada.ask("DELETE")).status_code == 204
    await ada.database.rows(
        ada.city, "UPDATE erasures SET mailbox = NULL, emptied_at = now() WHERE city = :city RETURNING person_id"
    )
    due = f"SELECT r.id FROM persons r WHERE r.city = :city AND {PLACES[Record.PERSONS].due}"
    assert await ada.database.rows(ada.city, due, before=later) == []
    await ada.database.rows(ada.city, "UPDATE leases SET holder_id = :id WHERE city = :city RETURNING id", id=new_id())
    assert await ada.database.rows(ada.city, due, before=later) == [(ada.id,)]


async def test_who_is_erased_is_nobody_at_once(ada: Somebody) -> None:
    token = bearer(a_token(ada.city, person=ada.id))
    assert (await ada.http.get(ada.url, headers=token)).status_code == 200
    assert (await ada.ask("DELETE", if_match='"1-x"')).status_code == 204
    assert await ada.database.rows(
        ada.city, "SELECT email, name, erased_at IS NOT NULL FROM persons WHERE city = :city AND id = :id", id=ada.id
    ) == [(None, None, True)]
    assert await ada.database.rows(ada.city, "SELECT kind, subject_id FROM outbox WHERE city = :city") == [
        ("person.erased", ada.id)
    ]
    assert problem(await ada.http.get(ada.url, headers=token)) == (401, "unauthorised")
    again = await somebody(ada.http, ada.database)
    assert again.id != ada.id


async def test_a_copy_holds_all_that_is_about_the_person_and_nothing_of_others(ada: Somebody) -> None:
    booking = await ada.booked(State.COMPLETED)
    await ada.database.place(ada.city, *_of_somebody_else(ada))
    await ada.ask("PATCH", json={"name": "Ada Lovelace"})
    answer = await ada.ask("POST", "/export")
    found = answer.json()
    assert answer.headers["cache-control"] == "no-store"
    assert set(found) == {"exported_at", "city", "person", *ABOUT}
    assert (found["person"]["email"], found["person"]["name"]) == ("ada@example.org", "Ada Lovelace")
    assert [each["id"] for each in found["bookings"]] == [str(booking.id)]
    assert [each["action"] for each in found["audit"]] == ["person.profile_changed"]
    assert "assigned" not in found["bookings"][0]


def _of_somebody_else(ada: Somebody) -> tuple[Booking, Any]:
    point = ada.seeded.charge_points[1]
    return replace(a_booking(State.COMPLETED, point), id=BookingId(new_id()), holder_id=new_id()), point


async def test_every_table_that_is_about_persons_is_in_the_copy(database: Databases) -> None:
    """Whoever adds one adds it there too."""
    async with database.owner.transactions.everywhere() as connection:
        found = await connection.exec_driver_sql(
            "SELECT DISTINCT table_name FROM information_schema.columns WHERE table_schema = 'public'"
            " AND column_name IN ('person_id', 'holder_id', 'actor_id', 'booked_by', 'email', 'reporter_id', 'resolver_id', 'made_by', 'debtor_id')"
        )
        assert {row[0] for row in found} - {"persons"} <= set(ABOUT)


async def test_a_key_of_somebody_erased_does_nothing_again_where_the_erasure_is_not_known_yet(
    ada: Somebody, database: Databases
) -> None:
    booking = await ada.booked(State.CONFIRMED)
    token = bearer(a_token(ada.city, person=ada.id)) | {"idempotency-key": "once"}
    url = f"/v1/{ada.city}/bookings/{booking.id}/problems"
    said = {"kind": "blocked", "note": "I wait"}
    async with client(
        api(database.app, Outside(now, new_id, lambda secret: secret), {KEY_ID: KEY.public_key()})
    ) as slow:
        assert (await slow.post(url, json=said, headers=token)).status_code == 200
        await database.rows(ada.city, "UPDATE bookings SET state = 'expired' WHERE city = :city RETURNING id")
        assert (await ada.ask("DELETE")).status_code == 204
        again = await slow.post(url, json=said, headers=token)
    assert problem(again) == (422, "key_reused")
    assert await database.rows(
        ada.city, "SELECT actor_id, status, body, fingerprint FROM answers WHERE city = :city"
    ) == [(ada.id, 200, "", "")]


CANARY = "kanarienvogel"


async def hits(postgres: DatabaseUrls) -> dict[str, int]:
    """In how many rows of each table the canary is named, as somebody sees whom no wall holds back."""
    connection = await asyncpg.connect(postgres.superuser)
    try:
        tables = await connection.fetch(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = 'public'::regnamespace"
        )
        counts = {
            name: await connection.fetchval(f"SELECT count(*) FROM {name} t WHERE t::text ILIKE '%{CANARY}%'")
            for (name,) in tables
        }
    finally:
        await connection.close()
    return {name: count for name, count in counts.items() if count}


async def test_nothing_names_a_person_who_was_erased(
    http: httpx.AsyncClient,
    database: Databases,
    postgres: DatabaseUrls,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    bird = await somebody(http, database, f"{CANARY}@example.org")
    mailer = FileMailer(tmp_path)
    with caplog.at_level(logging.DEBUG):
        await bird.ask("PATCH", json={"name": f"Karla {CANARY.title()}"})
        booking = await bird.booked(State.CONFIRMED)
        cancelled = await http.post(
            f"/v1/{bird.city}/bookings/{booking.id}/cancel",
            json={"reason": f"{CANARY} is ill"},
            headers=bearer(a_token(bird.city, person=bird.id)),
        )
        assert cancelled.status_code == 200
        await bird.database.rows(
            bird.city, "UPDATE bookings SET fee = NULL WHERE city = :city AND id = :id RETURNING id", id=booking.id
        )
        spare = await bird.booked(State.CONFIRMED)
        reported = await http.post(
            f"/v1/{bird.city}/bookings/{spare.id}/problems",
            json={"kind": "blocked", "note": f"{CANARY} waits"},
            headers=bearer(a_token(bird.city, person=bird.id)) | {"idempotency-key": "once"},
        )
        assert reported.status_code == 200
        await bird.database.rows(
            bird.city, "UPDATE bookings SET state = 'expired' WHERE city = :city AND id = :id RETURNING id", id=spare.id
        )
        quote = {"service": "charging", "resource_id": str(bird.seeded.charge_points[0].id)}
        start = now() + timedelta(days=2)
        quote |= {"start": start.isoformat(), "end": (start + timedelta(hours=1)).isoformat()}
        headers = bearer(a_token(bird.city, person=bird.id))
        assert (await http.post(f"/v1/{bird.city}/quotes", json=quote, headers=headers)).status_code == 201
        for statement in (
            (
                "UPDATE bookings SET assigned = json_build_object('at', now(), 'note', CAST(:email AS text))"
                " WHERE city = :city AND holder_id = :id RETURNING id"
            ),
            "INSERT INTO sign_in_codes (city, id, email, language, made_at, expires_at) VALUES (:city, :id, :email, 'de', now(), now()) RETURNING id",
            (
                "INSERT INTO problems (city, id, booking_id, resource_id, reporter_id, kind, note, reported_at, withdraws)"
                " SELECT city, id, id, resource_id, :id, 'other', :email, now(), false FROM bookings WHERE city = :city RETURNING id"
            ),
            "INSERT INTO withdrawals (city, id, name, reference, email, language, declared_at) VALUES (:city, :id, :email, 'booking', :email, 'de', now()) RETURNING id",
            "INSERT INTO guest_addresses (city, holder_id, email, language, made_at) VALUES (:city, gen_random_uuid(), :email, 'de', now()) RETURNING city",
            "INSERT INTO identities (city, issuer, subject, person_id, linked_at) VALUES (:city, 'https://id.example', :email, :id, now()) RETURNING issuer",
        ):
            await bird.database.rows(bird.city, statement, id=bird.id, email=bird.email)
        for to in (bird.email, "else@example.org"):
            await mailer.send(a_message(to))
        assert sorted(letters(tmp_path)) == [0, 2]
        assert set(await hits(postgres)) == {
            "persons",
            "answers",
            "bookings",
            "problems",
            "withdrawals",
            "sign_in_codes",
            "guest_addresses",
            "identities",
        }

        assert (await bird.ask("DELETE")).status_code == 204
        await run_what_follows(database, tmp_path)

    assert await hits(postgres) == {}
    assert letters(tmp_path) == [0]
    assert CANARY not in caplog.text.lower()
    kept = await database.rows(bird.city, "SELECT holder_id FROM bookings WHERE city = :city")
    assert kept == [(bird.id,)] * 2
    assert (
        await database.rows(bird.city, "SELECT json_object_keys(assigned) FROM bookings WHERE city = :city")
        == [("at",)] * 2
    )
    assert await database.rows(bird.city, "SELECT mailbox, emptied_at IS NOT NULL FROM erasures") == [(None, True)]
    actions = await database.rows(
        bird.city, "SELECT action FROM audit WHERE city = :city AND actor_id = :id ORDER BY id", id=bird.id
    )
    assert [row[0] for row in actions] == [
        "person.profile_changed",
        "booking.cancelled",
        "booking.problem_reported",
        "person.erased",
    ]


def letters(folder: Path) -> list[int]:
    """How often each letter that is left names the canary."""
    return [path.read_text().count(CANARY) for path in folder.iterdir()]


def a_message(to: str) -> Message:
    return Message(new_id(), now(), "Stadt", "city@kommobil.invalid", to, "de", "Betreff", f"Guten Tag, {to}")


async def run_what_follows(database: Databases, mail: Path) -> None:
    """Deliver what erasures left in the outbox, twice: the second time nothing is left to do."""
    brought = routes(
        effects(database.app, database.relay, Outside(now, new_id, lambda secret: secret), Post(FileMailer(mail)))
    )
    outbox = SqlOutbox(database.relay.statements)
    claimed = await outbox.claim(KINDS, 10, now(), now())
    for entry in claimed.entries:
        for job in (*brought[entry.kind], *brought[entry.kind]):
            await job.run(entry)
        await outbox.done(entry, now())


async def test_staff_have_a_file_like_everybody(ada: Somebody) -> None:
    headers = bearer(a_token(ada.city, Role.FINANCE, person=ada.id))
    assert (await ada.http.get(ada.url, headers=headers)).status_code == 200
