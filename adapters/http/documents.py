"""The texts that a city publishes for its contracts: public to read, by version and language."""

from datetime import datetime
from hashlib import sha256
from typing import Annotated, TypeAlias

from litestar import Response
from litestar.enums import HttpMethod
from msgspec import Meta, Struct

from adapters.http.endpoints import JSON, PUBLIC, Access, Ask, Endpoint, Reply, Rule, answer, encode
from adapters.http.problems import Fault, Rejected, language
from domain.cities.identifiers import is_slug
from domain.documents import LONGEST, Document, Edition, content_faults
from domain.identity import City, Role
from domain.refusals import Refusal
from services.documents import Documents
from services.documents.ports import Entry
from services.documents.publishing import PublishDocument

OPERATORS = Rule(Access.ROLES, frozenset({Role.OPERATOR}))
LIST = "/v1/{city:str}/documents"
Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
Version: TypeAlias = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$")]
Spoken: TypeAlias = Annotated[str, Meta(pattern=r"^(de|en)$")]


class DocumentRequest(Struct, forbid_unknown_fields=True, frozen=True):
    """A text under a version; other words under the same version and language are refused."""

    document: Name
    version: Version
    language: Spoken
    content: Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class LanguageQuery(Struct, forbid_unknown_fields=True, frozen=True):
    """The language, by default that of Accept-Language where the text exists in it."""

    language: Spoken | None = None


class DocumentEntry(Struct, frozen=True):
    """`digest` is the SHA-256 of the text in UTF-8; `in_force` says whether it is what people accept today."""

    document: str
    version: str
    language: str
    digest: str
    published_at: datetime
    in_force: bool
    href: str


class DocumentList(Struct, frozen=True):
    items: tuple[DocumentEntry, ...]
    next_cursor: None = None


class DocumentView(Struct, frozen=True):
    document: str
    version: str
    language: str
    digest: str
    published_at: datetime
    content: str


def documents(offered: Documents) -> tuple[Endpoint, ...]:
    async def list_documents(ask: Ask) -> Reply:
        city = _city(ask)
        found = await offered.list(city)
        if found is None:
            raise Rejected("unknown_city")
        return answer(DocumentList(tuple(_entry(city, entry) for entry in found)))

    async def get_document(ask: Ask) -> Reply:
        wanted = ask.query(LanguageQuery).language
        accepted = language(ask.accept_language)
        found = await offered.read(_city(ask), ask.path("document"), ask.path("version"), wanted, accepted)
        if found is None:
            raise Rejected("unknown_document")
        tag = f'"{found.digest}"'
        headers = {"etag": tag, "cache-control": "public, max-age=3600", "content-language": found.edition.language}
        headers |= {"vary": "Accept-Language"} if wanted is None else {}
        known = {each.strip().removeprefix("W/") for each in (ask.header("if-none-match") or "").split(",")}
        if known & {tag, "*"}:
            return Response(b"", status_code=304, headers=headers)
        return Response(encode(_view(found)), status_code=200, media_type=JSON, headers=headers)

    async def publish_document(ask: Ask) -> Reply:
        asked = await ask.body(DocumentRequest, longest=LONGEST)
        if faults := content_faults(asked.content):
            raise Rejected("invalid_input", errors=tuple(Fault(fault, pointer="/content") for fault in faults))
        edition = Edition(asked.document, asked.version, asked.language)
        if edition.faults():
            raise Rejected("invalid_input", errors=tuple(Fault(fault) for fault in edition.faults()))
        outcome = await offered.publish(ask.actor, ask.request_id, PublishDocument(edition, asked.content))
        if isinstance(outcome, Refusal):
            return ask.refuse(outcome)
        return answer(_view(outcome.document), 201 if outcome.new else 200)

    return (
        Endpoint(
            HttpMethod.GET,
            PUBLIC,
            LIST,
            "listDocuments",
            "documents",
            "Terms, privacy and withdrawal texts in all their versions and languages",
            list_documents,
            {200: DocumentList},
            codes=("unknown_city",),
            examples={200: {"items": [ENTRY], "next_cursor": None}},
        ),
        Endpoint(
            HttpMethod.GET,
            PUBLIC,
            f"{LIST}/{{document:str}}/{{version:str}}",
            "getDocument",
            "documents",
            "One text, with an ETag: it never changes",
            get_document,
            {200: DocumentView, 304: None},
            codes=("unknown_city", "unknown_document"),
            query=LanguageQuery,
            examples={200: VIEW},
        ),
        Endpoint(
            HttpMethod.POST,
            OPERATORS,
            "/v1/{city:str}/admin/documents",
            "publishDocument",
            "documents",
            "Publish a text: 201, or 200 where the same text was published before",
            publish_document,
            {200: DocumentView, 201: DocumentView},
            codes=("document_differs",),
            body=DocumentRequest,
            example={key: VIEW[key] for key in ("document", "version", "language", "content")},
            examples={200: VIEW, 201: VIEW},
        ),
    )


def _city(ask: Ask) -> City:
    if not is_slug(ask.city):
        raise Rejected("unknown_city")
    return ask.city


def _entry(city: City, entry: Entry) -> DocumentEntry:
    edition = entry.edition
    href = f"/v1/{city}/documents/{edition.document}/{edition.version}?language={edition.language}"
    return DocumentEntry(
        edition.document, edition.version, edition.language, entry.digest, entry.published_at, entry.in_force, href
    )


def _view(found: Document) -> DocumentView:
    edition = found.edition
    return DocumentView(
        edition.document, edition.version, edition.language, found.digest, found.published_at, found.content
    )


CONTENT = "You may withdraw from this contract within 14 days without giving any reason."
VIEW = {
    "document": "withdrawal",
    "version": "2026-01",
    "language": "en",
    "digest": sha256(CONTENT.encode()).hexdigest(),
    "published_at": "2026-11-29T16:03:12Z",
    "content": CONTENT,
}
ENTRY = {key: value for key, value in VIEW.items() if key != "content"} | {
    "in_force": True,
    "href": "/v1/braunschweig/documents/withdrawal/2026-01?language=en",
}
