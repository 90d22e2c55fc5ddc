"""A city whose front door is tried: the API over the test database, a clock, and the mail that goes out."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from adapters.database.sessions import SqlSessions
from adapters.mail.files import FileMailer
from domain.cities.settings import CitySettings
from domain.identity import City, PersonId
from domain.sign_in.codes import CodeId
from infra.bootstrap import Outside, Post, api, effects
from infra.ids import new_id
from infra.operating import open_desk
from infra.sign_in_key import SignInKey
from infra.signing_in import Keys
from infra.tokens import SigningKey
from tests.adapters.jobs.desk import Clock
from tests.api import KEY, KEY_ID, client
from tests.database import Databases
from tests.infra.command_line import CITY

TERMS = {"general": "2026-01", "privacy": "2025-07"}
BEGINNING = datetime(2026, 6, 1, 12, tzinfo=UTC)


class Door:
    def __init__(self, http: httpx.AsyncClient, database: Databases, city: City, clock: Clock, mail: Path) -> None:
        self.http = http
        self.database = database
        self.city = city
        self.clock = clock
        self._mail = mail
        self._deliver: Callable[[City, CodeId, UUID, datetime], Any] | None = None

    async def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        return await self.http.post(f"/v1/{self.city}/auth/{path}", json=body, headers=headers)

    async def ask(self, email: str = "ada@example.org", **headers: str) -> httpx.Response:
        return await self.post("codes", {"email": email}, **headers)

    async def letters(self) -> list[Any]:
        """Send what is to be sent by now; every letter so far, the newest last."""
        assert self._deliver is not None
        for code_id, entry_id, at in await self.database.rows(
            self.city, "SELECT subject_id, id, written_at FROM outbox WHERE kind = 'sign_in.code_asked'"
        ):
            await self._deliver(self.city, CodeId(code_id), entry_id, at)
        files = sorted(self._mail.glob("*.eml"))  # by id, which is by time
        return [message_from_bytes(file.read_bytes(), policy=policy.default) for file in files]

    async def code(self, email: str = "ada@example.org") -> str:
        """Ask for a code and read it in the letter."""
        assert (await self.ask(email)).status_code == 202
        *_, letter = [letter for letter in await self.letters() if letter["To"] == email]
        found = re.search(r"^    (\d{6})\r?$", letter.get_content(), re.MULTILINE)
        assert found
        return found[1]

    async def enter(self, email: str = "ada@example.org") -> Any:
        """Sign in; the tokens."""
        body = {"email": email, "code": await self.code(email), "accepted_terms": "2026-01"}
        answer = await self.post("tokens", body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def go_on(self, tokens: Any, **more: Any) -> httpx.Response:
        return await self.post("tokens", {"refresh_token": tokens["refresh_token"]} | more)

    async def see(self, tokens: Any, city: City | None = None) -> tuple[int, str | None]:
        """What the bearer sees of their bookings: the status, and the problem's code."""
        headers = {"authorization": f"Bearer {tokens['access_token'] if isinstance(tokens, dict) else tokens}"}
        answer = await self.http.get(f"/v1/{city or self.city}/bookings", headers=headers)
        return answer.status_code, answer.json().get("code")

    async def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return await self.database.rows(self.city, sql)

    async def end_all(self, email: str) -> None:
        """End all sessions of the person, as another process does it."""
        ((person,),) = await self.database.rows(self.city, "SELECT id FROM persons WHERE email = :email", email=email)
        async with self.database.app.transactions.city(self.city) as connection:
            await SqlSessions(connection, self.city, self.clock()).end_all(PersonId(person))

    async def settle(self, **settings: Any) -> None:
        """Change the city's settings."""
        async with open_desk(self.database.app.transactions, self.city) as desk:
            await desk.cities.change(msgspec.convert(CITY | settings, CitySettings))


@asynccontextmanager
async def a_door(database: Databases, mail: Path, **settings: Any) -> AsyncIterator[Door]:
    city = (await database.new_city()).city
    clock = Clock(BEGINNING)
    signing = SigningKey(Ed25519PrivateKey.generate())
    outside = Outside(
        clock, new_id, lambda secret: secret, keys=Keys(signing, SignInKey(b"k" * 32)), oidc_loopback=True
    )
    app = api(database.app, outside, {signing.id: signing.public, KEY_ID: KEY.public_key()})
    async with client(app) as http:
        door = Door(http, database, city, clock, mail)
        door._deliver = effects(database.app, database.relay, outside, Post(FileMailer(mail))).mail_code
        await door.settle(**settings)
        yield door


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)
