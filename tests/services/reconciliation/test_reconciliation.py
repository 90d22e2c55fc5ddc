"""From the bank's file to what is matched, and the exceptions that are left, in PostgreSQL."""

import asyncio
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.identity import City
from domain.reconciliation.clearing import ClearingAccount
from domain.reconciliation.exceptions import Act, Handle, NotHandled, Resolution
from domain.reconciliation.expected import Expected, ExpectedId, ExpectedKind
from domain.reconciliation.matching import MatchId, NotMatchable, Part
from domain.reconciliation.statements import BankStatement, Fault, NotImportable
from domain.refusals import Refusal
from infra.ids import new_id
from services.calls import Answer
from services.reconciliation.handling import HandleException, MatchByHand, UndoMatch
from services.reconciliation.importing import Imported, ImportFile, Receipt, Rejected, Unread
from services.reconciliation.ports import Case, Match, Run
from services.reconciliation.reading import FileProblem, UnknownCity
from tests.database import Databases
from tests.domain.reconciliation.statements import IBAN, MONDAY, a_heading, a_line, a_statement
from tests.examples import person_id
from tests.services.reconciliation.offices import NOW, Office, an_office

pytestmark = pytest.mark.database
FINANCE = person_id("finance")


@pytest.fixture
async def office(database: Databases) -> Office:
    return await an_office(database)


def invoice(name: str, amount: int) -> Expected:
    return Expected(ExpectedId(f"invoice:{name}"), ExpectedKind.INVOICE, amount, "EUR", MONDAY, (name,))


def paid(*lines: tuple[int, str], sequence: int = 17, **changes: Any) -> BankStatement:
    """A statement with lines of these amounts and texts."""
    heading = a_heading(sequence, **changes)
    heading = replace(heading, closing=heading.opening + sum(amount for amount, _ in lines))
    return BankStatement(
        heading, tuple(a_line(heading, at, amount, text=words) for at, (amount, words) in enumerate(lines, 1))
    )


async def queue(office: Office) -> list[tuple[Any, ...]]:
    """Kind and resolution of every exception."""
    return await office.rows("SELECT kind, resolution FROM exceptions WHERE city = :city ORDER BY kind, source")


async def live(office: Office) -> list[tuple[Any, ...]]:
    """What is matched: expected and amount."""
    return await office.rows(
        "SELECT p.expected_id, p.amount FROM match_parts p WHERE p.city = :city AND NOT EXISTS (SELECT FROM match_undoings u"
        " WHERE u.city = p.city AND u.match_id = p.match_id) ORDER BY 1, 2"
    )


async def the_match(office: Office) -> MatchId:
    ((match_id,),) = await office.rows("SELECT id FROM matches WHERE city = :city")
    return MatchId(match_id)


class Told:
    """Remembers the outcome that is answered."""

    def __init__(self) -> None:
        self.outcomes: list[Any] = []

    def __call__(self, outcome: Any) -> Answer:
        self.outcomes.append(outcome)
        return Answer(409 if isinstance(outcome, Refusal) else 200, "text/plain", "done")

    @property
    def last(self) -> Any:
        return self.outcomes[-1]


# -- files


async def test_a_file_is_kept_whole_and_a_second_time_changes_nothing(office: Office) -> None:
    statement = paid((2470, "RE-2026-17"), (-990, "ENTGELT"))
    receipt = Receipt(statement.heading.id, IBAN, "S17", 17, 2, imported=True)
    assert await office.take_in(statement) == Imported((receipt,))
    assert await office.take_in(statement) == Imported((replace(receipt, imported=False),))
    lines = await office.rows("SELECT id, position, amount, text FROM bank_lines WHERE city = :city ORDER BY position")
    assert lines == [
        (statement.lines[0].id, 1, 2470, "RE-2026-17"),
        (statement.lines[1].id, 2, -990, "ENTGELT"),
    ]
    told = await office.rows("SELECT kind, subject_id FROM outbox WHERE city = :city")
    assert told == [("bank.statement_imported", statement.heading.id)]


