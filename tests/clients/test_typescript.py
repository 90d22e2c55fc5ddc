"""A client in TypeScript is generated from the OpenAPI document, and an app that uses it passes the strict compiler.

It needs npm and its packages, so only the full run has it.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DOCUMENT = HERE.parents[1] / "adapters" / "http" / "openapi.json"
FILES = ("package.json", "package-lock.json", "tsconfig.json", "app.ts")
MINUTES_5 = 300

pytestmark = pytest.mark.full


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the generator, the compiler, the app, and the client's types made from the document."""
    folder = tmp_path_factory.mktemp("typescript")
    for name in FILES:
        shutil.copy(HERE / name, folder)
    assert run(folder, "npm", "ci", "--no-audit", "--no-fund") == ""
    assert run(folder, "npx", "openapi-typescript", str(DOCUMENT), "-o", "schema.d.ts") == ""
    return folder


def run(folder: Path, *command: str) -> str:
    """What it had to say, if it failed."""
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=MINUTES_5, stdin=subprocess.DEVNULL, check=False
    )
    return "" if result.returncode == 0 else result.stdout + result.stderr


def test_an_app_compiles_strictly_against_the_generated_client(workshop: Path) -> None:
    assert run(workshop, "npx", "tsc", "-p", ".") == ""


def test_the_compiler_notices_what_the_contract_does_not_offer(workshop: Path) -> None:
    app = workshop / "app.ts"
    content = app.read_text()
    try:
        app.write_text(content.replace("quote.data.total.amount", "quote.data.total.cents"))
        assert "Property 'cents' does not exist" in run(workshop, "npx", "tsc", "-p", ".")
        app.write_text(content.replace('"/v1/{city}/quotes"', '"/v1/{city}/offers"'))
        assert "'\"/v1/{city}/offers\"' is not assignable" in run(workshop, "npx", "tsc", "-p", ".")
    finally:
        app.write_text(content)
