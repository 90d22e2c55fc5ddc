"""The authorisation matrix: every operation, for every caller, on what is the caller's own, somebody else's, or not there.

Generated from what is declared: a new operation is in it at once. What the contract says of roles stands here a second
time, so that a rule and its test do not err together.
"""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar, get
from litestar.enums import HttpMethod
from msgspec import Struct
from msgspec.structs import replace

from adapters.http.app import create_app
from adapters.http.auth import Tokens
from adapters.http.endpoints import PUBLIC, SIGNED_IN, Access, Ask, Edge, Endpoint, Reply, Rule, answer
from adapters.http.guarding import Unguarded, admits, check_routes, rule_faults
from domain.booking.bookings import Booking, BookingId, State
from domain.booking.resources import Resource
from domain.identity import City, PersonId, Role
from infra.bootstrap import Outside, application, authorisation_matrix, endpoints
from infra.clock import now
from infra.ids import new_id
from tests.adapters.http.settled import settled
from tests.api import KEY, KEY_ID, a_token, bearer
from tests.database import Databases, SeededCity
from tests.examples import TOWN_HALL, a_booking

pytestmark = pytest.mark.database
OUTSIDE = Outside(now, new_id, lambda secret: secret)

EVERYBODY = frozenset(Role)
SERVED = EVERYBODY - {Role.DEALER, Role.HR, Role.LESSOR}
BOOK = frozenset({Role.RESIDENT, Role.DRIVER, Role.FLEET_MANAGER})
LOOK_AFTER = frozenset({Role.FLEET_MANAGER, Role.OPERATOR})
WORK = frozenset({Role.DRIVER, Role.FLEET_MANAGER})
# Sections 3 to 6 of the contract, by the longest beginning of the path that fits: who may call, None being a stranger.
# `partner` books on behalf of others within a scope: nobody has one yet.
CONTRACT: dict[str, frozenset[Role | None]] = {
    "GET /": EVERYBODY | {None},
    "POST /v1/webhooks/stripe": EVERYBODY | {None},
    # The law wants it so: withdrawing takes no account.
    "POST /v1/{city}/withdrawals": EVERYBODY | {None},
    "GET /v1/{city}/leasing/leases": BOOK | {Role.DEALER, Role.HR, Role.LESSOR},
    "GET /v1/{city}/leasing/leases/{lease_id}/pin-code": BOOK,
    "POST /v1/{city}/leasing/leases/": BOOK | {Role.DEALER, Role.HR, Role.LESSOR},
    "PUT /v1/{city}/leasing/": frozenset({Role.LESSOR}),
    "PUT /v1/{city}/leasing/parties/": frozenset({Role.DEALER, Role.HR, Role.LESSOR}),
    "GET /v1/{city}/leasing/parties": frozenset({Role.DEALER, Role.HR, Role.LESSOR}),
    "POST /v1/{city}/leasing/offers": frozenset({Role.DEALER}),
    "POST /v1/{city}/leasing/applications": BOOK,
    "POST /v1/{city}/leasing/approvals": frozenset({Role.HR}),
    "GET /v1/{city}/leasing/budgets": frozenset({Role.HR, Role.LESSOR}),
    "POST /v1/{city}/leasing/reviews": frozenset({Role.HR, Role.LESSOR}),
    "POST /v1/{city}/leasing/orders": frozenset({Role.LESSOR}),
    "GET /v1/{city}/leasing/invoices": frozenset({Role.HR}),
    "GET /v1/{city}/leasing/subscriptions": BOOK,
    "GET /v1/{city}/leasing/subscriptions/": BOOK | {Role.OPERATOR},
    "POST /v1/{city}/leasing/subscriptions": BOOK,
    "POST /v1/{city}/leasing/subscriptions/": BOOK | {Role.OPERATOR},
    "POST /v1/{city}/leasing/pickups": frozenset({Role.DEALER}),
    "POST /v1/{city}/leasing/pins": frozenset({Role.DEALER}),
    "POST /v1/{city}/leasing/cancellations": BOOK | {Role.HR, Role.LESSOR},
    "POST /v1/{city}/leasing/suspensions": frozenset({Role.HR, Role.LESSOR}),
    "POST /v1/{city}/leasing/resumptions": frozenset({Role.HR, Role.LESSOR}),
    "POST /v1/{city}/leasing/incident": BOOK | {Role.LESSOR},
    "POST /v1/{city}/leasing/terminations": frozenset({Role.HR, Role.LESSOR}),
    "POST /v1/{city}/leasing/settlement": frozenset({Role.LESSOR}),
    "POST /v1/{city}/leasing/buyouts": BOOK,
    "POST /v1/{city}/leasing/private-continuations": BOOK,
    "POST /v1/{city}/leasing/transfers": frozenset({Role.LESSOR}),
    "POST /v1/{city}/leasing/purchase-offers": frozenset({Role.LESSOR}),
    "POST /v1/{city}/leasing/purchases": BOOK,
    "POST /v1/{city}/leasing/returns": BOOK | {Role.LESSOR},
    "POST /v1/{city}/leasing/returns/receipts": frozenset({Role.LESSOR}),
    "POST /v1/{city}/leasing/inspections": frozenset({Role.LESSOR}),
    "POST /v1/{city}/leasing/closings": frozenset({Role.LESSOR}),
    "POST /v1/{city}/leasing/debits": BOOK,
    "GET /v1/{city}/leasing/payrolls": frozenset({Role.HR}),
    "PUT /v1/{city}/leasing/payrolls": frozenset({Role.HR}),
    "POST /v1/{city}/leasing/payrolls": frozenset({Role.HR}),
    "POST /v1/{city}/leasing/service-invoices": frozenset({Role.DEALER}),
    "GET /v1/{city}/leasing/service-": BOOK | {Role.DEALER, Role.LESSOR},
    "POST /v1/{city}/leasing/service-invoices/": frozenset({Role.LESSOR}),
    "GET /v1/{city}/leasing/claims": BOOK | {Role.LESSOR},
    "POST /v1/{city}/leasing/claims": BOOK | {Role.LESSOR},
    "POST /v1/{city}/leasing/claims/{claim_id}/steps": frozenset({Role.LESSOR}),
    "GET /v1/{city}/leasing/tracings": BOOK | {Role.LESSOR},
    "PUT /v1/{city}/leasing/tracings": BOOK | {Role.LESSOR},
    "POST /v1/{city}/leasing/tracings": BOOK | {Role.LESSOR},
    "POST /v1/{city}/leasing/tracings/{lease_id}/consents": BOOK,
    "POST /v1/{city}/leasing/handovers": BOOK | {Role.DEALER},
    # Whoever stands at a charger needs no account (Regulation (EU) 2023/1804, Article 5(1)).
    "POST /v1/{city}/charging/ad-hoc": EVERYBODY | {None},
    "GET /v1/{city}/charging/ad-hoc": EVERYBODY | {None},
    # Whoever thinks of leasing a bike has no account yet.
    "POST /v1/{city}/leasing/simulations": EVERYBODY | {None},
    "POST /v1/{city}/auth/": EVERYBODY | {None},
    "POST /v1/{city}/auth/logout": EVERYBODY,
    "GET /v1/{city}/me": EVERYBODY,
    "PATCH /v1/{city}/me": EVERYBODY,
    "DELETE /v1/{city}/me": EVERYBODY,
    "POST /v1/{city}/me": EVERYBODY,
    "PUT /v1/{city}/me": EVERYBODY,
    "GET /v1/{city}/invoices": EVERYBODY,
    "GET /v1/{city}/finance/": frozenset({Role.FINANCE}),
    "POST /v1/{city}/finance/": frozenset({Role.FINANCE}),
    "PUT /v1/{city}/finance/": frozenset({Role.FINANCE}),
    "POST /v1/{city}/quotes": SERVED,
    "GET /v1/{city}/bookings": BOOK | {Role.OPERATOR},
    "GET /v1/{city}/events": BOOK | {Role.OPERATOR},
    "POST /v1/{city}/bookings": BOOK,
    "POST /v1/{city}/bookings/{booking_id}/": BOOK | {Role.OPERATOR},
    "POST /v1/{city}/bookings/{booking_id}/payment": BOOK,
    "POST /v1/{city}/bookings/{booking_id}/deposit/claim": frozenset({Role.FLEET_MANAGER, Role.FINANCE}),
    # Whoever is named approves, or decides for somebody, without running a pool.
    "POST /v1/{city}/bookings/{booking_id}/approve": WORK | {Role.OPERATOR},
    "POST /v1/{city}/bookings/{booking_id}/reject": WORK | {Role.OPERATOR},
    "GET /v1/{city}/fleet/approvals": WORK | {Role.OPERATOR},
    "GET /v1/{city}/fleet/deputies": WORK | {Role.OPERATOR},
    "POST /v1/{city}/fleet/deputies": WORK | {Role.OPERATOR},
    "DELETE /v1/{city}/fleet/deputies": WORK | {Role.OPERATOR},
    "POST /v1/{city}/bookings/{booking_id}/problems/resolve": LOOK_AFTER,
    "POST /v1/{city}/resources/{resource_id}/blocks": LOOK_AFTER,
    "DELETE /v1/{city}/resources/{resource_id}/blocks": LOOK_AFTER,
    "GET /v1/{city}/waitlist": BOOK,
    "POST /v1/{city}/waitlist": BOOK,
    "DELETE /v1/{city}/waitlist": BOOK,
    "GET /v1/{city}/trips": BOOK | {Role.OPERATOR},
    "POST /v1/{city}/trips": BOOK | {Role.OPERATOR},
    "POST /v1/{city}/bookings/{booking_id}/photos": BOOK,
    "GET /v1/{city}/charging/sessions": BOOK | {Role.OPERATOR},
    "POST /v1/{city}/charging/sessions": BOOK | {Role.OPERATOR},
    "GET /v1/{city}/damages": BOOK | {Role.OPERATOR},
    "DELETE /v1/{city}/damages": BOOK | {Role.OPERATOR},
    "POST /v1/{city}/damages": BOOK | {Role.OPERATOR},
    "GET /v1/{city}/fleet/": LOOK_AFTER,
    "POST /v1/{city}/fleet/": LOOK_AFTER,
    "PUT /v1/{city}/fleet/": LOOK_AFTER,
    "DELETE /v1/{city}/fleet/": LOOK_AFTER,
    # Whoever works with the vehicles books them in series; the operator looks after that.
    "POST /v1/{city}/fleet/series": WORK,
    "GET /v1/{city}/fleet/series": WORK | {Role.OPERATOR},
    "POST /v1/{city}/fleet/series/": WORK | {Role.OPERATOR},
    "POST /v1/{city}/charging/plans": frozenset({Role.OPERATOR}),
    "GET /v1/{city}/charging/tariffs": frozenset({Role.OPERATOR}),
    "PUT /v1/{city}/charging/tariffs": frozenset({Role.OPERATOR}),
    "POST /v1/{city}/charging/tariffs": frozenset({Role.OPERATOR}),
    "GET /v1/{city}/charging/power-groups": frozenset({Role.OPERATOR}),
    "PUT /v1/{city}/charging/power-groups": frozenset({Role.OPERATOR}),
    "POST /v1/{city}/charging/power-groups": frozenset({Role.OPERATOR}),
    "DELETE /v1/{city}/charging/power-groups": frozenset({Role.OPERATOR}),
    "GET /v1/{city}/proofs": LOOK_AFTER,
    "POST /v1/{city}/proofs": LOOK_AFTER,
    "DELETE /v1/{city}/proofs": LOOK_AFTER,
    "GET /v1/{city}/charging/stations": frozenset({Role.OPERATOR}),
    "POST /v1/{city}/charging/stations": frozenset({Role.OPERATOR}),
    "PATCH /v1/{city}/charging/stations": frozenset({Role.OPERATOR}),
    "GET /v1/{city}/charging/faults": frozenset({Role.OPERATOR}),
    "GET /v1/{city}/charging/tickets": frozenset({Role.OPERATOR}),
    "PATCH /v1/{city}/charging/tickets": frozenset({Role.OPERATOR}),
    "POST /v1/{city}/charging/tickets": frozenset({Role.OPERATOR}),
    "GET /v1/{city}/admin/": frozenset({Role.OPERATOR}),
    "POST /v1/{city}/admin/": frozenset({Role.OPERATOR}),
    "PUT /v1/{city}/admin/": frozenset({Role.OPERATOR}),
    "PATCH /v1/{city}/admin/": frozenset({Role.OPERATOR}),
    "DELETE /v1/{city}/admin/": frozenset({Role.OPERATOR}),
}


