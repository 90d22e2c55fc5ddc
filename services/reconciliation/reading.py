"""What is read from a bank's file, and how a file is refused before anything of it is believed."""

from collections.abc import Callable
from enum import StrEnum
from typing import TypeAlias
from zoneinfo import ZoneInfo

from domain.reconciliation.statements import BankStatement


class FileProblem(StrEnum):
    """`hostile` is what no bank sends: document types, entities, archives that burst."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    HOSTILE = "hostile"
    DAMAGED_ARCHIVE = "damaged_archive"
    NOT_XML = "not_xml"
    NOT_CAMT053 = "not_camt053"
    UNKNOWN_VERSION = "unknown_version"
    MISSING = "missing"
    BAD_VALUE = "bad_value"
    UNSUPPORTED_CURRENCY = "unsupported_currency"
    BATCH_DIFFERS = "batch_differs"


class Unreadable(Exception):
    """The file is refused whole. `where` leads to the place: the file in an archive, then the elements with numbers."""

    def __init__(self, problem: FileProblem, words: str, where: str = "") -> None:
        super().__init__(f"{where}: {words}" if where else words)
        self.problem = problem
        self.words = words
        self.where = where

    def inside(self, outer: str) -> "Unreadable":
        """The same, seen from further out."""
        where = "/".join(filter(None, (outer, self.where)))
        return Unreadable(self.problem, self.words, where)


ReadStatements: TypeAlias = Callable[[bytes, ZoneInfo], tuple[BankStatement, ...]]
"""All statements of a file; instants without a zone are of the one that is given. Raises Unreadable."""


class UnknownCity(Exception):
    """Nobody has opened it."""
