"""Files of signed values as S.A.F.E.'s Transparenzsoftware reads and writes them, with which a driver checks by herself.

`<values>` holds a `<value transactionId context>` for each, with its `<signedData format encoding>` and `<publicKey encoding>`.
Read by expat of the standard library: no document types, no entities, nothing that is large or lies deep.
"""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Sequence
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec import Struct

from adapters.metering.keys import KeyFault, keys
from domain.charging.metering.wrapping import OCMF, unwrapped
from domain.charging.reports import Context, SignedValue

MAX_BYTES = 2**22
MAX_DEPTH = 8
CONTEXTS = {Context.BEGIN: "Transaction.Begin", Context.END: "Transaction.End"}


class NotAFile(Exception):
    """It holds no signed values; the message says why."""


class Values(Struct, frozen=True):
    """`key` is the first that came along, or empty. Whoever forges values can send a key to them: it proves nothing."""

    values: tuple[SignedValue, ...]
    key: str = ""


def values_in(raw: bytes) -> Values:
    """The file's values: XML of the Transparenzsoftware, or containers as they are, one after the other."""
    if len(raw) > MAX_BYTES:
        raise NotAFile(f"it has more than {MAX_BYTES:,} bytes")
    if raw.lstrip().startswith(b"<"):
        return _from_xml(raw)
    start, *containers = raw.split(b"OCMF|")
    if containers and not start.strip():
        return Values(tuple(SignedValue(b"OCMF|" + container) for container in containers))
    return Values((SignedValue(raw.strip()),) if raw.strip() else ())


def file_of(values: Sequence[tuple[Context, SignedValue]], key: str, transaction: str) -> bytes:
    """The file for the Transparenzsoftware; whatever is no OCMF goes in as it came. A key that can be read is written as that
    program wants it, with its curve in hexadecimal digits."""
    entries = "".join(_entry(context, value, key, transaction) for context, value in values)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<values>\n{entries}</values>\n'.encode()


def _entry(context: Context, value: SignedValue, key: str, transaction: str) -> str:
    inside = unwrapped(value)
    data = inside.data if inside.encoding == OCMF else value.data
    text, encoding = _as_text(data)
    said = f" context={quoteattr(CONTEXTS[context])}" if context in CONTEXTS else ""
    known = f"<publicKey{_key(key)}</publicKey>" if key.strip() else ""
    signed = f'<signedData format={quoteattr(_printable(inside.encoding) or "unknown")} encoding="{encoding}">{text}</signedData>'
    return f"<value transactionId={quoteattr(_printable(transaction))}{said}>{signed}{known}</value>\n"


def _as_text(data: bytes) -> tuple[str, str]:
    """Characters that XML would change, or not carry, are spared in base64."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    if (
        text
        and all(letter >= " " or letter == "\n" for letter in text)
        and not any("\ufffe" <= each <= "\uffff" for each in text)
    ):
        return escape(text), "plain"
    return b64encode(data).decode(), "base64"


def _key(text: str) -> str:
    found = keys(text)
    if isinstance(found, KeyFault) or len(found) != 1:
        return f">{escape(_printable(text))}"
    (key,) = found.values()
    return f' encoding="hex">{key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo).hex()}'


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())


class _Reader:
    """Collects the texts of `signedData` and `publicKey`, each with how it is encoded."""

    def __init__(self) -> None:
        self.values: list[SignedValue] = []
        self.key = ""
        self._path: list[str] = []
        self._text: list[str] = []
        self._encoding = ""
        self._format = ""

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        if len(self._path) > MAX_DEPTH:
            raise NotAFile("its elements lie too deep")
        self._text = []
        self._encoding = attributes.get("encoding", "").lower()
        self._format = attributes.get("format", "")

    def end(self, name: str) -> None:
        self._path.pop()
        text = "".join(self._text)
        if name == "signedData":
            self.values.append(SignedValue(self._bytes(text), self._format or None))
        elif name == "publicKey" and not self.key:
            self.key = text.strip()
        self._text = []

    def text(self, text: str) -> None:
        self._text.append(text)

    def _bytes(self, text: str) -> bytes:
        try:
            if self._encoding == "base64":
                return b64decode("".join(text.split()), validate=True)
            if self._encoding == "hex":
                return bytes.fromhex(text)
        except (binascii.Error, ValueError):
            raise NotAFile(f"what it says is {self._encoding} is not") from None
        return text.strip().encode()


def _from_xml(raw: bytes) -> Values:
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.text
    parser.StartDoctypeDeclHandler = _no_types
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, LookupError, ValueError) as problem:  # the latter two of an encoding that it names
        raise NotAFile(f"its XML is broken: {problem}") from None
    return Values(tuple(reader.values), reader.key)


def _no_types(*_: object) -> None:
    raise NotAFile("it has a document type")
