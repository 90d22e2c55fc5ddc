"""What the SDK's types do not know, Stripe refuses, and so does the sandbox, by name."""

import asyncio
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.payments.sandbox.api import answer
from adapters.payments.sandbox.errors import ApiError
from adapters.payments.sandbox.forms import decode
from adapters.payments.sandbox.http import Request
from adapters.payments.sandbox.routes import ROUTES
from adapters.payments.sandbox.sandbox import open_sandbox
from adapters.payments.sandbox.settings import SandboxSettings
from adapters.payments.sandbox.validation import read
from infra.clock import now
from infra.ids import new_id
from tests.adapters.payments.sandbox.running import Running, account

VALID = {"amount": "1000", "currency": "eur"}


@pytest.mark.parametrize(
    ("form", "param", "code"),
    [
        ({"currency": "eur"}, "amount", "parameter_missing"),
        ({**VALID, "colour": "red"}, "colour", "parameter_unknown"),
        ({**VALID, "shipping[colour]": "red"}, "shipping[colour]", "parameter_unknown"),
        ({**VALID, "amount": "12.50"}, "amount", "parameter_invalid_integer"),
        ({**VALID, "amount": "49"}, "amount", "amount_too_small"),
        ({**VALID, "amount": "-1"}, "amount", "amount_too_small"),
        ({**VALID, "currency": "gbp"}, "currency", None),
        ({**VALID, "capture_method": "later"}, "capture_method", None),
        ({**VALID, "confirm": "yes"}, "confirm", None),
        ({**VALID, "description": ""}, "description", "parameter_invalid_empty"),
        ({**VALID, "metadata": "booking"}, "metadata", None),
        ({**VALID, "metadata[k]": "v" * 501}, "metadata[k]", None),
        (
            {**VALID, "payment_method_types[0]": "card"},
            "payment_method_types",
            "payment_method_types_no_longer_supported",
        ),
        ({**VALID, "allowed_payment_method_types[0]": "ideal"}, "allowed_payment_method_types", None),
        ({**VALID, "allowed_payment_method_types[0]": "shells"}, "allowed_payment_method_types[0]", None),
        ({**VALID, "allowed_payment_method_types": "card"}, "allowed_payment_method_types", None),
        ({**VALID, "off_session": "true"}, "off_session", None),
        ({**VALID, "application_fee_amount": "10"}, "application_fee_amount", None),
        ({**VALID, "transfer_data[destination]": "nobody"}, "transfer_data[destination]", "resource_missing"),
        (
            {**VALID, "transfer_data[destination]": "acct_b", "application_fee_amount": "999999"},
            "application_fee_amount",
            "fee_too_large",
        ),
        (
            {**VALID, "transfer_data[destination]": "acct_b", "transfer_data[amount]": "10"},
            "transfer_data[amount]",
            None,
        ),
        ({**VALID, "payment_method_options[card][moto]": "true"}, "payment_method_options[card][moto]", None),
        ({**VALID, "customer": "cus_nobody"}, "customer", "resource_missing"),
        ({**VALID, "payment_method": "pm_nothing"}, "payment_method", "resource_missing"),
        ({**VALID, "expand[0]": "colour"}, "expand", None),
        (
            {**VALID, "confirm": "true", "payment_method": "pm_card_visa", "return_url": "back"},
            "return_url",
            "url_invalid",
        ),
    ],
)
async def test_a_parameter_that_does_not_fit_is_named(
    shared_sandbox: Running, form: dict[str, str], param: str, code: str | None
) -> None:
    refused = await shared_sandbox.raw("POST", "/v1/payment_intents", data=form)
    error = refused.json()["error"]
    assert (refused.status_code, error["type"]) == (400, "invalid_request_error")
    assert (error["param"], error.get("code")) == (param, code)
    assert await shared_sandbox.event_types() == []


async def test_parameters_that_exclude_each_other_are_refused(shared_sandbox: Running) -> None:
    form = {**VALID, "allowed_payment_method_types[0]": "card", "automatic_payment_methods[enabled]": "true"}
    refused = await shared_sandbox.raw("POST", "/v1/payment_intents", data=form)
    assert refused.json()["error"]["code"] == "parameters_exclusive"


@pytest.mark.parametrize("key", ["a[", "a]", "a[b", "[a]", "a[b]c", "a[[b]]", "a" + "[b]" * 10])
async def test_a_malformed_name_is_refused(shared_sandbox: Running, key: str) -> None:
    refused = await shared_sandbox.raw("POST", "/v1/customers", data={key: "1"})
    assert refused.status_code == 400


