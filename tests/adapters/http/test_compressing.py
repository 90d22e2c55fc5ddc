"""Which answers go out compressed, and to whom."""

import random
import zlib
from typing import Any

import pytest
from litestar import Response

from adapters.http.compressing import GZIP, LEVEL, LONG, SHORTEST, compressed, takes_gzip


@pytest.mark.parametrize(
    ("said", "takes"),
    [
        (None, False),
        ("", False),
        ("identity", False),
        ("br", False),
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.2", True),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("gzip; q=0.000", False),
        ("*", True),
        ("*;q=0", False),
        ("gzip;q=much", False),
        ("gzipped", False),
    ],
)
def test_gzip_goes_to_whoever_names_it_with_some_weight(said: str | None, takes: bool) -> None:
    assert takes_gzip(said) is takes


@pytest.mark.parametrize("length", [SHORTEST, LONG])
async def test_what_is_long_comes_out_as_it_went_in(length: int) -> None:
    content = b"[1234567]" * length
    answer = Response(content[:length], media_type="application/json")

    await compressed(answer, "gzip")

    packed: Any = answer.content
    assert len(packed) < length / 50
    assert zlib.decompress(packed, GZIP) == content[:length]
    assert answer.headers == {"vary": "accept-encoding", "content-encoding": "gzip"}


async def test_what_is_short_or_bears_a_tag_or_is_no_bytes_stays_as_it_is() -> None:
    long = b"1" * LONG
    for content, headers in ((b"1" * (SHORTEST - 1), {}), (long, {"etag": '"1"'}), (long.decode(), {})):
        answer: Response[Any] = Response(content, headers=headers)
        await compressed(answer, "gzip")
        assert (answer.content, answer.headers) == (content, headers)


async def test_what_two_made_at_once_is_one_member_and_hardly_longer_than_by_one() -> None:
    content = (
        random.Random(41).randbytes(15_000).hex().encode() * 20
    )  # what comes again lies as far back as may be pointed to
    answer: Response[Any] = Response(content)
    await compressed(answer, "gzip")
    packed: Any = answer.content
    reading = zlib.decompressobj(GZIP)
    assert (reading.decompress(packed), reading.eof, reading.unused_data) == (content, True, b"")
    assert len(packed) < 1.01 * len(zlib.compress(content, LEVEL, GZIP))
