"""Meters with keys of their own, which sign as real ones do."""

from collections.abc import Callable
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.domain.charging.metering.containers import payload, whole


class Meter:
    """`name` is that of its curve in OCMF."""

    def __init__(self, curve: ec.EllipticCurve | None = None, name: str = "secp256r1") -> None:
        self.private = ec.generate_private_key(curve or ec.SECP256R1())
        self.algorithm = f"ECDSA-{name}-SHA256"

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)

    @property
    def point(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    @property
    def compressed(self) -> bytes:
        return self.private.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)

    def numbers(self, signed: bytes) -> tuple[int, int]:
        return decode_dss_signature(self.private.sign(signed, ec.ECDSA(SHA256())))

    def writes(self, *readings: dict[str, Any], **said: Any) -> bytes:
        """A container, signed in DER and hexadecimal digits."""
        return self.signs(payload(*readings, **said), bytes.hex)

    def signs(self, signed: bytes, text: Callable[[bytes], str], **how: str) -> bytes:
        signature = self.private.sign(signed, ec.ECDSA(SHA256()))
        return whole(signed, text(signature), SA=self.algorithm, **how)
