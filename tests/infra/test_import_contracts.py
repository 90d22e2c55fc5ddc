"""The walls of the house hold: each import contract breaks when its rule is broken on purpose."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# The name of a contract, and an import that it must not let pass.
FORBIDDEN = {
    "dependencies point inward": ("services/calls.py", "import adapters.http.problems"),
    "the domain is a stack": ("domain/money.py", "import domain.booking.holds"),
    "services are a stack, and do not know each other": ("services/payments/pay.py", "import services.search"),
    "adapters meet only in bootstrap": ("adapters/http/reading.py", "import adapters.database.tables"),
    "the inside knows no technology": ("domain/periods.py", "import sqlalchemy"),
    "charging meets its own domain and the kernel's": (
        "services/charging/reservations.py",
        "import domain.fleet.reservations",
    ),
    "fleet meets its own domain and the kernel's": (
        "services/fleet/reservations.py",
        "import domain.charging.reservations",
    ),
    "bike leasing meets its own domain and the kernel's": (
        "services/bike_leasing/reservations.py",
        "import domain.charging.reservations",
    ),
    "adapters and wiring of charging borrow from no other service": (
        "adapters/database/charging/sites.py",
        "import adapters.database.fleet.stays",
    ),
    "adapters and wiring of fleet borrow from no other service": (
        "infra/fleet/codes.py",
        "import services.charging.plugs",
    ),
    "adapters and wiring of bike leasing borrow from no other service": (
        "adapters/http/bike_leasing/pages.py",
        "import adapters.http.fleet.states",
    ),
    "sqlalchemy, asyncpg and alembic only in the database adapter": ("adapters/http/auth.py", "import asyncpg"),
    "litestar only in the HTTP adapter": ("adapters/mail/__init__.py", "import litestar"),
    "stripe only in the payments adapter": ("adapters/jobs/__init__.py", "import stripe"),
    "cryptography only where signatures are checked and certificates are read": (
        "adapters/pictures/__init__.py",
        "import cryptography",
    ),
    "arq only in the jobs adapter, redis there and where requests are counted": (
        "adapters/http/problems.py",
        "import redis",
    ),
    "ocpp and websockets only in the OCPP adapter": ("adapters/http/problems.py", "import websockets"),
}


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the linter says of each contract in a copy of the house in which every rule is broken."""
    copy = tmp_path_factory.mktemp("house")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for room in ("domain", "services", "adapters", "infra"):
        shutil.copytree(ROOT / room, copy / room, ignore=shutil.ignore_patterns("__pycache__"))
    for file, line in FORBIDDEN.values():
        with (copy / file).open("a") as module:
            module.write(f"\n{line}\n")
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    said = subprocess.run(
        [*command, "--no-cache"], cwd=copy, env={"PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False
    )
    return dict(re.findall(r"^(.+) (KEPT|BROKEN)", said.stdout, flags=re.MULTILINE))


@pytest.mark.parametrize("contract", FORBIDDEN)
def test_a_contract_breaks_when_its_rule_is_broken(verdicts: dict[str, str], contract: str) -> None:
    assert verdicts[contract] == "BROKEN"


def test_every_contract_is_tried(verdicts: dict[str, str]) -> None:
    assert verdicts.keys() == FORBIDDEN.keys()