def declared(database: Databases) -> tuple[Endpoint, ...]:
    return endpoints(application(database.app, OUTSIDE))


def named(endpoint: Endpoint) -> str:
    path = endpoint.path
    for kind in ("str", "uuid", "int"):
        path = path.replace(f":{kind}}}", "}")
    return f"{endpoint.method.value} {path}"


def contract(endpoint: Endpoint) -> frozenset[Role | None]:
    beginnings = [each for each in CONTRACT if named(endpoint).startswith(each)]
    assert beginnings, f"{named(endpoint)} is in no line of the contract"
    return CONTRACT[max(beginnings, key=len)]


def test_every_operation_admits_whom_the_contract_says(database: Databases) -> None:
    callers: tuple[Role | None, ...] = (None, *Role)
    found = {named(each): {role for role in callers if admits(each.rule, role)} for each in declared(database)}
    assert found == {named(each): set(contract(each)) for each in declared(database)}


def test_the_matrix_is_printed_with_a_line_for_each_operation(database: Databases) -> None:
    head, *lines = authorisation_matrix().splitlines()
    assert head.split() == ["operation", "method", "path", "no", "token", *(role.value for role in Role)]
    cells = {line.split()[0]: line.split()[3:] for line in lines}
    assert cells == {
        each.operation_id: ["x" if role in contract(each) else "-" for role in (None, *Role)]
        for each in declared(database)
    }


