"""The texts that a city publishes for its contracts."""

from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct

from domain.documents import Document, NotPublishable
from domain.identity import Actor, City
from domain.refusals import Refusal
from services.documents.ports import Entry
from services.documents.publishing import PublishDocument, Publishing


class Documents(Struct, frozen=True):
    """The use cases, bound to their adapters. `list` gives None where there is no such city; `read` asks for document,
    version, the language that is wanted, and the reader's."""

    list: Callable[[City], Awaitable[Sequence[Entry] | None]]
    read: Callable[[City, str, str, str | None, str], Awaitable[Document | None]]
    publish: Callable[[Actor, str, PublishDocument], Awaitable[Publishing | Refusal[NotPublishable]]]
