"""A city with a bank account, and whoever keeps its books, over HTTP."""

from typing import Any

import httpx
from msgspec import Struct

from domain.identity import Role
from domain.invoicing.invoices import Invoice
from infra.ids import new_id
from tests.adapters.banking.files import document, entry, part, statement
from tests.adapters.http.test_invoices import Resident
from tests.api import a_token, bearer
from tests.database import Databases
from tests.invoices import CITY

IBAN = CITY.iban.replace(" ", "")
XML = "application/xml"


class Office(Struct, frozen=True):
    """`token` is finance's; `resident` gets the invoices."""

    http: httpx.AsyncClient
    resident: Resident
    token: str

    @property
    def city(self) -> str:
        return self.resident.city.city

    async def ask(self, method: str, path: str, key: str | None = None, **more: Any) -> httpx.Response:
        headers = bearer(self.token, key) | more.pop("headers", {})
        target = path if path.startswith("/") else f"/v1/{self.city}/finance/{path}"
        return await self.http.request(method, target, headers=headers, **more)

    async def get(self, path: str, **params: Any) -> Any:
        found = await self.ask("GET", path, params=params)
        assert found.status_code == 200, found.text
        return found.json()

    async def upload(
        self, raw: bytes, media_type: str = XML, key: str | None = None, name: str = "umsaetze.xml"
    ) -> httpx.Response:
        headers = {"content-type": media_type}
        return await self.ask("POST", "bank-statements", key, params={"name": name}, content=raw, headers=headers)

    async def count(self, table: str) -> int:
        ((count,),) = await self.resident.database.rows(
            self.resident.city.city, f"SELECT count(*) FROM {table} WHERE city = :city"
        )
        return int(count)


def paid(*lines: tuple[int, str], sequence: int = 17, opening: int = 100_000, **said: Any) -> bytes:
    """A statement of the city's account with lines of these cents and texts."""
    return document(statement_of(*lines, sequence=sequence, opening=opening, **said))


def statement_of(*lines: tuple[int, str], sequence: int = 17, opening: int = 100_000, **said: Any) -> str:
    entries = [entry(cents, part(text=(words,)) if words else part()) for cents, words in lines]
    closing = opening + sum(cents for cents, _ in lines)
    return statement(*entries, opening=opening, closing=closing, sequence=sequence, iban=IBAN, **said)


async def an_office(http: httpx.AsyncClient, database: Databases) -> Office:
    resident = Resident(http, database, await database.new_city(), new_id())
    await resident.settings()
    return Office(http, resident, a_token(resident.city.city, Role.FINANCE))


def reference(invoice: Invoice) -> str:
    return f"Kassenzeichen {invoice.cash_reference}"


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]
