"""Which answers go out compressed, and to whom."""

import zlib
from typing import Any

import pytest
from litestar import Response

from adapters.http.compressing import GZIP, SHORTEST, compressed, takes_gzip


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


def test_what_is_long_comes_out_as_it_went_in() -> None:
    content = b"[1234567]" * (SHORTEST // 9 + 1)
    answer = Response(content, media_type="application/json")

    compressed(answer, "gzip")

    packed: Any = answer.content
    assert len(packed) < len(content) / 50
    assert zlib.decompress(packed, GZIP) == content
    assert answer.headers == {"vary": "accept-encoding", "content-encoding": "gzip"}


def test_what_is_short_or_bears_a_tag_or_is_no_bytes_stays_as_it_is() -> None:
    long = b"1" * SHORTEST
    for content, headers in ((b"1" * (SHORTEST - 1), {}), (long, {"etag": '"1"'}), (long.decode(), {})):
        answer: Response[Any] = Response(content, headers=headers)
        compressed(answer, "gzip")
        assert (answer.content, answer.headers) == (content, headers)
