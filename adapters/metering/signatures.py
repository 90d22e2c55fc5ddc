"""Signatures of meters, checked: ECDSA with SHA-256 over the bytes of a container's payload (OCMF 1.3, table 22)."""

import binascii
import re
from base64 import b64decode

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from adapters.metering.curves import CURVES, size
from adapters.metering.keys import KeyFault, keys
from domain.charging.metering.ocmf import Container, Signature
from domain.charging.metering.proofs import NotChecked, NotSigned, SignatureFault

_FAULTS = {
    KeyFault.EMPTY: NotChecked.NO_KEY,
    KeyFault.NOT_A_KEY: NotChecked.KEY_NOT_READABLE,
    KeyFault.NOT_ON_A_CURVE: NotChecked.KEY_NOT_READABLE,
    KeyFault.CURVE_NOT_SUPPORTED: NotChecked.CURVE_NOT_SUPPORTED,
}


class EcdsaSignatures:
    """Satisfies services.charging.metering.SignatureCheck."""

    def fault(self, container: Container, key: str) -> SignatureFault | None:
        """What the container calls its algorithm is not signed: with a key that we can use, a name that is not its own excuses from
        nothing."""
        found = keys(key)
        if isinstance(found, KeyFault):
            return _FAULTS[found]
        curve = _curve(container.signature.algorithm)
        if curve is None:
            return NotSigned.ALGORITHM_NOT_KNOWN
        if curve not in found:
            return NotSigned.KEY_OF_ANOTHER_CURVE
        numbers = _numbers(container.signature, size(CURVES[curve]))
        if numbers is None:
            return NotSigned.SIGNATURE_NOT_READABLE
        try:
            found[curve].verify(encode_dss_signature(*numbers), container.payload, ECDSA(SHA256()))
        except InvalidSignature:
            return NotSigned.WRONG_SIGNATURE
        return None


def _curve(algorithm: str) -> str | None:
    """`ECDSA-brainpool256r1-SHA256` in the format's tables, `ECDSA-brainpoolP256r1-SHA256` in what meters send."""
    named = re.fullmatch(r"ecdsa-([a-z0-9]+)-sha256", algorithm.lower())
    if named is None:
        return None
    return re.sub(r"^brainpool(?=[0-9])", "brainpoolp", named[1])


def _numbers(signature: Signature, length: int) -> tuple[int, int] | None:
    """The signature's r and s: in DER as the format wants it, or one after the other as its own example has it."""
    data = _data(signature)
    if data is None:
        return None
    found = _from_der(data)
    if found is None and len(data) == 2 * length:
        found = int.from_bytes(data[:length], "big"), int.from_bytes(data[length:], "big")
    return found


def _data(signature: Signature) -> bytes | None:
    try:
        if signature.encoding.lower() == "hex":
            return bytes.fromhex(signature.data)
        if signature.encoding.lower() == "base64":
            return b64decode(signature.data, validate=True)
    except (binascii.Error, ValueError):
        return None
    return None


def _from_der(data: bytes) -> tuple[int, int] | None:
    """Two whole numbers in a sequence. Read by hand, as meters in the field leave out the zero before a number whose first bit
    is set: by DER that is a negative one, which no library takes, and no signature has. A number stands for itself here."""
    if len(data) < 2 or data[0] != 0x30 or data[1] != len(data) - 2 or data[1] >= 0x80:
        return None
    rest, numbers = data[2:], []
    while rest:
        if len(rest) < 3 or rest[0] != 0x02 or not 1 <= rest[1] <= len(rest) - 2:
            return None
        end = 2 + rest[1]
        numbers.append(int.from_bytes(rest[2:end], "big"))
        rest = rest[end:]
    return (numbers[0], numbers[1]) if len(numbers) == 2 else None
