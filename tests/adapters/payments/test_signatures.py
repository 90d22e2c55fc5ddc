"""Whose message it is, and whether it is from now."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from msgspec.structs import replace

from adapters.payments.signatures import StripeSignatures
from domain.identity import City
from domain.payments.payments import PaymentId
from services.payments.ports import Account, BadSignature, ProviderEvent
from tests.examples import an_id

NOW = datetime(2030, 6, 3, 12, tzinfo=UTC)
ACCOUNT = Account(City("braunschweig"), "acct_1", "pk_test_1", "env:KEY", "env:HOOK")
SECRET = "whsec_ours"
PAYMENT_ID = PaymentId(an_id("payment"))
CHECK = StripeSignatures({"env:HOOK": SECRET}.get)


def a_message(thing: dict[str, Any] | None = None, **said: Any) -> bytes:
    thing = thing or {
        "id": "pi_1",
        "object": "payment_intent",
        "metadata": {"payment_id": str(PAYMENT_ID)},
        "client_secret": "pi_1_secret_x",
    }
    event = {
        "id": "evt_1",
        "object": "event",
        "type": "payment_intent.succeeded",
        "created": 1_900_000_000,
        "livemode": False,
        "api_version": "2026-10-28.endive",
        "data": {"object": thing},
    }
    return json.dumps({**event, **said}).encode()


def signed(raw: bytes, at: datetime = NOW, *secrets: str) -> str:
    """The header, with a signature by each of the secrets."""
    headers = [
        stripe.WebhookSignature.generate_signature_header(raw.decode("latin-1"), secret, int(at.timestamp()))
        for secret in secrets or (SECRET,)
    ]
    return ",".join([headers[0], *(header.partition(",")[2] for header in headers[1:])])


def test_a_message_says_what_it_is_about_and_no_more() -> None:
    raw = a_message()
    assert CHECK.verified(ACCOUNT, raw, signed(raw), NOW) == ProviderEvent(
        id="evt_1",
        type="payment_intent.succeeded",
        object_id="pi_1",
        created=1_900_000_000,
        api_version="2026-10-28.endive",
        payment_id=PAYMENT_ID,
        intent_id="pi_1",
    )


@pytest.mark.parametrize(
    ("thing", "payment_id", "intent_id"),
    [
        ({"id": "re_1", "object": "refund", "payment_intent": "pi_2", "metadata": {}}, None, "pi_2"),
        ({"id": "ch_1", "object": "charge", "payment_intent": None, "metadata": None}, None, None),
        ({"id": "seti_1", "object": "setup_intent", "metadata": {"payment_id": "no id"}}, None, "seti_1"),
        ({"id": "cus_1", "object": "customer"}, None, None),
        ({"object": "balance"}, None, None),
    ],
)
def test_other_messages_name_their_payment_where_they_can(
    thing: dict[str, Any], payment_id: PaymentId | None, intent_id: str | None
) -> None:
    raw = a_message(thing)
    event = CHECK.verified(ACCOUNT, raw, signed(raw), NOW)
    assert (event.payment_id, event.intent_id) == (payment_id, intent_id)


def test_either_of_two_secrets_counts_while_they_are_exchanged() -> None:
    raw = a_message()
    assert CHECK.verified(ACCOUNT, raw, signed(raw, NOW, "whsec_new", SECRET), NOW).id == "evt_1"


@pytest.mark.parametrize("off", [-300, 0, 300])
def test_clocks_may_differ_by_five_minutes_either_way(off: int) -> None:
    raw = a_message()
    assert CHECK.verified(ACCOUNT, raw, signed(raw, NOW + timedelta(seconds=off)), NOW).id == "evt_1"


@pytest.mark.parametrize("off", [-301, 301, 10**9])
def test_what_was_signed_long_ago_or_is_signed_in_the_future_is_refused(off: int) -> None:
    raw = a_message()
    with pytest.raises(BadSignature):
        CHECK.verified(ACCOUNT, raw, signed(raw, NOW + timedelta(seconds=off)), NOW)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1",
        "v1=abc",
        "t=,v1=abc",
        "t=x,v1=abc",
        "t=1,v1=",
        "t=1,v1=\xe4\xf6\xfc",
        "nonsense",
        "t=" + "9" * 400 + ",v1=abc",
        ",".join(["v1=a"] * 1000),
    ],
)
def test_a_header_that_is_none_is_refused(header: str) -> None:
    with pytest.raises(BadSignature):
        CHECK.verified(ACCOUNT, a_message(), header, NOW)


def test_a_body_that_was_written_anew_is_refused() -> None:
    raw = a_message()
    with pytest.raises(BadSignature):
        CHECK.verified(ACCOUNT, raw + b" ", signed(raw), NOW)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", b"[]", b'{"id": 1}', b'{"id":"evt_1"}'])
def test_a_body_that_is_no_message_is_refused_even_if_it_is_signed(raw: bytes) -> None:
    with pytest.raises(BadSignature):
        CHECK.verified(ACCOUNT, raw, signed(raw), NOW)


def test_a_message_for_another_account_or_another_kind_of_money_is_refused() -> None:
    live = replace(ACCOUNT, publishable_key="pk_live_1")
    for account, raw in (
        (ACCOUNT, a_message(livemode=True)),
        (live, a_message()),
        (ACCOUNT, a_message(account="acct_2")),
    ):
        with pytest.raises(BadSignature):
            CHECK.verified(account, raw, signed(raw), NOW)
    mine = a_message(account="acct_1", livemode=True)
    assert CHECK.verified(live, mine, signed(mine), NOW).id == "evt_1"


def test_without_its_secret_an_account_hears_nothing() -> None:
    raw = a_message()
    with pytest.raises(BadSignature):
        CHECK.verified(replace(ACCOUNT, webhook_secret="env:GONE"), raw, signed(raw), NOW)
