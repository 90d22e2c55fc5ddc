"""Photos: what is kept of one, and how it is named: by its content."""

from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import NewType

from msgspec import Struct

from domain.identity import PersonId

Digest = NewType("Digest", str)
MOST = 10


class Developed(Struct, frozen=True):
    """A photo as it is kept: painted anew from what was sent, so that nothing but the picture is left of that."""

    content: bytes
    media_type: str
    width: int
    height: int

    @property
    def digest(self) -> Digest:
        return Digest(sha256(self.content).hexdigest())


class Photo(Struct, frozen=True):
    """What is told of one: its name is the SHA-256 of its content."""

    digest: Digest
    media_type: str
    width: int
    height: int
    size: int
    added_by: PersonId
    added_at: datetime


class NotAPhoto(StrEnum):
    """`photo_invalid` is none that can be read, whatever it is called; `photo_too_large` would take up too much as a picture."""

    INVALID = "photo_invalid"
    TOO_LARGE = "photo_too_large"