async def test_a_line_comes_back_as_it_went_in(office: Office) -> None:
    heading = a_heading()
    line = a_line(
        heading,
        1,
        -2770,
        end_to_end_id="E",
        references=("RF18", "Größe"),
        text="a 'b' \"c\" \\",
        counterparty="Ada",
        counterparty_iban=IBAN,
        bank_reference="B",
        mandate_id="M",
        code="109",
        returned="AC04",
        original=-2470,
        reversal=True,
    )
    await office.take_in(BankStatement(replace(heading, closing=97_230), (line,)))
    found = await office.books.work(office.city, FINANCE, lambda books: books.matches.open_lines())
    assert found == ((line, -2770),)


async def test_of_a_file_with_a_fault_nothing_is_kept(office: Office) -> None:
    wrong = replace(paid((1, ""), sequence=18), heading=replace(a_heading(18), closing=7))
    outcome = await office.take_in(paid((2470, "RE-2026-17")), wrong)
    assert isinstance(outcome, Rejected)
    assert [fault.reason for fault in outcome.faults] == [NotImportable.TOTALS_DIFFER]
    assert await office.rows("SELECT 1 FROM bank_statements WHERE city = :city") == []


async def test_a_file_without_statements_is_rejected(office: Office) -> None:
    assert await office.take_in() == Rejected((Fault(NotImportable.NO_STATEMENTS, "there is no statement in it"),))


async def test_a_statement_that_says_something_else_the_second_time_is_rejected(office: Office) -> None:
    await office.take_in(paid((2470, "")))
    for again in ([paid((2471, ""))], [paid((1, ""), sequence=18), paid((2, ""), sequence=18)]):
        outcome = await office.take_in(*again)
        assert isinstance(outcome, Rejected)
        assert [fault.reason for fault in outcome.faults] == [NotImportable.STATEMENT_DIFFERS]


async def test_a_file_that_cannot_be_read_says_why(office: Office) -> None:
    outcome = await office.desk.take_in(office.city, FINANCE, ImportFile("x", b"?"))
    assert outcome == Unread(FileProblem.NOT_XML, "it cannot be read as XML", "a.xml")


async def test_a_city_that_nobody_opened_has_no_accounts(office: Office) -> None:
    with pytest.raises(UnknownCity):
        await office.desk.take_in(City("nowhere"), FINANCE, office.file())


# -- the look at all that is open


async def test_what_is_sure_is_matched_and_a_second_look_changes_nothing(office: Office) -> None:
    office.expected = (invoice("RE-2026-17", 2470), invoice("RE-2026-18", 2700))
    await office.take_in(paid((2470, "RE-2026-17")))
    assert await office.desk.run(office.city) == Run(1, 0, 0, 0, 1)
    assert await live(office) == [("invoice:RE-2026-17", 2470)]
    assert await office.desk.run(office.city) == Run(0, 0, 0, 0, 1)
    assert await office.rows("SELECT kind FROM outbox WHERE city = :city AND kind = 'bank.matched'") == [
        ("bank.matched",)
    ]


async def test_a_line_that_fits_nothing_waits_and_becomes_an_exception(office: Office) -> None:
    await office.take_in(paid((1908, "?")))
    assert await office.desk.run(office.city) == Run(0, 0, 0, 1, 0)
    office.later(days=3)
    assert await office.desk.run(office.city) == Run(0, 1, 0, 0, 0)
    assert await queue(office) == [("unexplained_line", None)]


