"""Makes kommobil's own Python environment, `.venv`, from a lock file. Standard library only: nothing is there yet.

    .venv/                                   a virtual environment with exactly what the lock files name
    .venv/kommobil.json                      what has been installed: the stamp, written last
    .venv/bin/kommobil                       starts the command line without a build
    .venv/lib/.../site-packages/kommobil.pth makes the rooms of the house importable

A second start reads the stamp and skips the work. Without a valid stamp the environment is made from nothing, so a
killed installation leaves no trace. The checkout's folder is locked meanwhile: of two starts one works, one waits.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
PRODUCT = "requirements.lock"
TEST = "requirements-test.lock"
RECIPE = 2
"""How the environment is made; another number makes it anew everywhere."""

LAUNCHER = """\
#!/bin/sh
'''exec' env -u {uncompiled} {python} "$0" "$@"
' '''
import sys
from infra.cli import main
sys.exit(main())
"""

_DISTURBING = ("PYTHONHOME", "PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PIP_REQUIREMENT")
"""Settings of the caller's shell that would lead Python or pip elsewhere."""

_UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
"""Container images like to set it. Six processes that compile their imports at every start need 9 s more for it."""

Say = Callable[[str], None]


class SetupError(Exception):
    """The environment cannot be made; the message says what to install or shows what pip said."""


def up(arguments: list[str]) -> NoReturn:
    """`infra/up`: make the environment, become `kommobil up`."""
    environment = prepared(PRODUCT)
    _become(environment, [str(environment / "bin" / "kommobil"), "up", *arguments])


def test(arguments: list[str]) -> NoReturn:
    """`infra/test`: make the environment with the test tools, become the checks."""
    environment = prepared(TEST)
    os.chdir(ROOT)
    _become(environment, ["-m", "infra.checks", *arguments])


def prepared(lock: str) -> Path:
    """The environment with everything of the lock file in it. Ends the program with a plain message if impossible."""
    try:
        return prepare(ROOT, lock, lambda words: print(words, flush=True))
    except SetupError as problem:
        sys.exit(str(problem))


def prepare(root: Path, lock: str, say: Say) -> Path:
    """Make or complete `root/.venv`; a line to `say` per phase, none if there is nothing to do.

    Raises SetupError.
    """
    environment = root / ".venv"
    wanted = _digest(root / lock)
    if _installed(environment, root).get(lock) == wanted:
        return environment
    with _alone(root, say):
        installed = _installed(environment, root)
        if installed.get(lock) == wanted:
            return environment
        began = time.monotonic()
        if not installed or installed.get(lock, wanted) != wanted:
            installed = {}
            _create(environment, say)
        stamp = environment / "kommobil.json"
        stamp.unlink(missing_ok=True)  # from here on it is unfinished
        _install(environment, root / lock, say)
        _connect(environment, root)
        unfinished = stamp.with_suffix(".unfinished")
        unfinished.write_text(json.dumps({"root": str(root), "locks": {**installed, lock: wanted}}))
        unfinished.rename(stamp)
        say(f"the environment is ready after {time.monotonic() - began:.0f} s")
    return environment


def _installed(environment: Path, root: Path) -> dict[str, str]:
    """The digests of the installed lock files by name; empty unless the environment is whole, here and usable."""
    try:
        stamp = json.loads((environment / "kommobil.json").read_text())
    except (OSError, ValueError):
        return {}
    python = environment / "bin" / "python"
    if stamp.get("root") != str(root) or not os.access(python, os.X_OK):  # it was moved, or its Python is gone
        return {}
    locks = stamp.get("locks")
    return locks if isinstance(locks, dict) else {}


def _create(environment: Path, say: Say) -> None:
    missing = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
    if missing:
        raise SetupError(_how_to_get(missing))
    if environment.is_symlink():
        environment.unlink()  # what it points to is another checkout's, and is not ours to empty
    say(f"making {environment.name} with Python {sys.version_info.major}.{sys.version_info.minor}")
    _run([sys.executable, "-m", "venv", "--clear", str(environment)], "the environment cannot be made")


def _how_to_get(missing: list[str]) -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    package = f"python{version}-venv"
    return (
        f"this Python ({sys.executable}) cannot make the environment: {' and '.join(missing)} missing. On Debian and Ubuntu: "
        f"apt install {package} (or python3-venv); elsewhere install the full Python {version}. Then start again."
    )


def _install(environment: Path, lock: Path, say: Say) -> None:
    """Install with hashes checked. Nothing is compiled ahead: most of it is never imported."""
    say(f"installing {lock.name}")
    _run(
        [
            *(str(environment / "bin" / "python"), "-m", "pip", "install", "--require-hashes", "--no-deps"),
            *("--no-compile", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"),
            *("-r", str(lock)),
        ],
        f"{lock.name} cannot be installed",
    )


def _connect(environment: Path, root: Path) -> None:
    """Make the checkout importable and put the launcher beside Python."""
    packages = next((environment / "lib").glob("python*/site-packages"))
    (packages / "kommobil.pth").write_text(f"{root}\n")
    launcher = environment / "bin" / "kommobil"
    launcher.write_text(
        LAUNCHER.format(uncompiled=_UNCOMPILED, python=shlex.quote(str(environment / "bin" / "python")))
    )
    launcher.chmod(0o755)


def _run(command: list[str], failure: str) -> None:
    """Run silently; what was said is shown only if it failed."""
    environment = {name: value for name, value in os.environ.items() if name not in _DISTURBING}
    result = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
        check=False,
    )
    if result.returncode != 0:
        raise SetupError(f"{failure}:\n{result.stdout.strip()}")


@contextlib.contextmanager
def _alone(root: Path, say: Say) -> Iterator[None]:
    """Hold the checkout's folder itself locked, so that no lock file lies about; released even by our death."""
    folder = os.open(root, os.O_RDONLY)
    try:
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another start is making the environment; waiting for it")
            fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _digest(lock: Path) -> str:
    return hashlib.sha256(f"{RECIPE}\n".encode() + lock.read_bytes()).hexdigest()


def _become(environment: Path, arguments: list[str]) -> NoReturn:
    python = str(environment / "bin" / "python")
    sys.stdout.flush()
    os.environ.pop(_UNCOMPILED, None)
    os.execv(python, [python, *arguments])  # noqa: S606 - replacing ourselves is the purpose
