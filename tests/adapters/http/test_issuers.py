"""Tokens of a city's own identity provider, over HTTP: who gets in by them, and what gets nobody in."""

import asyncio
import base64
import hmac
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct
from sqlalchemy import text

from adapters.oidc.keys import UNKNOWN_EVERY_S, YOUNG_S
from domain.grants import Grant
from domain.identity import Role
from infra.ids import new_id
from infra.operating import open_desk
from tests.adapters.http.issuer import AUDIENCE, Issuer, Key, an_issuer
from tests.adapters.http.signing_in import BEGINNING, Door, a_door, seconds
from tests.api import KEY, KEY_ID
from tests.database import Databases

pytestmark = pytest.mark.database

FIRST, SECOND = Key("first"), Key("second")
RSA = Key("rsa", "RS256")


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with an_issuer(FIRST, RSA) as found:
        yield found


@pytest.fixture
async def door(database: Databases, issuer: Issuer, tmp_path: Path) -> AsyncIterator[Door]:
    async with a_door(database, tmp_path, oidc=[{"issuer": issuer.url, "audience": AUDIENCE}]) as found:
        yield found


async def introduce(door: Door, token: str) -> Any:
    answer = await door.post("tokens", {"issuer_token": token, "accepted_terms": "2026-01"})
    assert answer.status_code == 200, answer.text
    return answer.json()


# -- who gets in


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
async def test_somebody_new_agrees_to_the_terms_once_and_is_known_by_any_token_from_then_on(
    door: Door, issuer: Issuer, algorithm: str
) -> None:
    key = Key("its own", algorithm)
    issuer.published.append(key.jwk())
    token = issuer.token(key, BEGINNING)
    assert await door.see(token) == (409, "terms_not_accepted")
    assert await door.rows("SELECT 1 FROM persons") == []

    tokens = await introduce(door, token)
    assert [await door.see(tokens), await door.see(token)] == [(200, None), (200, None)]
    ((person, email),) = await door.rows("SELECT id, email FROM persons")
    assert email == "ada@example.org"
    assert jwt.decode(tokens["access_token"], options={"verify_signature": False})["sub"] == str(person)
    assert await door.rows("SELECT issuer, subject, person_id FROM identities") == [(issuer.url, "ada-at-work", person)]
    renamed = issuer.token(key, BEGINNING, email="ada.new@example.org")
    await introduce(door, renamed)
    assert await door.rows("SELECT id FROM persons") == [(person,)]


async def test_whoever_is_known_by_a_verified_address_is_the_same_person_with_their_roles(
    door: Door, issuer: Issuer
) -> None:
    async with open_desk(door.database.app.transactions, door.city) as desk:
        person = await desk.people.enter("ada@example.org", "de")
        await desk.staff.grant(person, Grant(Role.FINANCE))

    tokens = await introduce(door, issuer.token(FIRST, BEGINNING))
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (claims["sub"], claims["roles"]) == (str(person), ["finance"])
    assert await door.see(issuer.token(FIRST, BEGINNING)) == (403, "forbidden")


@pytest.mark.parametrize(
    "claims", [{"email_verified": False}, {"email_verified": None}, {"email": None}, {"email": "ä@b"}]
)
async def test_an_address_that_the_issuer_does_not_vouch_for_leads_to_nobody(
    door: Door, issuer: Issuer, claims: dict[str, Any]
) -> None:
    await door.enter("ada@example.org")
    answer = await door.post(
        "tokens", {"issuer_token": issuer.token(FIRST, BEGINNING, **claims), "accepted_terms": "2026-01"}
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "no_address")


async def test_keycloaks_way_of_saying_access_token_counts(door: Door, issuer: Issuer) -> None:
    token = issuer.token(FIRST, BEGINNING, headers={"typ": "JWT"}, typ="Bearer", aud=["account", AUDIENCE])
    await introduce(door, token)
    assert await door.see(token) == (200, None)


async def test_signing_out_with_an_issuers_token_ends_that_token_here(door: Door, issuer: Issuer) -> None:
    token, other = issuer.token(FIRST, BEGINNING), issuer.token(FIRST, BEGINNING, jti="other")
    await introduce(door, token)
    answer = await door.post("logout", authorization=f"Bearer {token}")
    assert answer.status_code == 204
    assert [await door.see(token), await door.see(other)] == [(401, "unauthorised"), (200, None)]


