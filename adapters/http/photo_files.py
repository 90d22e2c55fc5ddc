"""Photos as files: what is taken in, and how one is given away."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Response

from adapters.http.endpoints import Ask, Reply
from domain.photos import Developed, Digest
from domain.refusals import Refusal

LARGEST = 12 * 2**20  # bytes
TAKES = ("image/jpeg", "image/png", "image/webp", "application/octet-stream")
JPEG = "image/jpeg"
_DIGEST = re.compile(r"[0-9a-f]{64}")


async def photo_in(ask: Ask, find: Callable[[Digest], Awaitable[Developed | Refusal[Any]]]) -> Reply:
    """The photo that the path names, or why there is none for whoever asks."""
    digest = digest_in(ask)
    found = await find(digest)
    return ask.refuse(found) if isinstance(found, Refusal) else _shown(ask, found, digest)


def digest_in(ask: Ask) -> Digest:
    """The one that the path names; where it is none, one that no photo has."""
    said = str(ask.path("digest"))
    return Digest(said if _DIGEST.fullmatch(said) else "")


def _shown(ask: Ask, photo: Developed, digest: Digest) -> Reply:
    headers = {
        "etag": f'"{digest}"',
        "cache-control": "private, no-cache",
        "content-disposition": f'inline; filename="{digest[:16]}.jpg"',
    }
    if headers["etag"] in (ask.header("if-none-match") or ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(photo.content, status_code=200, media_type=photo.media_type, headers=headers)
