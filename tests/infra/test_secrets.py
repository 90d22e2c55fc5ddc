"""Secrets are made once, kept from others, and found by name."""

import os
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from infra.secrets import SecretMissing, kept, kept_key, resolved
from infra.settings import Settings
from infra.tokens import signing_key


def test_a_secret_is_made_at_first_use_and_for_its_owner_only(tmp_path: Path) -> None:
    place = tmp_path / "secrets" / "stripe"
    first = kept_key(place, "sk_test_")
    assert first.startswith("sk_test_")
    assert len(first) == 56
    assert kept_key(place, "sk_test_") == first
    assert (place.stat().st_mode & 0o777, place.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert os.listdir(place.parent) == ["stripe"]


def test_whoever_comes_at_once_gets_the_same_secret(tmp_path: Path) -> None:
    place, together, seen = tmp_path / "key", threading.Barrier(8), set[bytes]()

    def come(number: int) -> None:
        def make() -> bytes:
            together.wait()  # everybody has seen that there is none
            return b"%d" % number

        seen.add(kept(place, make))

    threads = [threading.Thread(target=come, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 1


def test_a_reference_leads_to_its_secret(tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "stripe").write_text("sk_test_1\n")
    assert resolved("file:secrets/stripe", tmp_path, {}) == "sk_test_1"
    assert resolved("env:STRIPE_KEY", tmp_path, {"STRIPE_KEY": "sk_test_2"}) == "sk_test_2"


@pytest.mark.parametrize("reference", ["file:nowhere", "env:NOTHING", "sk_live_1", ""])
def test_a_secret_that_is_not_there_is_missing_by_name_only(tmp_path: Path, reference: str) -> None:
    with pytest.raises(SecretMissing) as raised:
        resolved(reference, tmp_path, {})
    assert "sk_live_1" not in str(raised.value)


def test_an_own_signing_key_is_used_where_one_is_named(tmp_path: Path) -> None:
    own = signing_key(Settings(data=tmp_path / "one"))
    named = Settings(data=tmp_path / "two", jwt_key_file=tmp_path / "one" / "secrets" / "jwt.pem")
    assert signing_key(named).id == own.id
    assert not (tmp_path / "two").exists()


def test_a_named_signing_key_is_never_made_and_never_of_another_kind(tmp_path: Path) -> None:
    pem = tmp_path / "jwt.pem"
    with pytest.raises(SecretMissing, match=r"jwt\.pem cannot be read"):
        signing_key(Settings(data=tmp_path, jwt_key_file=pem))
    pem.write_text("-----BEGIN NOTHING-----")
    with pytest.raises(SecretMissing, match="holds no readable private key"):
        signing_key(Settings(data=tmp_path, jwt_key_file=pem))
    other = generate_private_key(SECP256R1())
    pem.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(SecretMissing, match="of another kind than Ed25519"):
        signing_key(Settings(data=tmp_path, jwt_key_file=pem))
