"""The curves that OCMF names (1.3, table 22), as far as there is a library that checks signatures on them.

secp192k1 is left out: no meter of the German register uses it, and the library that has all the others (OpenSSL, by
`cryptography`) does not have it.
"""

from collections.abc import Mapping
from types import MappingProxyType

from cryptography.hazmat.primitives.asymmetric import ec

CURVES: Mapping[str, ec.EllipticCurve] = MappingProxyType(
    {
        "secp192r1": ec.SECP192R1(),
        "secp256k1": ec.SECP256K1(),
        "secp256r1": ec.SECP256R1(),
        "brainpoolp256r1": ec.BrainpoolP256R1(),
        "secp384r1": ec.SECP384R1(),
        "brainpoolp384r1": ec.BrainpoolP384R1(),
    }
)


def size(curve: ec.EllipticCurve) -> int:
    """The bytes of a coordinate, which are those of a number of a signature, too."""
    return (curve.key_size + 7) // 8
