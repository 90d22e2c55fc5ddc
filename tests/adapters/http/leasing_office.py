"""A city with a lessor, an employer, a dealer, and somebody who wants a bike, over HTTP."""

from typing import Any
from uuid import UUID

import httpx
from msgspec import Struct
from sqlalchemy import text

from adapters.http.bike_leasing.examples import ACCREDITATION, APPROVAL, FRAMEWORK, OFFER
from domain.identity import City, Role
from infra.ids import new_id
from tests.api import a_token, bearer
from tests.database import Databases

# The papers of a lease, and everybody's yes to them, without drawing them.
SIGNED = """WITH drawn AS (
  INSERT INTO lease_papers (city, lease_id, kind, digest, content, texts, drawn_at)
  SELECT :city, CAST(:lease AS uuid), kind, encode(sha256(convert_to(kind, 'UTF8')), 'hex'), convert_to(kind, 'UTF8'), '[]', now()
  FROM unnest(ARRAY['conversion', 'single_lease']) kind RETURNING kind, digest)
INSERT INTO lease_acceptances (city, lease_id, kind, side, digest, method, accepted_by, accepted_at, request_id)
SELECT :city, CAST(:lease AS uuid), kind, side, digest, 'simple', CAST(:by AS uuid), now(), ''
FROM drawn JOIN (VALUES ('conversion', 'employee'), ('conversion', 'hr'), ('single_lease', 'hr')) said (kind, side) USING (kind)
RETURNING side"""


class Office(Struct, frozen=True):
    """A city with a lessor, an employer, a dealer, and an employee who wants a bike."""

    http: httpx.AsyncClient
    database: Databases
    city: City
    ada: UUID
    tokens: dict[str, str]

    async def ask(self, who: str, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = bearer(self.tokens[who], new_id().hex)
        return await self.http.request(method, f"/v1/{self.city}/leasing/{path}", json=body, headers=headers)

    async def done(self, who: str, path: str, body: Any, method: str = "POST") -> dict[str, Any]:
        answered = await self.ask(who, method, path, body)
        assert answered.is_success, (path, answered.status_code, answered.text)
        found: dict[str, Any] = answered.json()
        return found

    async def refused(self, who: str, path: str, body: Any) -> tuple[int, str]:
        answered = await self.ask(who, "POST", path, body)
        return answered.status_code, answered.json().get("code", answered.text)

    async def seen(self, who: str, lease: str) -> dict[str, Any]:
        found: dict[str, Any] = (await self.ask(who, "GET", f"leases/{lease}")).json()
        return found

    async def listed(self, who: str, path: str, limit: int) -> list[str]:
        """The ids of all that is listed, a page of so many after the other."""
        found: list[str] = []
        asked = f"{path}{'&' if '?' in path else '?'}limit={limit}"
        cursor = ""
        while True:
            page = (await self.ask(who, "GET", f"{asked}{cursor}")).json()
            assert len(page["items"]) <= limit
            found += [each["id"] for each in page["items"]]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    async def offered(self, employer: str | None = "stadtwerke") -> str:
        offer = OFFER | {"holder_id": str(self.ada), "employer": employer}
        made = await self.done("dealer", "offers", offer)
        own = {"effective_rate", "representative"} if employer is None else set()
        assert set(made["sheets"]) == {"rate"} | own
        lease: str = made["id"]
        return lease

    async def approved(self, lease: str) -> None:
        await self.done("ada", "applications", {"lease_id": lease})
        await self.done("hr", "approvals", APPROVAL | {"lease_id": lease})

    async def signed(self, lease: str) -> None:
        await self.database.rows(self.city, SIGNED, lease=UUID(lease), by=self.ada)

    async def ordered(self, lease: str) -> None:
        await self.signed(lease)
        await self.done("lessor", "orders", {"lease_id": lease, "accepted": True, "signed": True})

    async def ready(self) -> tuple[str, str]:
        """A lease whose bike waits, and its PIN."""
        lease = await self.offered()
        await self.approved(lease)
        await self.ordered(lease)
        await self.done("dealer", "pickups", {"lease_id": lease, "serial_number": "SN-4711"})
        return lease, (await self.seen("ada", lease))["pin"]


def handed(lease: str, pin: str) -> dict[str, Any]:
    return {"lease_id": lease, "pin": pin, "identity_checked": True, "free_of_defects": True}


async def opened(http: httpx.AsyncClient, database: Databases, **claims: Any) -> Office:
    """`claims` are what tokens say otherwise."""
    city, ada = (await database.new_city()).city, new_id()
    async with database.app.transactions.city(city) as connection:
        for person in (ada, new_id()):
            await connection.execute(
                text("INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now())"),
                {"city": city, "id": person, "email": f"{person}@example.org"},
            )
    parties = {"dealer": "radhaus", "hr": "stadtwerke", "lessor": "leasing-ag"}
    tokens = {name: a_token(city, Role(name), parties=(party,), **claims) for name, party in parties.items()}
    tokens["ada"] = a_token(city, Role.RESIDENT, Role.HR, person=ada, parties=("stadtwerke",), **claims)
    tokens["stranger"] = a_token(city, Role.HR, Role.RESIDENT, Role.DEALER, parties=("wasserwerke",), **claims)
    found = Office(http, database, city, ada, tokens)
    await found.done("lessor", "frameworks/stadtwerke", FRAMEWORK, "PUT")
    await found.done("lessor", "dealers/radhaus", ACCREDITATION, "PUT")
    return found