class Towns(Struct, frozen=True):
    """Two cities with bookings in both; `home` is the callers'."""

    http: httpx.AsyncClient
    database: Databases
    home: SeededCity
    abroad: SeededCity

    async def booking(self, city: SeededCity, holder: UUID, resource: Resource) -> Booking:
        booking = replace(a_booking(State.COMPLETED, resource), id=BookingId(new_id()), holder_id=PersonId(holder))
        await self.database.place(city.city, booking, resource)
        return booking

    async def call(
        self, endpoint: Endpoint, token: str | None, city: City, objects: Mapping[str, Any]
    ) -> httpx.Response:
        known = {"city": city, **objects}
        path = PARAMETER.sub(lambda found: str(known.get(found[1], new_id())), endpoint.path)
        body = OTHER_BODIES.get(endpoint.operation_id, endpoint.example)
        headers = bearer(token) if token is not None else {"idempotency-key": new_id().hex}
        if endpoint.takes:
            headers["content-type"] = endpoint.takes[0]
            query = OTHER_QUERIES.get(endpoint.operation_id)
            return await self.http.request(endpoint.method.value, path, content=b"1", headers=headers, params=query)
        return await self.http.request(endpoint.method.value, path, json=body, headers=headers)


PARAMETER = re.compile(r"\{(\w+):\w+\}")
OTHER_BODIES: dict[str, Any] = {
    "extendBooking": {"end": "2030-06-03T16:00:00Z"},
    "shortenBooking": {"end": "2030-06-03T12:30:00Z"},
}


