"""A city that takes money, over HTTP, with Stripe's sandbox behind it."""

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
from msgspec.structs import replace

from adapters.database.payments.accounts import SqlAccounts
from adapters.http.app import create_app
from adapters.http.auth import Tokens
from adapters.http.endpoints import Edge
from adapters.http.gate import Gate
from adapters.payments.accounts import StripeClients
from domain.booking.bookings import Booking, BookingId, State
from domain.identity import PersonId
from domain.periods import Period
from infra.bootstrap import Outside, application, endpoints
from infra.clock import now
from infra.ids import new_id
from tests.adapters.payments.sandbox.running import Running, running
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases, SeededCity
from tests.examples import a_booking, an_order, hours

_slots = itertools.count()


class Till(msgspec.Struct, frozen=True):
    """A city that takes money, one of its residents, and the API in front of both."""

    app: Gate
    http: httpx.AsyncClient
    sandbox: Running
    database: Databases
    city: SeededCity
    holder: PersonId

    async def hold(self) -> Booking:
        """A hold of a charge point for an hour that nobody else has, by a person whom the city knows."""
        await self.database.rows(
            self.city.city,
            "INSERT INTO persons (city, id, email, made_at) VALUES (:city, :id, :email, now()) ON CONFLICT DO NOTHING"
            " RETURNING id",
            id=self.holder,
            email=f"{self.holder}@example.org",
        )
        point = self.city.charge_points[0]
        start = (now() + hours(24 + 2 * next(_slots))).replace(microsecond=0)
        order = an_order(point, period=Period(start, start + hours(1)))
        made_at = now().replace(microsecond=0)
        booking = a_booking(State.HELD, point, order=order, made_at=made_at)
        booking = replace(booking, id=BookingId(new_id()), holder_id=self.holder)
        await self.database.place(self.city.city, booking, point)
        return booking

    async def paid(self, method: str = "pm_card_visa") -> Booking:
        """The same, confirmed: 2.40 are held on the card."""
        booking = await self.hold()
        begun = (
            await self.pay(booking.id, {"payment_method_id": method, "return_url": "https://city.example/back"})
        ).json()
        await self.authenticate(begun)
        assert (await self.show(booking))["state"] == "confirmed"
        return booking

    async def authenticate(self, payment: Any) -> None:
        """The holder says yes before her bank, where that asks, and comes back."""
        if payment["next_action"] is not None:
            (
                await self.sandbox.http.post(payment["next_action"]["url"], data={"outcome": "succeed"})
            ).raise_for_status()
            found = await self.database.rows(
                self.city.city, "SELECT booking_id FROM payments WHERE city = :city AND id = :id", id=payment["id"]
            )
            await self.act(found[0][0], "confirm")

    async def act(
        self, booking_id: object, action: str, body: Any = None, *, key: str | None = None, **headers: str
    ) -> httpx.Response:
        named = bearer(a_token(self.city.city, person=self.holder), f"{key}-of-{booking_id}" if key else None)
        named |= {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post(f"/v1/{self.city.city}/bookings/{booking_id}/{action}", json=body, headers=named)

    async def holds(self, booking: Booking) -> list[int]:
        """What Stripe holds for the booking."""
        found = (await self.sandbox.overview())["payments"]
        return [p["held"] for p in reversed(found) if p["metadata"].get("booking_id") == str(booking.id) and p["held"]]

    async def pay(
        self, booking_id: object, body: Any = None, *, key: str | None = "a key", holder: PersonId | None = None
    ) -> httpx.Response:
        headers = bearer(a_token(self.city.city, person=holder or self.holder))
        headers.pop("idempotency-key", None)
        if key is not None:
            headers["idempotency-key"] = f"{key} of {booking_id}".replace(" ", "-")
        return await self.http.request(
            "POST", f"/v1/{self.city.city}/bookings/{booking_id}/payment", json=body or {}, headers=headers
        )

    async def show(self, booking: Booking) -> Any:
        headers = bearer(a_token(self.city.city, person=self.holder))
        return (await self.http.get(f"/v1/{self.city.city}/bookings/{booking.id}", headers=headers)).json()


@asynccontextmanager
async def opened(database: Databases, folder: Path, **settings: Any) -> AsyncIterator[Till]:
    """`settings` are what else the city says of itself."""
    async with running(folder) as sandbox:
        city = await database.new_city()
        mine = sandbox.accounts[0]
        stripe = {
            "account": mine.id,
            "publishable_key": mine.publishable_key,
            "secret_key": mine.secret_key,
            "webhook_secret": mine.webhook_secret,
        }
        await database.rows(
            city.city,
            "UPDATE cities SET settings = CAST(:settings AS jsonb), stripe_account = :account WHERE city = :city RETURNING city",
            settings=json.dumps({"stripe": stripe, **settings}),
            account=mine.id,
        )
        accounts = SqlAccounts(database.app.transactions)
        clients = StripeClients(accounts, lambda secret: secret, sandbox.url)
        outside = Outside(now, new_id, lambda secret: secret)
        offered = application(database.app, outside, clients)
        edge = Edge(offered, Tokens({KEY_ID: KEY.public_key()}), now, new_id, _ready, "test")
        app = Gate(create_app(edge, endpoints(offered)))
        async with client(app) as http:
            yield Till(app, http, sandbox, database, city, PersonId(new_id()))
        await clients.close()
        await database.rows(
            city.city, "UPDATE cities SET settings = '{}', stripe_account = NULL WHERE city = :city RETURNING city"
        )


async def _ready() -> dict[str, str]:
    return {"status": "ready"}
