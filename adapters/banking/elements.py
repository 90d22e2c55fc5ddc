"""XML as a tree of small elements, from whoever may have written it: no document types, no entities, limited in size.

expat is in the standard library and lets us refuse while it reads; what it would do with a document type never begins.
"""

from collections.abc import Iterator
from typing import NoReturn
from xml.parsers import expat

from services.reconciliation.reading import FileProblem, Unreadable

MAX_BYTES = 2**25  # a year of a large city's lines is a fifth of it
MAX_DEPTH = 40  # camt.053 needs 15
MAX_ELEMENTS = 2_000_000
MAX_TEXT = 10_000  # characters of one element
MAX_ATTRIBUTES = 16


class Element:
    """`name` is without its namespace; `space` is that namespace. `text` keeps its white space, `said` does not."""

    __slots__ = ("attributes", "children", "name", "space", "text")

    def __init__(self, name: str, space: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.space = space
        self.attributes = attributes
        self.children: list[Element] = []
        self.text = ""

    def all(self, name: str) -> Iterator["Element"]:
        return (child for child in self.children if child.name == name)

    def find(self, path: str) -> "Element | None":
        """The first element at the end of `A/B/C`."""
        found: Element | None = self
        for name in path.split("/"):
            if found is None:
                return None
            found = next(found.all(name), None)
        return found

    def said(self, *paths: str) -> str:
        """The text at the first of the paths where there is any; empty if nowhere."""
        for path in paths:
            found = self.find(path)
            if found is not None and (text := found.text.strip()):
                return text
        return ""


class _Builder:
    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._lengths: list[int] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= MAX_DEPTH or self._count > MAX_ELEMENTS or len(attributes) > MAX_ATTRIBUTES:
            raise Unreadable(FileProblem.HOSTILE, "elements lie too deep, or are too many")
        space, _, local = name.rpartition(" ")
        element = Element(local, space, attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])
        self._lengths.append(0)

    def end(self, _name: str) -> None:
        self._open.pop().text = "".join(self._texts.pop())
        self._lengths.pop()

    def text(self, text: str) -> None:
        self._lengths[-1] += len(text)
        if self._lengths[-1] > MAX_TEXT:
            raise Unreadable(FileProblem.HOSTILE, f"one element has more than {MAX_TEXT} characters")
        self._texts[-1].append(text)


def _doctype(*_: object) -> NoReturn:
    raise Unreadable(FileProblem.HOSTILE, "it declares a document type; no bank does")


def _entity(*_: object) -> NoReturn:
    raise Unreadable(FileProblem.HOSTILE, "it declares an entity; no bank does")


def tree(raw: bytes) -> Element:
    """The root element. Raises Unreadable."""
    if len(raw) > MAX_BYTES:
        raise Unreadable(FileProblem.TOO_LARGE, f"it has {len(raw):,} bytes; at most {MAX_BYTES:,} are read")
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _doctype
    parser.EntityDeclHandler = _entity
    parser.UnparsedEntityDeclHandler = _entity
    parser.ExternalEntityRefHandler = _entity
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, LookupError, ValueError) as problem:  # the latter two of an encoding that it names
        raise Unreadable(FileProblem.NOT_XML, f"it cannot be read as XML: {problem}") from problem
    if builder.root is None:
        raise Unreadable(FileProblem.NOT_XML, "it has no element")
    return builder.root