OTHER_QUERIES: dict[str, dict[str, str]] = {"addUsePhoto": {"phase": "end"}}
# The holder alone pays, and shows how she found what she drove.
NOT_OF_THE_POOL = {"payBooking", "addUsePhoto"}


@pytest.fixture
async def towns(http: httpx.AsyncClient, database: Databases) -> Towns:
    home, abroad = await database.new_city(), await database.new_city()
    await settled(database, home.city)
    return Towns(http, database, home, abroad)


def told(response: httpx.Response) -> tuple[int, str | None]:
    is_problem = response.headers.get("content-type") == "application/problem+json"
    return response.status_code, response.json()["code"] if is_problem else None


def guarded(database: Databases) -> list[Endpoint]:
    return [each for each in declared(database) if each.rule.access in {Access.SIGNED_IN, Access.ROLES}]


async def test_strangers_and_people_of_other_cities_come_nowhere_near_anything(towns: Towns) -> None:
    booking = await towns.booking(towns.home, new_id(), towns.home.charge_points[0])
    objects = {"booking_id": booking.id}
    everything = a_token(towns.abroad.city, *Role)
    for endpoint in guarded(towns.database):
        nobody = await towns.call(endpoint, None, towns.home.city, objects)
        assert told(nobody) == (401, "unauthorised"), endpoint.operation_id
        assert nobody.headers["www-authenticate"] == "Bearer"
        stranger = await towns.call(endpoint, everything, towns.home.city, objects)
        assert told(stranger) == (401, "wrong_city"), endpoint.operation_id


