"""QR codes, read back from the picture, module by module."""

import struct
import zlib

import pytest

from adapters.documents.qr import BORDER, SCALE, qr_png, qr_svg

segno = pytest.importorskip("segno")
LINK = "https://app.okerstadt.example/b/KM-N6XQZHIR"


def modules(png: bytes) -> list[list[bool]]:
    """The dark modules of a picture of one bit for each pixel, without the quiet zone."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    assert png[24:26] == b"\x01\x00", "one bit, grey"
    at, packed = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += length + 12
    lines = unfiltered(zlib.decompress(packed), (width + 7) // 8)

    def is_dark(x: int, y: int) -> bool:
        return not lines[y][x // 8] >> (7 - x % 8) & 1

    edge, size = BORDER * SCALE, (width - 2 * BORDER * SCALE) // SCALE
    assert height == width
    assert not any(is_dark(x, edge // 2) for x in range(width)), "the quiet zone"
    middle = edge + SCALE // 2
    return [[is_dark(middle + SCALE * x, middle + SCALE * y) for x in range(size)] for y in range(size)]


def unfiltered(data: bytes, stride: int) -> list[bytes]:
    """The lines, which say all, or what they differ from the one above (PNG, section 9)."""
    lines = [bytes(stride)]
    for at in range(0, len(data), stride + 1):
        kind, line = data[at], data[at + 1 : at + 1 + stride]
        assert kind in {0, 2}
        lines.append(line if kind == 0 else bytes((a + b) % 256 for a, b in zip(line, lines[-1], strict=True)))
    return lines[1:]


def test_the_picture_shows_the_code_of_the_text() -> None:
    drawn = modules(qr_png(LINK))
    assert drawn == [[bool(module) for module in row] for row in segno.make_qr(LINK, error="Q").matrix]
    assert drawn != modules(qr_png(LINK[:-1] + "S"))


def test_for_printing_it_is_an_svg() -> None:
    assert qr_svg(LINK).startswith(b"<?xml")
    assert b"<svg" in qr_svg(LINK)
    assert qr_svg(LINK) != qr_svg("KM-N6XQZHIR")
