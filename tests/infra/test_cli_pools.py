"""`kommobil pool`."""

import asyncio
import json
from pathlib import Path

import pytest

from tests.infra.command_line import CommandLine

pytestmark = pytest.mark.database


async def test_a_pool_is_made_and_changed_piece_by_piece(kommobil: CommandLine) -> None:
    city = await asyncio.to_thread(kommobil.new_city)
    ask = ("pool", "set", "harbour", "--city", city)
    said = [
        await kommobil.aside(*ask, "--name", "Hafen"),
        await kommobil.aside(*ask, "--approval-s", "3600"),
        await kommobil.aside("role", "grant", "ada@example.org", "fleet_manager", "--city", city, "--pool", "harbour"),
        await kommobil.aside(*ask, "--name", "Hafenamt"),
        await kommobil.aside("pool", "list", "--city", city),
        await kommobil.aside(*ask, "--no-approval", "--offer-min", "20"),
    ]
    assert [(each.exit_code, each.out) for each in said] == [
        (0, "made harbour  Hafen  needs no approval\n"),
        (0, "set harbour  Hafen  approved within 3600 s by one of 0\n"),
        (0, f"ada@example.org is now fleet_manager of pool harbour in {city}\n"),
        (0, "set harbour  Hafenamt  approved within 3600 s by one of 1\n"),
        (0, "harbour  Hafenamt  approved within 3600 s by one of 1\n"),
        (0, "set harbour  Hafenamt  needs no approval  offers for 20 min\n"),
    ]
    assert said[1].err == (
        f"nobody can approve: grant it with `kommobil role grant EMAIL fleet_manager --city {city} --pool harbour`\n"
    )
    told = await kommobil.aside("pool", "list", "--city", city, "--json")
    pool = {"id": "harbour", "name": "Hafenamt", "approval_s": None, "offer_min": 20}
    assert told.json == [{"pool": pool, "version": 4, "approvers": 1}]


@pytest.mark.parametrize(
    ("options", "exit_code", "words"),
    [
        ((), 1, "a new one needs a --name"),
        (("--name", " "), 2, "--name is one line"),
        (("--name", "Hafen", "--approval-s", "3600", "--no-approval"), 2, "either --approval-s or --no-approval"),
        (("--name", "Hafen", "--approval-s", "10"), 2, "--approval-s"),
        (("--name", "Hafen", "--offer-min", "20", "--offer-as-city"), 2, "either --offer-min or --offer-as-city"),
    ],
)
async def test_what_makes_no_pool_is_refused(
    kommobil: CommandLine, options: tuple[str, ...], exit_code: int, words: str
) -> None:
    city = await asyncio.to_thread(kommobil.new_city)
    said = await kommobil.aside("pool", "set", "harbour", "--city", city, *options)
    assert said.exit_code == exit_code
    assert words in said.err
    assert (await kommobil.aside("pool", "list", "--city", city)).out == ""


async def test_rules_of_approval_are_tried_set_and_shown(kommobil: CommandLine, tmp_path: Path) -> None:
    city = await asyncio.to_thread(kommobil.new_city)
    await kommobil.aside("pool", "set", "harbour", "--city", city, "--name", "Hafen")
    ask, wish = ("pool", "approval", "harbour", "--city", city), tmp_path / "rules.json"
    rules = [{"name": "Dienstfahrt", "asks": False, "cost_centre": True}, {"name": "Lang", "longer_than_s": 7200}]
    wish.write_text(json.dumps({"answer_s": 3600, "rules": rules, "escalated_s": 1800}))
    head = "approved within 3600 s by one of 0, then by operators within 1800 s"
    shown = "1. Dienstfahrt: nobody cost_centre=True\n2. Lang: ask longer_than_s=7200\n"
    tried = "of the latest 0 bookings 0 would have been asked for\n"
    said = [
        await kommobil.aside(*ask, "--set", str(wish), "--dry-run"),
        await kommobil.aside(*ask),
        await kommobil.aside(*ask, "--set", str(wish), "--if-match", "0"),
        await kommobil.aside(*ask, "--set", str(wish), "--if-match", "0"),
    ]
    assert [(each.exit_code, each.out) for each in said] == [
        (0, f"harbour  version 1  {head}\n{shown}{tried}"),
        (0, "harbour  version 0  needs no approval\n"),
        (0, f"harbour  version 1  {head}\n{shown}{tried}"),
        (1, ""),
    ]
    assert "version_mismatch" in said[3].err
    wish.write_text(json.dumps({"answer_s": 1, "rules": [{"name": ""}]}))
    assert "answer_s is" in (await kommobil.aside(*ask, "--set", str(wish))).err
