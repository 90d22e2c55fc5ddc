"""Whatever order things happen in, the product agrees with the reference: states, claims and money."""

import asyncio
import os
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import httpx
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule, run_state_machine_as_test
from msgspec.structs import replace

from adapters.database.booking.bookings import SqlBookings
from adapters.http.app import create_app
from adapters.http.auth import Tokens
from adapters.http.endpoints import Edge
from domain.booking.bookings import BookingId
from domain.payments.payments import PaymentState
from infra.bootstrap import Outside, application, endpoints
from infra.clock import now
from infra.ids import new_id
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases
from tests.examples import an_actor
from tests.fakes.gateway import FakeGateway
from tests.models.reference import Booked, Reference
from tests.services.payments.world import ASKS, DECLINES, VISA, World, fake_world

pytestmark = pytest.mark.database
T = TypeVar("T")

FULL = bool(os.environ.get("KOMMOBIL_FULL"))
RUNS, STEPS = (1000, 50) if FULL else (12, 30)
CARDS = {"pays": VISA, "asks": ASKS, "declines": DECLINES}
FIRST = 26 * 60
"""The minute at which the first booking may start; a run is over before it comes."""


class Seen(NamedTuple):
    """Of bookings their state and end, and what is claimed: the point, from when, until when; in minutes.

    A hold that has lapsed counts as expired: whoever meets it releases it, so nobody can tell the difference.
    """

    bookings: dict[str, tuple[str, int]]
    claims: set[tuple[str, int, int]]


class Product:
    """The API over PostgreSQL with a provider in memory and a clock that is moved by hand; the worker on demand."""

    def __init__(self, database: Databases, world: World) -> None:
        self.database = database
        self.world = world
        gateway = world.gateway
        assert isinstance(gateway, FakeGateway)
        self.gateway = gateway
        # All bookings lie on one day of the city's, so that an hour always costs the same.
        morning = (world.clock() + timedelta(days=3)).replace(hour=7, minute=0, second=0, microsecond=0)
        self.began = morning - timedelta(minutes=FIRST)
        world.clock.at = self.began
        outside = Outside(world.clock, new_id, lambda secret: secret)
        lives = SqlBookings(database.app, world.clock, new_id, lambda: None, world.payments.settle).bound()
        offered = replace(application(database.app, outside), payments=world.payments, bookings=lives)
        self.offered = offered
        edge = Edge(offered, Tokens({KEY_ID: KEY.public_key()}), world.clock, new_id, _ready, "test")
        self.http: httpx.AsyncClient = client(create_app(edge, endpoints(offered)))
        ada = an_actor("ada", city=world.city)
        self.token = a_token(world.city, person=ada.id, iat=now(), exp=now() + timedelta(days=9))
        self.points = [str(each.id) for each in world.office._seeded.charge_points]  # type: ignore[attr-defined] # the real office
        self.ids: dict[int, str] = {}

    def at(self, minute: int) -> str:
        return (self.began + timedelta(minutes=minute)).isoformat()

    async def ask(self, path: str, body: Any) -> tuple[int, Any]:
        url = f"/v1/{self.world.city}/bookings{path}"
        answer = await self.http.post(url, json=body, headers=bearer(self.token))
        assert answer.status_code < 500, answer.text
        return answer.status_code, answer.json()

    async def expire_holds(self) -> None:
        for booking in self.ids.values():
            await self.offered.bookings.expire(self.world.city, BookingId(UUID(booking)))

    async def lapse_extensions(self) -> None:
        for booking in self.ids.values():
            await self.offered.bookings.lapse_extension(self.world.city, BookingId(UUID(booking)))

    async def seen(self) -> Seen:
        city = self.world.city
        now = self.world.clock()
        bookings = await self.database.rows(
            city,
            "SELECT id::text, CASE WHEN state = 'held' AND hold_expires_at <= :now THEN 'expired' ELSE state END, ends"
            " FROM bookings WHERE city = :city",
            now=now,
        )
        claims = await self.database.rows(
            city,
            "SELECT c.resource_id::text, c.booking_id::text, min(c.claimed_from), max(c.claimed_until)"
            " FROM claims c JOIN bookings b ON b.city = c.city AND b.id = c.booking_id"
            " WHERE c.city = :city AND NOT (b.state = 'held' AND b.hold_expires_at <= :now) GROUP BY 1, 2",
            now=now,
        )
        return Seen(
            {booking: (state, self._minute(end)) for booking, state, end in bookings},
            {(point, self._minute(start), self._minute(end)) for point, _, start, end in claims},
        )

    async def money(self, booking: str) -> tuple[int, int]:
        """At the provider: what is held, and what was taken and kept."""
        held = taken = 0
        for payment in await self.world.office.payments(UUID(booking)):
            intent = self.gateway.intents.get(payment.id)
            if intent is None:
                continue
            if intent.state is PaymentState.AUTHORISED:
                held += payment.amount.amount
            taken += intent.captured - intent.refunded
        return held, taken

    async def authenticate(self, booking: str) -> bool:
        for payment in reversed(await self.world.office.payments(UUID(booking))):
            intent = self.gateway.intents.get(payment.id)
            if intent is not None and intent.state is PaymentState.REQUIRES_ACTION:
                self.gateway.authenticated(payment)
                await self.offered.payments.refresh(self.world.city, UUID(booking))
                return True
        return False

    def _minute(self, at: datetime) -> int:
        return round((at - self.began).total_seconds() / 60)