async def test_a_role_that_is_taken_back_ends_at_the_next_look_up(door: Door, issuer: Issuer) -> None:
    token = issuer.token(FIRST, BEGINNING)
    await introduce(door, token)
    assert await door.see(token) == (200, None)
    async with door.database.app.transactions.city(door.city) as connection:
        await connection.execute(text("DELETE FROM role_grants WHERE city = :city"), {"city": door.city})
    door.clock.forward(seconds(31))
    assert await door.see(token) == (403, "forbidden")


# -- the keys


async def test_keys_are_rotated_under_load_without_a_refused_request(door: Door, issuer: Issuer) -> None:
    await introduce(door, issuer.token(FIRST, BEGINNING))

    async def requests(key: Key, tag: str) -> list[tuple[int, str | None]]:
        return await asyncio.gather(*(door.see(issuer.token(key, BEGINNING, jti=f"{tag} {n}")) for n in range(40)))

    seen = await requests(FIRST, "before")
    issuer.published = [FIRST.jwk(), SECOND.jwk()]
    both = await asyncio.gather(requests(FIRST, "old key"), requests(SECOND, "new key"))
    issuer.published = [SECOND.jwk()]
    seen += [*both[0], *both[1], *await requests(SECOND, "after")]

    assert Counter(seen) == {(200, None): 160}
    assert issuer.fetched == 2


async def test_made_up_key_ids_have_us_ask_the_issuer_a_few_times_a_minute_and_hide_no_new_key(
    door: Door, issuer: Issuer
) -> None:
    await introduce(door, issuer.token(FIRST, BEGINNING))
    assert issuer.fetched == 1
    seen_after: int | None = None
    for second in range(60):
        forged = [issuer.token(SECOND, door.clock(), headers={"kid": f"made up {second} {n}"}) for n in range(10)]
        seen = await asyncio.gather(*(door.see(token) for token in forged))
        assert Counter(seen) == {(401, "unauthorised"): 10}
        if second == 31:
            issuer.published = [FIRST.jwk(), SECOND.jwk()]
        if second >= 31 and seen_after is None and await door.see(issuer.token(SECOND, door.clock())) == (200, None):
            seen_after = second - 31
        door.clock.forward(seconds(1))
    assert seen_after is not None
    assert seen_after <= 5
    assert issuer.fetched <= 1 + 60 / UNKNOWN_EVERY_S


async def test_an_issuer_that_does_not_answer_is_left_alone_for_a_while(door: Door, issuer: Issuer) -> None:
    await introduce(door, issuer.token(FIRST, BEGINNING))
    issuer.answer = (503, {}, b"")
    for _ in range(20):
        door.clock.forward(seconds(1))
        assert await door.see(issuer.token(SECOND, door.clock())) == (401, "unauthorised")
    assert issuer.fetched == 1 + 2


async def test_keys_that_grow_old_are_fetched_beside_the_request_and_old_ones_count_no_more(
    door: Door, issuer: Issuer
) -> None:
    await introduce(door, issuer.token(FIRST, BEGINNING))
    issuer.published = [SECOND.jwk()]
    door.clock.forward(seconds(YOUNG_S - 1))
    assert await door.see(issuer.token(FIRST, door.clock())) == (200, None)
    door.clock.forward(seconds(1))
    await door.see(issuer.token(FIRST, door.clock(), jti="has them fetched"))
    assert await door.see(issuer.token(SECOND, door.clock())) == (200, None)
    assert issuer.fetched == 2
    assert await door.see(issuer.token(FIRST, door.clock(), jti="2")) == (401, "unauthorised")


async def test_while_the_issuer_is_away_its_known_keys_count_and_without_any_nobody_is_judged(
    door: Door, issuer: Issuer
) -> None:
    issuer.answer = (503, {}, b"")
    assert await door.see(issuer.token(FIRST, BEGINNING)) == (503, "unavailable")
    issuer.answer = None
    door.clock.forward(seconds(10))
    await introduce(door, issuer.token(FIRST, door.clock()))
    issuer.answer = (503, {}, b"")
    door.clock.forward(timedelta(hours=23))
    for tag in ("1", "2"):
        assert await door.see(issuer.token(FIRST, door.clock(), jti=tag)) == (200, None)


