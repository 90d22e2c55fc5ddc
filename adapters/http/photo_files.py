"""Photos as files: what is taken in, and how one is given away."""

import re

from litestar import Response

from adapters.http.endpoints import Ask, Reply
from domain.photos import Developed, Digest

LARGEST = 12 * 2**20  # bytes
TAKES = ("image/jpeg", "image/png", "image/webp", "application/octet-stream")
JPEG = "image/jpeg"
_DIGEST = re.compile(r"[0-9a-f]{64}")


def digest_in(ask: Ask) -> Digest:
    """The one that the path names; where it is none, one that no photo has."""
    said = str(ask.path("digest"))
    return Digest(said if _DIGEST.fullmatch(said) else "")


def shown(ask: Ask, photo: Developed, digest: Digest) -> Reply:
    headers = {
        "etag": f'"{digest}"',
        "cache-control": "private, no-cache",
        "content-disposition": f'inline; filename="{digest[:16]}.jpg"',
    }
    if headers["etag"] in (ask.header("if-none-match") or ""):
        return Response(b"", status_code=304, headers=headers)
    return Response(photo.content, status_code=200, media_type=photo.media_type, headers=headers)