async def test_an_exception_is_gone_once_what_it_missed_is_there(office: Office) -> None:
    office.later(days=3)
    await office.take_in(paid((2470, "RE-2026-17")))
    await office.desk.run(office.city)
    office.expected = (invoice("RE-2026-17", 2470),)
    assert await office.desk.run(office.city) == Run(1, 0, 1, 0, 0)
    assert await queue(office) == [("unexplained_line", "gone")]
    history = await office.rows("SELECT kind, resolution FROM exception_steps WHERE city = :city ORDER BY at, id")
    assert history == [("raised", None), ("resolved", "gone")]


async def test_a_gap_is_an_exception_until_the_missing_statement_comes(office: Office) -> None:
    await office.take_in(paid(sequence=17), paid(sequence=19))
    assert (await office.desk.run(office.city)).raised == 1
    await office.take_in(paid(sequence=18))
    assert (await office.desk.run(office.city)).resolved == 1
    assert await queue(office) == [("missing_statement", "gone")]


async def test_a_line_in_two_statements_is_an_exception(office: Office) -> None:
    def with_reference(sequence: int) -> BankStatement:
        statement = paid((100, "x"), sequence=sequence, opening=100_000 + 100 * (sequence - 17))
        line = replace(statement.lines[0], bank_reference="B1", booked_on=MONDAY)
        return replace(statement, lines=(line,))

    await office.take_in(with_reference(17), with_reference(18))
    await office.desk.run(office.city)
    assert await queue(office) == [("repeated_line", None)]


# -- by hand


async def test_what_is_undone_stays_undone_until_somebody_matches_it_again(office: Office) -> None:
    office.expected = (invoice("RE-2026-17", 2470),)
    statement = paid((2470, "RE-2026-17"))
    await office.take_in(statement)
    await office.desk.run(office.city)
    told, match_id = Told(), await the_match(office)
    for _ in range(2):
        await office.desk.undo(office.call(told), UndoMatch(match_id, "the wrong Ada"))
        assert isinstance(told.last, Match)
        assert told.last.undone_at == NOW
    assert await live(office) == []
    office.later(days=3)
    assert (await office.desk.run(office.city)).matched == 0
    assert await queue(office) == [("unexplained_line", None)]

    part = Part(statement.lines[0].id, ExpectedId("invoice:RE-2026-17"), 2470)
    again = MatchByHand(MatchId(new_id()), (part,), "she it was")
    await office.desk.match(office.call(told), again)
    assert isinstance(told.last, Match)
    assert await live(office) == [("invoice:RE-2026-17", 2470)]
    assert (await office.desk.run(office.city)).resolved == 1


async def test_nobody_matches_beyond_what_is_left(office: Office) -> None:
    office.expected = (invoice("RE-2026-17", 2470), invoice("RE-2026-18", 2470))
    statement = paid((2470, "RE-2026-17"))
    await office.take_in(statement)
    await office.desk.run(office.city)
    told = Told()
    part = Part(statement.lines[0].id, ExpectedId("invoice:RE-2026-18"), 1)
    await office.desk.match(office.call(told), MatchByHand(MatchId(new_id()), (part,), "more"))
    assert told.last == Refusal(NotMatchable.MORE_THAN_THE_LINE)


async def test_two_who_match_the_same_line_at_once_do_not_both_succeed(office: Office) -> None:
    office.expected = (invoice("A-2026-17", 2470), invoice("B-2026-18", 2470))
    statement = paid((2470, "?"))
    await office.take_in(statement)
    told = Told()

    async def match(name: str) -> None:
        part = Part(statement.lines[0].id, ExpectedId(f"invoice:{name}"), 2470)
        await office.desk.match(office.call(told), MatchByHand(MatchId(new_id()), (part,), "mine"))

    await asyncio.gather(match("A-2026-17"), match("B-2026-18"))
    assert sorted(isinstance(outcome, Match) for outcome in told.outcomes) == [False, True]
    assert len(await live(office)) == 1


