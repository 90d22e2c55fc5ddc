"""Versions as ETags, and what callers say of those that they have (RFC 9110, section 13)."""

from typing import Any
from zlib import crc32

import msgspec
from litestar import Response

from adapters.http.endpoints import JSON, Ask

NOBODYS_VERSION = 0


def tagged(ask: Ask, view: Any, version: int | None = None, status: int = 200) -> Response[bytes]:
    """The view with its ETag: its version, for If-Match, its own where no other is said, and a checksum, as more than the
    version may change what is shown; 304 where the caller has it already."""
    content = msgspec.json.encode(view)
    tag = f'"{view.version if version is None else version}-{crc32(content):08x}"'
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    known = {each.strip().removeprefix("W/") for each in (ask.header("if-none-match") or "").split(",")}
    if known & {tag, "*"}:
        return Response(b"", status_code=304, headers=headers)
    return Response(content, status_code=status, media_type=JSON, headers=headers)


def seen(ask: Ask) -> int | None:
    """The version in If-Match; None where any will do, and one that nothing has where it is not a tag of ours.

    It may name several. Versions only grow, so of all that a caller has seen the newest alone can still be there.
    """
    given = ask.header("if-match")
    if given is None or given.strip() == "*":
        return None
    return max(_version(tag.strip()) for tag in given.split(","))


def _version(tag: str) -> int:
    version = tag.strip('"').partition("-")[0]
    return int(version) if version.isascii() and version.isdigit() and len(version) < 10 else NOBODYS_VERSION
