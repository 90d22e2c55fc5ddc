"""The books at the bank, to be read: statements and their lines, what was matched, the queue of exceptions."""

from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from msgspec import Struct

from domain.identity import City, PersonId
from domain.reconciliation.exceptions import ExceptionId, ExceptionKind
from domain.reconciliation.expected import ExpectedId
from domain.reconciliation.matching import MatchId
from domain.reconciliation.statements import BankLine, BankLineId, Heading, StatementId
from services.reconciliation.ports import Case, Match


class KeptStatement(Struct, frozen=True):
    """`came_in` and `went_out` are the sums of its lines, both without a sign; of `open_lines` not all is matched."""

    id: StatementId
    heading: Heading
    file: str
    digest: str
    imported_at: datetime
    imported_by: PersonId
    lines: int
    open_lines: int
    came_in: int
    went_out: int


class KeptLine(Struct, frozen=True):
    """`left` of it is not matched; `matches` are those that count, `expected` what they stand for,
    `exceptions` those that are so, or were explained."""

    line: BankLine
    statement_id: StatementId
    position: int
    left: int
    matches: tuple[MatchId, ...]
    exceptions: tuple[ExceptionId, ...]
    expected: tuple[ExpectedId, ...] = ()


class DayMark(Struct, array_like=True, frozen=True):
    """Where a page of a list ends that is ordered by day, then by id."""

    on: date
    id: UUID


class MomentMark(Struct, frozen=True):
    """Likewise of one that is ordered by time."""

    at: datetime
    id: UUID


class StatementsWanted(Struct, frozen=True):
    """Those that closed from `since` on, before `until`, the newest first."""

    limit: int
    after: DayMark | None = None
    since: date | None = None
    until: date | None = None
    iban: str | None = None


class LinesWanted(Struct, frozen=True):
    """Those booked from `since` on, before `until`, the newest first; `is_open`: of which something is not matched."""

    limit: int
    after: DayMark | None = None
    since: date | None = None
    until: date | None = None
    is_open: bool | None = None


class MatchesWanted(Struct, frozen=True):
    """The newest first; `is_undone`: which were taken apart."""

    limit: int
    after: MomentMark | None = None
    is_undone: bool | None = None
    line_id: BankLineId | None = None
    expected_id: ExpectedId | None = None


class CasesWanted(Struct, frozen=True):
    """The first that are due first. `nobodys`: which nobody has taken; due before `due_before`."""

    limit: int
    after: DayMark | None = None
    is_open: bool | None = None
    kinds: frozenset[ExceptionKind] = frozenset()
    owner: PersonId | None = None
    nobodys: bool = False
    due_before: date | None = None


class StatementArchive(Protocol):
    """All raise Unavailable where nothing can be read now."""

    async def statements(self, city: City, wanted: StatementsWanted) -> tuple[KeptStatement, ...]: ...

    async def statement(self, city: City, statement_id: StatementId) -> KeptStatement | None: ...

    async def lines_of(self, city: City, statement_id: StatementId, after: int, limit: int) -> tuple[KeptLine, ...]:
        """Those of a statement that stand after a position."""
        ...

    async def lines(self, city: City, wanted: LinesWanted) -> tuple[KeptLine, ...]: ...

    async def line(self, city: City, line_id: BankLineId) -> KeptLine | None: ...


class CaseArchive(Protocol):
    """All raise Unavailable where nothing can be read now."""

    async def matches(self, city: City, wanted: MatchesWanted) -> tuple[Match, ...]: ...

    async def match(self, city: City, match_id: MatchId) -> Match | None: ...

    async def cases(self, city: City, wanted: CasesWanted) -> tuple[Case, ...]: ...

    async def case(self, city: City, exception_id: ExceptionId) -> Case | None: ...