async def test_one_key_matches_once(office: Office) -> None:
    office.expected = (invoice("RE-2026-17", 2470),)
    statement = paid((2470, "?"))
    await office.take_in(statement)
    part = Part(statement.lines[0].id, ExpectedId("invoice:RE-2026-17"), 1000)
    command = MatchByHand(MatchId(new_id()), (part,), "a part")
    told = Told()
    first = await office.desk.match(office.call(told, "k"), command)
    second = await office.desk.match(office.call(told, "k"), replace(command, match_id=MatchId(new_id())))
    assert (first.replayed, second.replayed, len(told.outcomes)) == (False, True, 1)
    assert await live(office) == [("invoice:RE-2026-17", 1000)]


async def test_an_unknown_match_is_not_undone(office: Office) -> None:
    told = Told()
    await office.desk.undo(office.call(told), UndoMatch(MatchId(new_id()), "why"))
    assert told.last == Refusal(NotMatchable.UNKNOWN_MATCH)


async def test_what_might_fit_is_proposed_to_people(office: Office) -> None:
    office.expected = (invoice("RE-2026-17", 2470),)
    statement = paid((2470, "Danke"))
    await office.take_in(statement)
    (proposal,) = await office.desk.propose(office.city, statement.lines[0].id)
    assert (proposal.score, proposal.expected) == (55, frozenset({"invoice:RE-2026-17"}))


async def test_an_exception_is_owned_and_resolved_and_the_line_left_alone(office: Office) -> None:
    office.later(days=3)
    await office.take_in(paid((2470, "RE-2026-17")))
    await office.desk.run(office.city)
    ((exception_id,),) = await office.rows("SELECT id FROM exceptions WHERE city = :city")
    told = Told()
    resolve = Handle(Act.RESOLVE, "a donation", resolution=Resolution.BOOKED, account=ClearingAccount.OTHER_INCOME)
    for handle in (Handle(Act.ASSIGN, owner=FINANCE), resolve, resolve):
        await office.desk.handle(office.call(told), HandleException(exception_id, handle))
    owned, resolved, refused = told.outcomes
    assert isinstance(owned, Case)
    assert isinstance(resolved, Case)
    assert (owned.now.owner, resolved.now.resolution, refused) == (
        FINANCE,
        Resolution.BOOKED,
        Refusal(NotHandled.ALREADY_RESOLVED),
    )
    office.expected = (invoice("RE-2026-17", 2470),)
    assert await office.desk.run(office.city) == Run(0, 0, 0, 0, 1)
    history = await office.rows("SELECT kind, by FROM exception_steps WHERE city = :city ORDER BY at, id")
    assert [kind for kind, _ in history] == ["raised", "assigned", "resolved"]


# -- whatever the order


@given(st.permutations(range(5)), st.lists(st.integers(0, 4), max_size=3))
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_end_is_the_same_in_whatever_order_and_however_often_files_come(
    database: Databases, order: list[int], again: list[int]
) -> None:
    office = await an_office(database)
    office.later(days=30)
    office.expected = tuple(invoice(f"RE-2026-{number}", 100 * number) for number in range(10, 14))
    files, opening = [], 100_000
    for day in range(5):
        lines = ((100 * (10 + day), f"RE-2026-{10 + day}"), (-day - 1, "ENTGELT"))
        files.append(paid(*lines, sequence=17 + day, opening=opening))
        opening = files[-1].heading.closing
    for day in (*order, *again):
        await office.take_in(files[day])
        await office.desk.run(office.city)
    assert await live(office) == [(f"invoice:RE-2026-{number}", 100 * number) for number in range(10, 14)]
    open_ = await office.rows("SELECT kind FROM exceptions WHERE city = :city AND resolution IS NULL")
    assert open_ == [("unexplained_line",)] * 6
    assert await office.rows("SELECT count(*) FROM bank_statements WHERE city = :city") == [(5,)]


def test_days_are_as_the_tests_say() -> None:
    assert (MONDAY, a_statement().heading.closed_on) == (date(2026, 11, 23), NOW.date() - timedelta(days=1))
