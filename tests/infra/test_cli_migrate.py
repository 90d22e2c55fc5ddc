"""`kommobil migrate` on a database that somebody else runs."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from adapters.database.migrating import head
from infra.embedded import DatabaseUrls
from infra.ids import new_id
from tests.infra.command_line import CITY, CommandLine, Said
from tests.servers import copied, running_postgres

pytestmark = pytest.mark.database


def run(url: str, *statements: str) -> list[tuple[object, ...]]:
    """Run the statements one by one; the rows of the last."""

    async def run_them() -> list[tuple[object, ...]]:
        connection = await asyncpg.connect(url)
        try:
            found = [await connection.fetch(statement) for statement in statements]
        finally:
            await connection.close()
        return [tuple(row) for row in found[-1]]

    return asyncio.run(run_them())


@contextmanager
def foreign_database(superuser: str, owner_may: str = "") -> Iterator[str]:
    """A database of an administrator's, and the URL of the one login that kommobil is given for it."""
    name = f"city_{new_id().hex[-12:]}"
    run(superuser, f"CREATE ROLE {name} LOGIN PASSWORD 'given' {owner_may}", f"CREATE DATABASE {name} OWNER {name}")
    yield f"postgresql://{name}:given@/{name}?{urlsplit(superuser).query}"
    run(superuser, f"DROP DATABASE {name}", f"DROP ROLE {name}")


def as_superuser(superuser: str, url: str) -> str:
    """The superuser, in the database of the other URL."""
    return superuser.replace("/kommobil?", f"{urlsplit(url).path}?")


@pytest.fixture
def given(postgres: DatabaseUrls, tmp_path: Path) -> CommandLine:
    """The command line of an installation that is told of one login only."""
    command_line = CommandLine(postgres, tmp_path)
    del command_line.environment["KOMMOBIL_APP_DATABASE_URL"]
    del command_line.environment["KOMMOBIL_RELAY_DATABASE_URL"]
    return command_line


def remedy(said: Said) -> list[str]:
    return [line.strip() for line in said.err.splitlines()[1:]]


def test_migrating_twice_changes_nothing(given: CommandLine, postgres: DatabaseUrls) -> None:
    with foreign_database(postgres.superuser, "SUPERUSER") as url:
        said = [given("migrate", KOMMOBIL_DATABASE_URL=url) for _ in range(2)]
        shown = given("migrate", "--json", KOMMOBIL_DATABASE_URL=url).json
    assert said == [
        Said(0, f"the schema is at {head()} (was empty)\n", ""),
        Said(0, f"the schema is at {head()}\n", ""),
    ]
    assert shown == {"was": head(), "now": head()}


