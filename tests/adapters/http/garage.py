"""A city's garage, and those who look after it."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
from msgspec import Struct

from domain.identity import Role
from infra.clock import now
from infra.ids import new_id
from tests.api import a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import BERLIN, TOWN_HALL

MANAGER, OPERATOR, STRANGER = new_id(), new_id(), new_id()
TODAY = now().astimezone(ZoneInfo(BERLIN)).date()
AT = datetime.combine(TODAY, time(12), ZoneInfo(BERLIN)).astimezone(UTC)
NOON = (AT + timedelta(days=3)).replace(hour=11)


def day(after: int) -> str:
    return (TODAY + timedelta(days=after)).isoformat()


REGISTRATION = {"kind": "registration", "done_on": day(-100)}
INSURANCE = {"kind": "insurance", "valid_until": day(300)}
HU = {"kind": "hu", "valid_until": day(200)}
UVV = {"kind": "uvv", "done_on": day(-10)}
PAPERS = [REGISTRATION, INSURANCE, HU, UVV]


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["code"]


class Garage(Struct, frozen=True):
    """`manager` runs the town hall's pool, `stranger` the harbour's, `operator` the city. Where its clock stands still, it is `at`
    that instant."""

    http: httpx.AsyncClient
    database: Databases
    seeded: SeededCity
    at: datetime | None = None

    def token(self, role: Role, **more: Any) -> str:
        times: dict[str, Any] = {"iat": self.at, "exp": self.at + timedelta(minutes=10)} if self.at is not None else {}
        return a_token(self.seeded.city, role, **more, **times)

    @property
    def manager(self) -> str:
        return self.token(Role.FLEET_MANAGER, person=MANAGER, pools=(TOWN_HALL,))

    @property
    def stranger(self) -> str:
        return self.token(Role.FLEET_MANAGER, person=STRANGER, pools=("harbour",))

    @property
    def operator(self) -> str:
        return self.token(Role.OPERATOR, person=OPERATOR)

    async def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        """As the manager, where no other `token` is given; with the `key`, and the headers."""
        headers = bearer(more.pop("token", self.manager), more.pop("key", None)) | more.pop("headers", {})
        return await self.http.request(
            method, f"/v1/{self.seeded.city}/{path}", json=body, headers=headers, params=more or None
        )

    def described(self, **more: Any) -> dict[str, Any]:
        """A car of the town hall's."""
        said: dict[str, Any] = {
            "name": "ID.3",
            "kind": "car",
            "seats": 5,
            "drive": "electric",
            "battery_kwh": "58",
            "consumption": "18",
            "plate": "BS-KM 7E",
            "station_id": str(self.seeded.station.id),
            "pool_id": TOWN_HALL,
            "tariff_id": "fleet-standard",
        }
        return said | more

    async def add(self, **more: Any) -> httpx.Response:
        """With all its papers, unless others are given."""
        token = more.pop("token", self.manager)
        key = more.pop("key", None)
        return await self.ask(
            "POST", "fleet/vehicles", self.described(**({"documents": PAPERS} | more)), token=token, key=key
        )

    async def added(self, **more: Any) -> UUID:
        answer = await self.add(**more)
        assert answer.status_code == 201, answer.text
        return UUID(answer.json()["id"])

    async def shown(self, vehicle: UUID) -> dict[str, Any]:
        answer = await self.ask("GET", f"fleet/vehicles/{vehicle}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def drive(self, vehicle: UUID, start: datetime = NOON, hours: float = 2) -> httpx.Response:
        """A driver of the pool's books it on a cost centre."""
        token = self.token(Role.DRIVER, pools=(TOWN_HALL,))
        times = {"start": start.isoformat(), "end": (start + timedelta(hours=hours)).isoformat()}
        wish = {"service": "fleet", "resource_id": str(vehicle), "options": {"cost_centre": "5100"}} | times
        return await self.ask("POST", "bookings", wish, token=token)