@pytest.mark.parametrize(
    "answer",
    [
        (302, {"location": "/other"}, b""),
        (200, {}, b" " * 300_000),
        (200, {}, b"[]"),
        (200, {}, b"{"),
        (200, {"content-encoding": "gzip"}, b"\x1f\x8b" + b"0" * 100),
    ],
    ids=["a redirect", "too much", "no key set", "no JSON", "packed"],
)
async def test_whatever_else_an_issuer_answers_gives_no_keys(
    door: Door, issuer: Issuer, answer: tuple[int, dict[str, str], bytes]
) -> None:
    issuer.answer = answer
    assert await door.see(issuer.token(FIRST, BEGINNING)) == (503, "unavailable")
    assert "/other" not in issuer.asked


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits")
async def test_keys_that_are_too_weak_or_meant_for_something_else_are_not_taken(door: Door, issuer: Issuer) -> None:
    weak, encrypting = Key("weak", "RS256", bits=1024), Key("encrypting")
    issuer.published = [
        FIRST.jwk(),
        weak.jwk(),
        encrypting.jwk(use="enc"),
        {"kty": "oct", "kid": "shared", "k": "c2VjcmV0"},
        {"kty": "RSA", "kid": "broken"},
    ]
    await introduce(door, issuer.token(FIRST, BEGINNING))
    for key in (weak, encrypting):
        assert await door.see(issuer.token(key, BEGINNING)) == (401, "unauthorised")


# -- forged tokens


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _by_hand(header: dict[str, Any], claims: dict[str, Any], secret: bytes | None) -> str:
    content = f"{_part(header)}.{_part(claims)}"
    seal = b"" if secret is None else hmac.digest(secret, content.encode(), "sha256")
    return f"{content}.{base64.urlsafe_b64encode(seal).rstrip(b'=').decode()}"


def _claims(token: str) -> dict[str, Any]:
    return dict(jwt.decode(token, options={"verify_signature": False}))


