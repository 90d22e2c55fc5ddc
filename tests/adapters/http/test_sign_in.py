"""Signing in by mail, going on with refresh tokens, and signing out, over HTTP."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import jwt
import pytest

from domain.grants import Grant
from domain.identity import Role
from domain.sign_in.sessions import LASTS, UNUSED_LASTS
from infra.clock import now
from infra.operating import open_desk
from services.operator.people import revoke_role
from services.sign_in.revocations import LOOK_EVERY_S, OLDEST_S
from tests.adapters.http.signing_in import BEGINNING, TERMS, Door, a_door, seconds
from tests.database import Databases

pytestmark = pytest.mark.database


@pytest.fixture
async def door(database: Databases, tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(database, tmp_path) as found:
        yield found


@pytest.fixture(scope="module")
async def closed(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    """One door for all that it does not open to."""
    async with a_door(database, tmp_path_factory.mktemp("mail")) as found:
        yield found


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


# -- the code


async def test_somebody_new_becomes_a_resident_who_has_agreed_to_the_terms(door: Door) -> None:
    tokens = await door.enter("Ada@Example.org".lower())

    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (tokens["token_type"], tokens["expires_in"], claims["exp"] - claims["iat"]) == ("Bearer", 600, 600)
    assert claims["roles"] == ["resident"]
    assert await door.see(tokens) == (200, None)
    ((person,),) = await door.rows("SELECT id FROM persons WHERE email = 'ada@example.org'")
    assert claims["sub"] == str(person)
    assert await door.rows("SELECT document, version, accepted_at, language FROM acceptances ORDER BY document") == [
        (document, version, BEGINNING, "en") for document, version in sorted(TERMS.items())
    ]
    assert await door.rows("SELECT action, actor_id FROM audit WHERE action LIKE 'sign_in%'") == [
        ("sign_in.signed_in", person)
    ]


async def test_the_answer_is_the_same_for_every_address_and_names_none(door: Door) -> None:
    await door.enter()
    known, unknown = await door.ask(), await door.ask("nobody@example.org")

    assert (known.status_code, known.json()) == (202, {"expires_in": 600})
    assert (unknown.status_code, unknown.json()) == (202, {"expires_in": 600})


async def test_the_letter_comes_in_the_readers_language_with_the_code_in_its_text_only(door: Door) -> None:
    await door.ask(**{"accept-language": "de"})
    await door.ask("bob@example.org")
    german, english = await door.letters()

    assert (german["To"], german["Subject"]) == ("ada@example.org", "Ihr Code für die Anmeldung bei Okerstadt")
    assert "Er gilt einmal, bis Montag, 1. Juni 2026, 14:10 Uhr MESZ." in german.get_content()
    assert (english["To"], english["Subject"]) == ("bob@example.org", "Your code to sign in to Okerstadt")


async def test_no_code_stands_anywhere_but_in_the_letter(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        code = await door.code()
        await door.post("tokens", {"email": "ada@example.org", "code": wrong(code)})

    kept = [
        await door.rows(f"SELECT to_jsonb(t)::text FROM {table} t") for table in ("sign_in_codes", "outbox", "audit")
    ]
    assert code not in str(kept)
    assert code not in caplog.text
    assert kept[0]


async def test_a_code_counts_once_and_only_for_its_address_and_city(door: Door, database: Databases) -> None:
    code = await door.code()
    agreed = {"code": code, "accepted_terms": "2026-01"}
    bob = await door.post("tokens", {"email": "bob@example.org"} | agreed)
    elsewhere = await door.http.post(
        f"/v1/{(await database.new_city()).city}/auth/tokens", json={"email": "ada@example.org"} | agreed
    )
    first = await door.post("tokens", {"email": "ADA@example.org"} | agreed)
    second = await door.post("tokens", {"email": "ada@example.org"} | agreed)

    assert [answer.status_code for answer in (bob, elsewhere, first, second)] == [401, 401, 200, 401]
    assert second.json()["code"] == "code_not_valid"
    assert first.headers["cache-control"] == "no-store"


async def test_a_code_runs_out_after_ten_minutes(door: Door) -> None:
    body = {"email": "ada@example.org", "code": await door.code(), "accepted_terms": "2026-01"}
    door.clock.forward(timedelta(minutes=10))

    assert (await door.post("tokens", body)).json()["code"] == "code_not_valid"
    door.clock.forward(-seconds(0.001))
    assert (await door.post("tokens", body)).status_code == 200


async def test_only_the_newest_code_counts(door: Door) -> None:
    old = await door.code()
    door.clock.forward(seconds(1))
    new = await door.code()

    answers = [
        await door.post("tokens", {"email": "ada@example.org", "code": code, "accepted_terms": "2026-01"})
        for code in (old, new)
    ]
    assert [answer.status_code for answer in answers] == [401, 200]


async def test_fifty_guesses_at_once_use_five_tries_and_then_even_the_code_is_worth_nothing(door: Door) -> None:
    code = await door.code()
    guesses = [{"email": "ada@example.org", "code": wrong(code)} for _ in range(50)]
    answers = await asyncio.gather(*(door.post("tokens", guess) for guess in guesses))

    assert Counter((a.status_code, a.json()["code"]) for a in answers) == {(401, "code_not_valid"): 50}
    assert await door.rows("SELECT tries FROM sign_in_codes") == [(5,)]
    body = {"email": "ada@example.org", "code": code, "accepted_terms": "2026-01"}
    assert (await door.post("tokens", body)).status_code == 401


async def test_the_fifth_try_still_counts(door: Door) -> None:
    code = await door.code()
    for _ in range(4):
        await door.post("tokens", {"email": "ada@example.org", "code": wrong(code)})

    body = {"email": "ada@example.org", "code": code, "accepted_terms": "2026-01"}
    assert (await door.post("tokens", body)).status_code == 200


async def test_an_address_gets_five_letters_an_hour_and_twenty_a_day_however_many_ask(door: Door) -> None:
    answers = await asyncio.gather(*(door.ask() for _ in range(12)))
    assert {answer.status_code for answer in answers} == {202}
    assert len(await door.letters()) == 5
    for _ in range(5):
        door.clock.forward(timedelta(hours=1))
        await asyncio.gather(*(door.ask() for _ in range(6)))
    assert await door.rows("SELECT count(*) FROM sign_in_codes") == [(20,)]
    door.clock.forward(timedelta(days=1))
    await door.ask()
    assert await door.rows("SELECT count(*) FROM sign_in_codes") == [(21,)]


async def test_fifty_sign_ins_with_one_code_open_one_session(door: Door) -> None:
    body = {"email": "ada@example.org", "code": await door.code(), "accepted_terms": "2026-01"}
    answers = await asyncio.gather(*(door.post("tokens", body) for _ in range(50)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 49}
    assert await door.rows("SELECT count(*) FROM sessions") == [(1,)]


# -- terms


@pytest.mark.parametrize("said", [None, "2025-07", "2099-01", {"general": "2026-01"}, TERMS | {"other": "1"}])
async def test_without_the_current_terms_nobody_comes_in_and_the_code_stays_good(door: Door, said: object) -> None:
    body = {"email": "ada@example.org", "code": await door.code()}
    answer = await door.post("tokens", body | ({"accepted_terms": said} if said else {}))

    assert (answer.status_code, answer.json()["code"], answer.json()["terms"]) == (409, "terms_not_accepted", TERMS)
    assert await door.rows("SELECT count(*) FROM persons") == [(0,)]
    assert (await door.post("tokens", body | {"accepted_terms": TERMS})).status_code == 200


async def test_terms_that_changed_are_agreed_to_anew_by_whoever_goes_on_or_comes_back(door: Door) -> None:
    tokens = await door.enter()
    await door.settle(terms={"general": "2026-06", "privacy": "2025-07"})

    refused = await door.go_on(tokens)
    assert (refused.status_code, refused.json()["code"], refused.json()["terms"]) == (
        409,
        "terms_not_accepted",
        {"general": "2026-06"},
    )
    agreed = await door.go_on(tokens, accepted_terms="2026-06")
    assert agreed.status_code == 200
    assert (await door.go_on(agreed.json())).status_code == 200
    again = await door.post("tokens", {"email": "ada@example.org", "code": await door.code()})
    assert again.status_code == 200
    assert await door.rows("SELECT version FROM acceptances WHERE document = 'general' ORDER BY version") == [
        ("2026-01",),
        ("2026-06",),
    ]


async def test_whoever_was_granted_a_role_before_comes_in_with_it_and_is_no_resident(door: Door) -> None:
    async with open_desk(door.database.app.transactions, door.city) as desk:
        person = await desk.people.enter("kim@example.org", "de")
        await desk.staff.grant(person, Grant(Role.FINANCE))

    tokens = await door.enter("kim@example.org")
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["roles"]) == (str(person), ["finance"])


# -- going on


async def test_a_refresh_token_counts_once_and_an_old_one_ends_the_session(door: Door) -> None:
    first = await door.enter()
    second = (await door.go_on(first)).json()
    third = (await door.go_on(second)).json()
    assert len({t["refresh_token"] for t in (first, second, third)}) == 3

    stolen = await door.go_on(first)
    assert (stolen.status_code, stolen.json()["code"]) == (401, "session_over")
    assert (await door.go_on(third)).json()["code"] == "session_over"
    assert [await door.see(tokens) for tokens in (first, second, third)] == [(401, "unauthorised")] * 3
    assert [action for (action,) in await door.rows("SELECT action FROM audit ORDER BY id")][-1] == (
        "sign_in.session_copied"
    )


async def test_of_ten_who_come_with_one_token_at_once_one_gets_on_and_then_the_session_is_over(door: Door) -> None:
    first = await door.enter()
    answers = await asyncio.gather(*(door.go_on(first) for _ in range(10)))
    assert Counter(answer.status_code for answer in answers) == {200: 1, 401: 9}
    (second,) = (answer.json() for answer in answers if answer.status_code == 200)
    assert (await door.go_on(second)).json()["code"] == "session_over"


async def test_a_retry_after_the_next_token_was_used_is_a_copy(door: Door) -> None:
    first = await door.enter()
    second = (await door.go_on(first)).json()
    third = (await door.go_on(second)).json()

    assert (await door.go_on(first)).status_code == 401
    assert (await door.go_on(third)).status_code == 401


async def test_a_session_ends_after_a_month_unused_or_half_a_year(door: Door) -> None:
    unused = await door.enter()
    door.clock.forward(UNUSED_LASTS - seconds(1))
    used = (await door.go_on(unused)).json()
    while door.clock.now < BEGINNING + LASTS - timedelta(days=20):
        door.clock.forward(timedelta(days=19))
        used = (await door.go_on(used)).json()
    door.clock.now = BEGINNING + LASTS
    assert (await door.go_on(used)).json()["code"] == "session_over"

    other = await door.enter("bob@example.org")
    door.clock.forward(UNUSED_LASTS)
    assert (await door.go_on(other)).json()["code"] == "session_over"


@pytest.mark.parametrize("token", ["x", "A" * 70, "ü", "a" * 2000, "=="])
async def test_what_is_no_refresh_token_of_ours_ends_nothing(closed: Door, token: str) -> None:
    answer = await closed.post("tokens", {"refresh_token": token})
    assert (answer.status_code, answer.json()["code"]) == (401, "session_over")


async def test_a_refresh_token_counts_in_its_own_city_only(door: Door, database: Databases) -> None:
    tokens = await door.enter()
    abroad = (await database.new_city()).city
    answer = await door.http.post(f"/v1/{abroad}/auth/tokens", json={"refresh_token": tokens["refresh_token"]})
    assert answer.status_code == 401
    assert (await door.go_on(tokens)).status_code == 200


# -- signing out, and what is revoked


async def test_signing_out_ends_the_session_and_no_other(door: Door) -> None:
    here, there = await door.enter(), await door.enter()

    answer = await door.post("logout", authorization=f"Bearer {here['access_token']}")
    assert (answer.status_code, answer.content) == (204, b"")
    assert (await door.see(here), (await door.go_on(here)).json()["code"]) == ((401, "unauthorised"), "session_over")
    assert (await door.see(there), (await door.go_on(there)).status_code) == ((200, None), 200)


async def test_what_another_process_revokes_is_known_within_seconds(door: Door) -> None:
    tokens = await door.enter()
    assert await door.see(tokens) == (200, None)
    door.clock.forward(seconds(1))
    await door.end_all("ada@example.org")
    assert await door.see(tokens) == (200, None)

    door.clock.forward(seconds(LOOK_EVERY_S))
    await door.see(tokens)  # has the list read beside it
    assert (await until_refused(door, tokens)) == (401, "unauthorised")
    assert (await door.go_on(tokens)).status_code == 401


async def test_whoever_comes_after_a_pause_is_not_let_in_by_an_old_list(door: Door) -> None:
    tokens = await door.enter()
    await door.see(tokens)
    door.clock.forward(seconds(1))
    await door.end_all("ada@example.org")
    door.clock.forward(seconds(OLDEST_S))

    assert await door.see(tokens) == (401, "unauthorised")


async def test_a_token_made_after_all_others_were_revoked_counts(door: Door) -> None:
    await door.enter()
    door.clock.forward(seconds(1))
    await door.end_all("ada@example.org")
    door.clock.forward(seconds(0.002))
    tokens = await door.enter()
    door.clock.forward(seconds(OLDEST_S))

    assert await door.see(tokens) == (200, None)


async def until_refused(door: Door, tokens: object) -> tuple[int, str | None]:
    async with asyncio.timeout(5):
        while (seen := await door.see(tokens)) == (200, None):  # noqa: ASYNC110 - the effect itself is looked at
            await asyncio.sleep(0.005)
    return seen


async def test_a_role_that_is_taken_back_is_gone_from_the_next_token(door: Door) -> None:
    door.clock.now = now()  # by which the operator's desk goes
    async with open_desk(door.database.app.transactions, door.city) as desk:
        person = await desk.people.enter("kim@example.org", "de")
        await desk.staff.grant(person, Grant(Role.DRIVER))
        await desk.staff.grant(person, Grant(Role.FINANCE))
    tokens = await door.enter("kim@example.org")
    assert await door.see(tokens) == (200, None)
    async with open_desk(door.database.app.transactions, door.city) as desk:
        await revoke_role("kim@example.org", Grant(Role.DRIVER), people=desk.people, staff=desk.staff)
    door.clock.forward(seconds(OLDEST_S))

    assert await door.see(tokens) == (401, "unauthorised")
    assert await door.see((await door.go_on(tokens)).json()) == (403, "forbidden")


# -- what is no way to sign in


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"email": "ada@example.org"},
        {"code": "123456"},
        {"email": "ada@example.org", "code": "123456", "refresh_token": "x"},
        {"refresh_token": "x", "issuer_token": "y"},
        {"email": "ada@example.org", "code": "12345"},
        {"email": "ada@example.org", "code": "١٢٣٤٥٦"},
        {"email": "ada@example.org", "code": 123456},
        {"email": "ada@example.org", "code": "123456", "role": "operator"},
    ],
)
async def test_other_bodies_are_refused(closed: Door, body: object) -> None:
    answer = await closed.post("tokens", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize(
    "email",
    [
        "",
        "ada",
        "@example.org",
        "ada@",
        "a b@example.org",
        "ada@exa mple.org",
        "ada@example..org",
        "ä@example.org",
        "ada@example.org>\r\nBcc: x@y.z",
        "a" * 65 + "@example.org",
        "ada@" + "a." * 130 + "org",
        "ada\x00@example.org",
    ],
)
async def test_what_no_letter_can_be_sent_to_is_refused(closed: Door, email: str) -> None:
    answer = await closed.ask(email)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert await closed.rows("SELECT 1 FROM sign_in_codes") == []


async def test_there_is_no_signing_in_to_a_city_that_does_not_exist(door: Door) -> None:
    for path, body in (
        ("codes", {"email": "ada@example.org"}),
        ("tokens", {"email": "ada@example.org", "code": "123456"}),
    ):
        answer = await door.http.post(f"/v1/nowhere/auth/{path}", json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_city")