def test_whether_the_schema_is_current_is_told_and_nothing_is_changed(
    given: CommandLine, postgres: DatabaseUrls
) -> None:
    with foreign_database(postgres.superuser, "SUPERUSER") as url:
        before = given("migrate", "--check", KOMMOBIL_DATABASE_URL=url)
        assert run(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
        given("migrate", KOMMOBIL_DATABASE_URL=url)
        current = given("migrate", "--check", KOMMOBIL_DATABASE_URL=url)
        run(url, "UPDATE alembic_version SET version_num = 'unheard of'")
        beyond = given("migrate", "--check", "--json", KOMMOBIL_DATABASE_URL=url)
    assert before == Said(1, "", "Error: the schema is older than this version; run `kommobil migrate`\n")
    assert current == Said(0, "the schema is current\n", "")
    assert (beyond.exit_code, beyond.json) == (1, {"schema": "beyond", "needed": head()})


def test_a_login_that_may_not_do_it_is_told_the_sql_for_the_administrator(
    given: CommandLine, postgres: DatabaseUrls
) -> None:
    with foreign_database(postgres.superuser) as url:
        owner = urlsplit(url).username
        run(as_superuser(postgres.superuser, url), f"ALTER DATABASE {owner} OWNER TO postgres")
        refused = given("migrate", KOMMOBIL_DATABASE_URL=url)
        statements = remedy(refused)
        assert (refused.exit_code, refused.out, statements) == (
            1,
            "",
            [
                f"GRANT kommobil_app TO {owner};",
                f"GRANT kommobil_relay TO {owner};",
                f"GRANT CREATE ON SCHEMA public TO {owner};",
                f"GRANT CREATE ON DATABASE {owner} TO {owner};",
            ],
        )
        run(as_superuser(postgres.superuser, url), *statements)
        assert given("migrate", KOMMOBIL_DATABASE_URL=url).exit_code == 0


def test_one_login_serves_as_the_walled_in_app(given: CommandLine, postgres: DatabaseUrls) -> None:
    with foreign_database(postgres.superuser) as url:
        run(postgres.superuser, *remedy(given("migrate", KOMMOBIL_DATABASE_URL=url)))
        assert given("migrate", KOMMOBIL_DATABASE_URL=url).exit_code == 0
        for city in ("okerstadt", "allerstadt"):
            given("city", "add", given.file("city.json", {"city": city} | CITY), KOMMOBIL_DATABASE_URL=url)
            ask = ("token", "--city", city, "--email", f"ada@{city}.example", "--role", "resident")
            assert given(*ask, KOMMOBIL_DATABASE_URL=url).exit_code == 0
        walled = ("SET ROLE kommobil_app", "SELECT set_config('kommobil.city', 'okerstadt', false)")
        assert run(url, *walled, "SELECT email FROM persons") == [("ada@okerstadt.example",)]


def test_a_login_that_may_make_roles_makes_them(given: CommandLine, cluster: Path, tmp_path: Path) -> None:
    copied(cluster, tmp_path / "server")
    with running_postgres(tmp_path / "server") as urls, foreign_database(urls.superuser, "CREATEROLE") as url:
        dropped = [
            f"{verb} {role}" for role in ("kommobil_app", "kommobil_relay") for verb in ("DROP OWNED BY", "DROP ROLE")
        ]
        run(urls.superuser, *dropped)
        assert given("migrate", KOMMOBIL_DATABASE_URL=url).exit_code == 0
        made = "SELECT rolname, rolsuper, rolbypassrls, rolcanlogin FROM pg_roles WHERE rolname LIKE 'kommobil_%' ORDER BY 1"
        assert run(urls.superuser, made) == [
            ("kommobil_app", False, False, False),
            ("kommobil_owner", False, False, True),
            ("kommobil_relay", False, False, False),
        ]
        city = given("city", "add", given.file("city.json", {"city": "okerstadt"} | CITY), KOMMOBIL_DATABASE_URL=url)
        assert city == Said(0, "okerstadt is open\n", "")


def test_an_app_role_that_looks_over_walls_is_refused(given: CommandLine, cluster: Path, tmp_path: Path) -> None:
    copied(cluster, tmp_path / "server")
    with running_postgres(tmp_path / "server") as urls:
        run(urls.superuser, "ALTER ROLE kommobil_app BYPASSRLS")
        said = given(
            "migrate",
            KOMMOBIL_DATABASE_URL=urls.owner,
            KOMMOBIL_APP_DATABASE_URL=urls.app,
            KOMMOBIL_RELAY_DATABASE_URL=urls.relay,
        )
    assert (said.exit_code, remedy(said)) == (1, ["ALTER ROLE kommobil_app NOSUPERUSER NOBYPASSRLS;"])


def test_before_the_migration_every_verb_says_what_is_missing(given: CommandLine, postgres: DatabaseUrls) -> None:
    with foreign_database(postgres.superuser) as url:
        run(postgres.superuser, *remedy(given("migrate", KOMMOBIL_DATABASE_URL=url)))
        said = given("city", "show", "okerstadt", KOMMOBIL_DATABASE_URL=url)
    assert said == Said(1, "", "Error: the database has no tables, or old ones; run `kommobil migrate`\n")


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql://ada:wrong@/kommobil?{query}", "the database refuses the login"),
        ("postgresql://ada:wrong@127.0.0.1:1/kommobil", "the database does not answer"),
        ("mysql://ada:secret@db/kommobil", "KOMMOBIL_DATABASE_URL begins with postgresql:// or postgres://"),
    ],
)
def test_a_database_that_cannot_be_used_is_named_without_its_password(
    given: CommandLine, postgres: DatabaseUrls, url: str, why: str
) -> None:
    said = given("migrate", KOMMOBIL_DATABASE_URL=url.format(query=urlsplit(postgres.owner).query))
    assert (said.exit_code, said.out) == (1, "")
    assert why in said.err
    assert "wrong" not in said.err
    assert "secret" not in said.err


def test_a_mistyped_data_folder_founds_no_installation(given: CommandLine) -> None:
    nowhere = given.folder / "typo"
    said = given("city", "show", "okerstadt", "--data", nowhere, KOMMOBIL_DATABASE_URL=None)
    assert (said.exit_code, said.out) == (1, "")
    assert f"nothing is installed under {nowhere}; start it with infra/up" in said.err
    assert not nowhere.exists()
