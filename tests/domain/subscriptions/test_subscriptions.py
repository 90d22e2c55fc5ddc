"""What becomes of a subscription."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from domain.refusals import Refusal
from domain.subscriptions.subscriptions import (
    MOST,
    ChangeSubscription,
    NotSubscribable,
    Subscribe,
    Subscription,
    SubscriptionId,
    changed,
    delivered,
    failed,
    rotated,
    subscribed,
)
from tests.examples import an_id

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ID = SubscriptionId(an_id("a subscription"))
URL = "https://hooks.example.org/kommobil"


def a_subscription() -> Subscription:
    made = subscribed(Subscribe(ID, URL, frozenset({"booking.created"})), [], NOON)
    assert isinstance(made, Subscription)
    return made


@pytest.mark.parametrize(
    "url",
    [
        "ftp://example.org/",
        "https://",
        "https:///path",
        "//example.org/",
        "https://user:secret@example.org/",
        "https://example.org/#part",
        "https://example.org:99999/",
        "https://example.org:0/",
        "https://exämple.org/",
        "https://example.org/a b",
        "https://example.org/\r\nx: y",
        "http://[::1",
    ],
)
def test_an_address_is_absolute_and_plain(url: str) -> None:
    refusal = Refusal(NotSubscribable.ADDRESS_NOT_ALLOWED, "/url")
    assert subscribed(Subscribe(ID, url), [], NOON) == refusal
    assert changed(a_subscription(), ChangeSubscription(ID, url=url), NOON) == refusal


def test_a_city_has_so_many_subscriptions_at_most() -> None:
    one = a_subscription()
    assert isinstance(subscribed(Subscribe(ID, URL), [one] * (MOST - 1), NOON), Subscription)
    assert subscribed(Subscribe(ID, URL), [one] * MOST, NOON) == Refusal(NotSubscribable.TOO_MANY_SUBSCRIPTIONS)


def test_it_wants_what_it_names_or_everything() -> None:
    one = a_subscription()
    assert (one.wants("booking.created"), one.wants("booking.cancelled")) == (True, False)
    assert replace(one, types=frozenset()).wants("booking.cancelled")


def test_after_a_rotation_the_old_secret_signs_beside_the_new_one_for_a_day() -> None:
    one = rotated(a_subscription(), NOON)
    assert a_subscription().generations(NOON) == (1,)
    assert one.generations(NOON + timedelta(hours=23, minutes=59)) == (2, 1)
    assert one.generations(NOON + timedelta(hours=24)) == (2,)


def test_pauses_double_up_to_an_hour_and_after_three_days_it_is_given_up() -> None:
    one, now, pauses = a_subscription(), NOON, []
    while one.enabled:
        one = failed(one, "answered 500", now)
        pauses.append((one.retry_at - now).total_seconds())
        now = one.retry_at
    assert pauses[:11] == [5, 10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600]
    assert set(pauses[10:]) == {3600}
    assert timedelta(days=3) <= now - NOON < timedelta(days=3, hours=2)
    assert (one.failing_since, one.failures, one.last_error) == (NOON, len(pauses), "answered 500")


def test_whoever_says_that_it_is_gone_is_told_nothing_more() -> None:
    assert not failed(a_subscription(), "answered 410", NOON, gone=True).enabled


def test_an_answer_ends_the_failing_and_so_does_another_address_or_being_enabled_again() -> None:
    later = NOON + timedelta(hours=1)
    failing = failed(a_subscription(), "no answer in time", NOON)
    fine = {"retry_at": later, "failing_since": None, "failures": 0, "last_error": None}
    assert delivered(failing, later) == replace(failing, **fine)
    elsewhere = changed(failing, ChangeSubscription(ID, url=f"{URL}/2"), later)
    assert elsewhere == replace(failing, url=f"{URL}/2", version=2, **fine)
    given_up = replace(failing, enabled=False)
    assert changed(given_up, ChangeSubscription(ID, enabled=True), later) == replace(failing, version=2, **fine)
    assert changed(failing, ChangeSubscription(ID, types=frozenset()), later) == replace(
        failing, types=frozenset(), version=2
    )