async def test_a_name_cannot_be_a_value_and_a_hash(shared_sandbox: Running) -> None:
    for body in ("metadata=1&metadata[a]=2", "metadata[a]=2&metadata=1"):
        headers = {"content-type": "application/x-www-form-urlencoded"}
        refused = await shared_sandbox.raw("POST", "/v1/customers", content=body, headers=headers)
        assert refused.status_code == 400


async def test_other_bodies_than_forms_are_refused(shared_sandbox: Running) -> None:
    assert (await shared_sandbox.raw("POST", "/v1/customers", json={"email": "a@example.org"})).status_code == 400
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await shared_sandbox.raw("POST", "/v1/customers", content=b"name=\xff", headers=headers)).status_code == 400
    assert (
        await shared_sandbox.raw("POST", "/v1/customers", content=b"n" * 1_000_001, headers=headers)
    ).status_code == 413


async def test_an_unknown_address_is_not_found(shared_sandbox: Running) -> None:
    for method, path in (("GET", "/v1/colours"), ("DELETE", "/v1/balance"), ("GET", "/v1/payment_intents/pi_none")):
        refused = await shared_sandbox.raw(method, path)
        assert (refused.status_code, refused.json()["error"]["type"]) == (404, "invalid_request_error")


async def test_the_answer_says_which_request_and_version_it_is_for(shared_sandbox: Running) -> None:
    first = await shared_sandbox.raw("GET", "/v1/balance", headers={"Stripe-Version": "2026-10-28.endive"})
    second = await shared_sandbox.raw("GET", "/v1/nothing")
    assert first.headers["stripe-version"] == "2026-10-28.endive"
    assert first.headers["request-id"].startswith("req_")
    assert second.headers["request-id"] not in {"", first.headers["request-id"]}


def test_nested_names_become_a_tree() -> None:
    assert decode("a=1&b[c]=2&b[d][0]=3&b[d][1]=4&e[]=5&e[]=6&a=7") == {
        "a": "7",
        "b": {"c": "2", "d": {"0": "3", "1": "4"}},
        "e": {"0": "5", "1": "6"},
    }


NAMES = st.sampled_from(
    [
        *(name for route in ROUTES for name in route.shape.__annotations__),
        *(
            "card",
            "number",
            "exp_month",
            "exp_year",
            "token",
            "gte",
            "0",
            "1",
            "",
            "enabled",
            "name",
            "address",
            "line1",
        ),
    ]
)
KEYS = st.builds(lambda head, rest: head + "".join(f"[{each}]" for each in rest), NAMES, st.lists(NAMES, max_size=3))
VALUES = st.one_of(
    st.sampled_from(
        ["", "true", "false", "0", "1", "-1", "99", "1000", "eur", "card", "manual", "pm_card_visa", "always"]
    ),
    st.text(max_size=8),
)


@given(route=st.sampled_from(ROUTES), pairs=st.dictionaries(KEYS, VALUES, max_size=6))
def test_every_tree_is_read_or_refused(route: Any, pairs: dict[str, str]) -> None:
    try:
        tree = decode("&".join(f"{key}={value}" for key, value in pairs.items() if "&" not in value))
        values = read(route.shape, tree)
    except ApiError as error:
        assert error.status == 400  # noqa: PT017 - any other exception fails the test
    else:
        assert values.keys() == tree.keys()


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_no_parameters_make_the_sandbox_fail(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder = tmp_path_factory.mktemp("stripe")
    city = account("city")
    sandbox = open_sandbox(SandboxSettings(folder, (city,), now, new_id))
    headers = {"authorization": f"Bearer {city.secret_key}", "content-type": "application/x-www-form-urlencoded"}
    try:
        for _ in range(data.draw(st.integers(1, 8))):
            route = data.draw(st.sampled_from(ROUTES))
            allowed = sorted(route.models)
            pairs = data.draw(st.dictionaries(st.sampled_from(allowed), VALUES, max_size=5))
            if route.method == "POST" and route.segments[-1] == "payment_intents":
                pairs = {**VALID, **pairs}
            query = "&".join(f"{key}={value}" for key, value in pairs.items() if value.isalnum() or "_" in value)
            path = "/" + "/".join(route.segments).replace("{id}", data.draw(st.sampled_from(["pi_x", "pm_card_visa"])))
            request = Request(
                method=route.method,
                path=path,
                query=query,
                headers=headers,
                body=query.encode() if route.method == "POST" else b"",
                url="http://localhost",
            )
            given = asyncio.run(answer(sandbox, request))
            assert given.status in {200, 400, 402, 404}
    finally:
        sandbox.store.close()
