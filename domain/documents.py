"""The texts that a city publishes for its contracts: terms, privacy, withdrawal. Versions are added, never edited."""

import re
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from msgspec import Struct

from domain.refusals import Refusal

LANGUAGES = ("de", "en")
LONGEST = 100_000
NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class Edition(Struct, frozen=True, order=True):
    """Which text: of which document, in which version and language (ISO 639-1)."""

    document: str
    version: str
    language: str

    def faults(self) -> tuple[str, ...]:
        """What is wrong with it, in words for whoever publishes it; empty if nothing."""
        faults = []
        if not NAME.fullmatch(self.document):
            faults.append("document is a name such as general, privacy or withdrawal")
        if not VERSION.fullmatch(self.version):
            faults.append("version is a mark such as 2026-01")
        if self.language not in LANGUAGES:
            faults.append("language is de or en")
        return tuple(faults)


class Document(Struct, frozen=True):
    """`digest` is the SHA-256 of the text in UTF-8, in hexadecimal: what an acceptance names."""

    edition: Edition
    content: str
    digest: str
    published_at: datetime


class NotPublishable(StrEnum):
    DOCUMENT_DIFFERS = "document_differs"


def content_faults(content: str) -> tuple[str, ...]:
    if not content.strip():
        return ("the text is empty",)
    if len(content) > LONGEST:
        return (f"the text has more than {LONGEST} characters",)
    if any(not character.isprintable() and character not in "\n\t" for character in content):
        return ("the text has characters that cannot be read",)
    return ()


def published(
    edition: Edition, content: str, earlier: Document | None, now: datetime
) -> Document | Refusal[NotPublishable]:
    """The text as it counts from now on; `earlier` where it does so already. Other words need another version."""
    if earlier is None:
        return Document(edition, content, sha256(content.encode()).hexdigest(), now)
    return earlier if earlier.content == content else Refusal(NotPublishable.DOCUMENT_DIFFERS)


def for_reader(editions: tuple[Edition, ...], wanted: str | None, accepted: str) -> Edition | None:
    """Of one version, the edition in the language that is asked for; else in the reader's, else in any."""
    if wanted is not None:
        return next((edition for edition in editions if edition.language == wanted), None)
    return min(editions, key=lambda edition: (edition.language != accepted, edition.language), default=None)
