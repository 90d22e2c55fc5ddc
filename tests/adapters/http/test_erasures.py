"""What is left of a person who was erased, from the wire to the tables."""

import logging
from datetime import timedelta
from pathlib import Path

import asyncpg
import httpx
import pytest

from adapters.database.outbox import SqlOutbox
from adapters.jobs.routes import routes
from adapters.mail.files import FileMailer
from domain.booking.bookings import State
from infra.bootstrap import Outside, Post, api, effects
from infra.clock import now
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from services.jobs.ports import Kinds
from services.notices.ports import Message
from tests.adapters.http.persons import Somebody, problem, somebody
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases

pytestmark = pytest.mark.database
KINDS = Kinds(("person.erased",), ())


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
                "UPDATE bookings SET priority_reason = :email, assigned = json_build_object('at', now(), 'note', CAST(:email AS text))"
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