async def _ready() -> dict[str, Any]:
    return {"status": "ready"}


class Life(RuleBasedStateMachine):
    """Made for each test with the road into its event loop: `run` waits for a coroutine there."""

    database: Databases
    loop: asyncio.AbstractEventLoop
    reached: set[tuple[str, bool, str]]
    bookings = Bundle("bookings")

    def __init__(self) -> None:
        super().__init__()
        self.reference = Reference()
        self.product = Product(self.database, self.run(fake_world(self.database)))
        self.told: list[str] = []

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(60)

    def teardown(self) -> None:
        self.run(self.product.http.aclose())

    @rule(target=bookings, point=st.integers(0, 1), hour=st.integers(0, 8), hours=st.integers(1, 3))
    def book(self, point: int, hour: int, hours: int) -> Any:
        start = FIRST + 60 * hour
        wanted = self.reference.book(point, start, start + 60 * hours)
        body = {"service": "charging", "resource_id": self.product.points[point]}
        body |= {"start": self.product.at(start), "end": self.product.at(start + 60 * hours)}
        status, found = self.ask("", body)
        assert wanted == (found["state"] if status == 201 else found["code"])
        if status != 201:
            return multiple()
        one = self.reference.bookings[-1]
        self.product.ids[id(one)] = found["id"]
        return one

    @rule(one=bookings, card=st.sampled_from(sorted(CARDS)))
    def pay(self, one: Booked, card: str) -> None:
        wanted = self.reference.pay(one, card)
        body = {"payment_method_id": CARDS[card], "return_url": "https://city.example/back"}
        status, found = self.ask(f"/{self.id_of(one)}/payment", body)
        assert wanted == (found["state"] if status == 200 else found["code"])

    @rule(one=bookings)
    def authenticate(self, one: Booked) -> None:
        """What lapsed and was settled is withdrawn at the bank, whose page then answers nobody."""
        if self.run(self.product.authenticate(self.id_of(one))):
            self.reference.authenticate(one)
        else:
            assert not one.awaits_bank, "its page is open as long as the time is hers"
            self.reference.close_page(one)

    @rule(one=bookings)
    def cancel(self, one: Booked) -> None:
        self.run(self.product.expire_holds())  # a hold that has lapsed can be cancelled until it is released
        wanted = self.reference.cancel(one)
        status, found = self.ask(f"/{self.id_of(one)}/cancel", {})
        assert wanted == (found["state"] if status == 200 else found["code"])

    @rule(
        target=bookings,
        point=st.integers(0, 1),
        hour=st.integers(0, 8),
        meanwhile=st.booleans(),
        released=st.booleans(),
    )
    def pay_late(self, point: int, hour: int, meanwhile: bool, released: bool) -> Any:
        """The bank's page stays open until the hold is over; somebody else may want the time by then."""
        one = self.book(point, hour, 1)
        if not isinstance(one, Booked):
            return multiple()
        self.pay(one, "asks")
        self.time_passes(31)
        if released:
            self.the_worker_expires_holds()
        if meanwhile:
            self.book(point, hour, 1)
        before = one.state
        self.authenticate(one)
        self.reached.add((before, meanwhile, one.state))
        return one

    @rule(one=bookings, hours=st.integers(1, 2))
    def extend(self, one: Booked, hours: int) -> None:
        end = one.end + 60 * hours
        wanted = self.reference.extend(one, end)
        status, found = self.ask(f"/{self.id_of(one)}/extend", {"end": self.product.at(end)})
        assert wanted == (found["state"] if status == 200 else found["code"])

    @rule(minutes=st.sampled_from([1, 6, 11, 90]))
    def time_passes(self, minutes: int) -> None:
        if self.reference.now + minutes < FIRST - 60:
            self.reference.pass_time(minutes)
            self.product.world.clock.pass_by(minutes=minutes)
            self.run(self.product.lapse_extensions())

    @rule()
    def the_worker_expires_holds(self) -> None:
        self.run(self.product.expire_holds())

    @invariant()
    def both_agree(self) -> None:
        self.run(self.product.world.work())
        seen = self.run(self.product.seen())
        reference = self.reference
        assert seen.bookings == {self.id_of(one): (one.state, one.end) for one in reference.bookings}
        assert seen.claims == {
            (self.product.points[point], *claim) for point in (0, 1) for claim in reference.claims(point)
        }
        for one in reference.bookings:
            assert self.run(self.product.money(self.id_of(one))) == (one.held, one.captured)

    def ask(self, path: str, body: Any) -> tuple[int, Any]:
        return self.run(self.product.ask(path, body))

    def id_of(self, one: Booked) -> str:
        return self.product.ids[id(one)]


async def test_the_product_agrees_with_the_reference_whatever_happens_in_whatever_order(database: Databases) -> None:
    class Here(Life):
        pass

    Here.database, Here.loop, Here.reached = database, asyncio.get_running_loop(), set()
    steps = settings(
        phases=[Phase.generate],
        max_examples=RUNS,
        stateful_step_count=STEPS,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    await asyncio.to_thread(run_state_machine_as_test, Here, settings=steps)
    assert {("expired", False, "confirmed"), ("expired", True, "expired")} <= Here.reached
