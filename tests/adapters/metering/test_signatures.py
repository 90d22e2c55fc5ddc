"""A meter's signature is right over its own bytes with its own key, and over nothing else."""

from base64 import b64encode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.metering.signatures import EcdsaSignatures
from domain.charging.metering.ocmf import Container, parsed
from domain.charging.metering.proofs import NotChecked, NotSigned, SignatureFault
from tests.adapters.metering.meters import Meter
from tests.domain.charging.metering.containers import BEGIN, END, payload, whole

METER = Meter()
SIGNED = payload(BEGIN, END)
# As published with S.A.F.E.'s Transparenzsoftware: an eBZ LD3 leaves the zero out before a number whose first bit is set.
EBZ_KEY = (
    "3049301306072a8648ce3d020106082a8648ce3d030101033200041e155ef46fbcc56005769c08d792127c"
    "006c242ccccd96bf7051b6fbc278497036659e7bae57f542776a17c7f8b28600"
)
EBZ = (
    b'OCMF|{"FV":"1.0","GI":"eBZ LD3","GS":"1EBZ0300034628","GV":"V207","MS":"1EBZ0300034628","PG":"T120","IS":true,'
    b'"IL":"TRUSTED","IT":"EMAID","ID":"DKV_Testbox2","CI":"Dies","CT":"EVSEID","RD":[{"TM":"2022-10-27T19:38:50,000+0200 I",'
    b'"TX":"B","RV":2851485,"RI":"1-b:1.8.e","RU":"Wh","ST":"G"},{"TM":"2022-10-27T19:43:38,000+0200 I","TX":"E",'
    b'"RV":2851753,"RI":"1-b:1.8.e","RU":"Wh","ST":"G"}]}|{"SA":"ECDSA-secp192r1-SHA256","SD":"30340218e10a077929f593717aff'
    b'dff69a5df0d2862989a6638f873d0218007d21b1c0255c5b24a3c5a01d600839ebae2bb67bcb1159"}'
)


def fault(data: bytes, key: str) -> SignatureFault | None:
    container = parsed(data)
    assert isinstance(container, Container), container
    return EcdsaSignatures().fault(container, key)


@pytest.mark.parametrize(
    ("name", "curve"),
    [
        ("secp192r1", ec.SECP192R1()),
        ("secp256k1", ec.SECP256K1()),
        ("secp256r1", ec.SECP256R1()),
        ("brainpool256r1", ec.BrainpoolP256R1()),
        ("brainpoolP256r1", ec.BrainpoolP256R1()),
        ("secp384r1", ec.SECP384R1()),
        ("brainpool384r1", ec.BrainpoolP384R1()),
    ],
)
def test_every_curve_of_the_format_is_checked_with_the_key_as_whole_or_as_a_point(
    name: str, curve: ec.EllipticCurve
) -> None:
    meter = Meter(curve, name)
    data = meter.writes(BEGIN, END)
    for key in (meter.public.hex(), meter.point.hex(), meter.compressed.hex()):
        assert fault(data, key) is None
        assert fault(data.replace(b"131.75", b"231.75"), key) is NotSigned.WRONG_SIGNATURE
    assert fault(data, Meter(curve).public.hex()) is NotSigned.WRONG_SIGNATURE


def test_a_signature_of_a_meter_in_the_field_is_right_though_no_library_reads_it() -> None:
    assert fault(EBZ, EBZ_KEY) is None
    assert fault(EBZ.replace(b"2851753", b"2851754"), EBZ_KEY) is NotSigned.WRONG_SIGNATURE


def test_a_signature_is_read_in_either_encoding_and_in_either_form() -> None:
    key = METER.public.hex()
    assert fault(METER.signs(SIGNED, lambda data: b64encode(data).decode(), SE="base64"), key) is None
    r, s = METER.numbers(SIGNED)
    assert fault(whole(SIGNED, (r.to_bytes(32, "big") + s.to_bytes(32, "big")).hex()), key) is None


def test_a_space_more_or_less_is_not_what_was_signed() -> None:
    data = METER.signs(SIGNED, bytes.hex)
    assert fault(data.replace(b'"FV": "1.3"', b'"FV":"1.3"'), METER.public.hex()) is NotSigned.WRONG_SIGNATURE
    assert fault(data.replace(b'{"SD"', b'{ "SD"'), METER.public.hex()) is None


def test_what_cannot_be_checked_is_no_forgery_and_says_what_is_missing() -> None:
    data = METER.writes(BEGIN, END)
    assert fault(data, " ") is NotChecked.NO_KEY
    assert fault(data, "Wird nachgereicht") is NotChecked.KEY_NOT_READABLE
    assert fault(data, "04" + "11" * 64) is NotChecked.KEY_NOT_READABLE
    assert fault(data, Meter(ec.SECP256K1()).public.hex()) is NotSigned.KEY_OF_ANOTHER_CURVE


def test_no_name_of_an_algorithm_which_nobody_signed_keeps_a_key_from_being_asked() -> None:
    data, key = METER.writes(BEGIN, END), METER.public.hex()
    assert fault(data.replace(b"secp256r1", b"secp192k1"), key) is NotSigned.KEY_OF_ANOTHER_CURVE
    assert fault(data.replace(b"ECDSA-secp256r1", b"RSA-2048"), key) is NotSigned.ALGORITHM_NOT_KNOWN


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("", "hex"),
        ("zz", "hex"),
        ("0", "hex"),
        ("ä", "hex"),
        ("AAA", "base64"),
        ("ü===", "base64"),
        ("00", "morse"),
        ("3006020101020101" + "00", "hex"),
        ("30080201010201010101", "hex"),
        ("3003020105", "hex"),
        ("30060201010203ff", "hex"),
        ("00" * 63, "hex"),
    ],
)
def test_what_is_no_signature_is_called_so(text: str, encoding: str) -> None:
    assert fault(whole(SIGNED, text, SE=encoding), METER.public.hex()) is NotSigned.SIGNATURE_NOT_READABLE


def test_numbers_that_no_signature_has_are_wrong() -> None:
    for text in ("3006020100020100", "00" * 64, "ff" * 64, "3081" + "00" * 62):
        assert fault(whole(SIGNED, text), METER.public.hex()) is NotSigned.WRONG_SIGNATURE


@settings(max_examples=60)
@given(
    st.binary(max_size=80).map(bytes.hex) | st.text(max_size=40),
    st.sampled_from(["hex", "base64"]),
    st.text(max_size=40),
)
def test_signatures_and_keys_of_any_kind_are_judged(text: str, encoding: str, key: str) -> None:
    container = parsed(whole(SIGNED, text, SE=encoding))
    if isinstance(container, Container):
        assert EcdsaSignatures().fault(container, METER.public.hex()) is not None
        assert EcdsaSignatures().fault(container, key) is not None
