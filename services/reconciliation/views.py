"""Statements, matches and exceptions as they are shown; each figure leads to what it is made of."""

from datetime import date, datetime

from msgspec import Struct

from domain.identity import City, PersonId
from domain.ledger.accounts import AccountKey
from domain.money import Money
from domain.payments.transactions import filed_as
from domain.reconciliation.exceptions import ExceptionId, ExceptionKind, Finding, Resolution, StepKind
from domain.reconciliation.expected import ExpectedId, ExpectedKind
from domain.reconciliation.matching import MatchId, Proposal, Rule
from domain.reconciliation.reconciling import LineState
from domain.reconciliation.statements import BankLineId, StatementId
from domain.reconciliation.things import Thing, named
from services.reconciliation.ports import Case, Match
from services.reconciliation.records import KeptLine, KeptStatement


class StatementView(Struct, frozen=True):
    """`closing` is `opening` and what came in less what went out: the sums of its `lines`."""

    id: StatementId
    iban: str
    named: str
    sequence: int | None
    page: int
    opened_on: date
    closed_on: date
    opening: Money
    came_in: Money
    went_out: Money
    closing: Money
    line_count: int
    open_line_count: int
    skipped: int
    file: str
    digest: str
    made_at: datetime | None
    imported_at: datetime
    imported_by: PersonId
    lines: str
    version: int = 1


class LineView(Struct, frozen=True):
    """`amount` is above zero where money came in; `left` of it is not matched. `original` is what was asked for where the
    bank's amount differs, as in a return with a fee. `expected` leads to the payouts and invoices that it stands for."""

    id: BankLineId
    position: int
    booked_on: date
    value_on: date
    amount: Money
    left: Money
    state: LineState
    text: str
    counterparty: str
    counterparty_iban: str
    end_to_end_id: str
    references: tuple[str, ...]
    bank_reference: str
    mandate_id: str
    code: str
    returned: str
    original: Money | None
    reversal: bool
    statement: str
    matches: tuple[str, ...]
    expected: tuple[str, ...]
    exceptions: tuple[str, ...]
    version: int = 1


class PartView(Struct, frozen=True):
    """So much of a line stands for so much of what was expected."""

    line_id: BankLineId
    expected_id: ExpectedId
    amount: Money
    line: str
    expected: str | None


class MatchView(Struct, frozen=True):
    """`score` is of 100. A match that was taken apart stays, with who did it and why, and counts no more."""

    id: MatchId
    rule: Rule
    score: int
    reason: str
    parts: tuple[PartView, ...]
    made_at: datetime
    made_by: PersonId
    undone_at: datetime | None
    undone_by: PersonId | None
    undone_for: str | None
    version: int


class ProposalView(Struct, frozen=True):
    rule: Rule
    score: int
    reason: str
    parts: tuple[PartView, ...]


class StepView(Struct, frozen=True):
    kind: StepKind
    at: datetime
    by: PersonId
    words: str
    owner: PersonId | None
    due_on: date | None
    resolution: Resolution | None
    account: AccountKey | None
    amount: Money | None


class ExceptionView(Struct, frozen=True):
    """`since` is the day from which it has been so, `raised_at` when it was found; `amount` is what is at stake, `about`
    leads to the thing that does not add up. `cleared` was booked by its resolution, on the account `cleared_to`; `entries`
    leads to what the ledger says of it."""

    id: ExceptionId
    kind: ExceptionKind
    words: str
    amount: Money
    since: date
    age_days: int
    raised_at: datetime
    due_on: date
    overdue: bool
    owner: PersonId | None
    resolution: Resolution | None
    resolved_at: datetime | None
    resolved_by: PersonId | None
    line: str | None
    expected: str | None
    about: str | None
    cleared: Money | None
    cleared_to: AccountKey | None
    entries: str | None
    history: tuple[StepView, ...]
    version: int


def statement_view(kept: KeptStatement, city: City) -> StatementView:
    heading = kept.heading

    def money(amount: int) -> Money:
        return Money(amount, heading.currency)

    return StatementView(
        id=kept.id,
        iban=heading.iban,
        named=heading.named,
        sequence=heading.sequence,
        page=heading.page,
        opened_on=heading.opened_on,
        closed_on=heading.closed_on,
        opening=money(heading.opening),
        came_in=money(kept.came_in),
        went_out=money(kept.went_out),
        closing=money(heading.closing),
        line_count=kept.lines,
        open_line_count=kept.open_lines,
        skipped=heading.skipped,
        file=kept.file,
        digest=kept.digest,
        made_at=heading.made_at,
        imported_at=kept.imported_at,
        imported_by=kept.imported_by,
        lines=f"{_statement(city, kept.id)}/lines",
    )