async def test_roles_without_the_right_are_refused_whatever_they_ask_for(towns: Towns) -> None:
    """Their own things too, and before anything is looked up: what is not there is refused like what is."""
    for role in Role:
        person = new_id()
        token = a_token(towns.home.city, role, person=person, parties=("works",))
        own = await towns.booking(towns.home, person, towns.home.charge_points[0])
        for endpoint in guarded(towns.database):
            if role not in contract(endpoint):
                for objects in ({"booking_id": own.id}, {}):
                    refused = await towns.call(endpoint, token, towns.home.city, objects)
                    assert told(refused) == (403, "forbidden"), (role, endpoint.operation_id)


async def test_roles_with_the_right_are_let_in(towns: Towns) -> None:
    for role in Role:
        for endpoint in declared(towns.database):
            if role in contract(endpoint) and not endpoint.streams:
                token = a_token(towns.home.city, role, person=new_id())  # each its own, for one of them signs out
                found = await towns.call(endpoint, token, towns.home.city, {})
                is_wrong_code = told(found) == (401, "code_not_valid")  # the example's, where codes are taken
                assert is_wrong_code or found.status_code not in {401, 403, 405}, (
                    role,
                    endpoint.operation_id,
                    found.text,
                )
                assert found.status_code < 500, (role, endpoint.operation_id, found.text)


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.DRIVER, Role.FLEET_MANAGER])
async def test_what_is_not_ones_own_is_as_if_it_were_not_there(towns: Towns, role: Role) -> None:
    """Another person's booking, one of another pool, one of another city: told apart by nothing."""
    token = a_token(towns.home.city, role, person=new_id(), pools=("fire-brigade",))
    foreign = [
        await towns.booking(towns.home, new_id(), towns.home.charge_points[0]),
        await towns.booking(towns.home, new_id(), towns.home.cars[1]),
        await towns.booking(towns.abroad, new_id(), towns.abroad.charge_points[0]),
    ]
    tried = 0
    for endpoint in guarded(towns.database):
        if "{booking_id:uuid}" in endpoint.path and role in contract(endpoint):
            missing = await towns.call(endpoint, token, towns.home.city, {"booking_id": new_id()})
            assert told(missing) == (404, "unknown_booking"), endpoint.operation_id
            for booking in foreign:
                found = await towns.call(endpoint, token, towns.home.city, {"booking_id": booking.id})
                assert told(found) == told(missing), endpoint.operation_id
                assert nameless(found) == nameless(missing), endpoint.operation_id
            tried += 1
    assert tried >= 7


