"""`kommobil proof`."""

import asyncio

import pytest

from tests.infra.command_line import CommandLine

pytestmark = pytest.mark.database


async def test_what_was_seen_is_entered_and_taken_back(kommobil: CommandLine) -> None:
    city = await asyncio.to_thread(kommobil.new_city)
    ada = ("ada@example.org", "licence", "--city", city)
    method = ("--method", "at the counter")
    await kommobil.aside("role", "grant", "ada@example.org", "driver", "--city", city)

    kept = await kommobil.aside("proof", "keep", *ada, "--until", "2090-05-31", "--class", "B", *method)
    listed = await kommobil.aside("proof", "list", "ada@example.org", "--city", city, "--json")
    dropped = [await kommobil.aside("proof", "drop", *ada) for _ in range(2)]

    assert kept.exit_code == 0
    assert kept.out.startswith("ada@example.org: licence B until 2090-05-31, at the counter, checked ")
    assert [each["seen"] for each in listed.json] == [
        {"proof": {"kind": "licence", "valid_until": "2090-05-31"}, "method": "at the counter", "classes": ["B"]}
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