def line_view(kept: KeptLine, city: City) -> LineView:
    line = kept.line
    return LineView(
        id=line.id,
        position=kept.position,
        booked_on=line.booked_on,
        value_on=line.value_on,
        amount=Money(line.amount, line.currency),
        left=Money(kept.left, line.currency),
        state=_state(kept),
        text=line.text,
        counterparty=line.counterparty,
        counterparty_iban=line.counterparty_iban,
        end_to_end_id=line.end_to_end_id,
        references=line.references,
        bank_reference=line.bank_reference,
        mandate_id=line.mandate_id,
        code=line.code,
        returned=line.returned,
        original=None if line.original is None else Money(line.original, line.currency),
        reversal=line.reversal,
        statement=_statement(city, kept.statement_id),
        matches=tuple(f"{_at(city)}/matches/{match_id}" for match_id in kept.matches),
        expected=tuple(path for each in kept.expected if (path := expected_path(city, each)) is not None),
        exceptions=tuple(f"{_at(city)}/exceptions/{exception_id}" for exception_id in kept.exceptions),
    )


def match_view(match: Match, city: City) -> MatchView:
    return MatchView(
        id=match.id,
        rule=match.proposal.rule,
        score=match.proposal.score,
        reason=match.proposal.reason,
        parts=_parts(match.proposal, city, match.currency),
        made_at=match.made_at,
        made_by=match.made_by,
        undone_at=match.undone_at,
        undone_by=match.undone_by,
        undone_for=match.undone_for or None,
        version=match.version,
    )


def proposal_view(proposal: Proposal, city: City, currency: str) -> ProposalView:
    return ProposalView(proposal.rule, proposal.score, proposal.reason, _parts(proposal, city, currency))


def exception_view(case: Case, city: City, today: date) -> ExceptionView:
    found, finding = case.now, case.now.finding
    return ExceptionView(
        id=found.id,
        kind=finding.kind,
        words=finding.words,
        amount=Money(finding.amount, finding.currency),
        since=finding.on,
        age_days=found.age_days(today),
        raised_at=found.raised_at,
        due_on=found.due_on,
        overdue=found.is_overdue(today),
        owner=found.owner,
        resolution=found.resolution,
        resolved_at=found.resolved_at,
        resolved_by=found.resolved_by,
        line=None if finding.line_id is None else _line(city, finding.line_id),
        expected=None if finding.expected_id is None else expected_path(city, finding.expected_id),
        about=about_path(city, finding),
        cleared=None if found.cleared is None else Money(found.cleared, finding.currency),
        cleared_to=found.cleared_to,
        entries=f"{_at(city)}/entries?exception_id={found.id}" if any(step.account for step in case.history) else None,
        history=tuple(
            StepView(
                step.kind,
                step.at,
                step.by,
                step.words,
                step.owner,
                step.due_on,
                step.resolution,
                step.account,
                None if step.amount is None else Money(step.amount, finding.currency),
            )
            for step in case.history
        ),
        version=case.version,
    )


def expected_path(city: City, expected_id: ExpectedId) -> str | None:
    """Where what was expected is shown, if anywhere."""
    kind, _, its_id = expected_id.partition(":")
    if kind == ExpectedKind.PAYOUT:
        return f"{_at(city)}/payouts/{filed_as(city, its_id.partition(':')[0])}"
    return f"{_at(city)}/invoices/{its_id}" if kind == ExpectedKind.INVOICE else None


def about_path(city: City, finding: Finding) -> str | None:
    """Where the thing is shown that an exception is about; None where it is about nothing single, as a missing statement."""
    if finding.about is None:
        if finding.line_id is not None:
            return _line(city, finding.line_id)
        return None if finding.expected_id is None else expected_path(city, finding.expected_id)
    kind, name = named(finding.about)
    return f"{_at(city)}/{_PLACES[kind].format(name if kind not in FILED else filed_as(city, name), finding.currency)}"


FILED = frozenset({Thing.MOVEMENT, Thing.PAYOUT, Thing.DISPUTE})
_PLACES = {
    Thing.MOVEMENT: "movements/{}",
    Thing.PAYOUT: "payouts/{}",
    Thing.DISPUTE: "disputes/{}",
    Thing.MATCH: "matches/{}",
    Thing.LINE: "bank-lines/{}",
    Thing.ENTRY: "entries/{}",
    Thing.ACCOUNT: "accounts/{}/statement?currency={}",
}


def _state(kept: KeptLine) -> LineState:
    if kept.left == 0:
        return LineState.MATCHED
    return LineState.EXCEPTION if kept.exceptions else LineState.TIMING


def _parts(proposal: Proposal, city: City, currency: str) -> tuple[PartView, ...]:
    return tuple(
        PartView(
            part.line_id,
            part.expected_id,
            Money(part.amount, currency),
            _line(city, part.line_id),
            expected_path(city, part.expected_id),
        )
        for part in proposal.parts
    )


def _at(city: City) -> str:
    return f"/v1/{city}/finance"


def _statement(city: City, statement_id: StatementId) -> str:
    return f"{_at(city)}/bank-statements/{statement_id}"


def _line(city: City, line_id: BankLineId) -> str:
    return f"{_at(city)}/bank-lines/{line_id}"
