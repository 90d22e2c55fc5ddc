"""The queue of exceptions: found once, owned, aged, and never forgotten by accident."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.identity import SYSTEM
from domain.ledger.accounts import AccountKey
from domain.reconciliation.clearing import ClearingAccount
from domain.reconciliation.exceptions import (
    Act,
    Changed,
    Exceptional,
    ExceptionId,
    ExceptionKind,
    Finding,
    Handle,
    NotHandled,
    Resolution,
    Step,
    StepKind,
    handled,
    raised,
    review,
)
from domain.reconciliation.statements import BankLineId
from domain.refusals import Refusal
from tests.examples import NOON, an_id, hours, person_id

ADA, BEN = person_id("ada"), person_id("ben")
TODAY = date(2030, 6, 3)
GAP = Finding(ExceptionKind.MISSING_STATEMENT, "gap:1:2", "one is missing", date(2030, 6, 1))
LATER = NOON + hours(1)


def an_exception(finding: Finding = GAP, **changes: Any) -> Exceptional:
    return replace(raised(finding, ExceptionId(an_id(finding.source)), NOON, TODAY).now, **changes)


def test_what_is_found_is_raised_with_a_day_until_when() -> None:
    due_on = TODAY + timedelta(2)
    made = Exceptional(ExceptionId(an_id("gap:1:2")), GAP, NOON, due_on)
    step = Step(StepKind.RAISED, SYSTEM, NOON, "one is missing", due_on=due_on)
    assert raised(GAP, ExceptionId(an_id("gap:1:2")), NOON, TODAY) == Changed(made, step)


def test_it_ages_from_the_day_on_which_it_came_about() -> None:
    assert an_exception().age_days(TODAY) == 2


def test_it_is_overdue_the_day_after_it_was_due_unless_resolved() -> None:
    found = an_exception()
    assert not found.is_overdue(TODAY + timedelta(2))
    assert found.is_overdue(TODAY + timedelta(3))
    assert not replace(found, resolution=Resolution.ACCEPTED).is_overdue(TODAY + timedelta(3))


def test_somebody_takes_it_on() -> None:
    found = an_exception()
    step = Step(StepKind.ASSIGNED, ADA, LATER, "", owner=BEN)
    assert handled(found, Handle(Act.ASSIGN, owner=BEN), ADA, LATER, today=TODAY) == Changed(
        replace(found, owner=BEN), step
    )
    assert handled(replace(found, owner=BEN), Handle(Act.ASSIGN), ADA, LATER, today=TODAY) == Changed(
        found, Step(StepKind.ASSIGNED, ADA, LATER)
    )


def test_it_may_wait_with_a_reason() -> None:
    found, later = an_exception(), TODAY + timedelta(9)
    step = Step(StepKind.POSTPONED, ADA, LATER, "asked the bank", due_on=later)
    assert handled(found, Handle(Act.POSTPONE, "asked the bank", due_on=later), ADA, LATER, today=TODAY) == Changed(
        replace(found, due_on=later), step
    )


def test_a_note_changes_nothing_but_the_history() -> None:
    found = an_exception()
    step = Step(StepKind.NOTED, ADA, LATER, "they will send it again")
    assert handled(found, Handle(Act.NOTE, "they will send it again"), ADA, LATER, today=TODAY) == Changed(found, step)


def test_it_is_resolved_with_words_and_opened_again() -> None:
    found = an_exception()
    command = Handle(Act.RESOLVE, "a holiday", resolution=Resolution.ACCEPTED)
    done = replace(found, resolution=Resolution.ACCEPTED, resolved_at=LATER, resolved_by=ADA)
    step = Step(StepKind.RESOLVED, ADA, LATER, "a holiday", resolution=Resolution.ACCEPTED)
    assert handled(found, command, ADA, LATER, today=TODAY) == Changed(done, step)
    again = Step(StepKind.REOPENED, BEN, LATER, "it was none")
    assert handled(done, Handle(Act.REOPEN, "it was none"), BEN, LATER, today=TODAY) == Changed(found, again)


DONE = an_exception(resolution=Resolution.BOOKED)


@pytest.mark.parametrize(
    ("found", "command", "refusal"),
    [
        (DONE, Handle(Act.ASSIGN, owner=ADA), Refusal(NotHandled.ALREADY_RESOLVED)),
        (DONE, Handle(Act.RESOLVE, "x", resolution=Resolution.BOOKED), Refusal(NotHandled.ALREADY_RESOLVED)),
        (an_exception(), Handle(Act.REOPEN, "x"), Refusal(NotHandled.NOT_RESOLVED)),
        (an_exception(), Handle(Act.NOTE, " "), Refusal(NotHandled.NO_WORDS, "/words")),
        (an_exception(), Handle(Act.RESOLVE, "", resolution=Resolution.BOOKED), Refusal(NotHandled.NO_WORDS, "/words")),
        (an_exception(), Handle(Act.POSTPONE, "x"), Refusal(NotHandled.NO_DATE, "/due_on")),
        (an_exception(), Handle(Act.RESOLVE, "x"), Refusal(NotHandled.NO_RESOLUTION, "/resolution")),
        (
            an_exception(),
            Handle(Act.RESOLVE, "x", resolution=Resolution.GONE),
            Refusal(NotHandled.NO_RESOLUTION, "/resolution"),
        ),
        *(
            (
                an_exception(),
                Handle(Act.RESOLVE, "x", resolution=each),
                Refusal(NotHandled.NOTHING_TO_BOOK, "/resolution"),
            )
            for each in (Resolution.BOOKED, Resolution.WRITTEN_OFF, Resolution.PAID_BACK)
        ),
        (
            an_exception(),
            Handle(Act.POSTPONE, "x", due_on=TODAY - timedelta(1)),
            Refusal(NotHandled.DATE_PASSED, "/due_on"),
        ),
    ],
)
def test_what_cannot_be_done_is_refused(found: Exceptional, command: Handle, refusal: Refusal[NotHandled]) -> None:
    assert handled(found, command, ADA, LATER, today=TODAY) == refusal


@pytest.mark.parametrize(
    ("resolution", "named", "amount", "account"),
    [
        (Resolution.BOOKED, ClearingAccount.OTHER_OFFICES, 700, "other_offices"),
        (Resolution.WRITTEN_OFF, None, 700, "other_income"),
        (Resolution.WRITTEN_OFF, None, -700, "bad_debt"),
        (Resolution.PAID_BACK, None, 700, "to_pay_back"),
    ],
)
def test_what_was_unexplained_is_booked_by_its_resolution_and_no_more_once_it_is_open_again(
    resolution: Resolution, named: ClearingAccount | None, amount: int, account: str
) -> None:
    command = Handle(Act.RESOLVE, "seen", resolution=resolution, account=named)
    changed = handled(an_exception(), command, ADA, LATER, today=TODAY, unexplained=amount)
    assert isinstance(changed, Changed)
    assert (
        (changed.now.cleared, changed.now.cleared_to)
        == (changed.step.amount, changed.step.account)
        == (amount, account)
    )
    again = handled(changed.now, Handle(Act.REOPEN, "it was none"), BEN, LATER, today=TODAY)
    assert isinstance(again, Changed)
    assert again.now == an_exception()


def test_what_is_booked_names_its_account() -> None:
    command = Handle(Act.RESOLVE, "seen", resolution=Resolution.BOOKED)
    assert handled(an_exception(), command, ADA, LATER, today=TODAY, unexplained=7) == Refusal(
        NotHandled.NO_ACCOUNT, "/account"
    )


def test_a_line_of_which_more_is_left_than_was_booked_is_open_again() -> None:
    """A match of its other part was taken apart."""
    line = BankLineId(an_id("line"))
    changes = {"resolution": Resolution.BOOKED, "cleared": 5, "cleared_to": AccountKey("other_income")}
    booked = an_exception(replace(GAP, line_id=line), **changes)
    (back,) = review([booked.finding], [booked], LATER).changed
    assert (back.step.kind, back.now.cleared) == (StepKind.REOPENED, None)


def test_a_repeated_line_that_was_booked_stays_booked() -> None:
    """It stands in both statements for ever, so finding it says nothing of what is left."""
    finding = replace(GAP, kind=ExceptionKind.REPEATED_LINE, line_id=BankLineId(an_id("line")))
    booked = an_exception(finding, resolution=Resolution.BOOKED, cleared=5, cleared_to=AccountKey("other_income"))
    assert review([finding], [booked], LATER).changed == ()


def test_what_is_no_longer_found_is_gone_by_itself_and_comes_back() -> None:
    found = an_exception()
    (gone,) = review([], [found], LATER).changed
    assert gone.now == replace(found, resolution=Resolution.GONE, resolved_at=LATER, resolved_by=SYSTEM)
    (back,) = review([GAP], [gone.now], LATER).changed
    assert (back.now, back.step.kind) == (found, StepKind.REOPENED)


def test_what_a_person_resolved_is_not_opened_by_a_look() -> None:
    assert review([GAP], [an_exception(resolution=Resolution.ACCEPTED)], LATER).changed == ()


@given(st.lists(st.sampled_from("abcdef")), st.sets(st.sampled_from("abcdef")))
def test_looking_twice_finds_the_same_exceptions(found: list[str], known: set[str]) -> None:
    findings = [replace(GAP, source=source) for source in found]
    queue = [an_exception(replace(GAP, source=source)) for source in sorted(known)]
    first = review(findings, queue, LATER)
    assert {each.source for each in first.new} == set(found) - known
    assert {each.now.finding.source for each in first.changed} == known - set(found)
    after = [each.now for each in first.changed]
    after += [each for each in queue if each.finding.source in found]
    after += [an_exception(finding) for finding in first.new]
    second = review(findings, after, LATER)
    assert (second.new, second.changed) == ((), ())
