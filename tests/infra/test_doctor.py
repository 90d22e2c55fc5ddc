"""`kommobil doctor`: every check is seen to fail for what it is there for."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from adapters.database.connections import LIMITS
from adapters.database.examining import DatabaseFacts
from adapters.database.migrating import Standing
from adapters.database.operator import Cities
from adapters.database.walls import PUBLISHED
from adapters.jobs.redis_state import RedisState, redis_state
from adapters.payments.accounts import StripeClients
from adapters.payments.looking import account_answers
from domain.cities.settings import CitySettings
from domain.identity import City
from infra.doctor.database import Backwork, Examined, database_findings
from infra.doctor.findings import Finding, State
from infra.doctor.surroundings import city_findings, folder_findings, redis_findings
from infra.embedded import DatabaseUrls, DataFolder
from infra.settings import Settings
from tests.adapters.payments.sandbox.running import running
from tests.adapters.payments.sandboxed import CITY, NEIGHBOUR, accounts_of
from tests.database import Databases
from tests.infra.command_line import CITY as A_CITY
from tests.infra.command_line import CommandLine
from tests.infra.test_cli_migrate import as_superuser, foreign_database, run
from tests.servers import FORGETFUL

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SOUND = DatabaseFacts(
    version="18.6",
    version_num=180006,
    standby=False,
    now=NOON,
    settings={
        **{name: LIMITS[name] for name in ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")},
        **dict.fromkeys(("fsync", "full_page_writes", "synchronous_commit", "autovacuum", "data_checksums"), "on"),
        "deadlock_timeout": "100ms",
        "max_connections": "100",
        "server_encoding": "UTF8",
        "default_transaction_isolation": "read committed",
    },
    unwalled=tuple(PUBLISHED),
    claims_guarded=True,
    audit_guarded=True,
    unfinished=(),
    dead_rows={},
    oldest_transaction_s=1,
    transactions_left=2_000_000_000,
    connections=20,
)
WELL = Examined(SOUND, (NOON, NOON + timedelta(seconds=1)), (), Standing.CURRENT, Backwork(0, 0))


def amiss(findings: list[Finding]) -> list[tuple[str, State]]:
    return [(finding.name, finding.state) for finding in findings if finding.state is not State.OK]


def test_of_a_sound_database_nothing_is_said() -> None:
    assert amiss(database_findings(WELL)) == []


@pytest.mark.parametrize(
    ("changed", "name", "state"),
    [
        ({"version_num": 140012}, "postgres version", State.FAILED),
        ({"standby": True}, "primary", State.FAILED),
        ({"claims_guarded": False}, "double booking", State.FAILED),
        ({"unwalled": (*PUBLISHED, "persons")}, "walls", State.FAILED),
        ({"audit_guarded": False}, "audit trail", State.FAILED),
        ({"settings": {"fsync": "off"}}, "durability", State.FAILED),
        ({"settings": {"synchronous_commit": "off"}}, "durability", State.FAILED),
        ({"settings": {"statement_timeout": "0"}}, "time limits", State.FAILED),
        ({"settings": {"deadlock_timeout": "1s"}}, "deadlocks", State.WARNING),
        ({"settings": {"default_transaction_isolation": "serializable"}}, "isolation", State.FAILED),
        ({"settings": {"server_encoding": "LATIN1"}}, "encoding", State.FAILED),
        ({"settings": {"data_checksums": "off"}}, "checksums", State.WARNING),
        ({"settings": {"autovacuum": "off"}}, "autovacuum", State.FAILED),
        ({"unfinished": ("bookings_by_end",)}, "unfinished", State.WARNING),
        ({"dead_rows": {"outbox": 400_000}}, "dead rows", State.WARNING),
        ({"oldest_transaction_s": 301.0}, "oldest transaction", State.WARNING),
        ({"transactions_left": 499_999_999}, "transaction ids", State.FAILED),
        ({"connections": 81}, "connections", State.WARNING),
        ({"now": NOON - timedelta(seconds=2)}, "clocks", State.WARNING),
        ({"now": NOON + timedelta(seconds=40)}, "clocks", State.FAILED),
    ],
)  # fmt: skip
def test_what_is_amiss_with_the_database_is_found_and_a_remedy_named(
    changed: dict[str, Any], name: str, state: State
) -> None:
    if "settings" in changed:
        changed = {"settings": {**SOUND.settings, **changed["settings"]}}
    findings = database_findings(replace(WELL, facts=replace(SOUND, **changed)))
    assert amiss(findings) == [(name, state)]
    assert [finding.do for finding in findings if finding.name == name] != [""]


@pytest.mark.parametrize(
    ("changed", "name", "state"),
    [
        ({"above": ("kommobil_app",)}, "roles", State.FAILED),
        ({"standing": Standing.BEHIND}, "schema", State.FAILED),
        ({"standing": Standing.BEYOND}, "schema", State.FAILED),
        ({"standing": Standing.NEWER}, "schema", State.WARNING),
        ({"backwork": Backwork(61, 0)}, "outbox", State.WARNING),
        ({"backwork": Backwork(601, 0)}, "outbox", State.FAILED),
        ({"backwork": Backwork(0, 1)}, "dead letters", State.FAILED),
        ({"backwork": Backwork(0, 0, 1)}, "notices", State.WARNING),
    ],
)
def test_what_is_amiss_with_roles_schema_and_work_is_found(changed: dict[str, Any], name: str, state: State) -> None:
    assert amiss(database_findings(replace(WELL, **changed))) == [(name, state)]


def test_redis_may_be_missing_but_must_not_throw_away() -> None:
    assert amiss(redis_findings(None, None)) == []
    assert amiss(redis_findings("redis://x", None)) == [("redis", State.WARNING)]
    assert amiss(redis_findings("redis://x", RedisState("7.2", "volatile-lru"))) == [("redis memory", State.FAILED)]


async def test_redis_says_how_it_is(redis_url: str) -> None:
    state = await redis_state(redis_url)
    assert state is not None
    assert amiss(redis_findings(redis_url, state)) == []
    assert await redis_state("unix:///nowhere/redis.sock") is None


@pytest.fixture
def folder(tmp_path: Path) -> Settings:
    data = DataFolder(tmp_path / "data")
    data.secret("jwt.pem")
    return Settings(data=data.root)


def test_a_folder_of_ours_alone_is_well(folder: Settings) -> None:
    assert [one for one in amiss(folder_findings(folder)) if one[0] != "disk"] == []


@pytest.mark.parametrize("place", [".", "secrets", "secrets/jwt.pem", "logs"])
def test_what_others_may_read_is_found(folder: Settings, place: str) -> None:
    (folder.data / place).chmod(0o755)
    assert ("privacy", State.FAILED) in amiss(folder_findings(folder))


def test_what_lies_in_a_closed_folder_is_nobodys_to_read(folder: Settings) -> None:
    (folder.data / "redis").mkdir(mode=0o700)
    (folder.data / "redis" / "appendonly.aof").touch(mode=0o644)
    assert "privacy" not in dict(amiss(folder_findings(folder)))
    (folder.data / "redis").chmod(0o711)
    assert ("privacy", State.FAILED) in amiss(folder_findings(folder))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_belongs_to_others_is_found(folder: Settings) -> None:
    os.chown(folder.secrets / "jwt.pem", 65534, 65534)
    assert ("owner", State.FAILED) in amiss(folder_findings(folder))


@pytest.mark.parametrize(("free", "state"), [(1 << 30, State.FAILED), (5 << 30, State.WARNING)])
def test_a_full_disk_is_found(folder: Settings, monkeypatch: pytest.MonkeyPatch, free: int, state: State) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": free, "total": 1 << 40}))
    assert ("disk", state) in amiss(folder_findings(folder))


def test_a_secret_that_is_not_there_is_found(folder: Settings) -> None:
    stripe = {
        "account": "acct_1",
        "publishable_key": "pk_1",
        "secret_key": "file:secrets/jwt.pem",
        "webhook_secret": "env:NOWHERE",
    }
    city = msgspec.convert({**A_CITY, "stripe": stripe}, CitySettings)
    sound = msgspec.convert(A_CITY, CitySettings)
    assert amiss(city_findings(folder, Cities({City("a-town"): city}, {}))) == [("stripe of a-town", State.FAILED)]
    assert amiss(city_findings(folder, Cities({City("a-town"): sound}, {}))) == []


@pytest.mark.database
async def test_a_city_whose_settings_cannot_be_read_is_found_and_hides_no_other(
    kommobil: CommandLine, database: Databases
) -> None:
    broken = (await database.new_city()).city
    await database.rows(broken, "UPDATE cities SET settings = '{}' WHERE city = :city RETURNING city")
    sound = await asyncio.to_thread(kommobil.new_city)
    said = await kommobil.aside("doctor")
    assert f"FAILED   settings of {broken}" in said.out
    assert f"stripe of {sound}" in said.out


async def test_stripe_is_asked_with_each_citys_own_key(tmp_path: Path) -> None:
    async with running(tmp_path / "stripe", None) as sandbox:
        keys = {account.secret_key: account.secret_key for account in sandbox.accounts[:1]}
        clients = StripeClients(
            accounts_of(sandbox, CITY, NEIGHBOUR), lambda secret: keys.get(secret, "sk_test_wrong"), sandbox.url
        )
        assert await account_answers(clients, CITY) is None
        assert await account_answers(clients, NEIGHBOUR) is not None
        assert await account_answers(clients, City("nowhere")) == "the city has no account"
        await clients.close()


@pytest.mark.database
def test_the_tests_own_server_fails_for_what_makes_it_fast(kommobil: CommandLine) -> None:
    DataFolder(kommobil.data)
    said = kommobil("doctor", "--json")
    found = {check["name"]: check for check in said.json["checks"]}
    assert (said.exit_code, said.json["ok"], found["durability"]["state"]) == (1, False, "failed")
    assert set(found["durability"]["says"].removeprefix("off: ").split(", ")) == set(FORGETFUL)
    sound = (
        "schema",
        "double booking",
        "walls",
        "roles",
        "audit trail",
        "time limits",
        "clocks",
        "deadlocks",
        "signing key",
    )
    assert {found[name]["state"] for name in sound} == {"ok"}


@pytest.mark.database
def test_a_database_is_looked_at_even_where_it_is_wrong(kommobil: CommandLine, postgres: DatabaseUrls) -> None:
    with foreign_database(postgres.superuser, "SUPERUSER") as url:
        for name in ("KOMMOBIL_APP_DATABASE_URL", "KOMMOBIL_RELAY_DATABASE_URL"):
            del kommobil.environment[name]
        empty = kommobil("doctor", KOMMOBIL_DATABASE_URL=url)
        kommobil("migrate", KOMMOBIL_DATABASE_URL=url)
        run(
            as_superuser(postgres.superuser, url),
            "ALTER TABLE claims DROP CONSTRAINT one_claim_at_a_time",
            "ALTER TABLE persons NO FORCE ROW LEVEL SECURITY",
            "ALTER TABLE audit DISABLE TRIGGER audit_is_append_only",
        )
        harmed = kommobil("doctor", KOMMOBIL_DATABASE_URL=url)
    gone = kommobil("doctor", KOMMOBIL_DATABASE_URL="postgresql://a:hush@127.0.0.1:1/b")
    assert [said.exit_code for said in (empty, harmed, gone)] == [1, 1, 1]
    assert "FAILED   schema" in empty.out
    for name in ("double booking", "walls", "audit trail"):
        assert f"FAILED   {name}" in harmed.out
    assert "persons" in harmed.out
    assert "FAILED   postgres" in gone.out
    assert "hush" not in gone.out + gone.err


@pytest.mark.database
async def test_a_dead_letter_is_seen(kommobil: CommandLine) -> None:
    city = await asyncio.to_thread(kommobil.new_city)
    await asyncio.to_thread(
        run,
        kommobil.environment["KOMMOBIL_APP_DATABASE_URL"],
        f"SELECT set_config('kommobil.city', '{city}', false)",
        "INSERT INTO outbox (city, id, kind, subject_id, written_at, due_at, dead_at)"
        f" VALUES ('{city}', gen_random_uuid(), 'test.dead', gen_random_uuid(), now(), now(), now())",
        "SELECT 1",
    )
    said = await kommobil.aside("doctor")
    assert "FAILED   dead letters" in said.out
