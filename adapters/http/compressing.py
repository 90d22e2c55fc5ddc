"""Long answers go out compressed to whoever takes gzip (RFC 9110, section 8.4).

Only JSON for people who are signed in by a token that no browser sends by itself, so nobody else can have words of his
put beside theirs and watch the length. Streams and files are no JSON, and what bears an ETag keeps its bytes.
"""

import asyncio
import zlib
from typing import Any

from litestar import Response

SHORTEST = 16 * 1024  # bytes; below that a packet or two more are cheaper than the work
LONG = 256 * 1024  # bytes; from there on it would hold up everybody else whom this process answers
LEVEL = 2  # by half longer than the best, in a quarter of its time
GZIP = 31  # zlib's word for a gzip member with the largest window
RAW = -15  # and for what is inside of one
WINDOW = 32 * 1024  # bytes; what comes after may point back so far
HEAD = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff"  # RFC 1952: deflate, no name, no time, no system


async def compressed(made: Response[Any], accept_encoding: str | None) -> None:
    """Put gzip in place of a long body, where the caller takes it; say in any case that it depends on that."""
    content = made.content
    if not isinstance(content, bytes) or len(content) < SHORTEST or "etag" in made.headers:
        return
    made.headers["vary"] = "accept-encoding"
    if not takes_gzip(accept_encoding):
        return
    if len(content) < LONG:
        made.content = zlib.compress(content, LEVEL, GZIP)
    else:
        made.content = await _by_halves(content)
    made.headers["content-encoding"] = "gzip"


async def _by_halves(content: bytes) -> bytes:
    """One member, made by two at once. The second half knows what it may point back to, so nothing is lost by it."""
    half = len(content) // 2
    first, second, check = await asyncio.gather(
        asyncio.to_thread(_deflated, content[:half], b"", zlib.Z_SYNC_FLUSH),
        asyncio.to_thread(_deflated, content[half:], content[half - WINDOW : half], zlib.Z_FINISH),
        asyncio.to_thread(zlib.crc32, content),
    )
    return HEAD + first + second + check.to_bytes(4, "little") + (len(content) % 2**32).to_bytes(4, "little")


def _deflated(part: bytes, before: bytes, how: int) -> bytes:
    making = zlib.compressobj(LEVEL, zlib.DEFLATED, RAW, zdict=before)
    return making.compress(part) + making.flush(how)


def takes_gzip(accept_encoding: str | None) -> bool:
    """Whether the header names gzip, or else anything, with a weight above nought (RFC 9110, section 12.5.3)."""
    weights: dict[str, float] = {}
    for part in (accept_encoding or "").split(","):
        coding, _, parameters = part.strip().partition(";")
        name, _, value = parameters.strip().partition("=")
        try:
            weights[coding.strip().lower()] = float(value) if name.strip().lower() == "q" else 1.0
        except ValueError:
            weights[coding.strip().lower()] = 0.0
    return weights.get("gzip", weights.get("*", 0.0)) > 0
