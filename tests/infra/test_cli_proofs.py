"""`kommobil proof`."""

import asyncio
from datetime import timedelta

import pytest

from infra.clock import now
from tests.infra.command_line import CommandLine

pytestmark = pytest.mark.database


async def test_what_was_seen_is_entered_and_taken_back(kommobil: CommandLine) -> None:
    city = await asyncio.to_thread(kommobil.new_city)
    ada = ("ada@example.org", "licence", "--city", city)
    method = ("--method", "at the counter")
    await kommobil.aside("role", "grant", "ada@example.org", "finance", "--city", city)
    soon = (now().date() + timedelta(days=30)).isoformat()

    kept = await kommobil.aside("proof", "keep", *ada, "--until", soon, "--class", "B", *method)
    listed = await kommobil.aside("proof", "list", "ada@example.org", "--city", city, "--json")
    dropped = [await kommobil.aside("proof", "drop", *ada) for _ in range(2)]

    assert kept.exit_code == 0
    assert kept.out.startswith(f"ada@example.org: licence B until {soon}, at the counter, checked ")
    assert [each["seen"] for each in listed.json] == [
        {"proof": {"kind": "licence", "valid_until": soon, "years": None}, "method": "at the counter", "classes": ["B"]}
    ]
    assert [each.out for each in dropped] == [
        "ada@example.org: licence counts no longer\n",
        "ada@example.org: licence was not there\n",
    ]


async def test_what_shows_nothing_is_refused(kommobil: CommandLine) -> None:
    city = await asyncio.to_thread(kommobil.new_city)
    ask = ("proof", "keep", "nobody@example.org", "licence", "--city", city, "--method", "at the counter")
    said = [
        await kommobil.aside(*ask),
        await kommobil.aside(*ask, "--until", "2020-05-31"),
        await kommobil.aside(*ask, "--until", "2090-05-31"),
        await kommobil.aside(*ask, "--until", "soon"),
        await kommobil.aside(*ask, "--until", "2090-05-31", "--class", "b'"),
    ]
    assert [each.exit_code for each in said] == [1, 1, 1, 2, 2]
    for each, words in zip(said, ("--until", "that day is over", "nobody is known", "soon", "no class"), strict=True):
        assert words in each.err


async def test_nothing_goes_round_the_half_yearly_look_at_a_licence(kommobil: CommandLine) -> None:
    city = await asyncio.to_thread(kommobil.new_city)
    keep = ("--city", city, "--until", "2090-05-31", "--class", "B", "--method", "at the counter")
    for name, role in (("ada", "finance"), ("kim", "driver")):
        await kommobil.aside("role", "grant", f"{name}@example.org", role, "--city", city)

    capped = await kommobil.aside("proof", "keep", "ada@example.org", "licence", *keep)
    refused = await kommobil.aside("proof", "keep", "kim@example.org", "licence", *keep)
    gone = await kommobil.aside("proof", "drop", "kim@example.org", "licence", "--city", city)

    assert capped.exit_code == 0
    assert capped.out.split(" until ")[1] < (now() + timedelta(days=190)).date().isoformat()
    assert [(each.exit_code, "/fleet/drivers" in each.err) for each in (refused, gone)] == [(1, True)] * 2


async def test_an_age_is_entered_as_years_that_were_reached(kommobil: CommandLine) -> None:
    city = await asyncio.to_thread(kommobil.new_city)
    await kommobil.aside("role", "grant", "ada@example.org", "finance", "--city", city)
    ask = ("proof", "keep", "ada@example.org", "age", "--city", city, "--method", "identity card")

    kept = await kommobil.aside(*ask, "--years", "21")
    bare, child = await kommobil.aside(*ask), await kommobil.aside(*ask, "--years", "15")

    assert kept.out.startswith("ada@example.org: age 21 or older for good, identity card, checked ")
    assert [(each.exit_code, "--years" in each.err) for each in (bare, child)] == [(1, True), (2, True)]
