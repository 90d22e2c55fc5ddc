"""Secrets: made once, kept in files of their owner's alone, and referred to by name everywhere else."""

import os
import secrets
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path


class SecretMissing(Exception):
    """A secret that the settings refer to is not where they say; the message names the place, never a value."""


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """The secret in the file, made at first use. Whoever comes at the same time ends with the same one."""
    with suppress(FileNotFoundError):
        return path.read_bytes()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # readable by its owner only
    unfinished = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(make())
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):  # a link, unlike a rename, never replaces what a faster process has made
            path.hardlink_to(unfinished)
    finally:
        unfinished.unlink()
    return path.read_bytes()


def kept_key(path: Path, prefix: str) -> str:
    """A random key such as `sk_test_…`, made at first use."""
    return kept(path, (prefix + secrets.token_hex(24)).encode).decode().strip()


def resolved(reference: str, data: Path, environment: Mapping[str, str]) -> str:
    """The secret behind `env:NAME` or `file:PATH` (in the data folder). Raises SecretMissing."""
    kind, _, place = reference.partition(":")
    if kind == "env":
        value = environment.get(place, "").strip()
    elif kind == "file":
        try:
            value = (data / place).read_text().strip()
        except OSError as problem:
            raise SecretMissing(f"the secret in {data / place} cannot be read: {problem.strerror}") from problem
    else:
        raise SecretMissing("a secret is named env:NAME or file:PATH")
    if not value:
        raise SecretMissing(f"the secret {reference} is empty")
    return value