def _pem(key: Key) -> bytes:
    return bytes(key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def _ours(door: Door, key: Any = KEY, kid: str = KEY_ID, typ: str | None = "at+jwt", **claims: Any) -> str:
    at = int(door.clock().timestamp())
    content = {
        "iss": "kommobil",
        "aud": "kommobil",
        "sub": str(new_id()),
        "city": door.city,
        "roles": ["resident"],
        "iat": at,
        "exp": at + 600,
    } | claims
    headers = {"typ": typ, "kid": kid}
    return jwt.encode(content, key, algorithm="EdDSA", headers=headers)


class World(Struct, frozen=True):
    door: Door
    issuer: Issuer


Forge = Callable[[World], str]
FORGED: dict[str, Forge] = {
    "alg none": lambda w: _by_hand(
        {"typ": "at+jwt", "alg": "none", "kid": "first"}, _claims(w.issuer.token(FIRST, BEGINNING)), None
    ),
    "alg None in another case": lambda w: _by_hand(
        {"typ": "at+jwt", "alg": "nOnE", "kid": KEY_ID}, _claims(_ours(w.door)), None
    ),
    "HS256 with the public key as secret": lambda w: _by_hand(
        {"typ": "at+jwt", "alg": "HS256", "kid": "rsa"}, _claims(w.issuer.token(RSA, BEGINNING)), _pem(RSA)
    ),
    "HS256 with our public key as secret": lambda w: _by_hand(
        {"typ": "at+jwt", "alg": "HS256", "kid": KEY_ID},
        _claims(_ours(w.door)),
        KEY.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw),
    ),
    "another algorithm than the key's": lambda w: w.issuer.token(Key("first", "RS256"), BEGINNING),
    "a key that the token brings along": lambda w: w.issuer.token(SECOND, BEGINNING, headers={"jwk": SECOND.jwk()}),
    "a key that the token links to": lambda w: w.issuer.token(
        SECOND, BEGINNING, headers={"jku": f"{w.issuer.url}/other"}
    ),
    "a certificate that the token links to": lambda w: w.issuer.token(
        SECOND, BEGINNING, headers={"x5u": f"{w.issuer.url}/other"}
    ),
    "a key id that leads elsewhere": lambda w: w.issuer.token(
        SECOND, BEGINNING, headers={"kid": "../../../etc/passwd"}
    ),
    "no key id": lambda w: w.issuer.token(FIRST, BEGINNING, headers={"kid": None}),
    "an unknown key id": lambda w: w.issuer.token(SECOND, BEGINNING),
    "a known key id and another key": lambda w: w.issuer.token(Key("first"), BEGINNING),
    "another audience": lambda w: w.issuer.token(FIRST, BEGINNING, aud="another-app"),
    "another issuer": lambda w: w.issuer.token(FIRST, BEGINNING, iss="https://id.example"),
    "our name as issuer": lambda w: w.issuer.token(FIRST, BEGINNING, iss="kommobil", aud="kommobil"),
    "an ID token": lambda w: w.issuer.token(FIRST, BEGINNING, headers={"typ": "JWT"}, nonce="n"),
    "an ID token as Keycloak says it": lambda w: w.issuer.token(FIRST, BEGINNING, headers={"typ": "JWT"}, typ="ID"),
    "a logout token": lambda w: w.issuer.token(FIRST, BEGINNING, headers={"typ": "logout+jwt"}),
    "no type": lambda w: w.issuer.token(FIRST, BEGINNING, headers={"typ": None}),
    "run out": lambda w: w.issuer.token(FIRST, BEGINNING, exp=int(BEGINNING.timestamp())),
    "not yet": lambda w: w.issuer.token(FIRST, BEGINNING, nbf=int(BEGINNING.timestamp()) + 60),
    "from the future": lambda w: w.issuer.token(FIRST, BEGINNING + timedelta(hours=1)),
    "without an end": lambda w: w.issuer.token(FIRST, BEGINNING, exp=None),
    "an end that is no number": lambda w: w.issuer.token(FIRST, BEGINNING, exp="never"),
    "without a subject": lambda w: w.issuer.token(FIRST, BEGINNING, sub=None),
    "a subject of control characters": lambda w: w.issuer.token(FIRST, BEGINNING, sub="a\u0000b"),
    "half a character as subject": lambda w: w.issuer.token(FIRST, BEGINNING, sub="\ud800"),
    "other claims under the same seal": lambda w: ".".join(
        (
            (parts := w.issuer.token(FIRST, BEGINNING).split("."))[0],
            _part(_claims(".".join(parts)) | {"sub": "root"}),
            parts[2],
        )
    ),
    "cut short": lambda w: w.issuer.token(FIRST, BEGINNING)[:-10],
    "two parts": lambda w: w.issuer.token(FIRST, BEGINNING).rpartition(".")[0],
    "huge": lambda w: w.issuer.token(FIRST, BEGINNING, more="x" * 10_000),
    "deep": lambda _: "e30." + base64.urlsafe_b64encode(b"[" * 2500).decode() + ".e30",
    "ours by another key": lambda w: _ours(w.door, key=Key("x", "EdDSA").private),
    "ours of another type": lambda w: _ours(w.door, typ="JWT"),
    "ours for another audience": lambda w: _ours(w.door, aud="others"),
    "ours, run out": lambda w: _ours(w.door, exp=int(w.door.clock().timestamp())),
    "ours, not yet": lambda w: _ours(w.door, nbf=int(w.door.clock().timestamp()) + 60),
    "ours with a role that does not exist": lambda w: _ours(w.door, roles=["king"]),
    "a refresh token": lambda _: "A" * 70,
}


@pytest.fixture(scope="module")
async def world(database: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    """One for all forgeries: nothing comes of them."""
    with an_issuer(FIRST, RSA) as issuer:
        oidc = [{"issuer": issuer.url, "audience": AUDIENCE}]
        async with a_door(database, tmp_path_factory.mktemp("mail"), oidc=oidc) as door:
            yield World(door, issuer)


@pytest.mark.parametrize("forgery", FORGED)
async def test_a_forged_token_opens_nothing(world: World, forgery: str) -> None:
    door, issuer = world.door, world.issuer
    assert await door.see(FORGED[forgery](world)) == (401, "unauthorised")
    assert "/other" not in issuer.asked
    answer = await door.post("tokens", {"issuer_token": FORGED[forgery](world)[:2000], "accepted_terms": "2026-01"})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")
    assert await door.rows("SELECT 1 FROM persons") == []


async def test_a_token_of_another_city_says_so(door: Door, issuer: Issuer, database: Databases) -> None:
    abroad = (await database.new_city()).city
    tokens = await introduce(door, issuer.token(FIRST, BEGINNING))

    assert await door.see(tokens, abroad) == (401, "wrong_city")
    assert await door.see(issuer.token(FIRST, BEGINNING), abroad) == (401, "wrong_city")
