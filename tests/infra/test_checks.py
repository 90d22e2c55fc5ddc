"""`infra/test` runs every check, whatever the one before says, and tells what it found."""

from pathlib import Path

import pytest

from infra import checks
from infra.checks import Check

ADAPTERS = "adapters on PostgreSQL 15"
ALL = "tests on PostgreSQL 15"


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty PATH without any PostgreSQL, and no wish for one in the environment."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv(checks.REQUIRED, raising=False)
    monkeypatch.delenv(checks.BINARIES, raising=False)
    monkeypatch.setattr(checks, "DEBIAN", tmp_path / "debian")
    return tmp_path


def pg_config(folder: Path, version: str) -> None:
    """Put a PostgreSQL of that version on PATH."""
    (folder / "postgres").touch()
    script = folder / "pg_config"
    script.write_text(f'#!/bin/sh\ncase "$1" in --bindir) echo "{folder}";; *) echo "PostgreSQL {version}";; esac\n')
    script.chmod(0o755)


def test_a_failed_check_shows_what_it_said_and_fails_the_run(capfd: pytest.CaptureFixture[str]) -> None:
    outcomes = [
        checks._run(Check("quiet", ("/bin/sh", "-c", "echo nobody needs this"))),
        checks._run(Check("broken", ("/bin/sh", "-c", "echo $WHAT is wrong; exit 3"), {"WHAT": "something"})),
    ]
    assert [(outcome.name, outcome.passed) for outcome in outcomes] == [("quiet", True), ("broken", False)]
    assert capfd.readouterr().out == "== quiet\n== broken\nsomething is wrong\n\n"


def test_a_check_that_ran_beside_the_others_says_its_part_at_the_end(capfd: pytest.CaptureFixture[str]) -> None:
    kept = checks._kept(Check("slow", ("/bin/sh", "-c", "echo twelve passed; exit 3"), loud=True))
    checks._run(Check("quick", ("/bin/sh", "-c", "true")))
    outcome = checks._told(*kept)
    assert (outcome.name, outcome.passed) == ("slow", False)
    assert capfd.readouterr().out == "== quick\n== slow, beside the others\ntwelve passed\n\n"


@pytest.fixture
def only_tests(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A whole run whose tests pass at once."""
    monkeypatch.setattr(checks, "_static", lambda: (Check("types", ("/bin/sh", "-c", "true")),))
    monkeypatch.setattr(checks, "_pytest", lambda name, *_: Check(name, ("/bin/sh", "-c", "true")))


def test_without_postgresql_15_the_second_run_is_left_out_and_that_is_said(
    only_tests: None, capsys: pytest.CaptureFixture[str]
) -> None:
    assert checks.main([]) == 0
    assert "PostgreSQL 15 is not installed" in capsys.readouterr().out


def test_where_postgresql_15_is_required_its_absence_is_a_failure(
    only_tests: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(checks.REQUIRED, "1")
    assert checks.main([]) == 1


@pytest.mark.parametrize(
    ("arguments", "ran"),
    [
        ([], ["tests", "types", "models", ADAPTERS, "journeys", "programs"]),
        (
            ["--full"],
            ["tests", "contract", "types", "models", "programs", ALL, "journeys"],
        ),
        (["tests/domain"], ["types", "tests"]),
    ],
)
def test_a_whole_run_tries_both_versions_of_postgresql(
    only_tests: None, programs: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], ran: list[str]
) -> None:
    pg_config(programs, "15.18")
    assert checks.main(arguments) == 0
    done = [line.split("s  ")[-1] for line in capsys.readouterr().out.splitlines() if line.startswith("ok")]
    assert done == ran


@pytest.mark.parametrize(
    ("arguments", "broken"),
    [
        ([], "tests"),
        ([], "journeys"),
        ([], "programs"),
        ([], "models"),
        ([], ADAPTERS),
        (["--full"], "tests"),
        (["--full"], "contract"),
        (["--full"], "models"),
        (["--full"], "programs"),
        (["--full"], "journeys"),
        (["--full"], ALL),
    ],
)
def test_whatever_part_fails_fails_the_run(
    only_tests: None, programs: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], broken: str
) -> None:
    pg_config(programs, "15.18")
    command = {True: "false", False: "true"}
    monkeypatch.setattr(checks, "_pytest", lambda name, *_: Check(name, ("/bin/sh", "-c", command[name == broken])))
    assert checks.main(arguments) == 1


def test_the_adapters_are_tried_once_in_a_small_run(
    only_tests: None, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the oldest PostgreSQL, with all that is there; where there is none, on the embedded one."""
    made: list[tuple[str, list[str]]] = []

    def noted(name: str, words: list[str], *_: object) -> Check:
        made.append((name, words))
        return Check(name, ("/bin/sh", "-c", "true"))

    def tried() -> list[str]:
        made.clear()
        checks.main([])
        return [name for name, words in made if "--ignore=tests/adapters" not in words and name in {"tests", ADAPTERS}]

    monkeypatch.setattr(checks, "_pytest", noted)
    assert tried() == ["tests"]
    pg_config(programs, "15.18")
    assert tried() == [ADAPTERS]


def test_only_a_version_15_behind_pg_config_is_taken(programs: Path) -> None:
    pg_config(programs, "16.4")
    assert checks._oldest_postgres() is None
    pg_config(programs, "15.18 (Debian 15.18-0+deb12u1)")
    assert checks._oldest_postgres() == programs


def test_a_postgresql_named_in_the_environment_comes_first(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pg_config(programs, "15.18")
    monkeypatch.setenv(checks.BINARIES, "/opt/postgresql/bin")
    assert checks._oldest_postgres() == Path("/opt/postgresql/bin")
