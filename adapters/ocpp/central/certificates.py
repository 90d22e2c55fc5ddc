"""Until when certificates count."""

from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.x509.oid import NameOID
from msgspec import Struct


class Paper(Struct, frozen=True):
    """A certificate: the common name in it, and until when it counts."""

    name: str
    until: datetime


def papers_in(file: Path) -> tuple[Paper, ...]:
    """All in a PEM file, in their order. Raises OSError, and ValueError where there is none."""
    found = x509.load_pem_x509_certificates(file.read_bytes())
    return tuple(Paper(_named(each.subject), each.not_valid_after_utc) for each in found)


def _named(subject: x509.Name) -> str:
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value) if names else subject.rfc4514_string()
