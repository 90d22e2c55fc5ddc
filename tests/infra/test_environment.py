"""How `infra/up` and `infra/test` come to their Python environment, with a real pip and a tiny package."""

import hashlib
import importlib.util
import json
import subprocess
import sys
import zipfile
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest

from infra.environment import PRODUCT, ROOT, TEST, SetupError, prepare
from tests.infra.processes import program


def lock(root: Path, name: str, *packages: str) -> None:
    """Write a lock file that names local wheels by their hash."""
    lines = []
    for package in packages:
        wheel = root / f"{package}-1.0-py3-none-any.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            archive.writestr(zipfile.ZipInfo(f"{package}.py"), "")
            archive.writestr(zipfile.ZipInfo(f"{package}-1.0.dist-info/METADATA"), f"Name: {package}\nVersion: 1.0\n")
            archive.writestr(
                zipfile.ZipInfo(f"{package}-1.0.dist-info/WHEEL"), "Wheel-Version: 1.0\nTag: py3-none-any\n"
            )
            archive.writestr(zipfile.ZipInfo(f"{package}-1.0.dist-info/RECORD"), "")
        lines.append(f"{package} @ {wheel.as_uri()} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n")
    (root / name).write_text("".join(lines))


def importable(root: Path, *names: str) -> set[str]:
    """Which of the modules the environment finds, from a folder elsewhere."""
    source = "import importlib.util, sys; print(*(n for n in sys.argv[1:] if importlib.util.find_spec(n)))"
    found = subprocess.run(
        [root / ".venv" / "bin" / "python", "-c", source, *names], capture_output=True, text=True, check=True, cwd="/"
    )
    return set(found.stdout.split())


def test_the_environment_is_made_once_made_anew_after_a_failure_and_completed_in_place(tmp_path: Path) -> None:
    said: list[str] = []
    (tmp_path / "infra").mkdir()
    (tmp_path / "infra" / "__init__.py").touch()
    (tmp_path / "infra" / "cli.py").write_text("def main():\n    print('kommobil at your service')\n")
    lock(tmp_path, PRODUCT, "wheels_go_round")
    lock(tmp_path, TEST, "wheels_go_round", "a_test_tool")
    names = ("wheels_go_round", "a_test_tool", "infra")

    environment = prepare(tmp_path, PRODUCT, said.append)
    assert importable(tmp_path, *names) == {"wheels_go_round", "infra"}
    assert len(said) == 3
    launched = subprocess.run([environment / "bin" / "kommobil"], capture_output=True, text=True, check=True, cwd="/")
    assert launched.stdout == "kommobil at your service\n"

    said.clear()
    assert prepare(tmp_path, PRODUCT, said.append) == environment
    assert said == []

    trace = environment / "trace of the first one"
    trace.touch()
    right = (tmp_path / TEST).read_text()
    (tmp_path / TEST).write_text(right.replace("sha256:", "sha256:0000", 1))
    with pytest.raises(SetupError, match=f"(?s){TEST} cannot be installed:.*"):
        prepare(tmp_path, TEST, said.append)
    assert trace.exists()
    prepare(tmp_path, PRODUCT, said.append)
    assert importable(tmp_path, *names) == {"wheels_go_round", "infra"}
    assert not trace.exists()

    trace.touch()
    (tmp_path / TEST).write_text(right)
    prepare(tmp_path, TEST, said.append)
    assert importable(tmp_path, *names) == set(names)
    assert trace.exists()


@pytest.mark.full
def test_a_changed_lock_leaves_nothing_of_the_former_one(tmp_path: Path) -> None:
    lock(tmp_path, PRODUCT, "wheels_go_round")
    prepare(tmp_path, PRODUCT, lambda _: None)
    lock(tmp_path, PRODUCT, "renamed_wheels")
    prepare(tmp_path, PRODUCT, lambda _: None)
    assert importable(tmp_path, "wheels_go_round", "renamed_wheels") == {"renamed_wheels"}


@pytest.mark.full
def test_of_two_starts_at_once_one_works_and_one_waits(tmp_path: Path) -> None:
    lock(tmp_path, PRODUCT, "wheels_go_round")
    source = (
        "import sys; from pathlib import Path; from infra.environment import prepare, PRODUCT;"
        "prepare(Path(sys.argv[1]), PRODUCT, print)"
    )
    with program(source, str(tmp_path)) as first, program(source, str(tmp_path)) as second:
        said = [process.communicate(timeout=60)[0].splitlines() for process in (first, second)]
        assert (first.returncode, second.returncode) == (0, 0)
    assert sorted(map(len, said)) == [1, 3]
    assert min(said, key=len) == ["another start is making the environment; waiting for it"]
    assert importable(tmp_path, "wheels_go_round") == {"wheels_go_round"}


@pytest.mark.full
def test_an_environment_that_was_moved_is_not_trusted(tmp_path: Path) -> None:
    lock(tmp_path, PRODUCT)
    environment = prepare(tmp_path, PRODUCT, lambda _: None)
    stamp = environment / "kommobil.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "root": "/where/it/was/made"}))
    said: list[str] = []
    prepare(tmp_path, PRODUCT, said.append)
    assert len(said) == 3


@pytest.mark.full
def test_an_environment_that_is_borrowed_by_a_link_is_left_to_whom_it_belongs(tmp_path: Path) -> None:
    theirs, ours = tmp_path / "theirs", tmp_path / "ours"
    for root in (theirs, ours):
        root.mkdir()
        lock(root, PRODUCT, "wheels_go_round")
    lent = prepare(theirs, PRODUCT, lambda _: None)
    (ours / ".venv").symlink_to(lent)

    prepare(ours, PRODUCT, lambda _: None)

    assert not (ours / ".venv").is_symlink()
    assert importable(ours, "wheels_go_round") == importable(theirs, "wheels_go_round") == {"wheels_go_round"}
    assert prepare(theirs, PRODUCT, pytest.fail) == lent


def test_a_python_without_venv_is_told_which_package_brings_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Debian splits ensurepip off; here it is hidden from the look-up."""
    real = importlib.util.find_spec

    def without_ensurepip(name: str, package: str | None = None) -> ModuleSpec | None:
        return None if name == "ensurepip" else real(name, package)

    monkeypatch.setattr(importlib.util, "find_spec", without_ensurepip)
    lock(tmp_path, PRODUCT)
    with pytest.raises(SetupError) as told:
        prepare(tmp_path, PRODUCT, lambda _: None)
    assert f"apt install python{sys.version_info.major}.{sys.version_info.minor}-venv" in str(told.value)
    assert not (tmp_path / ".venv").exists()


def test_both_lock_files_pin_the_same_versions_and_name_no_index() -> None:
    """Both share one environment, so completing it for the tests must not change what the product runs on."""
    texts = {name: (ROOT / name).read_text() for name in (PRODUCT, TEST)}
    pins = {name: {line.split()[0] for line in text.splitlines() if "==" in line} for name, text in texts.items()}
    assert pins[PRODUCT] - pins[TEST] == set()
    assert [
        line for text in texts.values() for line in text.splitlines() if "://" in line or line.startswith("--")
    ] == []