def nameless(response: httpx.Response) -> Any:
    """All that is told, but for which request it was."""
    return {**response.json(), "request_id": ""}


async def test_what_is_ones_own_is_there(towns: Towns) -> None:
    ada, car, charger = new_id(), towns.home.cars[1], towns.home.charge_points[0]
    own, of_the_pool = await towns.booking(towns.home, ada, charger), await towns.booking(towns.home, new_id(), car)
    resident = a_token(towns.home.city, Role.RESIDENT, person=ada)
    manager = a_token(towns.home.city, Role.FLEET_MANAGER, pools=(TOWN_HALL,))
    operator = a_token(towns.home.city, Role.OPERATOR)
    seen = ((resident, own, Role.RESIDENT), (manager, of_the_pool, Role.FLEET_MANAGER), (operator, own, Role.OPERATOR))
    for token, booking, role in seen:
        for endpoint in guarded(towns.database):
            holder_only = endpoint.operation_id in NOT_OF_THE_POOL and role is not Role.RESIDENT
            if holder_only or endpoint.operation_id == "getUsePhoto":
                continue
            if "{booking_id:uuid}" in endpoint.path and role in contract(endpoint):
                found = await towns.call(endpoint, token, towns.home.city, {"booking_id": booking.id})
                assert found.status_code in {200, 409, 422}, (role, endpoint.operation_id, found.text)


# -- what does not start


async def _handler(_ask: Ask) -> Reply:
    return answer({})


async def _ready() -> dict[str, str]:
    return {}


def planted(rule: Any, path: str = "/v1/{city:str}/planted") -> Endpoint:
    return Endpoint(HttpMethod.POST, rule, path, "planted", "test", "Planted", _handler, {200: None})


@pytest.mark.parametrize(
    ("endpoint", "fault"),
    [
        (planted(None), "has no rule"),
        (planted("public"), "has no rule"),
        (planted(Rule("everybody")), "has no rule"),  # type: ignore[arg-type]  # what a Struct takes all the same
        (planted(Rule(Access.ROLES)), "names roles where"),
        (planted(Rule(Access.PUBLIC, frozenset({Role.OPERATOR}))), "names roles where"),
        (planted(SIGNED_IN), "does not concern the caller alone"),
        (planted(SIGNED_IN, "/v1/me"), "names no city"),
        (planted(Rule(Access.ROLES, frozenset({Role.DEALER}))), "act under /leasing/ alone"),
    ],
)
def test_an_operation_without_a_rule_does_not_start(database: Databases, endpoint: Endpoint, fault: str) -> None:
    offered = application(database.app, OUTSIDE)
    edge = Edge(offered, Tokens({KEY_ID: KEY.public_key()}), now, new_id, _ready, "0")
    with pytest.raises(Unguarded, match=fault) as error:
        create_app(edge, (*endpoints(offered), endpoint))
    assert all(each.startswith("POST /v1/") for each in error.value.faults)


def test_one_with_a_rule_starts(database: Databases) -> None:
    offered = application(database.app, OUTSIDE)
    edge = Edge(offered, Tokens({KEY_ID: KEY.public_key()}), now, new_id, _ready, "0")
    assert create_app(edge, (planted(PUBLIC),)) is not None


def test_a_route_that_is_no_operation_does_not_start() -> None:
    @get("/planted")
    async def planted_route() -> str:
        return "anything"

    with pytest.raises(Unguarded, match="GET /planted has no rule"):
        check_routes(Litestar([planted_route], openapi_config=None))


def test_a_dealer_acts_under_leasing() -> None:
    rule = Rule(Access.ROLES, frozenset({Role.DEALER}))
    assert rule_faults(planted(rule, "/v1/{city:str}/leasing/offers")) == ()
