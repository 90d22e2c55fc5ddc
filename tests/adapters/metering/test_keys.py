"""Keys are read in all the ways in which operators write them into the register."""

import csv
from base64 import b32encode, b64encode, urlsafe_b64encode
from collections import Counter
from pathlib import Path
from textwrap import wrap

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from adapters.metering.keys import KeyFault, keys
from tests.adapters.metering.meters import Meter

METER = Meter()
SMALL = Meter(ec.SECP192R1())
PUBLIC = METER.public
PEM = METER.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
REGISTER = Path(__file__).parents[3].parent / "shared" / "data" / "charging-register-2026-berlin.csv"


@pytest.mark.parametrize(
    "text",
    [
        PUBLIC.hex(),
        " ".join(wrap(PUBLIC.hex().upper(), 4)) + "\n",
        "\n".join(wrap(PUBLIC.hex(), 40)),
        PUBLIC.hex(":"),
        "0x" + PUBLIC.hex(),
        "oca:base16:asn1:" + PUBLIC.hex(),
        f'"{PUBLIC.hex()}"',
        b64encode(PUBLIC).decode(),
        b64encode(PUBLIC).decode().rstrip("="),
        urlsafe_b64encode(PUBLIC).decode(),
        "\n".join(wrap(b64encode(PUBLIC).decode(), 64)),
        PEM,
        METER.point.hex(),
        METER.point[1:].hex(),
        b64encode(METER.point).decode(),
        METER.compressed.hex(),
    ],
)
def test_a_key_is_one_however_it_is_written(text: str) -> None:
    found = keys(text)
    assert not isinstance(found, KeyFault), found
    assert found["secp256r1"].public_numbers() == METER.private.public_key().public_numbers()


@pytest.mark.parametrize(
    "text",
    [
        b32encode(SMALL.compressed).decode(),
        b32encode(SMALL.compressed).decode().lower(),
        SMALL.point[1:].hex(),
        b64encode(SMALL.point[1:]).decode(),
        SMALL.public.hex(),
    ],
)
def test_a_key_of_192_bits_is_written_in_ways_of_its_own(text: str) -> None:
    found = keys(text)
    assert not isinstance(found, KeyFault), found
    assert found == {"secp192r1": SMALL.private.public_key()}


def test_a_bare_point_tells_its_curve_by_lying_on_it() -> None:
    for curve in (ec.SECP256K1(), ec.BrainpoolP256R1(), ec.SECP384R1(), ec.BrainpoolP384R1()):
        found = keys(Meter(curve).point.hex())
        assert not isinstance(found, KeyFault), found
        assert [*found] == [curve.name.lower()]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", KeyFault.EMPTY),
        (" \n", KeyFault.EMPTY),
        ("Wird nachgereicht", KeyFault.NOT_A_KEY),
        ("aufgrund räumlicher Trennung", KeyFault.NOT_A_KEY),
        ("b23ab588-5116-4560-aeb6-94257768cb21", KeyFault.NOT_A_KEY),
        ("DE*TNK*E200477*01", KeyFault.NOT_A_KEY),
        (PUBLIC.hex()[:-2], KeyFault.NOT_A_KEY),
        (PUBLIC.hex() + "00", KeyFault.NOT_A_KEY),
        ("0" * 10_000, KeyFault.NOT_A_KEY),
        ("04" + "11" * 64, KeyFault.NOT_ON_A_CURVE),
        (Meter(ec.SECP521R1()).public.hex(), KeyFault.CURVE_NOT_SUPPORTED),
        (
            rsa.generate_private_key(65_537, 2_048)
            .public_key()
            .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
            .hex(),
            KeyFault.NOT_A_KEY,
        ),
    ],
)
def test_what_is_no_key_is_called_what_it_is(text: str, fault: KeyFault) -> None:
    assert keys(text) is fault


@pytest.mark.skipif(not REGISTER.exists(), reason="the register of Berlin, 2 MB, lies beside the repository")
def test_of_the_keys_in_berlins_register_nearly_all_are_read() -> None:
    with REGISTER.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    cells = [cell for row in rows for name, cell in row.items() if name.startswith("Public Key") and cell.strip()]
    found = Counter(read.value if isinstance(read := keys(cell), KeyFault) else "+".join(read) for cell in cells)
    print(f"{len(cells)} keys: {dict(found.most_common())}")  # noqa: T201 - the figures are what one wants to see
    assert found == {
        "secp256r1": 1920,
        "secp192r1": 669,
        "secp256k1": 222,
        "not_a_key": 45,
        "curve_not_supported": 16,
        "not_on_a_curve": 2,
    }
