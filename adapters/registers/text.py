"""Bytes to lines of text: the encoding, the end of a cut file, and text that was encoded twice.

The umlauts of a register's header tell its encoding, UTF-8 or Windows-1252; the rest of the file has to keep to it.
"""

import codecs
import re
from collections.abc import Iterator
from typing import BinaryIO

from msgspec import Struct

from adapters.registers.errors import NotARegister

MAX_LINE_BYTES = 32 * 1024  # the longest line of the registers of 2019 and 2026 has less than 2 KiB

FOREIGN_SIGNATURES = {
    codecs.BOM_UTF16_LE: "UTF-16 text; save it as CSV in UTF-8",
    codecs.BOM_UTF16_BE: "UTF-16 text; save it as CSV in UTF-8",
    codecs.BOM_UTF32_BE: "UTF-32 text; save it as CSV in UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook, or one with a password; save it as XLSX or CSV",
    b"\x1f\x8b": "compressed by gzip; unpack it",
    b"%PDF": "a PDF document",
}

# The two bytes of ä, ß, é and their like, read as Windows-1252 or Latin-1: Â or Ã before what 0x80 to 0xBF become there.
# Likewise the three of typographic quotes and dashes. Neither stands in a German name or address.
_CONTINUATIONS = "".join(
    sorted(
        {bytes([byte]).decode(encoding, "ignore") for byte in range(0x80, 0xC0) for encoding in ("cp1252", "latin-1")}
    )
)
# Where Latin-9 has €, Š, š and Ž, Windows-1252 has signs that stand in no German name or address.
_LATIN_9 = re.compile("[¤¦¨]")
_TWICE = re.compile(f"[ÂÃ][{re.escape(_CONTINUATIONS)}]|â[€\x80]")


class Line(Struct, frozen=True):
    """A line without its end. The file stops in it if not `ended`; only its start was kept, for its length, if not `whole`."""

    number: int
    text: str
    ended: bool
    whole: bool


def is_encoded_twice(text: str) -> bool:
    """Whether the text has passages like Ã¼ and ÃŸ: UTF-8 that was taken for Windows-1252 and encoded again."""
    return _TWICE.search(text) is not None


def encoding_of(header: bytes) -> str:
    """The name of the encoding that a register's first line is in.

    Raises NotARegister for an empty line, for other file formats, and for a header that was encoded twice.
    """
    if not header.strip():
        raise NotARegister("the file is empty, or its first line is")
    for signature, what in FOREIGN_SIGNATURES.items():
        if header.startswith(signature):
            raise NotARegister(f"this is {what}")
    if b"\0" in header:
        raise NotARegister("line 1 has a NUL byte: this is no text, or not in UTF-8 or Windows-1252")
    encoding = "utf-8-sig"
    try:
        header.decode(encoding)
    except UnicodeDecodeError as error:
        # A file that stops within its header may stop within a character of it.
        if error.reason != "unexpected end of data":
            encoding = "cp1252"
    if is_encoded_twice(header.decode(encoding, "replace")):
        raise NotARegister("the text was encoded twice, as the header shows: Ã¤ stands for ä; export it again")
    return encoding


def check_body(stream: BinaryIO, encoding: str) -> None:
    """Read the stream, which stands behind the header, to its end, a line at a time.

    Raises NotARegister for a byte that the encoding does not know, for a NUL, and for text that was encoded twice.
    """
    decoder = codecs.getincrementaldecoder(encoding.removesuffix("-sig"))()
    sound = damaged = 0
    number = 2
    while piece := stream.readline(MAX_LINE_BYTES):
        if b"\0" in piece:
            raise NotARegister(f"line {number} has a NUL byte: this is no text, or not in UTF-8 or Windows-1252")
        try:
            text = decoder.decode(piece)
        except UnicodeDecodeError as error:
            name = "Windows-1252" if encoding == "cp1252" else "UTF-8"
            byte = error.object[error.start]
            raise NotARegister(f"line {number} has a byte 0x{byte:02X} that is not {name}, as the header is") from None
        if encoding == "cp1252" and _LATIN_9.search(text):
            raise NotARegister(f"line {number} looks like Latin-9 (ISO 8859-15); save it as CSV in UTF-8")
        if is_encoded_twice(text):
            damaged += 1
        elif not text.isascii():
            sound += 1
        number += piece.endswith(b"\n")
    # A name that its operator already sent in damaged is that row's fault; a file that mostly is, is the export's.
    if damaged > sound:
        raise NotARegister(f"the text was encoded twice, Ã¼ stands for ü, in {damaged} lines; export it again")


def lines(stream: BinaryIO, encoding: str) -> Iterator[Line]:
    """The lines of a stream that `check_body` has passed, header included, one in memory at a time."""
    number = 0
    while piece := stream.readline(MAX_LINE_BYTES):
        number += 1
        whole = True
        start = piece
        while not piece.endswith(b"\n") and len(piece) == MAX_LINE_BYTES:
            piece = stream.readline(MAX_LINE_BYTES)
            whole = whole and piece in (b"", b"\n", b"\r\n")
        # Only a character that the end of the file cuts, or a piece's, is still undecodable: it becomes U+FFFD.
        yield Line(number, start.decode(encoding, "replace").rstrip("\r\n"), piece.endswith(b"\n"), whole)
