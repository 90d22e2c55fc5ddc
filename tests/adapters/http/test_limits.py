"""How many requests are answered, and whose they are."""

from collections.abc import Iterable

import pytest

from adapters.http.callers import Callers
from adapters.http.endpoints import Endpoint
from adapters.http.gate import Gate
from adapters.http.limits import Limits, subscriber
from adapters.limits.alone import LocalLimiter
from infra.bootstrap import Front, Outside, api, application, endpoints
from infra.budgets import DEFAULTS, budgets
from infra.clock import now
from infra.ids import new_id
from services.limits.ports import Budget
from tests.api import KEY, KEY_ID, a_token, bearer, client
from tests.database import Databases

OUTSIDE = Outside(now, new_id, lambda secret: secret)


def limited(database: Databases, trusted: Iterable[str] = (), **quotas: int) -> Gate:
    told = {name: Budget(name, quota, 60) for name, quota in quotas.items()}
    front = Front(Limits(LocalLimiter(lambda: 0), told), Callers(trusted))
    return api(database.app, OUTSIDE, {KEY_ID: KEY.public_key()}, front)


@pytest.mark.database
async def test_what_goes_beyond_the_limit_is_a_problem_that_says_when_to_come_again(database: Databases) -> None:
    async with client(limited(database, search=2)) as http:
        first, second, third = [await http.get("/v1/cities") for _ in range(3)]
        health = await http.get("/healthz")

    assert [answer.headers["ratelimit"] for answer in (first, second, third)] == [
        '"search";r=1;t=60',
        '"search";r=0;t=60',
        '"search";r=0;t=90',
    ]
    assert {answer.headers["ratelimit-policy"] for answer in (first, second, third)} == {'"search";q=2;w=60'}
    assert (third.status_code, third.json()["code"], third.headers["retry-after"]) == (429, "rate_limited", "90")
    assert third.headers["content-type"] == "application/problem+json"
    assert (health.status_code, "ratelimit" in health.headers) == (200, False)


@pytest.mark.database
async def test_a_person_takes_from_his_own_budget_wherever_he_is(database: Databases) -> None:
    city = await database.new_city()
    ada, bob = bearer(a_token(city.city)), bearer(a_token(city.city))
    async with client(limited(database, rest=1)) as http:
        answers = [await http.get(f"/v1/{city.city}/bookings", headers=each) for each in (ada, bob, ada, bob)]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]


@pytest.mark.database
async def test_guessing_tokens_takes_from_the_address(database: Databases) -> None:
    async with client(limited(database, rest=2)) as http:
        answers = [
            await http.get("/v1/braunschweig/bookings", headers={"authorization": f"Bearer {guess}"})
            for guess in range(3)
        ]

    assert [answer.status_code for answer in answers] == [401, 401, 429]


@pytest.mark.database
async def test_ten_addresses_that_a_caller_makes_up_are_one_caller(database: Databases) -> None:
    async with client(limited(database, search=3)) as http:
        answers = [
            await http.get("/v1/cities", headers={"x-forwarded-for": f"192.0.2.{number}", "forwarded": "for=192.0.2.9"})
            for number in range(10)
        ]

    assert [answer.status_code for answer in answers].count(200) == 3


@pytest.mark.database
async def test_behind_a_trusted_proxy_callers_are_told_apart(database: Databases) -> None:
    async with client(limited(database, trusted=["127.0.0.1"], search=1)) as http:
        answers = [
            await http.get("/v1/cities", headers={"x-forwarded-for": f"203.0.113.7, 192.0.2.{number}"})
            for number in (1, 2, 1)
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 429]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("192.0.2.1", "203.0.113.7", "192.0.2.1"),
        ("10.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "203.0.113.7, 10.0.0.9", "203.0.113.7"),
        ("10.0.0.1", "10.0.0.8, 10.0.0.9", "10.0.0.8"),
        ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "nonsense, 203.0.113.7", "203.0.113.7"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "\xff\x00,,,", "10.0.0.1"),
    ],
)
def test_the_caller_is_whom_the_last_trusted_proxy_saw(peer: str, forwarded: str, address: str) -> None:
    scope = {"client": (peer, 1), "headers": [(b"x-forwarded-for", forwarded.encode("latin-1"))]}

    assert Callers(["10.0.0.0/8"]).address(scope) == address


def test_an_ipv6_customer_is_his_subnet() -> None:
    assert [
        subscriber(address) for address in ("2001:db8::1", "2001:db8::ffff:2", "::ffff:192.0.2.1", "192.0.2.1")
    ] == [
        "2001:db8::",
        "2001:db8::",
        "192.0.2.1",
        "192.0.2.1",
    ]


@pytest.mark.database
def test_every_operation_of_the_contract_has_a_budget(database: Databases) -> None:
    offered: tuple[Endpoint, ...] = endpoints(application(database.app, OUTSIDE))
    found = {endpoint.operation_id: endpoint.budget for endpoint in offered}

    assert {found["createBooking"], found["createQuote"], found["cancelBooking"]} == {"booking"}
    assert {found["createSeries"], found["cancelSeries"]} == {"booking"}, "a series is many bookings"
    assert {found["listAvailable"], found["listCities"]} == {"search"}
    assert {found["declareWithdrawal"], found["confirmWithdrawal"]} == {"withdrawal"}
    assert {found["beginAdHocCharge"], found["stopAdHocCharge"]} == {"ad_hoc"}
    assert {found["listBookings"], found["getAdHocCharge"]} == {"rest"}
    assert {name for name, budget in found.items() if budget is None} == {
        name for name in found if name.startswith("receive")
    }


def test_budgets_are_settings() -> None:
    assert budgets(None) == DEFAULTS
    assert budgets("off") == {}
    assert budgets("booking=5/10, search=off") == {
        "sign_in": DEFAULTS["sign_in"],
        "withdrawal": DEFAULTS["withdrawal"],
        "ad_hoc": DEFAULTS["ad_hoc"],
        "booking": Budget("booking", 5, 10),
        "rest": DEFAULTS["rest"],
    }


@pytest.mark.parametrize("told", ["booking", "booking=0/60", "booking=5", "parking=5/60", "on", "booking=5/0"])
def test_budgets_that_cannot_be_meant_are_refused(told: str) -> None:
    with pytest.raises(ValueError, match="booking=60/60"):
        budgets(told)
