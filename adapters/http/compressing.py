"""Long answers go out compressed to whoever takes gzip (RFC 9110, section 8.4).

Only JSON for people who are signed in by a token that no browser sends by itself, so nobody else can have words of his
put beside theirs and watch the length. Streams and files are no JSON, and what bears an ETag keeps its bytes.
"""

from typing import Any

from isal import isal_zlib
from litestar import Response

SHORTEST = 16 * 1024  # bytes; below that a packet or two more are cheaper than the work
# ISA-L's first: 1.4 MB take 2 ms, a fifth of zlib's time at as good a length, so nobody else has to wait for long either.
LEVEL = 1
GZIP = 31  # zlib's word for a gzip member with the largest window


def compressed(made: Response[Any], accept_encoding: str | None) -> None:
    """Put gzip in place of a long body, where the caller takes it; say in any case that it depends on that."""
    content = made.content
    if not isinstance(content, bytes) or len(content) < SHORTEST or "etag" in made.headers:
        return
    made.headers["vary"] = "accept-encoding"
    if not takes_gzip(accept_encoding):
        return
    made.content = isal_zlib.compress(content, LEVEL, GZIP)
    made.headers["content-encoding"] = "gzip"


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
