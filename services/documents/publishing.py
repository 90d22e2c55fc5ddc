"""Publishing a city's texts, and reading them."""

from datetime import datetime

from msgspec import Struct

from domain.documents import Document, Edition, NotPublishable, for_reader, published
from domain.refusals import Refusal
from services.documents.ports import DocumentBooks


class PublishDocument(Struct, frozen=True):
    """The edition and the content have no faults."""

    edition: Edition
    content: str


class Publishing(Struct, frozen=True):
    """`new` is false where the same text was published before."""

    document: Document
    new: bool


async def publish_document(
    command: PublishDocument, *, books: DocumentBooks, now: datetime
) -> Publishing | Refusal[NotPublishable]:
    for _ in range(2):  # whoever loses a race looks at what the winner wrote
        earlier = await books.find(command.edition)
        outcome = published(command.edition, command.content, earlier, now)
        if isinstance(outcome, Refusal):
            return outcome
        if earlier is not None:
            return Publishing(outcome, new=False)
        if await books.publish(outcome):
            return Publishing(outcome, new=True)
    return Refusal(NotPublishable.DOCUMENT_DIFFERS)


async def read_document(
    document: str, version: str, wanted: str | None, accepted: str, *, books: DocumentBooks
) -> Document | None:
    """In the language that is asked for; else in the reader's, else in any."""
    entries = await books.entries() or ()
    editions = tuple(e.edition for e in entries if (e.edition.document, e.edition.version) == (document, version))
    edition = for_reader(editions, wanted, accepted)
    return await books.find(edition) if edition is not None else None
