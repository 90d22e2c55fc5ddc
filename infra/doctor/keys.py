"""The installation's own keys: each is there, or made at first use, and good for what it is there for."""

from collections.abc import Callable
from pathlib import Path

from infra.doctor.findings import Finding, State, well
from infra.secrets import SecretMissing
from infra.settings import Settings
from infra.tokens import sign_in_key, signing_key, webhook_key

LOST = "put it there from a backup, or name another"


def key_findings(settings: Settings) -> list[Finding]:
    """Only the key that signs tokens is made here, as on every other command; the others where they are first needed."""
    hooks, codes = settings.webhook_key_file, settings.sign_in_key_file
    return [
        _found("signing key", lambda: f"there, as {signing_key(settings).id}", "put the key there, or name another"),
        _kept(
            "webhook secret",
            hooks or settings.secrets / "webhooks.key",
            lambda: webhook_key(settings),
            f"{LOST}; with another, rotate the secret of every webhook",
            told=hooks is not None,
        ),
        _kept(
            "sign-in key",
            codes or settings.secrets / "sign-in.key",
            lambda: sign_in_key(settings),
            f"{LOST}; with another, everybody signs in anew",
            told=codes is not None,
        ),
    ]


def _kept(name: str, place: Path, read: Callable[[], object], do: str, *, told: bool) -> Finding:
    if not told and not place.exists():
        return well(name, f"will be made in {place} when it is first needed")

    def says() -> str:
        read()
        return f"in {place}"

    return _found(name, says, do)


def _found(name: str, says: Callable[[], str], do: str) -> Finding:
    try:
        return well(name, says())
    except SecretMissing as missing:
        return Finding(name, State.FAILED, str(missing), do)
